import type { z } from 'zod';
import { DeviceTypeError } from './errors.js';
import type { SafetyDefinition } from './safety/definition.js';
import { typeMistakes } from './type-mistakes.js';

/**
 * How a number is to be read over time: `gauge` as it is, `counter` as a total that only grows (but may wrap or
 * restart), `derive` as a total that may also fall, `absolute` as the amount since the last reading.
 */
export type ValueKind = 'gauge' | 'counter' | 'derive' | 'absolute';

/** Whether a value is reported, may be set, or both. */
export type ValueAccess = 'read' | 'readwrite' | 'write';

/** One value that devices of a type report, or let be set. */
export interface ValueDefinition {
  /** For people. @default the value's name */
  readonly title?: string;
  /** What the value may be; must have a JSON form. A reading that does not match is bad. */
  readonly schema: z.ZodType;
  /**
   * `read`: reported; `readwrite`: reported, and set by the built-in command `set`; `write`: set alone, so that there
   * is no reading of it. @default 'read'
   */
  readonly access?: ValueAccess;
  /** Unit of measurement, at most 16 characters, e.g. `°C`. @default none */
  readonly unit?: string;
  /** For numbers alone. @default 'gauge' */
  readonly kind?: ValueKind;
  /** Without a new reading for so many milliseconds (on the monotonic clock) the last one is stale. @default never */
  readonly staleAfterMs?: number;
  /** Lowest and highest believable number, both included; a reading outside is suspect. @default none */
  readonly range?: readonly [number, number];
  /**
   * The fastest believable change of a number, a second; a faster one is suspect until so much time has passed since
   * the last good reading that it is slow enough. @default none
   */
  readonly maxChangePerSecond?: number;
  /**
   * A value that comes for so many milliseconds and never differs is suspect: what is alive moves.
   * @default it may stay the same
   */
  readonly stuckAfterMs?: number;
}

/** One command that devices of a type obey. */
export interface CommandDefinition {
  /** For people. */
  readonly title: string;
  /** The command's arguments, a JSON object; unknown members are refused unless it is loose. @default no arguments */
  readonly args?: z.ZodObject;
  /** Whether its handler returns a `CommandOutput` with bytes, such as a picture. @default false */
  readonly bytes?: boolean;
}

/** Values of a type by name. */
export type ValueDefinitions = Readonly<Record<string, ValueDefinition>>;
/** Commands of a type by name. */
export type CommandDefinitions = Readonly<Record<string, CommandDefinition>>;
/** What a type without sub-devices has of them. */
export type NoSubdevices = Readonly<Record<string, never>>;
/** Types of the sub-devices of a type by name. */
export type SubdeviceTypes = Readonly<Record<string, DeviceType>>;

/** No values, commands or sub-devices at all. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no name at all is what is meant
export type NoMembers = Record<never, never>;

/** Everything there is to know about a kind of device; from {@link defineDeviceType}. */
export interface DeviceType<
  Config extends z.ZodObject = z.ZodObject,
  Values extends ValueDefinitions = ValueDefinitions,
  Commands extends CommandDefinitions = CommandDefinitions,
  Subdevices extends object = object,
> {
  /** `category.device` or `category.device-subdevice`, e.g. `sensor.temperature`. */
  readonly oid: string;
  /** For people. */
  readonly title: string;
  /** Configuration of one device, a JSON object; unknown members are refused unless it is loose. */
  readonly config: Config;
  readonly values: Values;
  readonly commands: Commands;
  /**
   * Devices that every device of this type has inside: they are there with it, as `<name>.<sub-device>`, and share its
   * session. Their oids are this one's with `-subdevice`; they have no configuration and no sub-devices.
   * @default none
   */
  readonly subdevices?: Subdevices;
  /** What the host guards, beside the hardware, whatever a driver, a client or the network does. @default nothing */
  readonly safety?: SafetyDefinition;
}

