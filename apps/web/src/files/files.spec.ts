import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AuditLog, type AuditEntry } from '../access/audit-log.js';
import { JsonFile } from './json-file.js';
import { installSecret } from './secret.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'raspy-web-files-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('a file of JSON', () => {
  const schema = z.object({ n: z.number() });

  it('is replaced as a whole, one save after the other, for its owner alone', async () => {
    const path = join(folder, 'x.json');
    const file = new JsonFile(path, schema);
    expect(await file.load()).toBeUndefined();
    await Promise.all([1, 2, 3].map((n) => file.save({ n })));
    expect(await file.load()).toEqual({ n: 3 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['x.json']);
  });

  it('is no empty one when it cannot be read', async () => {
    await writeFile(join(folder, 'x.json'), '{"n":');
    await expect(new JsonFile(join(folder, 'x.json'), schema).load()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('it is damaged') as string,
    });
    await expect(new JsonFile(folder, schema).load()).rejects.toThrow('EISDIR');
  });

  it('leaves nothing behind when it cannot be written, and goes on', async () => {
    const file = new JsonFile(join(folder, 'none', 'x.json'), schema);
    await expect(file.save({ n: 1 })).rejects.toThrow('ENOENT');
    const blocked = new JsonFile(folder, schema);
    await expect(blocked.save({ n: 1 })).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
  });
});

it('makes a secret once, for its owner alone', async () => {
  const secret = await installSecret(folder);
  expect(secret).toHaveLength(32);
  expect(await installSecret(folder)).toEqual(secret);
  expect((await stat(join(folder, 'secret.json'))).mode & 0o777).toBe(0o600);
});

describe('the audit log', () => {
  const entry = (at: number): AuditEntry => ({ at, who: 'ada', address: '1', what: 'POST /x', status: 204 });

  it('grows, is read again at the start, and tells the latest first', async () => {
    const log = new AuditLog({ folder });
    await log.open();
    await Promise.all([1, 2, 3].map((at) => log.add(entry(at))));
    await writeFile(
      join(folder, 'audit.log'),
      `${await readFile(join(folder, 'audit.log'), 'utf8')}{"at":4,"wh`,
    );
    const again = new AuditLog({ folder });
    await again.open();
    expect(again.latest(2)).toEqual([entry(3), entry(2)]);
    expect((await stat(join(folder, 'audit.log'))).mode & 0o777).toBe(0o600);
  });

  it('puts full files aside, and keeps so many', async () => {
    const log = new AuditLog({ folder, maxBytes: 200, keep: 2 });
    await log.open();
    for (let at = 0; at < 20; at++) await log.add(entry(at));
    expect((await readdir(folder)).sort()).toEqual(['audit.log', 'audit.log.1', 'audit.log.2']);
    expect(log.latest(1)).toEqual([entry(19)]);
  });

  it('keeps nothing from being done when it cannot be written', async () => {
    const errors: unknown[] = [];
    const log = new AuditLog({ folder: join(folder, 'none'), onError: (error) => errors.push(error) });
    await log.open();
    await log.add(entry(1));
    expect([errors.length, log.latest(10)]).toEqual([1, [entry(1)]]);
  });
});
