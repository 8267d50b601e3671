import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspace } from './library.js';
import { run, type Outcome } from './run.js';

const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
const EXAMPLE_TIMEOUT_MS = 20_000;

/** How a module asks for another: as an ES module, or as CommonJS, which gets ours by require(esm). */
export type Style = 'import' | 'require';
const suffixOf = { import: 'm', require: 'c' } as const;

/** A stranger's project in an empty folder far from this workspace. */
export class Consumer {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** An empty project into which `packages` (tarballs or `name@version`) are installed as a stranger would do it. */
  static async install(packages: readonly string[]): Promise<Consumer> {
    const consumer = new Consumer(await mkdtemp(join(tmpdir(), 'raspy-consumer-')));
    await consumer.#write(
      'package.json',
      JSON.stringify({ name: 'stranger', version: '1.0.0', private: true }),
    );
    const types = `@types/node@${versionInUse('@types/node')}`;
    const args = [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      types,
      ...packages,
    ];
    const installed = await run('npm', args, consumer.folder);
    if (installed.code === 0) return consumer;
    await consumer.remove();
    throw new Error(`npm install failed:\n${installed.stdout}${installed.stderr}`);
  }

  /** Puts one TypeScript source into the project, in both styles. */
  async add(name: string, sourceOf: (style: Style) => string): Promise<void> {
    await this.#write(`src/${name}.mts`, sourceOf('import'));
    await this.#write(`src/${name}.cts`, sourceOf('require'));
  }

  /**
   * Type-checks and compiles every source that was added.
   * @param declarations - whether those of all packages are checked as well, which takes longer than all else
   */
  async compile({ declarations }: { readonly declarations: boolean }): Promise<Outcome> {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      rootDir: 'src',
      outDir: 'out',
      skipLibCheck: !declarations,
    };
    await this.#write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    return run(process.execPath, [tsc, '-p', '.'], this.folder);
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

  async #write(path: string, text: string): Promise<void> {
    await mkdir(join(this.folder, 'src'), { recursive: true });
    await writeFile(join(this.folder, path), text);
  }
}

/** The version of a package that this workspace itself uses. */
export function versionInUse(name: string): string {
  const manifest = readFileSync(join(workspace, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
