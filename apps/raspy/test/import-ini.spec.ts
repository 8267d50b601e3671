import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TitanicHome } from './titanic-home.js';

let home: TitanicHome;
let folder: string;
const raspy = (...argv: string[]) => home.raspy(...argv);
const importing = (...flags: string[]) => raspy('titanic', 'import-ini', folder, ...flags);

beforeEach(async () => {
  home = await TitanicHome.start();
  folder = await mkdtemp(join(tmpdir(), 'raspy-import-'));
  await writeFile(join(folder, 'scenario.sto'), '[main]\nkeys = ["tea"]\nconf = {}\n');
});
afterEach(async () => {
  await home.close();
  await rm(folder, { recursive: true });
});

it('imports the files of a folder, and changes nothing the second time', async () => {
  expect(await importing()).toMatchObject({
    code: 0,
    err: '',
    out: ['scenario.sto', '  [main] keys: added', '  [main] conf: added', '2 added'],
  });
  expect((await raspy('settings', 'get', 'scenario', 'main', 'keys', '--json')).out[0]).toContain(
    '[\\"tea\\"]',
  );
  expect(await importing()).toMatchObject({
    code: 0,
    out: [
      'scenario.sto',
      '  [main] keys: is there already',
      '  [main] conf: is there already',
      '2 there already',
    ],
  });
});

it('finds the folder store of a data folder', async () => {
  await rm(join(folder, 'scenario.sto'));
  await mkdir(join(folder, 'store'));
  await writeFile(join(folder, 'store', 'lamp.sto'), '[a]\nb = c\n');
  expect((await importing()).out).toEqual(['lamp.sto', '  [a] b: added', '1 added']);
});

it('only tells what it would do', async () => {
  const { code, out } = await importing('--dry-run');
  expect({ code, last: out.at(-1) }).toEqual({ code: 0, last: 'nothing was changed; it would be: 2 added' });
  expect(out[1]).toBe('  [main] keys: would be added');
  expect((await raspy('settings', 'ls')).out).toEqual([]);
});

it('keeps other values unless it is told to overwrite them', async () => {
  await raspy('settings', 'set', 'scenario', 'main', 'keys', 'mine');
  const kept = await importing();
  expect(kept).toMatchObject({ code: 1 });
  expect(kept.out[1]).toBe('  [main] keys: has another value, which is kept; --overwrite replaces it');
  expect(kept.out.at(-1)).toBe('1 added, 1 different and kept');
  const would = await importing('--overwrite', '--dry-run');
  expect(would.out[1]).toBe('  [main] keys: would be overwritten');
  const done = await importing('--overwrite', '--json');
  expect(done.code).toBe(0);
  expect(done.out.map((line) => JSON.parse(line) as unknown)).toEqual([
    { service: 'scenario', section: 'main', key: 'keys', result: 'overwritten', dryRun: false },
    { service: 'scenario', section: 'main', key: 'conf', result: 'same', dryRun: false },
  ]);
});

it('tells what cannot be read, with its line, and imports the rest', async () => {
  await writeFile(join(folder, 'broken.sto'), '[a]\nb = c\nwhat is this\n');
  const { code, out, err } = await importing();
  expect(code).toBe(1);
  expect(out.at(-1)).toBe('3 added, 1 not readable');
  expect(err).toContain(`raspy: ${join(folder, 'broken.sto')}:3: `);
});

it('tells what the store does not take, and imports the rest', async () => {
  await writeFile(join(folder, 'long.sto'), `[a]\n${'k'.repeat(300)} = v\nshort = v\n`);
  const { code, out } = await importing();
  expect(code).toBe(1);
  expect(out.at(-1)).toBe('3 added, 1 failed');
  expect(out.join('\n')).toContain('failed: titanic.store answered 500');
});

it('ends with 3 where there is no such folder, and says that there is nothing', async () => {
  const none = await raspy('titanic', 'import-ini', join(folder, 'none'));
  expect(none.code).toBe(3);
  expect(none.err).toContain(`${join(folder, 'none')} cannot be read`);
  await rm(join(folder, 'scenario.sto'));
  const empty = await importing();
  expect(empty).toMatchObject({ code: 3, out: [] });
  expect(empty.err).toContain('has no .sto files');
});
