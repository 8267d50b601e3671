import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore } from '@raspy/storage-log';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import type {
  RequestProgress,
  RequestRecord,
  StoredRequest,
  TitanicChange,
  TitanicStorage,
  TitanicStored,
} from '../storage.js';
import { openTitanicLog } from './log-storage.js';

let folder: string;
const open: TitanicStorage[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'titanic-log-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((storage) => storage.close()));
  await rm(folder, { recursive: true });
});

async function openStorage(): Promise<{ storage: TitanicStorage; found: TitanicStored }> {
  const storage = await openTitanicLog({ folder, segmentBytes: 4_096 });
  open.push(storage);
  return { storage, found: await storage.load() };
}

async function reopen(storage: TitanicStorage): Promise<{ storage: TitanicStorage; found: TitanicStored }> {
  await storage.close();
  return openStorage();
}

let orders = 0;
const newRecord = (more: Partial<RequestRecord> = {}): RequestRecord => {
  const order = ++orders;
  return {
    ...{
      id: String(order).padStart(32, '0'),
      order,
      target: Buffer.from('svc'),
      acceptedAt: 1_000,
      bodyBytes: 4,
    },
    ...{ onExpire: 'drop', submitted: false, transient: false },
    ...more,
  };
};
const accept = (request: RequestRecord): TitanicChange => ({
  type: 'accept',
  request,
  body: [textFrame('body')],
});
const progressed = (
  request: RequestRecord,
  state: RequestProgress['state'],
  reply?: string,
): TitanicChange => ({
  type: 'progress',
  request,
  progress: { state, attempts: 1, at: 2_000, ...(reply !== undefined && { replyBytes: reply.length }) },
  ...(reply !== undefined && { reply: [textFrame(reply)] }),
});
const setting = (key: string) => ({ service: textFrame('s'), section: textFrame('c'), key: textFrame(key) });
const set = (key: string, value: string): TitanicChange => ({
  type: 'set',
  setting: setting(key),
  value: textFrame(value),
});
const texts = (frames: Frames): string[] => frames.map((frame) => frameText(frame));
const byId = (found: TitanicStored, { id }: RequestRecord): StoredRequest | undefined =>
  found.requests.find(({ record }) => record.id === id);
const stateOf = (found: TitanicStored, record: RequestRecord): string | undefined => {
  const stored = byId(found, record);
  return stored && (stored.progress?.state ?? 'nothing');
};

/** Changes a byte behind what is searched for, in the file that has it. */
async function damage(what: string, offset: number): Promise<void> {
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.log'))) {
    const bytes = await readFile(join(folder, file));
    const at = bytes.lastIndexOf(what, undefined, 'latin1');
    if (at < 0) continue;
    bytes[at + offset]! ^= 0xff;
    await writeFile(join(folder, file), bytes);
    return;
  }
  throw new Error(`${what} is in none of the files`);
}

