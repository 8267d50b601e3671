import type { ScenarioFile } from '@raspy/automation';
import { UsageError } from '@raspy/runtime';
import type { Bus } from './bus.js';
import { findDevices, fullName, type FoundDevice } from './devices.js';

type Entry = Readonly<Record<string, unknown>>;
type Mapping = Record<string, Record<string, unknown>>;

/** Kinds of entries that stand for something of a home. */
const LOCAL: readonly unknown[] = ['value', 'variable', 'device', 'service', 'scenario'];

/**
 * What entries of a file are in this home, as it was typed: `water=tank.temperature,heater=heater,target=25`. Devices and their
 * values may be given by name, and are looked for.
 * @throws UsageError (rejects) for what is no mapping, what is not there, and when something is missing: with all that is
 */
export async function mappingOf(file: object, typed: string, bus: Bus): Promise<Mapping> {
  const { entries = {} } = file as Partial<ScenarioFile>;
  const given = pairsOf(typed, entries);
  const missing = Object.entries(entries).filter(
    ([name, { kind, optional }]) => LOCAL.includes(kind) && optional !== true && !given.has(name),
  );
  const needsDevices = [...given.keys()].some((name) =>
    ['value', 'device'].includes(String(entries[name]!['kind'])),
  );
  const devices = needsDevices || missing.length > 0 ? await findDevices(bus) : [];
  if (missing.length > 0) throw new UsageError(needed(missing, devices));
  return Object.fromEntries(
    [...given].map(([name, what]) => [name, mapped(name, entries[name]!, what, devices)]),
  );
}

function pairsOf(typed: string, entries: Readonly<Record<string, Entry>>): Map<string, string> {
  const given = new Map<string, string>();
  for (const pair of typed.split(',').filter((text) => text.trim() !== '')) {
    const [, name, what] = /^\s*([^=\s]+)\s*=\s*(.+?)\s*$/.exec(pair) ?? [];
    if (name === undefined || what === undefined)
      throw new UsageError(`--map="${pair}" is no ENTRY=WHAT, such as heater=heater`);
    if (!Object.hasOwn(entries, name))
      throw new UsageError(
        `the file has no entry "${name}": it has ${Object.keys(entries).join(', ') || 'none'}`,
      );
    given.set(name, what);
  }
  return given;
}

function mapped(
  name: string,
  { kind, unit }: Entry,
  what: string,
  devices: readonly FoundDevice[],
): Record<string, unknown> {
  switch (kind) {
    case 'value':
      return { key: what.startsWith('/') ? what : keyOf(name, what, unit, devices) };
    case 'variable':
      return { key: what };
    case 'device': {
      const { service, device } = deviceOf(name, what, devices);
      return { service, device: device.name };
    }
    case 'service':
      return { service: what };
    case 'scenario':
      return { name: what };
    case 'setting':
      return { value: literal(what) };
    default:
      return { when: kind === 'cron' && !what.startsWith('{') ? { cron: what } : literal(what) };
  }
}

/** By `<device>.<value>`; by the device alone where it has one value of the unit that is wanted. */
function keyOf(name: string, what: string, unit: unknown, devices: readonly FoundDevice[]): string {
  const key = ({ service, device }: FoundDevice, value: string): string =>
    `/device/${service.replace(/\.devices$/, '')}/${device.name}/${value}`;
  const ofDevice = devices.filter((one) => one.device.name === what || fullName(one) === what);
  if (ofDevice.length === 1) {
    const fitting = Object.entries(ofDevice[0]!.device.values).filter(
      ([, reading]) => unit === undefined || reading.unit === unit,
    );
    if (fitting.length === 1) return key(ofDevice[0]!, fitting[0]![0]);
    const values = Object.keys(ofDevice[0]!.device.values).map((value) => `${what}.${value}`);
    throw new UsageError(`${name}=${what}: which value? ${values.join(', ') || 'it has none'}`);
  }
  const dot = what.lastIndexOf('.');
  const value = what.slice(dot + 1);
  const one = dot > 0 ? deviceOf(name, what.slice(0, dot), devices) : undefined;
  if (one !== undefined && Object.hasOwn(one.device.values, value)) return key(one, value);
  throw new UsageError(
    one === undefined
      ? notThere(name, what, devices)
      : `${name}=${what}: the device has no value "${value}": it has ${Object.keys(one.device.values).join(', ') || 'none'}`,
  );
}

function deviceOf(name: string, what: string, devices: readonly FoundDevice[]): FoundDevice {
  const found = devices.filter((one) => one.device.name === what || fullName(one) === what);
  if (found.length === 1) return found[0]!;
  throw new UsageError(
    found.length === 0
      ? notThere(name, what, devices)
      : `${name}=${what}: more than one device is called so: ${found.map((one) => fullName(one)).join(', ')}`,
  );
}

function notThere(name: string, what: string, devices: readonly FoundDevice[]): string {
  const names = devices.map((one) => fullName(one)).join(', ');
  return `${name}=${what}: there is no such device; there are: ${names || 'none'}`;
}

/** Says what is missing, and what it could be. */
function needed(missing: readonly (readonly [string, Entry])[], devices: readonly FoundDevice[]): string {
  const lines = missing.map(([name, entry]) => {
    const { kind, title, unit, type } = entry;
    const about = [title, kind === 'value' ? unit : undefined, kind === 'device' ? type : undefined].filter(
      (text) => typeof text === 'string',
    );
    const could = candidates(entry, devices);
    return `  ${name}: a ${String(kind)}${about.length > 0 ? ` (${about.join(', ')})` : ''}${could.length > 0 ? `, e.g. ${could.join(', ')}` : ''}`;
  });
  return `say what these are here, with --map=ENTRY=WHAT,…:\n${lines.join('\n')}`;
}

const MOST_CANDIDATES = 4;

function candidates({ kind, unit, type }: Entry, devices: readonly FoundDevice[]): string[] {
  if (kind === 'device') {
    const fitting = devices.filter(({ device }) => type === undefined || device.oid === type);
    return fitting.slice(0, MOST_CANDIDATES).map(({ device }) => device.name);
  }
  if (kind !== 'value') return [];
  const values = devices.flatMap(({ device }) =>
    Object.entries(device.values).flatMap(([value, reading]) =>
      unit === undefined || reading.unit === unit ? [`${device.name}.${value}`] : [],
    ),
  );
  return values.slice(0, MOST_CANDIDATES);
}

function literal(what: string): unknown {
  try {
    return JSON.parse(what) as unknown;
  } catch {
    return what;
  }
}
