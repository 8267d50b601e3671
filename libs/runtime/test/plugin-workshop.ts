import { defineDeviceType, definePlugin, type DeviceDriver, type RaspyPlugin } from '@raspy/devices';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NEVER } from 'rxjs';
import { z } from 'zod';

/** The `@raspy/devices` that the library under test uses. */
export const ourDevices = resolve(__dirname, '../../devices');

/** A driver of a type with one value. */
export function driverOf(oid: string): DeviceDriver {
  const type = defineDeviceType({
    oid,
    title: `Title of ${oid}`,
    config: z.object({}),
    values: { level: { schema: z.number() } },
    commands: { blink: { title: 'Blink' } },
  });
  const driver: DeviceDriver<typeof type> = {
    type,
    open: () => ({ values$: NEVER, commands: { blink: () => undefined }, close: () => undefined }),
  };
  return driver;
}

/** A plugin with one driver of its own. */
export function pluginOf(name: string, ...oids: string[]): RaspyPlugin {
  return definePlugin({ name, drivers: (oids.length > 0 ? oids : [`${name}.thing`]).map(driverOf) });
}

/** A package.json as it should be. */
export function manifestOf(name: string): Record<string, unknown> {
  return {
    name,
    version: '1.2.3',
    keywords: ['raspy-plugin'],
    raspy: { kind: 'drivers', api: 1 },
    exports: './index.js',
    peerDependencies: { '@raspy/devices': '^0.1.0', rxjs: '^7.8.0' },
  };
}

/**
 * A folder in which plugins are installed, beside RasPy's own `@raspy/devices`. The modules are never read from the disk:
 * what is imported is what a test gave.
 */
export class PluginWorkshop {
  /** URLs that were imported. */
  readonly imported: string[] = [];
  readonly #modules = new Map<string, () => unknown>();

  private constructor(readonly folder: string) {}

  static async open(): Promise<PluginWorkshop> {
    const workshop = new PluginWorkshop(await realpath(await mkdtemp(join(tmpdir(), 'raspy-plugins-'))));
    await workshop.link(ourDevices, 'node_modules/@raspy/devices');
    return workshop;
  }

  /** Stands for Node's import. */
  readonly importer = async (url: string): Promise<unknown> => {
    this.imported.push(url);
    const module = this.#modules.get(url);
    if (module === undefined) throw new Error(`no module ${url}`);
    return Promise.resolve(module());
  };

  /**
   * Installs a package.
   * @param change - replaces members of its package.json; `undefined` removes one
   * @param module - what its index.js exports, or a function that makes it
   * @returns its folder
   */
  async install(name: string, change: Record<string, unknown> = {}, module?: unknown): Promise<string> {
    const folder = join(this.folder, 'node_modules', name);
    await this.write(`node_modules/${name}/package.json`, JSON.stringify({ ...manifestOf(name), ...change }));
    await this.write(`node_modules/${name}/index.js`, '');
    this.provide(
      join(folder, 'index.js'),
      module ?? { plugin: pluginOf(name.replace(/^.*raspy-plugin-/, '')) },
    );
    return folder;
  }

  /** What the import of a file gives. */
  provide(file: string, module: unknown): void {
    const make = typeof module === 'function' ? (module as () => unknown) : () => module;
    this.#modules.set(pathToFileURL(file).href, make);
  }

  async write(path: string, text: string): Promise<void> {
    const full = join(this.folder, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, text);
  }

  async link(target: string, path: string): Promise<void> {
    const full = join(this.folder, path);
    await mkdir(dirname(full), { recursive: true });
    await symlink(target, full);
  }

  async remove(path = '.'): Promise<void> {
    await rm(join(this.folder, path), { recursive: true, force: true });
  }
}
