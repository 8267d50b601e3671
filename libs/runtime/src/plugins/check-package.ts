import { systemClock, type Clock, type Millis } from '@raspy/clock';
import type { DeviceTypeDescription } from '@raspy/devices';
import { resolve } from 'node:path';
import { checkExport, STANDARD_OIDS } from './export-mistakes.js';
import { importPackage, reasonOf, type Importer } from './import-plugin.js';
import { importModule } from './load-plugins.js';
import { manifestMistakes, peerMistakes } from './manifest-mistakes.js';
import { readManifest, versionOf, type Manifest } from './package-files.js';
import type { PluginMistake } from './plugin-failure.js';

/** What {@link checkPluginPackage} found. */
export interface PluginReport {
  /** As its package.json says; empty when it does not. */
  readonly packageName: string;
  readonly version: string;
  readonly folder: string;
  /** Its device types as plain JSON, as far as they can be described. */
  readonly types: readonly DeviceTypeDescription[];
  /** Everything that is wrong; empty when all is well. */
  readonly mistakes: readonly PluginMistake[];
}

/** What {@link checkPluginPackage} is told. */
export interface CheckPackageOptions {
  /** @default the machine's */
  readonly clock?: Clock;
  /** Milliseconds that the import may take. @default 10000 */
  readonly timeoutMs?: Millis;
  /** Oids of types that plugins may serve although they are not their own. @default those that ship */
  readonly standardOids?: Iterable<string>;
  /** @default Node's `import` */
  readonly importer?: Importer;
}

/**
 * Looks at the folder of a package as its author does before publishing it: package.json, import, types, with every
 * mistake. It is imported whatever its package.json says, and with whichever `@raspy/devices` it finds. Never rejects.
 */
export async function checkPluginPackage(
  folder: string,
  options: CheckPackageOptions = {},
): Promise<PluginReport> {
  const { clock = systemClock, timeoutMs = 10_000, importer = importModule } = options;
  const place = resolve(folder);
  let manifest: Manifest;
  try {
    manifest = await readManifest(place);
  } catch (error) {
    const message = `${place} has no package.json that can be read: ${reasonOf(error)}`;
    const mistakes = [{ code: 'PLUGIN_MANIFEST', message } as const];
    return { packageName: '', version: '?', folder: place, types: [], mistakes };
  }
  const { name } = manifest;
  const packageName = typeof name === 'string' ? name : '';
  const found = { folder: place, manifest };
  const imported = await importPackage(found, { importer, clock, timeoutMs });
  const { types, mistakes } =
    'mistake' in imported
      ? { types: [], mistakes: [imported.mistake] }
      : checkExport(imported.module, packageName, new Set(options.standardOids ?? STANDARD_OIDS));
  return {
    packageName,
    version: versionOf(manifest),
    folder: place,
    types,
    mistakes: [...manifestMistakes(manifest, packageName), ...peerMistakes(manifest), ...mistakes],
  };
}
