import type { DeviceConfig } from '@raspy/devices';
import { isDeepStrictEqual } from 'node:util';

/** What became of the devices of a host when it was given a new list of them; names of devices. */
export interface DeviceChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Given their new configuration; closed and opened with it only where their drivers ask for that. */
  readonly changed: readonly string[];
  /** Those that are not as the list wants them, with the reason. */
  readonly failed: Readonly<Record<string, string>>;
}

/** {@link DeviceChanges} that would come of it. */
export function deviceDifferences(
  before: readonly DeviceConfig[],
  after: readonly DeviceConfig[],
): Pick<DeviceChanges, 'added' | 'removed' | 'changed'> {
  const old = new Map(before.map((device) => [device.name, device]));
  const names = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    removed: before.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    changed: after
      .filter((device) => old.has(device.name) && !isSame(old.get(device.name)!, device))
      .map(({ name }) => name),
  };
}

/** As the host will see them: what is left out is its default. */
function isSame(one: DeviceConfig, other: DeviceConfig): boolean {
  const full = (device: DeviceConfig): unknown => ({ config: {}, pollSeconds: 0, log: false, ...device });
  return isDeepStrictEqual(full(one), full(other));
}
