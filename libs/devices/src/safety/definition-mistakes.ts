import { contradictions } from './contradictions.js';
import type { SafetyDefinition } from './definition.js';
import { declaredRules, type OutputKind } from './rules.js';
import { budgetMistakes, dutyMistakes, isPositive, latchMistakes, outputMistake } from './value-mistakes.js';

/** What a type has that its safety may name. */
export interface SafetySubject {
  /** Kinds of the values that can be set; `undefined` for one that is neither. */
  readonly values: Readonly<Record<string, OutputKind | undefined>>;
  /** The arguments of the commands that are numbers. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

const MEMBERS: readonly string[] = [
  'output',
  'off',
  'failSafe',
  'boot',
  'leaseRequired',
  'maxLeaseMs',
  'maxOnMs',
  'minOffMs',
  'duty',
  'budgets',
  'selfActing',
  'latch',
] satisfies (keyof SafetyDefinition)[];

const MOST_BUDGETS = 16;

/** Everything that is wrong with what a type declares of its safety, one sentence each. */
export function safetyDefinitionMistakes(
  definition: SafetyDefinition,
  { values, commands }: SafetySubject,
): string[] {
  const given: unknown = definition;
  if (typeof given !== 'object' || given === null) return ['safety must be an object'];
  const mistakes = Object.keys(definition)
    .filter((key) => !MEMBERS.includes(key))
    .map((key) => `safety.${key} is not known to this version of @raspy/devices`);
  const { output, budgets = [], latch = [], minOffMs } = definition;
  const kind = Object.hasOwn(values, output) ? values[output] : undefined;
  if (kind === undefined) {
    mistakes.push('safety.output must name a value that can be set and is a boolean or a number');
    return mistakes;
  }
  if (![budgets, latch].every((list: unknown) => Array.isArray(list))) {
    mistakes.push('safety.budgets and safety.latch must be lists');
    return mistakes;
  }
  for (const member of ['off', 'failSafe'] as const) {
    const wrong = definition[member] === undefined ? undefined : outputMistake(definition[member], kind);
    if (wrong !== undefined) mistakes.push(`safety.${member} ${wrong}`);
  }
  if (definition.boot !== undefined && !['off', 'last', 'on'].includes(definition.boot)) {
    mistakes.push('safety.boot must be off, last or on');
  }
  for (const member of ['leaseRequired', 'selfActing'] as const) {
    if (!['boolean', 'undefined'].includes(typeof definition[member])) {
      mistakes.push(`safety.${member} must be true or false`);
    }
  }
  for (const member of ['maxLeaseMs', 'maxOnMs'] as const) {
    if (definition[member] !== undefined && !isPositive(definition[member])) {
      mistakes.push(
        `safety.${member} must be a positive number of milliseconds; leave it out for the default`,
      );
    }
  }
  if (minOffMs !== undefined && !(minOffMs >= 0 && minOffMs < Infinity)) {
    mistakes.push('safety.minOffMs must be a number of milliseconds that is not negative');
  }
  const parts = [...dutyMistakes(definition.duty), ...budgetMistakes(budgets), ...latchMistakes(latch)];
  mistakes.push(...parts.map(({ path, message }) => `safety.${path} ${message}`));
  if (budgets.length > MOST_BUDGETS) mistakes.push(`safety.budgets must be at most ${MOST_BUDGETS}`);
  for (const [index, { command, argument }] of budgets.entries()) {
    if (!Object.hasOwn(commands, command) || !commands[command]!.includes(argument)) {
      mistakes.push(`safety.budgets[${index}] must name a command and an argument of it that is a number`);
    }
  }
  if (mistakes.length > 0) return mistakes;
  return contradictions(declaredRules(definition, kind)).map(
    ({ members, message }) => `safety.${members[0]!}: ${message}`,
  );
}
