import type { Json, Reading } from './types.js';

/** What a key of the tree below `/device` stands for. */
export type DeviceKey =
  | { readonly kind: 'server'; readonly server: string }
  | { readonly kind: 'device'; readonly server: string; readonly device: string }
  | { readonly kind: 'value'; readonly server: string; readonly device: string; readonly value: string };

export function parseDeviceKey(key: string): DeviceKey | undefined {
  const [nothing, root, server, device, value, ...more] = key.split('/');
  if (nothing !== '' || root !== 'device' || !server || more.length > 0) return undefined;
  if (device === undefined) return { kind: 'server', server };
  if (value === undefined) return device === '' ? undefined : { kind: 'device', server, device };
  return device === '' || value === '' ? undefined : { kind: 'value', server, device, value };
}

export function valueKey(server: string, device: string, value: string): string {
  return `/device/${server}/${device}/${value}`;
}

/** One name for a device of any server; also its path in the address. */
export function deviceId(server: string, device: string): string {
  return `${server}/${device}`;
}

const QUALITIES: readonly unknown[] = ['good', 'stale', 'suspect', 'bad'];

/** A reading as the tree tells it, or nothing when it is none. */
export function asReading(value: Json | undefined): Reading | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const of = value as Readonly<Record<string, Json>>;
  if (typeof of['at'] !== 'number' || !QUALITIES.includes(of['quality']) || !('value' in of))
    return undefined;
  return of as unknown as Reading;
}
