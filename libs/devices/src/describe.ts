import { z } from 'zod';
import type {
  CommandDefinition,
  DeviceType,
  ValueAccess,
  ValueDefinition,
  ValueKind,
} from './device-type.js';
import type { Mistake } from './errors.js';
import { errorText } from './error-text.js';
import type { SafetyDefinition } from './safety/definition.js';

/** A JSON Schema (draft 2020-12) as a plain JSON object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A {@link ValueDefinition} that can travel. */
export interface ValueDescription {
  readonly title: string;
  readonly schema: JsonSchema;
  readonly access: ValueAccess;
  readonly unit?: string;
  /** Only numbers have one. */
  readonly kind?: ValueKind;
  readonly staleAfterMs?: number;
  readonly range?: readonly [number, number];
  readonly maxChangePerSecond?: number;
  readonly stuckAfterMs?: number;
}

/** A {@link CommandDefinition} that can travel. */
export interface CommandDescription {
  readonly title: string;
  readonly args: JsonSchema;
  /** Whether bytes come back. */
  readonly bytes?: true;
}

/** A {@link DeviceType} that can travel: plain JSON, with JSON Schemas in place of zod's. */
export interface DeviceTypeDescription {
  readonly oid: string;
  readonly title: string;
  readonly config: JsonSchema;
  readonly values: Readonly<Record<string, ValueDescription>>;
  readonly commands: Readonly<Record<string, CommandDescription>>;
  /** Sub-devices by name; a type without any has none of these. */
  readonly subdevices?: Readonly<Record<string, DeviceTypeDescription>>;
  readonly safety?: SafetyDefinition;
}

/** The arguments of a command that declares none. */
const NO_ARGUMENTS = z.strictObject({});

/** A device type as plain JSON, for forms, documentation and other programs. */
export function describeDeviceType(type: DeviceType): DeviceTypeDescription {
  const subdevices = mapValues((type.subdevices ?? {}) as Record<string, DeviceType>, describeDeviceType);
  return {
    oid: type.oid,
    title: type.title,
    config: jsonSchema(type.config, 'input'),
    values: mapValues(type.values, describeValue),
    commands: mapValues(type.commands, (command) => ({
      title: command.title,
      args: jsonSchema(argumentsOf(command), 'input'),
      ...(command.bytes === true && { bytes: true as const }),
    })),
    ...(Object.keys(subdevices).length > 0 && { subdevices }),
    ...(type.safety !== undefined && { safety: type.safety }),
  };
}

/** The schema of a command's arguments. */
export function argumentsOf({ args = NO_ARGUMENTS }: CommandDefinition): z.ZodObject {
  return args;
}

/** Parses without throwing, whatever the schema does; mistakes have `prefix` before their paths. */
export function parse(
  schema: z.ZodType,
  input: unknown,
  prefix: readonly PropertyKey[] = [],
): { readonly data: unknown; readonly mistakes?: undefined } | { readonly mistakes: readonly Mistake[] } {
  try {
    const result = schema.safeParse(input);
    if (result.success) return { data: result.data };
    const mistakes = result.error.issues.flatMap((issue): Mistake[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            path: pathText([...prefix, ...issue.path, key]),
            message: 'is not known',
          }))
        : [{ path: pathText([...prefix, ...issue.path]), message: issue.message }],
    );
    return { mistakes };
  } catch (error) {
    return { mistakes: [{ path: pathText(prefix), message: `cannot be checked: ${errorText(error)}` }] };
  }
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function describeValue(value: ValueDefinition, name: string): ValueDescription {
  const {
    title = name,
    access = 'read',
    unit,
    staleAfterMs,
    range,
    maxChangePerSecond,
    stuckAfterMs,
  } = value;
  const schema = jsonSchema(value.schema, 'output');
  const numeric = schema['type'] === 'number' || schema['type'] === 'integer';
  return {
    title,
    schema,
    access,
    ...(unit !== undefined && { unit }),
    ...(numeric && { kind: value.kind ?? 'gauge' }),
    ...(staleAfterMs !== undefined && { staleAfterMs }),
    ...(range !== undefined && { range }),
    ...(maxChangePerSecond !== undefined && { maxChangePerSecond }),
    ...(stuckAfterMs !== undefined && { stuckAfterMs }),
  };
}

/** The schema as plain JSON. @throws Error when it has no such form */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