/** A device's configuration as its driver gets it: validated, with defaults filled in. */
export type ConfigOf<T extends DeviceType> = z.output<T['config']>;
/** A device's configuration as it is written: members with defaults may be missing. */
export type ConfigInputOf<T extends DeviceType> = z.input<T['config']>;
/** Names of a type's values. */
export type ValueName<T extends DeviceType> = keyof T['values'] & string;
/** Names of a type's values that can be set. */
export type WritableName<T extends DeviceType> = {
  [N in ValueName<T>]: T['values'][N] extends { readonly access: 'readwrite' | 'write' } ? N : never;
}[ValueName<T>];
/** Names of a type's values that are reported. */
export type ReadableName<T extends DeviceType> = {
  [N in ValueName<T>]: T['values'][N] extends { readonly access: 'write' } ? never : N;
}[ValueName<T>];
/** Names of a type's sub-devices. */
export type SubdeviceName<T extends DeviceType> = keyof SubdevicesOf<T> & string;
/** Types of a type's sub-devices by name. */
export type SubdevicesOf<T extends DeviceType> =
  T extends DeviceType<z.ZodObject, ValueDefinitions, CommandDefinitions, infer S> ? S : never;
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
 * without a JSON form, a range, kind or unit that cannot be meant, a sub-device or safety that cannot be, or an
 * unknown member
 */
export function defineDeviceType<
  Config extends z.ZodObject,
  const Values extends ValueDefinitions,
  const Commands extends CommandDefinitions,
  const Subdevices extends object = NoSubdevices,
>(
  definition: DeviceType<Config, Values, Commands, Subdevices>,
): DeviceType<Config, Values, Commands, Subdevices> {
  const mistakes = typeMistakes(definition);
  if (mistakes.length > 0) throw new DeviceTypeError(definition.oid, mistakes);
  return Object.freeze({
    ...definition,
    config: closed(definition.config),
    commands: Object.fromEntries(
      Object.entries<CommandDefinition>(definition.commands).map(([name, { args, ...rest }]) => [
        name,
        { ...rest, ...(args !== undefined && { args: closed(args) }) },
      ]),
    ) as CommandDefinitions as Commands,
  });
}

/** What {@link deriveDeviceType} changes. */
export interface DerivedType<
  Config extends z.ZodObject,
  Commands extends CommandDefinitions = NoMembers,
  Values extends ValueDefinitions = NoMembers,
> {
  /** Values that the driver has beside the template's, which cannot be replaced. @default none */
  readonly values?: Values;
  /** Configuration that the driver asks for, in place of the template's. */
  readonly config: Config;
  /** @default the template's */
  readonly title?: string;
  /** Commands that the driver has beside the template's, which cannot be replaced. @default none */
  readonly commands?: Commands;
}

/**
 * Makes a type of a template: the same oid, values, commands, sub-devices and safety, with the configuration that a
 * driver needs, and the values and commands that it has beside. So a temperature is a temperature, whoever measures it.
 * @throws DeviceTypeError as {@link defineDeviceType}, and when a value or command of the template would be replaced
 */
export function deriveDeviceType<
  Config extends z.ZodObject,
  Values extends ValueDefinitions,
  Commands extends CommandDefinitions,
  Subdevices extends object,
  const Added extends CommandDefinitions = NoMembers,
  const AddedValues extends ValueDefinitions = NoMembers,
>(
  template: DeviceType<z.ZodObject, Values, Commands, Subdevices>,
  { commands, values, ...changes }: DerivedType<Config, Added, AddedValues>,
): DeviceType<Config, Values & AddedValues, Commands & Added, Subdevices> {
  const replaced = [
    ...replacedMembers('commands', 'command', template.commands, commands),
    ...replacedMembers('values', 'value', template.values, values),
  ];
  if (replaced.length > 0) throw new DeviceTypeError(template.oid, replaced);
  return defineDeviceType({
    ...template,
    ...changes,
    values: { ...template.values, ...values } as Values & AddedValues,
    commands: { ...template.commands, ...commands } as Commands & Added,
  });
}

function replacedMembers(path: string, what: string, own: object, added: object = {}): string[] {
  return Object.keys(added)
    .filter((name) => Object.hasOwn(own, name))
    .map((name) => `${path}.${name}: the template has this ${what} already`);
}

/** Names of the values that can be set. */
export function writableValues(type: DeviceType): string[] {
  return Object.keys(type.values).filter((name) => (type.values[name]!.access ?? 'read') !== 'read');
}

/** Names of the values that are reported. */
export function readableValues(type: DeviceType): string[] {
  return Object.keys(type.values).filter((name) => type.values[name]!.access !== 'write');
}

/** The sub-devices of a type by name. */
export function subdevicesOf(type: DeviceType): SubdeviceTypes {
  return (type.subdevices ?? {}) as SubdeviceTypes;
}

/**
 * The object schema with unknown members refused, since a misspelt one would otherwise be dropped without a word;
 * a schema that says itself what it does with them stays as it is.
 */
function closed<Schema extends z.ZodObject>(schema: Schema): Schema {
  return schema.def.catchall === undefined ? (schema.strict() as z.ZodObject as Schema) : schema;
}