describe('the log of a Titanic', () => {
  it('is empty at first', async () => {
    const { found } = await openStorage();
    expect(found).toEqual({ requests: [], settings: [], damage: [] });
  });

  it('has after a restart what was committed', async () => {
    const { storage } = await openStorage();
    const waiting = newRecord({ key: 'k', expiresAt: 5, notBefore: 4, onExpire: 'dead', submitted: true });
    const done = newRecord();
    await Promise.all([
      storage.commit([accept(waiting)]),
      storage.commit([accept(done), progressed(done, 'running')]),
      storage.commit([progressed(done, 'done', 'reply'), set('k', 'value'), set('gone', 'x')]),
      storage.commit([{ type: 'unset', setting: setting('gone') }]),
    ]);
    const again = await reopen(storage);
    expect(again.found.damage).toEqual([]);
    expect(byId(again.found, waiting)).toEqual({ record: waiting, progress: undefined, doubtful: false });
    expect(byId(again.found, done)).toEqual({
      record: done,
      progress: { state: 'done', attempts: 1, at: 2_000, replyBytes: 5 },
      doubtful: false,
    });
    expect(again.found.settings.map(({ key }) => frameText(key))).toEqual(['k']);
    expect(texts(await again.storage.body(waiting.id))).toEqual(['body']);
    expect(texts(await again.storage.reply(done.id))).toEqual(['reply']);
    expect(frameText((await again.storage.setting(setting('k')))!)).toBe('value');
    expect(await again.storage.setting(setting('gone'))).toBeUndefined();
  });

  it('is read once', async () => {
    const { storage } = await openStorage();
    await expect(storage.load()).rejects.toThrow('once only');
  });

  it('has notes after a restart that was one in order, and claims', async () => {
    const { storage } = await openStorage();
    const [noted, claimed, sure] = [newRecord(), newRecord(), newRecord()];
    await storage.commit([accept(noted), accept(claimed), accept(sure)]);
    storage.note([progressed(noted, 'dead')]);
    const running: RequestProgress = { state: 'running', attempts: 1, at: 0 };
    expect(await storage.claim(claimed, running, { leaseMs: 1, durable: false })).toBe(true);
    const before = storage.statistics().commits;
    expect(await storage.claim(sure, running, { leaseMs: 1, durable: true })).toBe(true);
    expect(storage.statistics().commits).toBe(before + 1);
    const { found } = await reopen(storage);
    expect([noted, claimed, sure].map((record) => stateOf(found, record))).toEqual([
      'dead',
      'running',
      'running',
    ]);
  });

  it('drops the body of what has expired or is closed, and keeps the key', async () => {
    const { storage } = await openStorage();
    const [expired, closed] = [newRecord(), newRecord({ key: 'k' })];
    await storage.commit([accept(expired), accept(closed)]);
    await storage.commit([progressed(closed, 'done', 'reply')]);
    await storage.commit([progressed(expired, 'expired'), progressed(closed, 'closed')]);
    expect(await storage.body(expired.id)).toEqual([]);
    await expect(storage.reply(closed.id)).rejects.toThrow('is not in the log');
    const { found } = await reopen(storage);
    expect([stateOf(found, expired), stateOf(found, closed)]).toEqual(['expired', 'closed']);
    expect(byId(found, closed)?.record.key).toBe('k');
  });

  it('takes one without its body for ended, also when the power took what became of it', async () => {
    const log = await openLogStore({ folder, segmentBytes: 4_096 });
    await log.close();
    const { storage } = await openStorage();
    const [lost, older] = [newRecord(), newRecord()];
    await storage.commit([accept(lost), accept(older), progressed(older, 'running')]);
    await storage.commit([progressed(lost, 'closed'), progressed(older, 'expired')]);
    await storage.close();
    const later = await openLogStore({ folder, segmentBytes: 4_096 });
    await later.commit([{ delete: `p${lost.id}` }]);
    await later.close();
    const { found } = await openStorage();
    expect(byId(found, lost)?.progress).toMatchObject({ state: 'expired', attempts: 0 });
    expect(stateOf(found, older)).toBe('expired');
  });

  it('removes a request, and with a later commit what became of it', async () => {
    const { storage } = await openStorage();
    const [done, claimed] = [newRecord(), newRecord()];
    await storage.commit([accept(done), accept(claimed)]);
    await storage.commit([progressed(done, 'done', 'reply')]);
    // Not on the disk yet when it is removed.
    storage.note([progressed(claimed, 'running')]);
    await storage.commit([
      { type: 'remove', id: done.id },
      { type: 'remove', id: claimed.id },
    ]);
    await expect(storage.body(done.id)).rejects.toThrow('is not in the log');
    await storage.commit([set('a', '1')]);
    await storage.commit([set('a', '2')]);
    await storage.close();
    const log = await openLogStore({ folder, segmentBytes: 4_096 });
    expect([...log.keys()]).toEqual([expect.stringMatching(/^s/)]);
    await log.close();
    expect((await openStorage()).found.requests).toEqual([]);
  });

  it('removes after a restart what was left of requests that are removed', async () => {
    const { storage } = await openStorage();
    const done = newRecord();
    await storage.commit([accept(done), progressed(done, 'done', 'reply')]);
    await storage.commit([{ type: 'remove', id: done.id }]);
    const again = await reopen(storage);
    expect(again.found.requests).toEqual([]);
    await again.storage.commit([set('a', '1')]);
    await again.storage.close();
    const log = await openLogStore({ folder, segmentBytes: 4_096 });
    expect(log.has(`p${done.id}`)).toBe(false);
    await log.close();
  });

  it('keeps what became of a request whose removal failed', async () => {
    const { storage } = await openStorage();
    const done = newRecord();
    await storage.commit([accept(done), progressed(done, 'done', 'reply')]);
    const huge: TitanicChange = { ...set('a', ''), value: Buffer.alloc(130 * 2 ** 20) } as TitanicChange;
    await expect(storage.commit([{ type: 'remove', id: done.id }, huge])).rejects.toThrow();
    await storage.commit([set('a', '1')]);
    await storage.commit([set('a', '2')]);
    const { found, storage: again } = await reopen(storage);
    expect(stateOf(found, done)).toBe('done');
    expect(texts(await again.reply(done.id))).toEqual(['reply']);
  });

  it('that is closed while a commit is under way has answered it, and refuses what comes later', async () => {
    const { storage } = await openStorage();
    const record = newRecord();
    await storage.commit([accept(record), progressed(record, 'done', 'reply')]);
    await storage.commit([{ type: 'remove', id: record.id }]);
    const last = storage.commit([set('a', '1')]);
    await storage.close();
    await expect(last).resolves.toBeUndefined();
    await expect(storage.commit([set('a', '2')])).rejects.toThrow();
    expect(() => storage.note([set('a', '2')])).toThrow();
  });

  it('counts what it writes', async () => {
    const { storage } = await openStorage();
    await storage.commit([set('a', 'x'.repeat(1_000))]);
    const { commits, flushes, bytesGiven, bytesWritten, bytesOnDisk } = storage.statistics();
    expect([commits, flushes]).toEqual([1, 1]);
    expect(bytesGiven).toBeGreaterThan(1_000);
    expect(bytesWritten).toBeGreaterThan(bytesGiven);
    expect(bytesOnDisk).toBeGreaterThan(1_000);
  });
});

