import { frameText } from '@raspy/wire';
import { config } from 'rxjs';
import { ModelBus } from '../../test/support/model-bus.js';
import type { KvError } from '../errors.js';
import { KvOptionError } from '../option-error.js';
import { subtreeFrame } from '../subtree.js';
import type { KvChange } from './entries.js';
import { KvClient } from './kv-client.js';
import type { KvClientOptions } from './options.js';

/** The error that a promise rejects with, or a function throws. */
async function failure(what: Promise<unknown> | (() => unknown)): Promise<KvError> {
  try {
    await (typeof what === 'function' ? what() : what);
  } catch (error) {
    return error as KvError;
  }
  throw new Error('it did not fail');
}

/** A change in one line. */
function line(change: KvChange): string {
  const healed = change.type !== 'snapshot' && change.healed ? ' healed' : '';
  if (change.type === 'delete') return `-${change.key}@${String(change.seq)}${healed}`;
  if (change.type === 'set') return `+${change.entry.key}=${frameText(change.entry.body)}${healed}`;
  return `[${change.entries.map(({ key, body }) => `${key}=${frameText(body)}`).join(' ')}]@${String(change.seq)}`;
}

describe('KvClient', () => {
  let bus: ModelBus;
  const clients: KvClient[] = [];

  function client(options: KvClientOptions = {}): KvClient {
    const made = new KvClient({ ...bus.options, ...options });
    clients.push(made);
    return made;
  }

  function watched(of: KvClient, subtree?: string): string[] {
    const lines: string[] = [];
    of.watch(subtree).subscribe({
      next: (change) => lines.push(line(change)),
      complete: () => lines.push('end'),
    });
    return lines;
  }

  beforeEach(async () => {
    bus = await ModelBus.start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((each) => each.close()));
  });

  it('reads, and follows what is written by itself and by others', async () => {
    bus.set('/a/x', '1');
    const a = client();
    const b = client({ subtree: 'a' });
    const [ofA, ofB] = [watched(a), watched(b)];
    await bus.advance();
    a.set('/a/x', '2');
    b.set('/b/y', Uint8Array.of(51));
    await bus.advance();
    a.delete('/a/x');
    await bus.advance();
    expect(ofA).toEqual(['[/a/x=1]@1', '+/a/x=2', '+/b/y=3', '-/a/x@4']);
    expect(ofB).toEqual(['[/a/x=1]@1', '+/a/x=2', '-/a/x@4']);
    expect([a.size, b.size]).toEqual([1, 0]);
    expect(a.peek('/b/y')).toEqual({ key: '/b/y', body: Buffer.from('3'), seq: 3n, restored: false });
    expect(a.statistics()).toMatchObject({ sent: 2, updates: 3, entries: 1, collectorLinked: true });
  });

  it('get waits until the picture is current', async () => {
    bus.set('/a', '1');
    const c = client();
    const early = c.get('/a');
    expect(c.peek('/a')).toBeUndefined();
    expect((await bus.until(early))?.seq).toBe(1n);
    expect(await c.get('/never')).toBeUndefined();
  });

  it('get says what to check when there is no server', async () => {
    bus.cut();
    const c = client();
    const error = await bus.until(failure(c.get('/a', { timeoutMs: 700 })));
    expect(error).toMatchObject({ code: 'NOT_SYNCED', key: '/a', timeoutMs: 700, name: 'KvNotSyncedError' });
    expect(error.message).toContain('mem://bus:5520 and mem://bus:5521');
    expect(bus.clock.now()).toBeLessThan(1_000);
  });

  it('get can be aborted, before and while it waits, and ends with the client', async () => {
    bus.cut();
    const c = client();
    const cause = new Error('enough');
    const before = await failure(c.get('/a', { signal: AbortSignal.abort(cause) }));
    expect(before).toMatchObject({ code: 'ABORTED', cause });
    const controller = new AbortController();
    const waiting = failure(c.get('/a', { signal: controller.signal, timeoutMs: Infinity }));
    const closing = failure(c.get('/a', { timeoutMs: Infinity }));
    controller.abort(cause);
    expect(await waiting).toMatchObject({ code: 'ABORTED', cause });
    await c.close();
    expect(await closing).toMatchObject({ code: 'CLOSED' });
    expect(await failure(c.get('/a'))).toMatchObject({ code: 'CLOSED' });
    expect(await failure(c.get('/a', { timeoutMs: 0 }))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('keeps to its subtree', async () => {
    const c = client({ subtree: '/a' });
    const outside = { code: 'OUTSIDE_SUBTREE', subtree: '/a/' };
    expect(await failure(c.get('/b'))).toMatchObject(outside);
    expect(await failure(() => c.peek('/ab'))).toMatchObject(outside);
    expect(await failure(() => c.entries(''))).toMatchObject(outside);
    expect(await failure(() => c.watch('/b'))).toMatchObject(outside);
    const writer = client({ read: false });
    const error = await failure(() => writer.peek('/a'));
    expect(error).toMatchObject({ code: 'OUTSIDE_SUBTREE', subtree: '(none)' });
    expect(error.message).toContain('only writes');
  });

  it('entries are sorted by the bytes of their keys, of a part if asked for', async () => {
    for (const key of ['/a/\u{1F600}', '/a/\uFF5E', '/a/b', '/a/B', '/b']) bus.set(key, '1');
    const c = client();
    await bus.advance();
    expect(c.entries().map(({ key }) => key)).toEqual(['/a/B', '/a/b', '/a/\uFF5E', '/a/\u{1F600}', '/b']);
    expect(c.entries('a').map(({ key }) => key)).toHaveLength(4);
    const part = watched(c, '/b');
    bus.set('/b/x', '1');
    await bus.advance();
    expect(part).toEqual(['[]@5', '+/b/x=1']);
  });

  it('status$ tells the current status first, each change once, and completes', async () => {
    const c = client();
    const told: string[] = [];
    c.status$.subscribe({ next: (status) => told.push(status), complete: () => told.push('end') });
    expect(c.status).toBe('syncing');
    await bus.advance();
    bus.cut();
    await bus.advance();
    bus.heal();
    await bus.advance(1_000);
    await c.close();
    await c.close();
    expect(told).toEqual(['syncing', 'synced', 'stale', 'synced', 'closed', 'end']);
    const late: string[] = [];
    c.status$.subscribe((status) => late.push(status));
    expect(late).toEqual(['closed']);
  });

  it('watch begins with a snapshot whenever it is subscribed, heals, and completes at the end', async () => {
    const c = client();
    const early = watched(c);
    await bus.advance();
    bus.set('/a', '1');
    bus.set('/b', '1');
    await bus.advance();
    const late = watched(c);
    bus.cut();
    await bus.advance();
    bus.server.set('/a', '2');
    bus.server.set('/b', '');
    const blind = watched(c);
    bus.heal();
    await bus.advance(1_000);
    await c.close();
    const healed = ['+/a=2 healed', '-/b@4 healed', 'end'];
    expect(early).toEqual(['[]@0', '+/a=1', '+/b=1', ...healed]);
    expect(late).toEqual(['[/a=1 /b=1]@2', ...healed]);
    expect(blind).toEqual(['[/a=1 /b=1]@2', ...healed]);
    expect(watched(c)).toEqual(['[/a=2]@4', 'end']);
  });

  it('who begins to watch while a change is told has it once', async () => {
    const c = client();
    await bus.advance();
    let inner: string[] | undefined;
    c.watch().subscribe((change) => {
      if (change.type === 'set') inner ??= watched(c);
    });
    bus.set('/a', '1');
    bus.set('/a', '2');
    await bus.advance();
    expect(inner).toEqual(['[/a=1]@1', '+/a=2']);
  });

  it('who throws while a change is told harms nobody else', async () => {
    const c = client();
    await bus.advance();
    const reported = new Promise<unknown>((resolve) => (config.onUnhandledError = resolve));
    c.watch().subscribe((change) => {
      if (change.type === 'set' && change.entry.seq === 1n) throw new Error('mine alone');
    });
    const other = watched(c);
    bus.set('/a', '1');
    bus.set('/a', '2');
    await bus.advance();
    expect(other).toEqual(['[]@0', '+/a=1', '+/a=2']);
    expect(await reported).toEqual(new Error('mine alone'));
    config.onUnhandledError = null;
  });

  it('what is written from within a change is written after it', async () => {
    const c = client();
    await bus.advance();
    c.watch().subscribe((change) => {
      if (change.type === 'set' && change.entry.key === '/ask') c.set('/answer', '42');
    });
    bus.set('/ask', '?');
    await bus.advance();
    expect(frameText(c.peek('/answer')!.body)).toBe('42');
  });

  it('what is restored from disk says so until it is set', async () => {
    bus.set('/a', '1');
    bus.server = bus.server.restarted(10_000);
    const c = client();
    await bus.advance();
    expect(c.peek('/a')?.restored).toBe(true);
    bus.set('/a', '1');
    await bus.advance();
    expect(c.peek('/a')?.restored).toBe(false);
  });

  it('K31: a server that is silent is noticed within 5 s', async () => {
    const c = client({ subtree: '/a/' });
    await bus.advance(3_000);
    bus.loses = () => true;
    await bus.advance(5_000);
    expect(c.status).toBe('stale');
    bus.loses = () => false;
    await bus.advance(10_000);
    expect(c.status).toBe('synced');
  });

  it('a loss that only the count tells is healed', async () => {
    const c = client({ subtree: '/a/', countIntervalMs: 1_000 });
    await bus.advance(3_000);
    bus.loses = () => true;
    bus.set('/a/x', 'lost');
    bus.loses = () => false;
    await bus.advance(8_000);
    expect(c.statistics()).toMatchObject({ countMismatches: 1, entries: 1 });
    expect(c.entries('/a')).toMatchObject([{ key: '/a/x' }]);
    expect(subtreeFrame('/a')).toEqual(subtreeFrame('a/'));
  });

  it('refuses what no server would take', async () => {
    const c = client({ limits: { maxKeyBytes: 8, maxBodyBytes: 4 } });
    const reason = async (key: string, value: string): Promise<unknown> => {
      const error = await failure(() => c.set(key, value));
      expect(error.code).toBe('LIMIT');
      expect(await failure(c.setIf(key, value, 0n))).toMatchObject({ message: error.message });
      return (error as KvError & { reason: string }).reason;
    };
    expect(await reason('', 'x')).toBe('bad-key');
    expect(await reason('a', 'x')).toBe('bad-key');
    expect(await reason('HUGZ', 'x')).toBe('reserved-key');
    expect(await reason('/2345678x', 'x')).toBe('key-too-long');
    expect(await reason('/a', '12345')).toBe('body-too-large');
    expect(await reason('/a', '')).toBe('empty-body');
    expect((await failure(() => c.set(`/${'a'.repeat(200)}`, 'x'))).message.length).toBeLessThan(250);
  });

  it('keeps facts while it is offline, and fails events', async () => {
    bus.cut();
    const c = client({ maxPendingKeys: 1 });
    c.set('/a', '1');
    c.set('/a', '2', { ttlMs: 30_000 });
    expect(await failure(() => c.set('/b', '1'))).toMatchObject({ code: 'TOO_MANY_PENDING' });
    expect(await failure(() => c.set('/e', '1', { ifOffline: 'fail' }))).toMatchObject({ code: 'OFFLINE' });
    expect(await failure(() => c.delete('/e', { ifOffline: 'fail' }))).toMatchObject({ code: 'OFFLINE' });
    await bus.advance(1_000);
    bus.heal();
    await bus.advance();
    expect([...bus.server.entries.keys()]).toEqual(['/a']);
    expect(bus.properties).toEqual(['ttl=29\n']);
  });

  it('the bytes of a value are taken when it is set', async () => {
    bus.cut();
    const c = client();
    const value = Buffer.from('1');
    c.set('/a', value);
    value.write('2');
    bus.heal();
    await bus.advance();
    expect(frameText(c.peek('/a')!.body)).toBe('1');
  });

  it('keeps alive until it is closed, which deletes', async () => {
    const c = client();
    await bus.advance();
    c.set('/alive', '1', { ttlMs: 3_000, keepAlive: true });
    await bus.advance(3_000);
    expect(bus.server.seq).toBe(4);
    await c.close();
    await bus.advance();
    expect(bus.server.entries.size).toBe(0);
  });

  it('sets on condition', async () => {
    const c = client();
    const seq = await bus.until(c.setIf('/a', '1', 0n, { ttlMs: 1_000 }));
    expect(seq).toBe(1n);
    const conflict = await bus.until(failure(c.setIf('/a', '2', 0n)));
    expect(conflict).toMatchObject({ code: 'CONFLICT', actualSeq: 1n, expectedSeq: 0n });
    expect(await bus.until(c.setIf('/a', '2', seq))).toBe(2n);
    bus.server.knowsAdditions = false;
    expect(await bus.until(failure(c.setIf('/a', '3', 2n)))).toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    bus.cut();
    await bus.advance();
    const offline = await bus.until(failure(c.setIf('/a', '3', 2n, { timeoutMs: 100 })));
    expect(offline).toMatchObject({ code: 'OFFLINE' });
    const many = Array.from({ length: 1_000 }, () => failure(c.setIf('/a', '3', 2n)));
    expect(await failure(c.setIf('/a', '3', 2n))).toMatchObject({ code: 'TOO_MANY_PENDING' });
    await c.close();
    expect(await many[0]).toMatchObject({ code: 'CLOSED' });
  });

  it('a closed client writes nothing', async () => {
    const c = client();
    await c[Symbol.asyncDispose]();
    expect(await failure(() => c.set('/a', '1'))).toMatchObject({ code: 'CLOSED' });
    expect(await failure(c.setIf('/a', '1', 0n))).toMatchObject({ code: 'CLOSED' });
  });

  it('tells all mistakes in its options', () => {
    const bad: KvClientOptions = {
      endpoint: 'tcp://127.0.0.1',
      endpoints: { snapshot: '', publisher: 'x', collector: 'x' },
      limits: { maxKeyBytes: 0, maxBodyBytes: 0.5 },
      liveWaitMs: 0,
      snapshotTimeoutMs: NaN,
      silenceMs: -1,
      countIntervalMs: Infinity,
      maxPendingKeys: -1,
      maxPendingBytes: 0.1,
      lingerMs: Infinity,
    };
    let mistakes: readonly string[] = [];
    try {
      new KvClient(bad);
    } catch (error) {
      if (error instanceof KvOptionError) mistakes = error.mistakes;
    }
    expect(mistakes.map((mistake) => mistake.split(' ')[0])).toEqual([
      'endpoints',
      'endpoints.snapshot',
      'limits.maxKeyBytes',
      'limits.maxBodyBytes',
      'liveWaitMs',
      'snapshotTimeoutMs',
      'silenceMs',
      'countIntervalMs',
      'maxPendingKeys',
      'maxPendingBytes',
      'lingerMs',
    ]);
    expect(() => new KvClient({ endpoint: 'tcp://127.0.0.1:65530' })).toThrow('must end with a port');
    expect(() => new KvClient({ endpoint: 'tcp://127.0.0.1' })).toThrow(KvOptionError);
  });

  it('and in those of a call', async () => {
    const c = client();
    const code = { code: 'INVALID_OPTION' };
    expect(await failure(() => c.set('/a', '1', { ttlMs: 0 }))).toMatchObject(code);
    expect(await failure(() => c.set('/a', '1', { ttlMs: 1e15 }))).toMatchObject(code);
    expect(await failure(() => c.set('/a', '1', { keepAlive: true }))).toMatchObject(code);
    expect(await failure(() => c.set('/a', '1', { keepAlive: true, ttlMs: 1_000 }))).toMatchObject(code);
    expect(await failure(() => c.set('/a', '1', { ifOffline: 'Fail' as 'fail' }))).toMatchObject(code);
    expect(await failure(c.setIf('/a', '1', -1n))).toMatchObject(code);
    expect(await failure(c.setIf('/a', '1', 1n << 64n))).toMatchObject(code);
  });

  it('can be told its endpoints', async () => {
    const [snapshot, publisher, collector] = bus.addresses;
    const c = new KvClient({
      endpoints: { snapshot, publisher, collector },
      transport: bus.network,
      clock: bus.clock,
    });
    clients.push(c);
    await bus.advance();
    expect(c.status).toBe('synced');
  });
});
