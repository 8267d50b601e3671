import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorsIn } from './compiled.ts';
import { Consumer, type Style } from './consumer.ts';
import { closure, named, packagesIn } from './installed.ts';
import { implicitDependencies, importedPackages, libraries, withNeeds, type Library } from './library.ts';
import { run } from './run.ts';
import { Workshop } from './workshop.ts';

const all = libraries();
const styles: readonly Style[] = ['import', 'require'];
const workshop = Workshop.current();
const { tarballs, compiled } = workshop.stock();

/**
 * The library that npm itself installs alone. It has all that has to be got right for the others: needs of needs,
 * optional ones, peers that come along and peers that do not, and a package inside of another.
 */
const BY_NPM = '@raspy/storage-lmdb';

let mistakes: Readonly<Record<string, readonly string[]>>;

beforeAll(async () => {
  const args = [join(__dirname, 'publint.mjs'), ...all.map(({ name }) => tarballs[name]!)];
  const { stdout, stderr } = await run(process.execPath, args, workshop.folder);
  expect(stderr).toBe('');
  mistakes = JSON.parse(stdout) as typeof mistakes;
});

/** The library in the hands of a stranger, who has compiled what he wrote with it. */
async function alone(library: Library): Promise<Consumer> {
  const folder = join(workshop.folder, 'alone', library.project);
  const needed = withNeeds(library, all).map(({ name }) => [name, tarballs[name]!] as const);
  const consumer =
    library.name === BY_NPM
      ? await Consumer.install(folder, Object.fromEntries(needed))
      : workshop.joint.part(folder, [library.name]);
  consumer.take(workshop.joint, library.project);
  return consumer;
}

const wentWell = { code: 0, stderr: '' };

it('finds the libraries', () => {
  expect(all.map((library) => library.name)).toContain('@raspy/mdp-protocol');
});

it.each<[string, readonly string[]]>([
  ['tools/pack-check/package.json', ['raspy']],
  ['tools/workspace/project.json', []],
])('is declared to depend on every library in %s, so that a change of one is seen', (path, besides) => {
  const expected = [...all.map(({ project }) => project), ...besides];
  expect([...implicitDependencies(path)].sort()).toEqual(expected.sort());
});

describe.each(all)('$name, installed alone in an empty folder', (library) => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await alone(library);
  });
  afterAll(() => consumer.remove());

  it('is a sound package', () => {
    expect(mistakes[tarballs[library.name]!]).toEqual([]);
  });

  it('type-checks, README included, from ES modules and from CommonJS', () => {
    expect(errorsIn(compiled, [`src/${library.project}`])).toEqual([]);
    // Types are not there at run time, so that it would not be told that they come from a package that is not here.
    const imported = library.examples.flatMap(importedPackages);
    expect(imported.filter((name) => !existsSync(join(consumer.folder, 'node_modules', name)))).toEqual([]);
  });

  it('depends on every package that its declarations import', () => {
    expect(library.declarationImports.filter((name) => !library.needs.includes(name))).toEqual([]);
  });

  it.each(styles)('opens every door by %s', async (style) => {
    expect(await consumer.run('doors', style)).toMatchObject(wentWell);
  });

  it('brings inversify along only if it composes', async () => {
    const packages = await consumer.packages();
    expect(packages.includes('inversify')).toBe(library.composes);
    expect(packages.includes('reflect-metadata')).toBe(library.composes);
  });

  if (library.name === BY_NPM) {
    it('has the packages that are given to a library which npm does not install itself', () => {
      const [here, joint] = [packagesIn(consumer.folder), packagesIn(workshop.joint.folder)];
      const given = named(joint, closure(joint, ['@types/node', BY_NPM]));
      expect(named(here, Object.keys(here))).toEqual(given);
    });
  }

  it('shows in its README how it is used', () => {
    expect(library.examples.length).toBeGreaterThan(0);
  });

  for (const i of library.examples.keys()) {
    it.each(styles)(`runs example ${i + 1} of its README by %s`, async (style) => {
      expect(await consumer.run(`example-${i}`, style)).toMatchObject(wentWell);
    });
  }
});

describe('all libraries together with what some of their doors ask for', () => {
  afterAll(() => workshop.joint.remove());

  it('type-check at all their doors, their declarations and all that those import included', () => {
    expect(compiled).toMatchObject({ code: 0, stdout: '' });
  });

  it.each(styles)('open those doors by %s', async (style) => {
    expect(all.flatMap(({ asking }) => asking)).not.toEqual([]);
    expect(await workshop.joint.run('together/asking', style)).toMatchObject(wentWell);
  });
});