describe('damage in the middle of the log', () => {
  it('leaves doubt of what was accepted before it and nothing was told of since; all else stands', async () => {
    const { storage } = await openStorage();
    const [waiting, running, done, goesOn, later] = Array.from({ length: 5 }, () => newRecord());
    await storage.commit([accept(waiting!), accept(running!), accept(done!), accept(goesOn!)]);
    await storage.commit([progressed(running!, 'running'), progressed(done!, 'done', 'reply')]);
    await storage.commit([set('a', 'DAMAGED')]);
    await storage.commit([accept(later!), progressed(goesOn!, 'waiting'), set('b', 'sound')]);
    await storage.close();
    await damage('DAMAGED', 2);
    const { found, storage: again } = await openStorage();
    expect(found.damage).toEqual([
      expect.stringMatching(/^\d+ bytes of \S+\.log are not as they were written/),
    ]);
    const doubts = [waiting, running, done, goesOn, later].map((record) => [
      stateOf(found, record!),
      byId(found, record!)?.doubtful,
    ]);
    expect(doubts).toEqual([
      ['nothing', true],
      ['running', true],
      ['done', true],
      ['waiting', false],
      ['nothing', false],
    ]);
    expect(texts(await again.reply(done!.id))).toEqual(['reply']);
    expect(found.settings.map(({ key }) => frameText(key))).toEqual(['b']);
  });

  it('leaves doubt of what was accepted before it, though it was written again behind it', async () => {
    const { storage } = await openStorage();
    const [moved, stays, fresh] = [newRecord(), newRecord(), newRecord()];
    await storage.commit([accept(moved)]);
    const files = (): Promise<string[]> => readdir(folder);
    let turns = 0;
    const write = (): Promise<void> => storage.commit([set('a', String(turns++).padEnd(1_000, '.'))]);
    while ((await files()).length < 4) await write();
    await storage.commit([accept(stays), progressed(moved, 'running')]);
    while ((await files()).includes('00000001.log')) await write();
    await storage.commit([accept(fresh)]);
    await storage.close();
    await damage(`p${moved.id}`, 33);
    const { found } = await openStorage();
    expect(found.damage).toHaveLength(1);
    const doubts = [moved, stays, fresh].map((record) => [
      stateOf(found, record),
      byId(found, record)?.doubtful,
    ]);
    expect(doubts).toEqual([
      ['nothing', true],
      ['nothing', true],
      ['nothing', false],
    ]);
  });

  it('is told where a record is sound, and no form that is known', async () => {
    const log = await openLogStore({ folder, segmentBytes: 4_096 });
    const value = Buffer.from('from the future');
    await log.commit(['e', 'p', 's'].map((letter) => ({ put: `${letter}${'0'.repeat(32)}`, value })));
    await log.commit([{ put: 'x of another version', value }]);
    await log.close();
    const { found } = await openStorage();
    expect(found.requests).toEqual([]);
    expect(found.damage).toEqual([
      expect.stringContaining(`the request ${'0'.repeat(32)} is stored in a form`),
      expect.stringContaining(`what became of the request ${'0'.repeat(32)}`),
      expect.stringContaining('the name of a setting'),
    ]);
  });
});
