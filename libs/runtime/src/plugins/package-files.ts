import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isPluginPackageName } from './package-name.js';

/** What is looked at in a package.json; nothing of it is trusted to have a certain form. */
export type Manifest = Readonly<Record<string, unknown>>;

/** A package on the disk. */
export interface FoundPackage {
  /** Its folder, without symbolic links. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Larger ones are no package.json that somebody wrote. */
const MAX_MANIFEST_BYTES = 1_048_576;

/**
 * Where Node finds a package: in `node_modules` of a folder, or of one above it.
 * @returns its folder without symbolic links, `undefined` when it is not installed
 */
export async function findPackage(name: string, from: string): Promise<string | undefined> {
  const root = await installationOf(name, from);
  return root === undefined ? undefined : realpath(join(root, 'node_modules', name));
}

/** The folder in whose `node_modules` Node finds a package, looking from another; `undefined` when it is not installed. */
export async function installationOf(name: string, from: string): Promise<string | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    if (basename(folder) !== 'node_modules' && (await isThere(manifest))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Reads the package.json of a folder. @throws Error (rejects) when there is none, or it is no JSON object */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'package.json');
  const { size } = await stat(path);
  if (size > MAX_MANIFEST_BYTES) throw new Error(`it has ${size} bytes`);
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw new Error('it is not a JSON object');
  }
  return manifest as Manifest;
}

/** An installed package that says it is a plugin. */
export interface InstalledPlugin {
  readonly packageName: string;
  /** As its package.json says; `?` when it does not. */
  readonly version: string;
  readonly folder: string;
}

/**
 * The plugins that are installed in `node_modules` of a folder, by name and keyword; none is imported.
 * @returns sorted by name; without those whose package.json cannot be read
 */
export async function installedPlugins(from: string): Promise<readonly InstalledPlugin[]> {
  const modules = join(resolve(from), 'node_modules');
  const names = await namesIn(modules);
  const scoped = await Promise.all(
    names
      .filter((name) => name.startsWith('@'))
      .map(async (scope) => (await namesIn(join(modules, scope))).map((name) => `${scope}/${name}`)),
  );
  const candidates = [...names, ...scoped.flat()].filter(isPluginPackageName).sort();
  const found: InstalledPlugin[] = [];
  for (const packageName of candidates) {
    try {
      const folder = await realpath(join(modules, packageName));
      const manifest = await readManifest(folder);
      if (hasKeyword(manifest)) found.push({ packageName, version: versionOf(manifest), folder });
    } catch {
      // It cannot be used; that is told as soon as somebody names it.
    }
  }
  return found;
}

/** Whether a package says that it is a plugin. */
export function hasKeyword({ keywords }: Manifest): boolean {
  return Array.isArray(keywords) && keywords.includes('raspy-plugin');
}

/** The version of a package, `?` when it has none. */
export function versionOf({ version }: Manifest): string {
  return typeof version === 'string' && version !== '' ? version : '?';
}

/** Whether there is a file. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Whatever else is wrong with it is told by whoever reads it.
    return !['ENOENT', 'ENOTDIR'].includes((error as { code: string }).code);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
