import type { DeviceDriver } from './driver.js';
import { PluginError } from './errors.js';

/** Version of the plugin interface; a plugin states the one it was written for. */
export const PLUGIN_API_VERSION = 1;

/** What a plugin package exports as `plugin`. */
export interface RaspyPlugin {
  /** The package's short name: `fake` for `raspy-plugin-fake`. Oids of its own types begin with it. */
  readonly name: string;
  readonly api: typeof PLUGIN_API_VERSION;
  readonly drivers: readonly DeviceDriver[];
}

/**
 * Makes a plugin of its drivers.
 * @throws PluginError listing every mistake: a malformed name, no driver, two drivers of one oid
 */
export function definePlugin(plugin: {
  readonly name: string;
  readonly drivers: readonly DeviceDriver[];
}): RaspyPlugin {
  return checkPlugin({ name: plugin.name, api: PLUGIN_API_VERSION, drivers: plugin.drivers });
}

/**
 * Makes sure that what a package exports is a plugin of this API version; for whoever loads plugins.
 * @throws PluginError listing every mistake
 */
export function checkPlugin(candidate: unknown): RaspyPlugin {
  if (typeof candidate !== 'object' || candidate === null) {
    throw new PluginError('?', ['its package must export `plugin`, made with definePlugin']);
  }
  const { name, api, drivers } = candidate as Partial<Record<keyof RaspyPlugin, unknown>>;
  const mistakes: string[] = [];
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
    mistakes.push('name must be the short name of its package, in small letters, digits and "-"');
  }
  if (api !== PLUGIN_API_VERSION) {
    mistakes.push(`it is written for API version ${String(api)}, this is ${PLUGIN_API_VERSION}`);
  }
  if (!Array.isArray(drivers) || drivers.length === 0)
    mistakes.push('drivers must be a list of at least one');
  else mistakes.push(...driverMistakes(drivers));
  if (mistakes.length > 0) throw new PluginError(typeof name === 'string' ? name : '?', mistakes);
  return candidate as RaspyPlugin;
}

function driverMistakes(drivers: readonly unknown[]): string[] {
  const oids = new Set<string>();
  return drivers.flatMap((driver, index) => {
    if (!isDriver(driver))
      return [`drivers[${index}] must be { type, open } with a type from defineDeviceType`];
    const { oid } = driver.type;
    if (oids.has(oid)) return [`drivers[${index}] is a second one for "${oid}"`];
    oids.add(oid);
    return [];
  });
}

/** Whether it has the form of a driver. */
export function isDriver(candidate: unknown): candidate is DeviceDriver {
  const driver = candidate as { open?: unknown; type?: { oid?: unknown } | null } | null | undefined;
  return typeof driver?.open === 'function' && typeof driver.type?.oid === 'string';
}
