import { fieldOf, type Field, type NumberField } from './fields.js';
import type { CommandDescription, DeviceType, ValueDescription } from './types.js';
import { isMeasured } from './values.js';

/** How a value that can be set is set. */
export interface ValueControl {
  readonly name: string;
  readonly title: string;
  readonly kind: 'switch' | 'slider' | 'number' | 'segments' | 'select' | 'form';
  readonly field: Field;
  readonly unit?: string;
  /** Whether it is a guarded output. */
  readonly guarded: boolean;
  /** Whether it is on under a lease only. */
  readonly leaseRequired: boolean;
  /** Longest lease, milliseconds; absent without a limit. */
  readonly maxLeaseMs?: number;
}

export interface Command extends CommandDescription {
  readonly name: string;
  readonly field: Field;
  /** Whether it needs no arguments to run. */
  readonly immediate: boolean;
}

/** What a card shows of a device. */
export interface CardPlan {
  /** The reading in large; the others are lines. */
  readonly main: string | undefined;
  readonly readings: readonly string[];
  readonly controls: readonly ValueControl[];
  /** At hand on the card. */
  readonly actions: readonly Command[];
  /** Those that open a form. */
  readonly more: readonly Command[];
  /** The command that takes a picture. */
  readonly picture: string | undefined;
}

/** At most so many choices are segments side by side. */
const MOST_SEGMENTS = 4;
/** At most so many commands are at hand. */
const MOST_ACTIONS = 3;

/** A card from a contract alone: nothing here knows a type of device. */
export function cardPlan(type: DeviceType): CardPlan {
  const values = Object.entries(type.values);
  const readable = values.filter(([, { access }]) => access !== 'write');
  const readOnly = readable.filter(([, { access }]) => access === 'read').map(([name]) => name);
  const controls = values
    .filter(([, { access }]) => access !== 'read')
    .map(([name, value]) => controlOf(name, value, type));
  const telling = readOnly.filter((name) => type.values[name]!.kind !== 'counter');
  const main =
    telling.find((name) => isMeasured(type.values[name]!)) ??
    (controls.length === 0 ? telling[0] : undefined);
  const commands = Object.entries(type.commands).map(([name, command]) => commandOf(name, command));
  const picture = commands.find(({ bytes, immediate }) => bytes === true && immediate)?.name;
  const others = commands.filter(({ name }) => name !== picture && type.values[name] === undefined);
  const hard = others.findIndex(({ field, immediate }) => !immediate && !isSimple(field));
  const near = (hard < 0 ? others : others.slice(0, hard)).slice(0, MOST_ACTIONS);
  return {
    main,
    readings: readOnly.filter((name) => name !== main),
    controls,
    actions: near,
    more: commands.filter(
      (command) => command.name !== picture && !near.some(({ name }) => name === command.name),
    ),
    picture,
  };
}

export function controlOf(name: string, value: ValueDescription, type: DeviceType): ValueControl {
  const field = fieldOf(value.schema, name);
  const guarded = type.safety?.output === name;
  return {
    name,
    title: value.title,
    kind: controlKind(field),
    field,
    ...(value.unit !== undefined && { unit: value.unit }),
    guarded,
    leaseRequired: guarded && type.safety.leaseRequired === true,
    ...(guarded && type.safety.maxLeaseMs !== undefined && { maxLeaseMs: type.safety.maxLeaseMs }),
  };
}

function controlKind(field: Field): ValueControl['kind'] {
  switch (field.kind) {
    case 'boolean':
      return 'switch';
    case 'number':
      return hasRange(field) ? 'slider' : 'number';
    case 'enum':
      return field.options.length <= MOST_SEGMENTS ? 'segments' : 'select';
    default:
      return 'form';
  }
}

/** Whether a slider makes sense: both ends are known, and a thumb can find each step. */
export function hasRange(field: NumberField): boolean {
  const { min, max } = field;
  return min !== undefined && max !== undefined && max > min && max - min <= 1000;
}

/** The step of a number's controls. */
export function stepOf(field: NumberField): number {
  if (field.integer) return 1;
  const span = (field.max ?? 100) - (field.min ?? 0);
  return span >= 50 ? 1 : span >= 5 ? 0.1 : 0.01;
}

export function commandOf(name: string, command: CommandDescription): Command {
  const field = fieldOf(command.args, name);
  return { ...command, name, field, immediate: field.kind === 'object' && field.members.length === 0 };
}

/** One number is asked for, and nothing else. */
function isSimple(field: Field): boolean {
  return field.kind === 'object' && field.members.length === 1 && field.members[0]!.field.kind === 'number';
}

/** All types of a server by oid, those of parts of others too. */
export function typesByOid(types: readonly DeviceType[]): ReadonlyMap<string, DeviceType> {
  const found = new Map<string, DeviceType>();
  const visit = (type: DeviceType): void => {
    if (found.has(type.oid)) return;
    found.set(type.oid, type);
    Object.values(type.subdevices ?? {}).forEach(visit);
  };
  types.forEach(visit);
  return found;
}
