import { systemClock, type Clock, type Millis } from '@raspy/clock';
import type { DeviceDriver, RaspyPlugin } from '@raspy/devices';
import type { Logger } from '../log/logger.js';
import { copyMistakes, ownDevicesFolder } from './devices-copy.js';
import { checkExport, STANDARD_OIDS } from './export-mistakes.js';
import { importPackage, reasonOf, type Importer } from './import-plugin.js';
import { manifestMistakes, nameMistake } from './manifest-mistakes.js';
import { findPackage, readManifest, versionOf, type FoundPackage } from './package-files.js';
import { isPluginPackageName, shortNameOf } from './package-name.js';
import type { PluginFailure, PluginMistake } from './plugin-failure.js';

/** What {@link loadPlugins} is told. */
export interface LoadPluginsOptions {
  /** Folder in which plugins are installed: its `node_modules` is searched, then those above, as Node does. */
  readonly from: string;
  /** Told of each plugin that was loaded, and of each mistake. @default nobody */
  readonly logger?: Pick<Logger, 'error' | 'info'>;
  /** Bounds the time of an import. @default the machine's */
  readonly clock?: Clock;
  /** Milliseconds that an import may take. @default 10000 */
  readonly timeoutMs?: Millis;
  /** Oids of types that plugins may serve although they are not their own. @default those that ship */
  readonly standardOids?: Iterable<string>;
  /** Plugins that the program brings itself; another of the same short name is refused. @default none */
  readonly builtIn?: readonly Pick<RaspyPlugin, 'name'>[];
  /** @default Node's `import` */
  readonly importer?: Importer;
}

/** A package that was loaded. */
export interface LoadedPlugin {
  readonly packageName: string;
  readonly version: string;
  /** Without symbolic links. */
  readonly folder: string;
  readonly plugin: RaspyPlugin;
}

/** What became of the packages that were named. */
export interface LoadedPlugins {
  /** In the order in which they were named. */
  readonly plugins: readonly LoadedPlugin[];
  /** Everything that is wrong with the others, in the same order; a package may have several. */
  readonly failures: readonly PluginFailure[];
}

const IMPORT_TIMEOUT_MS = 10_000;
/** Node's own. */
export const importModule: Importer = (url) => import(url);

/**
 * Loads the packages that are named, and no other. One that cannot be used is told in `failures` and hurts no other; it is not
 * even imported if its package.json or the place of its `@raspy/devices` speaks against it. Never rejects.
 *
 * What it cannot do: bound code that never gives the thread back, or undo what an import has done. A plugin that is not
 * trusted so far belongs into a process of its own.
 */
export async function loadPlugins(
  names: readonly string[],
  options: LoadPluginsOptions,
): Promise<LoadedPlugins> {
  const loader = new Loader(options, await ownDevicesFolder());
  const distinct = [...new Set(names)];
  const shortNames = new Set(options.builtIn?.map(({ name }) => name));
  // The first of a short name has it, even if it fails: which one serves a home must not hang on that.
  const jobs = distinct.map((name) => {
    const taken = isPluginPackageName(name) && shortNames.has(shortNameOf(name));
    shortNames.add(shortNameOf(name));
    return loader.load(name, taken);
  });
  const outcomes = await Promise.all(jobs);
  const plugins = outcomes.flatMap(({ loaded }) => loaded ?? []);
  const failures = outcomes.flatMap(({ mistakes }, index) =>
    mistakes.map((mistake) => ({ packageName: distinct[index]!, ...mistake })),
  );
  const { logger } = options;
  for (const { packageName, version, folder, plugin } of plugins) {
    const oids = plugin.drivers.map(({ type }) => type.oid);
    logger?.info('plugin loaded', { plugin: packageName, version, folder, oids });
  }
  for (const { packageName, code, message } of failures) {
    logger?.error(`the plugin ${packageName} is not used: ${message}`, { plugin: packageName, code });
  }
  return { plugins, failures };
}

/** The drivers of plugins, in their order. */
export function driversOf(loaded: readonly Pick<LoadedPlugin, 'plugin'>[]): DeviceDriver[] {
  return loaded.flatMap(({ plugin }) => plugin.drivers);
}

interface Outcome {
  readonly loaded?: LoadedPlugin;
  readonly mistakes: readonly PluginMistake[];
}

class Loader {
  readonly #standardOids: ReadonlySet<string>;

  constructor(
    private readonly options: LoadPluginsOptions,
    private readonly ours: string | undefined,
  ) {
    this.#standardOids = new Set(options.standardOids ?? STANDARD_OIDS);
  }

  async load(packageName: string, taken: boolean): Promise<Outcome> {
    const { from } = this.options;
    // First, so that a name never leads out of the folders that it may lead to.
    if (!isPluginPackageName(packageName)) return failed('PLUGIN_NAME', nameMistake(packageName));
    let found: FoundPackage;
    try {
      const folder = await findPackage(packageName, from);
      if (folder === undefined) {
        return failed('PLUGIN_NOT_FOUND', `it is not installed: cd ${from} && npm install ${packageName}`);
      }
      found = { folder, manifest: await readManifest(folder) };
    } catch (error) {
      return failed('PLUGIN_MANIFEST', `its package.json cannot be read: ${reasonOf(error)}`);
    }
    const mistakes = [
      ...(taken ? [duplicate(packageName)] : []),
      ...manifestMistakes(found.manifest, packageName),
      ...(await copyMistakes({ ...found, packageName }, this.ours, from)),
    ];
    return mistakes.length > 0 ? { mistakes } : this.#import(packageName, found);
  }

  async #import(packageName: string, found: FoundPackage): Promise<Outcome> {
    const { importer = importModule, clock = systemClock, timeoutMs = IMPORT_TIMEOUT_MS } = this.options;
    const imported = await importPackage(found, { importer, clock, timeoutMs });
    if ('mistake' in imported) return { mistakes: [imported.mistake] };
    const { plugin, mistakes } = checkExport(imported.module, packageName, this.#standardOids);
    if (plugin === undefined || mistakes.length > 0) return { mistakes };
    const { folder, manifest } = found;
    return { mistakes, loaded: { packageName, version: versionOf(manifest), folder, plugin } };
  }
}

function failed(code: PluginMistake['code'], message: string): Outcome {
  return { mistakes: [{ code, message }] };
}

function duplicate(packageName: string): PluginMistake {
  const message =
    `there is a plugin "${shortNameOf(packageName)}" already, built in or named before it: ` +
    'leave one of them out of the setting plugins';
  return { code: 'PLUGIN_DUPLICATE', message };
}
