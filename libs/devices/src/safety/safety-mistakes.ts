import { describeDeviceType } from '../describe.js';
import { writableValues, type DeviceType } from '../device-type.js';
import { safetyDefinitionMistakes } from './definition-mistakes.js';
import type { OutputKind } from './rules.js';

/** What is wrong with what a type declares of its safety, one sentence each; all else about the type is right. */
export function safetyMistakes(type: DeviceType): string[] {
  const { safety } = type;
  if (safety === undefined) return [];
  const { commands } = describeDeviceType(type);
  return safetyDefinitionMistakes(safety, {
    values: Object.fromEntries(writableValues(type).map((name) => [name, outputKind(type, name)])),
    commands: Object.fromEntries(
      Object.entries(commands).map(([name, { args }]) => [name, numbersOf(args['properties'])]),
    ),
  });
}

/** What a value is set to, if that can be guarded. */
export function outputKind(type: DeviceType, value: string): OutputKind | undefined {
  const { schema } = describeDeviceType(type).values[value]!;
  const { type: kind } = schema;
  if (kind === 'boolean') return 'boolean';
  return kind === 'number' || kind === 'integer' ? 'number' : undefined;
}

function numbersOf(properties: unknown): string[] {
  return Object.entries((properties ?? {}) as Record<string, { type?: unknown }>)
    .filter(([, { type }]) => type === 'number' || type === 'integer')
    .map(([name]) => name);
}
