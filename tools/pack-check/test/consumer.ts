import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closure, linkPackages, packagesIn } from './installed.ts';
import { workspace } from './library.ts';
import { run, type Outcome } from './run.ts';

const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
/** Its exit code when it has written all outputs nevertheless. */
const FOUND_MISTAKES = 2;
const EXAMPLE_TIMEOUT_MS = 20_000;
/** All that is checked depends on these two, on however slow a machine. */
const INSTALL_TIMEOUT_MS = 300_000;
const COMPILE_TIMEOUT_MS = 300_000;

/** How a module asks for another: as an ES module, or as CommonJS, which gets ours by require(esm). */
export type Style = 'import' | 'require';
const suffixOf = { import: 'm', require: 'c' } as const;

/** A stranger's project in a folder far from this workspace. */
export class Consumer {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A new project for which npm installs packages: a version, a range or a tarball's path by each name. */
  static async install(folder: string, packages: Readonly<Record<string, string>>): Promise<Consumer> {
    const consumer = new Consumer(folder);
    // Named there, and not in the command, each tarball is unpacked once less.
    consumer.#create({ '@types/node': versionInUse('@types/node'), ...packages });
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    const installed = await run('npm', args, folder, INSTALL_TIMEOUT_MS);
    if (installed.code !== 0) throw new Error(`npm install failed:\n${installed.stdout}${installed.stderr}`);
    return consumer;
  }

  /**
   * A new project with what npm would install for the named packages alone, taken from what it has installed here:
   * hard links, which Node does not tell from files of that folder.
   */
  part(folder: string, names: readonly string[]): Consumer {
    const consumer = new Consumer(folder);
    const roots = ['@types/node', ...names];
    consumer.#create(Object.fromEntries(roots.map((name) => [name, '*'])));
    linkPackages(this.folder, folder, closure(packagesIn(this.folder), roots));
    return consumer;
  }

  /** Removes what npm would not have installed for the named packages alone. */
  async keep(names: readonly string[]): Promise<void> {
    const packages = packagesIn(this.folder);
    const kept = closure(packages, ['@types/node', ...names]);
    for (const place of Object.keys(packages)) {
      if (!kept.includes(place)) await rm(join(this.folder, place), { recursive: true });
    }
  }

  /** Puts one TypeScript source into the project, in both styles. */
  async add(name: string, sourceOf: (style: Style) => string): Promise<void> {
    for (const style of ['import', 'require'] as const) {
      const path = join(this.folder, `src/${name}.${suffixOf[style]}ts`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, sourceOf(style));
    }
  }

  /** Type-checks and compiles every source that was added, mistakes or not, and checks the declarations of all packages. */
  async compile(): Promise<Outcome> {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      rootDir: 'src',
      outDir: 'out',
      skipLibCheck: false,
    };
    await writeFile(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['src'] }),
    );
    const compiled = await run(process.execPath, [tsc, '-p', '.'], this.folder, COMPILE_TIMEOUT_MS);
    if (compiled.code === 0 || compiled.code === FOUND_MISTAKES) return compiled;
    throw new Error(`tsc failed:\n${compiled.stdout}${compiled.stderr}`);
  }

  /** Takes over programs that another project has compiled from the sources in one of its folders. */
  take(other: Consumer, programs: string): void {
    cpSync(join(other.folder, 'out', programs), join(this.folder, 'out'), { recursive: true });
  }

  /** Runs a compiled source to its end. */
  run(name: string, style: Style): Promise<Outcome> {
    return run(process.execPath, [`out/${name}.${suffixOf[style]}js`], this.folder, EXAMPLE_TIMEOUT_MS);
  }

  /** Names of the packages that were installed, also those that others brought along. */
  async packages(): Promise<readonly string[]> {
    return readdir(join(this.folder, 'node_modules'));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #create(dependencies: Readonly<Record<string, string>>): void {
    const manifest = { name: 'stranger', version: '1.0.0', private: true, dependencies };
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(manifest));
  }
}

/** The version of a package that this workspace itself uses. */
function versionInUse(name: string): string {
  const manifest = readFileSync(join(workspace, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
