import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './run.ts';

export const workspace = resolve(__dirname, '../../..');

/** Doors that may ask for packages which their users install themselves: optional peers. */
const ASKING_DOORS: readonly string[] = ['./di', './opentelemetry'];

interface Manifest {
  readonly name: string;
  readonly nx: { readonly name: string };
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A library that will be published. */
export interface Library {
  readonly name: string;
  /** Its name in the task graph. */
  readonly project: string;
  readonly folder: string;
  /** Its doors as import specifiers, those of {@link ASKING_DOORS} apart. */
  readonly entries: readonly string[];
  readonly asking: readonly string[];
  /** What those ask for: a range by each package's name. */
  readonly asks: Readonly<Record<string, string>>;
  /** Whether it composes itself, so that inversify is its own dependency and comes with it. */
  readonly composes: boolean;
  /** Names of what it needs at a user's: our own libraries and others alike. */
  readonly needs: readonly string[];
  /** Names of the packages that its declarations import, those of {@link ASKING_DOORS} apart. */
  readonly declarationImports: readonly string[];
  /** The programs of its README: every block fenced as `ts`. */
  readonly examples: readonly string[];
}

/** All of libs/, in alphabetical order. */
export function libraries(): readonly Library[] {
  const libs = join(workspace, 'libs');
  return readdirSync(libs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(libs, entry.name))
    .sort()
    .flatMap((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
      return manifest.private === true ? [] : [library(folder, manifest)];
    });
}

function library(folder: string, manifest: Manifest): Library {
  const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json');
  const specifier = (door: string): string => manifest.name + door.slice(1);
  const peers = Object.entries(manifest.peerDependencies ?? {});
  const isOptional = (name: string): boolean => manifest.peerDependenciesMeta?.[name]?.optional === true;
  return {
    name: manifest.name,
    project: manifest.nx.name,
    folder,
    entries: doors.filter((door) => !ASKING_DOORS.includes(door)).map(specifier),
    asking: doors.filter((door) => ASKING_DOORS.includes(door)).map(specifier),
    asks: Object.fromEntries(peers.filter(([name]) => isOptional(name))),
    composes: manifest.dependencies?.['inversify'] !== undefined,
    needs: [
      ...Object.keys(manifest.dependencies ?? {}),
      ...peers.map(([name]) => name).filter((name) => !isOptional(name)),
    ],
    declarationImports: declarationImports(folder),
    examples: examples(folder),
  };
}

function declarationImports(folder: string): readonly string[] {
  const dist = join(folder, 'dist');
  const files = existsSync(dist) ? readdirSync(dist, { recursive: true, encoding: 'utf8' }) : [];
  const imported = files
    .filter((file) => file.endsWith('.d.ts') && !ASKING_DOORS.includes(`./${file.slice(0, -'.d.ts'.length)}`))
    .flatMap((file) => importedPackages(readFileSync(join(dist, file), 'utf8')));
  return [...new Set(imported)].sort();
}

/** Names of the packages that a source or a declaration imports, also those of which it wants only types. */
export function importedPackages(text: string): readonly string[] {
  return [...text.matchAll(/(?:from|import\() ?['"]([^'"\n]+)['"]/g)]
    .map((match) => match[1]!)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
}

/** What a tool's own file tells the task graph that it depends on. */
export function implicitDependencies(path: string): readonly string[] {
  interface Dependent {
    readonly implicitDependencies?: readonly string[];
    readonly nx?: Dependent;
  }
  const file = JSON.parse(readFileSync(join(workspace, path), 'utf8')) as Dependent;
  return (file.nx ?? file).implicitDependencies ?? [];
}

function examples(folder: string): readonly string[] {
  const path = join(folder, 'README.md');
  const readme = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((block) => block[1]!);
}

/** The library and, of `all`, those it needs, directly or through another. */
export function withNeeds(one: Library, all: readonly Library[]): readonly Library[] {
  const found = new Set<Library>([one]);
  for (const library of found) {
    for (const other of all) if (library.needs.includes(other.name)) found.add(other);
  }
  return [...found];
}

/**
 * Packs folders as `npm publish` would.
 * @returns the path of each tarball by its package's name
 */
export async function pack(
  folders: readonly string[],
  destination: string,
): Promise<Readonly<Record<string, string>>> {
  const packed = await run(
    'npm',
    ['pack', '--json', '--pack-destination', destination, ...folders],
    workspace,
  );
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
  const tarballs = JSON.parse(packed.stdout) as { name: string; filename: string }[];
  return Object.fromEntries(tarballs.map(({ name, filename }) => [name, join(destination, filename)]));
}
