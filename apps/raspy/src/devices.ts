import type { DeviceSummary, Reading } from '@raspy/devices';
import { readKeys, serviceClient, type ServiceClient } from '@raspy/mdp-protocol';
import { devicesService, UsageError } from '@raspy/runtime';
import type { Bus } from './bus.js';

/** Names of the services that have devices. */
const DEVICE_SERVICES = '\\.devices$';

/** A device and the service that has it. */
export interface FoundDevice {
  /** `<hostname>.<service>.devices` */
  readonly service: string;
  readonly device: DeviceSummary;
}

/** Names of all device services, sorted. */
export function findDeviceServices(bus: Bus): Promise<string[]> {
  return bus.mmi.discover(DEVICE_SERVICES);
}

/** Asks every device service of the home; sorted by service and name. */
export async function findDevices(bus: Bus): Promise<FoundDevice[]> {
  const services = await findDeviceServices(bus);
  const lists = await Promise.all(services.map((service) => devicesOf(bus, service)));
  return lists.flat();
}

/**
 * The one device that is meant by its name, or by its full name `<hostname>.<service>.<name>`.
 * @throws UsageError (rejects) when there is none, or more than one
 */
export async function findDevice(bus: Bus, name: string): Promise<FoundDevice> {
  const all = await findDevices(bus);
  const found = all.filter((one) => one.device.name === name || fullName(one) === name);
  if (found.length === 1) return found[0]!;
  const names = (found.length === 0 ? all : found).map((one) => fullName(one)).join(', ');
  throw new UsageError(
    found.length === 0
      ? `there is no device "${name}"; there are: ${names || 'none'}`
      : `more than one device is called "${name}": give its full name, one of ${names}`,
  );
}

/** `<hostname>.<service>.<name>` */
export function fullName({ service, device }: FoundDevice): string {
  return `${service.replace(/\.devices$/, '')}.${device.name}`;
}

/** The service as a typed client. */
export function devicesClient(bus: Bus, service: string): ServiceClient<(typeof devicesService)['actions']> {
  return serviceClient(devicesService, bus.client, service);
}

/** A reading as a person reads it, e.g. `25.31 °C`. */
export function readingText({ value, unit }: Reading): string {
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : plainText(value);
  return unit === undefined || unit === '' ? text : `${text} ${unit}`;
}

/** The quality, with its reason when it is not good. */
export function qualityText({ quality, reason }: Reading): string {
  return reason === undefined ? quality : `${quality}: ${reason}`;
}

/** A reading that came over the network. */
export function asReading(value: unknown): Reading | undefined {
  if (!isRecord(value) || !('value' in value)) return undefined;
  const { at, quality, unit, reason } = value;
  if (typeof at !== 'number' || !QUALITIES.has(quality)) return undefined;
  return {
    value: value['value'],
    at,
    quality: quality as Reading['quality'],
    ...(typeof unit === 'string' && { unit }),
    ...(typeof reason === 'string' && { reason }),
  };
}

/** Readings by value, of what came over the network; what is none is left out. */
export function asReadings(value: unknown): Record<string, Reading> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => {
      const reading = asReading(entry);
      return reading === undefined ? [] : [[name, reading] as const];
    }),
  );
}

const QUALITIES: ReadonlySet<unknown> = new Set(['good', 'stale', 'suspect', 'bad']);

/** One service's devices; of a server that only knows `list_keys`, as the original did, their names. */
async function devicesOf(bus: Bus, service: string): Promise<FoundDevice[]> {
  try {
    const list = await devicesClient(bus, service).list();
    if (!Array.isArray(list)) return [];
    return list.flatMap((entry) => {
      const device = asSummary(entry);
      return device === undefined ? [] : [{ service, device }];
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SERVICE_STATUS') throw error;
    const names = readKeys(await bus.client.call(service, ['list_keys']));
    return names.sort().map((name) => ({
      service,
      device: { name, oid: '', title: '', state: 'open', values: {} },
    }));
  }
}

function asSummary(value: unknown): DeviceSummary | undefined {
  if (!isRecord(value)) return undefined;
  const { name, oid, title, state, reason, values, found, note } = value;
  if (typeof name !== 'string' || typeof oid !== 'string') return undefined;
  return {
    name,
    oid,
    title: typeof title === 'string' ? title : '',
    state: state === 'opening' || state === 'failed' ? state : 'open',
    ...(typeof reason === 'string' && { reason }),
    values: asReadings(values),
    ...(found === true && { found }),
    ...(typeof note === 'string' && { note }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
