import type { z } from 'zod';
import { jsonSchema } from './describe.js';
import type { DeviceDriver } from './driver.js';
import type { DeviceFinder } from './finder.js';
import { PluginError } from './errors.js';

/** Version of the plugin interface; a plugin states the one it was written for. */
export const PLUGIN_API_VERSION = 1;

/** What a plugin package exports as `plugin`. */
export interface RaspyPlugin {
  /** The package's short name: `fake` for `raspy-plugin-fake`. Oids of its own types begin with it. */
  readonly name: string;
  readonly api: typeof PLUGIN_API_VERSION;
  readonly drivers: readonly DeviceDriver[];
  /** Finds devices that nobody has configured; for buses that can be searched. @default nothing is found */
  readonly finder?: DeviceFinder;
  /** What can be set once for all its devices, a JSON object; `withOptions` goes with it. @default nothing */
  readonly options?: z.ZodObject;
  /** The plugin with these options, which its schema has checked, in place of their defaults. */
  withOptions?(options: Readonly<Record<string, unknown>>): RaspyPlugin;
}

/**
 * Makes a plugin of its drivers.
 * @throws PluginError listing every mistake: a malformed name, no driver, two drivers of one oid, a finder that is none,
 * options without a form in JSON or without `withOptions`
 */
export function definePlugin(plugin: Omit<RaspyPlugin, 'api'>): RaspyPlugin {
  return checkPlugin({ ...plugin, api: PLUGIN_API_VERSION });
}

/**
 * Makes sure that what a package exports is a plugin of this API version; for whoever loads plugins.
 * @throws PluginError listing every mistake
 */
export function checkPlugin(candidate: unknown): RaspyPlugin {
  if (typeof candidate !== 'object' || candidate === null) {
    throw new PluginError('?', ['its package must export `plugin`, made with definePlugin']);
  }
  const { name, api, drivers, ...more } = candidate as Partial<Record<keyof RaspyPlugin, unknown>>;
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
  mistakes.push(...moreMistakes(more));
  if (mistakes.length > 0) throw new PluginError(typeof name === 'string' ? name : '?', mistakes);
  return candidate as RaspyPlugin;
}

function moreMistakes({
  finder,
  options,
  withOptions,
}: Partial<Record<keyof RaspyPlugin, unknown>>): string[] {
  const mistakes: string[] = [];
  if (finder !== undefined && !isFinder(finder)) {
    mistakes.push('finder must be { open }');
  }
  if ((options === undefined) !== (withOptions === undefined)) {
    mistakes.push('options and withOptions go together');
  }
  if (
    options !== undefined &&
    !(options instanceof Object && '_zod' in options && hasJsonForm(options as z.ZodObject))
  ) {
    mistakes.push('options must be an object schema of zod with a form in JSON');
  }
  return mistakes;
}

function isFinder(candidate: unknown): candidate is DeviceFinder {
  const { open } = (candidate ?? {}) as { open?: unknown };
  return typeof open === 'function';
}

function hasJsonForm(options: z.ZodObject): boolean {
  try {
    return jsonSchema(options, 'input')['type'] === 'object';
  } catch {
    return false;
  }
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
