import type { Clock } from '@raspy/clock';
import {
  DeviceRegistry,
  type DeviceConfig,
  type DeviceDriver,
  type DeviceType,
  type RaspyPlugin,
} from '@raspy/devices';
import type { Logger } from '@raspy/runtime';
import { loadPlugins, pluginsFolder, type Importer } from '@raspy/runtime/plugins';

/** Plugins whose drivers a server has, and why others are missing. */
export interface LoadedDrivers {
  readonly plugins: readonly RaspyPlugin[];
  /** Phrases such as `raspy-plugin-dht22: PLUGIN_NOT_FOUND: it is not installed: …`. */
  readonly failures: readonly string[];
}

/**
 * Loads plugins; never rejects. What this program brings along is there when it is named; the fake also when nothing is: beside
 * a plugin of real hardware a fake of the same type is never taken for it.
 */
export type DriverLoader = (plugins: readonly string[], pluginsDir: string) => Promise<LoadedDrivers>;

/** What a {@link DriverLoader} is made of. */
export interface DriverLoaderOptions {
  readonly clock: Clock;
  /** @default nobody is told */
  readonly logger?: Logger;
  /** @default Node's `import` */
  readonly importPlugin?: Importer;
  /** What a relative folder of plugins is relative to. @default the process's current folder */
  readonly cwd?: string;
}

/** Each set of plugins is loaded once. */
export function driverLoader({ clock, logger, importPlugin, cwd }: DriverLoaderOptions): DriverLoader {
  const loaded = new Map<string, Promise<LoadedDrivers>>();
  const load = async (plugins: readonly string[], pluginsDir: string): Promise<LoadedDrivers> => {
    const { builtInPlugins } = await import('../built-in/plugins.js');
    const isBuiltIn = (name: string): boolean =>
      builtInPlugins.some(({ packageName }) => packageName === name);
    const others = plugins.filter((name) => !isBuiltIn(name));
    const ours = await Promise.all(
      builtInPlugins
        .filter((one) => (plugins.length === 0 ? one.byDefault : plugins.includes(one.packageName)))
        .map((one) => one.load()),
    );
    if (others.length === 0) return { plugins: ours, failures: [] };
    const found = await loadPlugins(others, {
      from: await pluginsFolder({ pluginsDir }, cwd ?? process.cwd()),
      builtIn: builtInPlugins,
      clock,
      ...(logger !== undefined && { logger }),
      ...(importPlugin !== undefined && { importer: importPlugin }),
    });
    return {
      plugins: [...ours, ...found.plugins.map(({ plugin }) => plugin)],
      failures: found.failures.map(({ packageName, code, message }) => `${packageName}: ${code}: ${message}`),
    };
  };
  return (plugins, pluginsDir) => {
    const key = JSON.stringify([plugins, pluginsDir]);
    const known = loaded.get(key) ?? load(plugins, pluginsDir);
    loaded.set(key, known);
    return known;
  };
}

/** What the settings of a server say of its plugins. */
export interface PluginChoice {
  readonly plugins: readonly string[];
  readonly pluginsDir: string;
  readonly pluginOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The plugins of a server, with the options that its settings have for them. Never rejects. */
export async function pluginsOf(choice: PluginChoice, load: DriverLoader): Promise<LoadedDrivers> {
  const { plugins: names, pluginsDir, pluginOptions = {} } = choice;
  const { plugins, failures } = await load(names, pluginsDir);
  return {
    failures,
    plugins: plugins.map((plugin) => {
      const options = Object.hasOwn(pluginOptions, plugin.name) ? pluginOptions[plugin.name] : undefined;
      return options === undefined ? plugin : (plugin.withOptions?.(options) ?? plugin);
    }),
  };
}

/** Their drivers, by oid and plugin. */
export function registryOf(plugins: readonly RaspyPlugin[]): DeviceRegistry {
  const registry = new DeviceRegistry();
  for (const plugin of plugins) registry.addPlugin(plugin);
  return registry;
}

/**
 * Whether devices may do harm when the process that drives them is disturbed by others: one of them is an actuator that
 * declares its safety, and is no simulation.
 */
export function mayDoHarm(plugins: readonly RaspyPlugin[], devices: readonly DeviceConfig[]): boolean {
  const drivers: readonly DeviceDriver[] = plugins.flatMap((plugin) => plugin.drivers);
  const used = new Set(devices.map(({ oid }) => oid));
  return drivers.some((driver) => {
    return driver.simulated !== true && used.has(driver.type.oid) && declaresSafety(driver.type);
  });
}

/** Of its own, or of a part of it. */
function declaresSafety({ safety, subdevices = {} }: DeviceType): boolean {
  return safety !== undefined || Object.values(subdevices as Record<string, DeviceType>).some(declaresSafety);
}
