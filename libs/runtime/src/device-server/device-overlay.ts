import type { DeviceConfig } from '@raspy/devices';

/** What was changed on a running server, beside the list in its settings. Plain JSON. */
export interface DeviceOverlay {
  /** Devices that were added, or changed; `base` is what the settings said then. */
  readonly changed: Readonly<Record<string, { readonly config: DeviceConfig; readonly base?: DeviceConfig }>>;
  /** Devices of the settings that were removed, as they said then. */
  readonly removed: Readonly<Record<string, DeviceConfig>>;
}

/** A list with its changes applied. */
export interface ResolvedDevices {
  readonly devices: readonly DeviceConfig[];
  /** What still holds of the changes. */
  readonly changes: DeviceOverlay;
  /** Names whose change does not hold any more, since the settings were edited after it. */
  readonly superseded: readonly string[];
}

export const NO_CHANGES: DeviceOverlay = { changed: {}, removed: {} };

/**
 * The devices of the settings with what was changed on the running server. Whoever was last wins: a change holds as long
 * as the settings say of that device what they said when it was made.
 */
export function applyChanges(settings: readonly DeviceConfig[], changes: DeviceOverlay): ResolvedDevices {
  const inSettings = new Map(settings.map((device) => [device.name, device]));
  const changed = Object.entries(changes.changed).filter(([name, { base }]) =>
    same(inSettings.get(name), base),
  );
  const removed = Object.entries(changes.removed).filter(([name, base]) => same(inSettings.get(name), base));
  const none = changed.length + removed.length === 0;
  const holding: DeviceOverlay = none
    ? NO_CHANGES
    : { changed: Object.fromEntries(changed), removed: Object.fromEntries(removed) };
  const names = [...Object.keys(changes.changed), ...Object.keys(changes.removed)];
  return {
    devices: [
      ...settings
        .filter(({ name }) => !Object.hasOwn(holding.removed, name))
        .map((device) => own(holding.changed, device.name)?.config ?? device),
      ...changed.filter(([, { base }]) => base === undefined).map(([, { config }]) => config),
    ],
    changes: holding,
    superseded: names.filter(
      (name) => !Object.hasOwn(holding.changed, name) && !Object.hasOwn(holding.removed, name),
    ),
  };
}

/** The changes with one device added, or changed. */
export function withChanged(
  settings: readonly DeviceConfig[],
  changes: DeviceOverlay,
  config: DeviceConfig,
): DeviceOverlay {
  const base = settings.find(({ name }) => name === config.name);
  const removed = without(changes.removed, config.name);
  if (base !== undefined && same(base, config)) {
    return { changed: without(changes.changed, config.name), removed };
  }
  return {
    changed: { ...changes.changed, [config.name]: { config, ...(base !== undefined && { base }) } },
    removed,
  };
}

/** The changes with one device removed. */
export function withRemoved(
  settings: readonly DeviceConfig[],
  changes: DeviceOverlay,
  name: string,
): DeviceOverlay {
  const base = settings.find((device) => device.name === name);
  return {
    changed: without(changes.changed, name),
    removed: base === undefined ? changes.removed : { ...changes.removed, [name]: base },
  };
}

function same(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

/** JSON with the members of objects in one order, so that editing a file's order changes nothing. */
function sorted(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== name));
}
