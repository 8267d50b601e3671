import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIniStores } from './read-ini-stores.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'raspy-ini-'))));
afterEach(() => rm(folder, { recursive: true }));
const put = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);

it('reads the files of a folder by name, each a service', async () => {
  await put('scenario.sto', '[main]\nkeys = ["tea"]\n[tea]\ncode = ü\n');
  await put('a.b.sto', '[s]\nx = 1\n');
  await put('readme.txt', 'nonsense');
  await put('.sto', '[s]\nx = 1\n');
  expect(await readIniStores(folder)).toEqual({
    entries: [
      { service: 'a.b', section: 's', key: 'x', value: '1' },
      { service: 'scenario', section: 'main', key: 'keys', value: '["tea"]' },
      { service: 'scenario', section: 'tea', key: 'code', value: 'ü' },
    ],
    problems: [],
  });
});

it('tells problems with their file, and reads the rest', async () => {
  await put('a.sto', '[s]\nnonsense\nx = 1\n');
  await put('latin.sto', Uint8Array.of(0x5b, 0x73, 0x5d, 0x0a, 0x78, 0x3d, 0xfc));
  await mkdir(join(folder, 'sub.sto'));
  const { entries, problems } = await readIniStores(folder);
  expect(entries).toEqual([{ service: 'a', section: 's', key: 'x', value: '1' }]);
  expect(problems).toEqual([
    { file: 'a.sto', line: 2, text: 'nonsense', reason: expect.any(String) as unknown },
    { file: 'latin.sto', line: 0, text: '', reason: expect.stringContaining('not UTF-8') as unknown },
    { file: 'sub.sto', line: 0, text: '', reason: expect.stringContaining('cannot be read') as unknown },
  ]);
});

it('rejects where the folder cannot be read', async () => {
  await expect(readIniStores(join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' });
});
