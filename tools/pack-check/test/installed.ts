import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What npm has noted of a package that it has installed. */
interface Installed {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** All that npm has installed in a folder, by place, such as `node_modules/a/node_modules/b`. */
export type Packages = Readonly<Record<string, Installed>>;

/** Where npm notes that. */
const LOCK = 'node_modules/.package-lock.json';

export function packagesIn(folder: string): Packages {
  return (JSON.parse(readFileSync(join(folder, LOCK), 'utf8')) as { packages: Packages }).packages;
}

/**
 * What npm installs if somebody asks for the named packages alone.
 * @returns their places, and those of all that they need, directly or through another
 */
export function closure(packages: Packages, names: readonly string[]): readonly string[] {
  const places = new Set<string>();
  const add = (from: string, name: string): void => {
    const place = find(packages, from, name);
    if (place === undefined)
      throw new Error(`${from || 'the project'} needs ${name}, which is not installed`);
    places.add(place);
  };
  for (const name of names) add('', name);
  for (const place of places) {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = packages[place]!;
    for (const name of Object.keys(dependencies ?? {})) add(place, name);
    for (const name of Object.keys(peerDependencies ?? {})) {
      if (peerDependenciesMeta?.[name]?.optional !== true) add(place, name);
    }
    // Those of other platforms are not installed.
    for (const name of Object.keys(optionalDependencies ?? {})) {
      if (find(packages, place, name) !== undefined) add(place, name);
    }
  }
  return [...places];
}

/** Looks for a package where Node would, seen from another's place. */
function find(packages: Packages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const place = join(folder, 'node_modules', name);
    if (place in packages) return place;
    if (folder === '') return undefined;
  }
}

/** Names and versions of the packages at some places. */
export function named(packages: Packages, places: readonly string[]): readonly string[] {
  const names = places.map((place) => {
    return `${place.split('node_modules/').at(-1)!}@${packages[place]!.version}`;
  });
  return [...new Set(names)].sort();
}

/** Gives a folder some of the packages of another, as hard links, and a note of them as npm's. */
export function linkPackages(from: string, to: string, places: readonly string[]): void {
  const installed = packagesIn(from);
  // Packages inside of another have places of their own.
  for (const place of places)
    linkFolder(join(from, place), join(to, place), (name) => name !== 'node_modules');
  const packages = Object.fromEntries(places.map((place) => [place, installed[place]]));
  writeFileSync(join(to, LOCK), JSON.stringify({ packages }));
}

function linkFolder(from: string, to: string, wanted: (name: string) => boolean = () => true): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!wanted(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else linkSync(source, target);
  }
}
