import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, versionInUse, type Style } from './consumer.js';
import { atATime } from './at-a-time.js';
import {
  ASKING_DOORS,
  implicitDependencies,
  libraries,
  pack,
  withNeeds,
  workspace,
  type Library,
} from './library.js';
import { run, type Outcome } from './run.js';

jest.setTimeout(360_000);

const all = libraries();
const styles: readonly Style[] = ['import', 'require'];
const publint = join(workspace, 'node_modules/publint/src/cli.js');

/** A library in the hands of a stranger, who has type-checked what he wrote with it. */
interface Installed {
  readonly consumer: Consumer;
  readonly compiled: Outcome;
}

let store: string;
const tarballs = new Map<Library, string>();
const installed = new Map<Library, Promise<Installed>>();

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'raspy-tarballs-'));
  const packed = atATime(2, all, (library) => pack(library, store));
  for (const [library, tarball] of packed) tarballs.set(library, await tarball);
  // Side by side, since npm and the compiler wait in turns; each test waits for its own.
  for (const [library, outcome] of atATime(2, all, install)) installed.set(library, outcome);
});
afterAll(() => rm(store, { recursive: true, force: true }));

async function install(library: Library): Promise<Installed> {
  const consumer = await Consumer.install(withNeeds(library, all).map((needed) => tarballs.get(needed)!));
  await consumer.add('doors', (style) => opensDoors(library.entries, style));
  for (const [i, example] of library.examples.entries()) await consumer.add(`example-${i}`, () => example);
  return { consumer, compiled: await consumer.compile({ declarations: false }) };
}

/** A module that opens each door and finds something behind it. */
function opensDoors(specifiers: readonly string[], style: Style): string {
  return specifiers
    .map((specifier, i) => {
      const opened =
        style === 'import'
          ? `import * as door${i} from '${specifier}';`
          : `import door${i} = require('${specifier}');`;
      return `${opened}\nif (Object.keys(door${i}).length === 0) throw new Error('${specifier} is empty');\n`;
    })
    .join('');
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
  let compiled: Outcome;

  beforeAll(async () => {
    ({ consumer, compiled } = await installed.get(library)!);
  });
  afterAll(async () => (await installed.get(library)!).consumer.remove());

  it('is a sound package', async () => {
    const outcome = await run(process.execPath, [publint, tarballs.get(library)!, '--strict'], store);
    expect(outcome).toMatchObject({ code: 0 });
  });

  it('type-checks, README included, from ES modules and from CommonJS', () => {
    expect(compiled).toMatchObject({ code: 0, stdout: '' });
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
  const doors = all.flatMap(({ asking }) => asking);
  let consumer: Consumer;

  beforeAll(async () => {
    const asked = Object.values(ASKING_DOORS).flat();
    const versions = asked.map((name) => `${name}@${versionInUse(name)}`);
    consumer = await Consumer.install([...tarballs.values(), ...versions]);
    await consumer.add('asking', (style) => opensDoors(doors, style));
    await consumer.add('doors', (style) =>
      opensDoors(
        all.flatMap(({ entries }) => entries),
        style,
      ),
    );
  });
  afterAll(() => consumer.remove());

  it('type-check at all their doors, their declarations and all that those import included', async () => {
    expect(await consumer.compile({ declarations: true })).toMatchObject({ code: 0, stdout: '' });
  });

  it.each(styles)('open those doors by %s', async (style) => {
    expect(doors).not.toEqual([]);
    expect(await consumer.run('asking', style)).toMatchObject(wentWell);
  });
});
