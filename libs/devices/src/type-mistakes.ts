import { describeDeviceType, type JsonSchema } from './describe.js';
import type { DeviceType, ValueAccess, ValueDefinition, ValueKind } from './device-type.js';
import { errorText } from './error-text.js';
import { BUILT_IN_COMMANDS, MEMBER_NAME_PATTERN, OID_PATTERN } from './names.js';
import { safetyMistakes } from './safety/safety-mistakes.js';

const MEMBERS = {
  type: ['oid', 'title', 'config', 'values', 'commands', 'subdevices', 'safety'],
  value: [
    'title',
    'schema',
    'access',
    'unit',
    'kind',
    'staleAfterMs',
    'range',
    'maxChangePerSecond',
    'stuckAfterMs',
  ],
  command: ['title', 'args', 'bytes'],
};
const KINDS: readonly unknown[] = ['gauge', 'counter', 'derive', 'absolute'] satisfies ValueKind[];
const ACCESSES: readonly unknown[] = ['read', 'readwrite', 'write'] satisfies ValueAccess[];

/** Everything that is wrong with a declaration, one sentence each. */
export function typeMistakes(type: DeviceType): string[] {
  const mistakes = [...memberMistakes(type), ...outerMistakes(type), ...subdeviceMistakes(type)];
  if (mistakes.length === 0) mistakes.push(...schemaMistakes(type));
  if (mistakes.length === 0) mistakes.push(...safetyMistakes(type));
  return mistakes;
}

/** What the compiler refuses, for authors who write JavaScript; a member of a later version must not be ignored. */
function memberMistakes(type: DeviceType): string[] {
  const unknownOf = (where: string, thing: object, known: readonly string[]): string[] =>
    Object.keys(thing)
      .filter((key) => !known.includes(key))
      .map((key) => `${where}${key} is not known to this version of @raspy/devices`);
  return [
    ...unknownOf('', type, MEMBERS.type),
    ...Object.entries(type.values).flatMap(([name, value]) =>
      unknownOf(`values.${name}.`, value, MEMBERS.value),
    ),
    ...Object.entries(type.commands).flatMap(([name, command]) =>
      unknownOf(`commands.${name}.`, command, MEMBERS.command),
    ),
  ];
}

function outerMistakes(type: DeviceType): string[] {
  const mistakes: string[] = [];
  if (!OID_PATTERN.test(type.oid)) {
    mistakes.push('oid must be "category.device" or "category.device-subdevice" in small letters and digits');
  }
  if (!isTitle(type.title)) mistakes.push('title must be a text');
  if (!isObjectSchema(type.config)) mistakes.push('config must be a z.object');
  for (const [name, value] of Object.entries(type.values)) {
    const where = `values.${name}`;
    if (!MEMBER_NAME_PATTERN.test(name)) mistakes.push(`${where}: ${MEMBER_NAME_RULE}`);
    if (!isSchema(value.schema)) mistakes.push(`${where}.schema must be a zod schema`);
    mistakes.push(...valueMistakes(where, value));
  }
  for (const [name, command] of Object.entries(type.commands)) {
    const where = `commands.${name}`;
    if (!MEMBER_NAME_PATTERN.test(name)) mistakes.push(`${where}: ${MEMBER_NAME_RULE}`);
    if ((BUILT_IN_COMMANDS as readonly string[]).includes(name)) {
      mistakes.push(`${where}: every device has this command already`);
    }
    if (!isTitle(command.title)) mistakes.push(`${where}.title must be a text`);
    if (command.args !== undefined && !isObjectSchema(command.args)) {
      mistakes.push(`${where}.args must be a z.object`);
    }
    if (command.bytes !== undefined && typeof command.bytes !== 'boolean') {
      mistakes.push(`${where}.bytes must be true or false`);
    }
  }
  return mistakes;
}

function subdeviceMistakes(type: DeviceType): string[] {
  return Object.entries((type.subdevices ?? {}) as Record<string, Partial<DeviceType> | null>).flatMap(
    ([name, sub]) => {
      const where = `subdevices.${name}`;
      if (!MEMBER_NAME_PATTERN.test(name)) return [`${where}: ${MEMBER_NAME_RULE}`];
      if (sub?.oid === undefined || sub.config === undefined) {
        return [`${where} must be a type from defineDeviceType`];
      }
      return [
        ...(sub.oid.startsWith(`${type.oid}-`) ? [] : [`${where}.oid must begin with "${type.oid}-"`]),
        ...(sub.subdevices === undefined || Object.keys(sub.subdevices).length === 0
          ? []
          : [`${where} must not have sub-devices of its own`]),
        ...(Object.keys(sub.config.shape).length === 0
          ? []
          : [`${where} must have no configuration: it belongs to the device`]),
      ];
    },
  );
}

const MEMBER_NAME_RULE = 'a name is a small letter, then letters, digits or _, at most 64 in all';

function valueMistakes(where: string, value: ValueDefinition): string[] {
  const mistakes: string[] = [];
  if (value.title !== undefined && !isTitle(value.title)) mistakes.push(`${where}.title must be a text`);
  if (value.unit !== undefined && !isUnit(value.unit)) {
    mistakes.push(`${where}.unit must be 1 to 16 printable characters; leave it out for a plain number`);
  }
  if (value.kind !== undefined && !KINDS.includes(value.kind)) {
    mistakes.push(`${where}.kind must be gauge, counter, derive or absolute`);
  }
  if (value.access !== undefined && !ACCESSES.includes(value.access)) {
    mistakes.push(`${where}.access must be read, readwrite or write`);
  }
  for (const name of ['staleAfterMs', 'stuckAfterMs'] as const) {
    const ms = value[name];
    if (ms !== undefined && !(ms > 0 && ms < Infinity)) {
      mistakes.push(`${where}.${name} must be a positive number of milliseconds; leave it out for "never"`);
    }
  }
  const { maxChangePerSecond } = value;
  if (maxChangePerSecond !== undefined && !(maxChangePerSecond > 0 && maxChangePerSecond < Infinity)) {
    mistakes.push(`${where}.maxChangePerSecond must be a positive number; leave it out for "any"`);
  }
  if (value.range !== undefined) {
    const [low, high] = value.range;
    if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
      mistakes.push(`${where}.range must be [lowest, highest] with lowest < highest`);
    }
  }
  return mistakes;
}

/** Every schema must have a JSON form, since it travels; only then is it known which values are numbers. */
function schemaMistakes(type: DeviceType): string[] {
  try {
    const { values } = describeDeviceType(type);
    return Object.entries(type.values)
      .filter(
        ([name, value]) =>
          (value.kind ?? value.range ?? value.maxChangePerSecond) !== undefined &&
          !isNumeric(values[name]!.schema),
      )
      .map(([name]) => `values.${name}: range, kind and maxChangePerSecond are for numbers`);
  } catch (error) {
    return [`a schema has no JSON form: ${errorText(error)}`];
  }
}

function isNumeric(schema: JsonSchema): boolean {
  const { type } = schema;
  return type === 'number' || type === 'integer';
}

function isTitle(text: unknown): boolean {
  return typeof text === 'string' && text.trim() !== '';
}

/** Printable, short, no blank at the ends: what a unit of measurement can be. */
export function isUnit(unit: unknown): unit is string {
  return typeof unit === 'string' && /^\P{C}{1,16}$/u.test(unit) && unit.trim() === unit;
}

function isSchema(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'safeParse' in schema;
}

function isObjectSchema(schema: unknown): boolean {
  return isSchema(schema) && typeof (schema as { strict?: unknown }).strict === 'function';
}
