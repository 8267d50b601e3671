import { lstat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackage, installationOf, readManifest, versionOf, type FoundPackage } from './package-files.js';
import type { PluginMistake } from './plugin-failure.js';

const DEVICES = '@raspy/devices';

const here = (): string => fileURLToPath(new URL('.', import.meta.url));

/** Folder of the `@raspy/devices` that this library uses; `undefined` in a bundle. */
export function ownDevicesFolder(): Promise<string | undefined> {
  return findPackage(DEVICES, here());
}

/** The folder in whose `node_modules` RasPy is installed; `undefined` in a bundle. */
export function ownInstallation(): Promise<string | undefined> {
  return installationOf(DEVICES, here());
}

/**
 * Whether a plugin will get the very `@raspy/devices` that RasPy uses; told from where the files are, before any is
 * imported.
 *
 * @param ours - folder of RasPy's
 * @param from - where plugins are installed
 */
export async function copyMistakes(
  plugin: FoundPackage & { readonly packageName: string },
  ours: string | undefined,
  from: string,
): Promise<PluginMistake[]> {
  const { folder, packageName } = plugin;
  const theirs = await findPackage(DEVICES, folder);
  const together = `cd ${from} && npm install raspy ${packageName}, and start RasPy from there`;
  if (theirs === undefined) {
    return [{ code: 'PLUGIN_NO_DEVICES', message: `it finds no ${DEVICES}: ${together}` }];
  }
  if (theirs === ours) return [];
  const places = `${theirs} (${await versionIn(theirs)}), RasPy uses ${ours ?? 'one that is built in'}`;
  const message = theirs.startsWith(folder + sep)
    ? `it brings a second copy of ${DEVICES}: ${places}. ${await adviceForOwnCopy(plugin, from)}`
    : `it would use a second copy of ${DEVICES}: ${places}. Install both in one folder: ${together}`;
  return [{ code: 'PLUGIN_SECOND_COPY', message }];
}

async function adviceForOwnCopy(
  { folder, packageName }: { readonly folder: string; readonly packageName: string },
  from: string,
): Promise<string> {
  const root = (await installationOf(packageName, from)) ?? from;
  // As npm install makes of a folder: what it needs is looked for beside the folder itself.
  if ((await lstat(join(root, 'node_modules', packageName))).isSymbolicLink()) {
    return `It is a link to that folder; install it as others will: cd ${root} && npm install --install-links ${folder}`;
  }
  return (
    `Run npm dedupe in ${root}; if the copy stays, the author of ${packageName} has to list ${DEVICES} in ` +
    '"peerDependencies" instead of "dependencies"'
  );
}

async function versionIn(folder: string): Promise<string> {
  try {
    return versionOf(await readManifest(folder));
  } catch {
    return '?';
  }
}
