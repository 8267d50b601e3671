import type { z } from 'zod';
import { describeDeviceType, type JsonSchema } from './describe.js';
import { DeviceTypeError } from './errors.js';
import { errorText } from './error-text.js';
import { BUILT_IN_COMMANDS, MEMBER_NAME_PATTERN, OID_PATTERN } from './names.js';

/**
 * How a number is to be read over time: `gauge` as it is, `counter` as a total that only grows (but may wrap or
 * restart), `derive` as a total that may also fall, `absolute` as the amount since the last reading.
 */
export type ValueKind = 'gauge' | 'counter' | 'derive' | 'absolute';

/** One value that devices of a type report. */
export interface ValueDefinition {
  /** For people. @default the value's name */
  readonly title?: string;
  /** What the value may be; must have a JSON form. A reading that does not match is bad. */
  readonly schema: z.ZodType;
  /** Unit of measurement, at most 16 characters, e.g. `°C`. @default none */
  readonly unit?: string;
  /** For numbers alone. @default 'gauge' */
  readonly kind?: ValueKind;
  /** Without a new reading for so many milliseconds (on the monotonic clock) the last one is stale. @default never */
  readonly staleAfterMs?: number;
  /** Lowest and highest believable number, both included; a reading outside is suspect. @default none */
  readonly range?: readonly [number, number];
}

/** One command that devices of a type obey. */
export interface CommandDefinition {
  /** For people. */
  readonly title: string;
  /** The command's arguments, a JSON object; unknown members are refused unless it is loose. @default no arguments */
  readonly args?: z.ZodObject;
}

/** Values of a type by name. */
export type ValueDefinitions = Readonly<Record<string, ValueDefinition>>;
/** Commands of a type by name. */
export type CommandDefinitions = Readonly<Record<string, CommandDefinition>>;

/** Everything there is to know about a kind of device; from {@link defineDeviceType}. */
export interface DeviceType<
  Config extends z.ZodObject = z.ZodObject,
  Values extends ValueDefinitions = ValueDefinitions,
  Commands extends CommandDefinitions = CommandDefinitions,
> {
  /** `category.device` or `category.device-subdevice`, e.g. `sensor.temperature`. */
  readonly oid: string;
  /** For people. */
  readonly title: string;
  /** Configuration of one device, a JSON object; unknown members are refused unless it is loose. */
  readonly config: Config;
  readonly values: Values;
  readonly commands: Commands;
}

/** A device's configuration as its driver gets it: validated, with defaults filled in. */
export type ConfigOf<T extends DeviceType> = z.output<T['config']>;
/** A device's configuration as it is written: members with defaults may be missing. */
export type ConfigInputOf<T extends DeviceType> = z.input<T['config']>;
/** Names of a type's values. */
export type ValueName<T extends DeviceType> = keyof T['values'] & string;
/** Names of a type's commands, without the built-in ones. */
export type CommandName<T extends DeviceType> = keyof T['commands'] & string;
/** What the value `N` of a type may be. */
export type ValueOf<T extends DeviceType, N extends ValueName<T>> = z.output<T['values'][N]['schema']>;
/** A type's values by name. */
export type ValuesOf<T extends DeviceType> = { readonly [N in ValueName<T>]: ValueOf<T, N> };
/** The arguments of the command `N` as its handler gets them; an empty object when it declares none. */
export type CommandArgs<
  T extends DeviceType,
  N extends CommandName<T>,
> = CommandDefinition extends T['commands'][N]
  ? Record<string, unknown> // of a type that is not known at compile time
  : T['commands'][N] extends { readonly args: infer A extends z.ZodObject }
    ? z.output<A>
    : Record<string, never>;

/**
 * Declares a kind of device once: types, validation, JSON Schema, readings and commands all derive from it.
 *
 * @throws DeviceTypeError listing every mistake: a malformed oid, a name that is reserved or malformed, a schema
 * without a JSON form, a range, kind or unit that cannot be meant, or an unknown member
 */
export function defineDeviceType<
  Config extends z.ZodObject,
  const Values extends ValueDefinitions,
  const Commands extends CommandDefinitions,
>(definition: DeviceType<Config, Values, Commands>): DeviceType<Config, Values, Commands> {
  const mistakes = [...memberMistakes(definition), ...typeMistakes(definition)];
  if (mistakes.length === 0) mistakes.push(...schemaMistakes(definition));
  if (mistakes.length > 0) throw new DeviceTypeError(definition.oid, mistakes);
  return Object.freeze({
    ...definition,
    config: closed(definition.config),
    commands: Object.fromEntries(
      Object.entries<CommandDefinition>(definition.commands).map(([name, { title, args }]) => [
        name,
        { title, ...(args !== undefined && { args: closed(args) }) },
      ]),
    ) as CommandDefinitions as Commands,
  });
}

/**
 * The object schema with unknown members refused, since a misspelt one would otherwise be dropped without a word;
 * a schema that says itself what it does with them stays as it is.
 */
function closed<Schema extends z.ZodObject>(schema: Schema): Schema {
  return schema.def.catchall === undefined ? (schema.strict() as z.ZodObject as Schema) : schema;
}

const MEMBERS = {
  type: ['oid', 'title', 'config', 'values', 'commands'],
  value: ['title', 'schema', 'unit', 'kind', 'staleAfterMs', 'range'],
  command: ['title', 'args'],
};
const KINDS: readonly unknown[] = ['gauge', 'counter', 'derive', 'absolute'] satisfies ValueKind[];

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

function typeMistakes(type: DeviceType): string[] {
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
  }
  return mistakes;
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
  if (value.staleAfterMs !== undefined && !(value.staleAfterMs > 0 && value.staleAfterMs < Infinity)) {
    mistakes.push(
      `${where}.staleAfterMs must be a positive number of milliseconds; leave it out for "never"`,
    );
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
        ([name, value]) => (value.kind ?? value.range) !== undefined && !isNumeric(values[name]!.schema),
      )
      .map(([name]) => `values.${name}: range and kind are for numbers`);
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
