import 'reflect-metadata';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, VirtualClock } from '@raspy/clock';
import { KvClient, type KvServerEvent } from '@raspy/kv-clone';
import { MdpClient, MdpWorker, type BrokerEvent } from '@raspy/mdp-protocol';
import { frameText } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Container } from 'inversify';
import { Executive } from '../lifecycle/executive.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import { silentLogger, type Logger } from '../log/logger.js';
import { logBrokerEvent } from './broker-log.js';
import { kvClientEndpoints } from '../server/endpoint.js';
import { BrokerPart } from './broker-part.js';
import { KvPart } from './kv-part.js';
import { logKvEvent } from './kv-log.js';
import { BROKER, BROKER_PARTS, brokerModule, KV_TREE } from './module.js';

const settings = {
  brokerIp: 'localhost',
  brokerPort: 0,
  hostname: 'pi',
  service: 'broker',
  heartbeatMs: 500,
  liveness: 3,
  config: undefined,
  logLevel: 'info' as const,
  tracing: false,
  maxMessageMb: 1,
  kvChpPort: 0,
  kvFlushMs: 50,
  kvMaxKeys: 100,
  kvLegacy4: false,
  titanic: true,
  titanicMaxRequests: 100,
  titanicMaxMb: 1,
  titanicRetentionHours: 1,
  titanicConcurrency: 4,
  titanicAttemptMs: 5_000,
  titanicMaxAttempts: 2,
  clockTrust: 'always' as const,
};
const never = new AbortController().signal;

/** The tree alone. */
function treeIn(
  folder: string,
  { transport, logger = silentLogger }: { transport?: MemoryNetwork; logger?: Logger } = {},
): KvPart {
  return new KvPart({
    broker: () => 'tcp://127.0.0.1:1',
    chpPort: 0,
    dataDir: folder,
    clock: systemClock,
    logger,
    transport: transport ?? new MemoryNetwork({ clock: systemClock }),
    flushMs: 50,
  });
}

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'raspy-broker-server-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

/** The parts of a broker program, started. */
async function start(transport: MemoryNetwork, own: { readonly titanic?: boolean } = {}) {
  const container = new Container();
  container.load(
    brokerModule({
      settings: { ...settings, dataDir, ...own },
      clock: systemClock,
      logger: silentLogger,
      transport,
    }),
  );
  const [broker, tree] = [container.get(BROKER), container.get(KV_TREE)];
  const executive = new Executive({
    parts: container.get(BROKER_PARTS),
    clock: systemClock,
    logger: silentLogger,
  });
  await executive.start(never);
  return { broker, tree, executive };
}

it('serves the bus, and stands on it as a server with its own figures', async () => {
  const transport = new MemoryNetwork({ clock: systemClock });
  const { broker, executive } = await start(transport);
  expect(broker.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);

  const client = new MdpClient({ endpoint: broker.endpoint, transport });
  expect((await client.request('pi.broker.mmi', ['status'])).map(frameText)).toEqual(['200']);
  const [all] = await client.call('pi.broker.statistics', ['all']);
  expect(JSON.parse(frameText(all!))).toMatchObject({ 'broker.workers': 2, 'broker.services': 2 });
  const [waits] = await client.call('pi.broker.statistics', ['get', 'broker.wait']);
  const { 'broker.wait.count': count, 'broker.wait.sum': sum } = JSON.parse(frameText(waits!)) as Record<
    string,
    number
  >;
  expect(count).toBeGreaterThan(1);
  expect(sum).toBeGreaterThanOrEqual(0);
  await client.request('no.such', ['x'], { ifNoWorker: 'fail' }).catch(() => undefined);
  const [report] = await client.call('mmi.workers', ['']);
  expect(JSON.parse(frameText(report!))).toMatchObject({ intervalMs: 500, liveness: 3 });

  await client.close();

  // --max-message-mb bounds what the broker takes, and is no frame's bound alone.
  const large = transport.connect('dealer', broker.endpoint);
  const half = Buffer.alloc(600 * 1024);
  large.start({
    message: () => undefined,
    undelivered: () => undefined,
    link: () => large.send([half, half]),
  });
  while (broker.statistics()['broker.dropped.oversized'] === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await large.close();
  await executive.stop();
  expect(() => broker.endpoint).toThrow('the broker does not run');
  expect(broker.statistics()).toEqual({});
});

it('serves titanic.* itself, keeps requests over a restart, and sends them when their service comes', async () => {
  const transport = new MemoryNetwork({ clock: systemClock });
  const first = await start(transport);
  let client = new MdpClient({ endpoint: first.broker.endpoint, transport });
  const ask = async (service: string, ...body: string[]) =>
    (await client.request(service, body)).map(frameText);
  expect(await ask('mmi.discovery', 'titanic')).toEqual([
    ...['admin', 'close', 'reply', 'request', 'store', 'submit'].map((name) => `titanic.${name}`),
    '200',
  ]);
  const [status, id] = await ask('titanic.request', 'pi.sleeper', 'hello');
  expect(status).toBe('200');
  const [all] = await client.call('pi.broker.statistics', ['all']);
  expect(JSON.parse(frameText(all!))).toMatchObject({ 'titanic.accepted': 1, 'titanic.disk.commits': 1 });
  expect(await ask('pi.broker.mmi', 'status')).toEqual(['200']);
  await client.close();
  await first.executive.stop();

  const second = await start(transport);
  const { endpoint } = second.broker;
  client = new MdpClient({ endpoint, transport });
  const worker = new MdpWorker({
    endpoint,
    transport,
    service: 'pi.sleeper',
    handle: (body) => Promise.resolve(body),
  });
  let reply: string[];
  do reply = await ask('titanic.reply', id!);
  while (reply[0] === '300');
  expect(reply).toEqual(['200', 'hello']);
  await Promise.all([client.close(), worker.close()]);
  await second.executive.stop();

  const without = await start(transport, { titanic: false });
  client = new MdpClient({ endpoint: without.broker.endpoint, transport });
  expect(await ask('mmi.service', 'titanic.request')).toEqual(['404']);
  await client.close();
  await without.executive.stop();
});

it('keeps the tree over a restart, and owns its data folder alone', async () => {
  const transport = new MemoryNetwork({ clock: systemClock });
  const first = await start(transport);
  const client = (endpoint: string): KvClient =>
    new KvClient({ endpoints: kvClientEndpoints(endpoint, 0), transport });
  const writer = client(first.broker.endpoint);
  const seq = await writer.setIf('/event/x', 'kept', 0n);
  await writer.close();
  await expect(treeIn(dataDir, { transport }).start()).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  expect(first.tree.healthy).toBe(true);
  expect(first.tree.statistics()).toMatchObject({ 'kv.keys': 1, 'kv.updates': 1 });
  await first.executive.stop();
  expect(first.tree.statistics()).toEqual({});
  expect(first.tree.healthy).toBe(false);

  const second = await start(transport);
  const reader = client(second.broker.endpoint);
  expect(await reader.get('/event/x')).toMatchObject({ restored: true, seq });
  await reader.close();
  await second.executive.stop();
});

it('says how many values on disk break the limits of now', async () => {
  const transport = new MemoryNetwork({ clock: systemClock });
  const folder = await mkdtemp(join(dataDir, 'limits-'));
  const warned: unknown[] = [];
  const part = (maxBodyBytes: number): KvPart =>
    new KvPart({
      broker: () => 'tcp://127.0.0.1:1',
      chpPort: 0,
      dataDir: folder,
      clock: systemClock,
      logger: { ...silentLogger, warn: (...told) => void warned.push(told) },
      transport,
      maxBodyBytes,
    });
  const wide = part(100);
  await wide.start();
  const client = new KvClient({ endpoints: kvClientEndpoints('tcp://127.0.0.1:1', 0), transport });
  await client.setIf('/event/long', 'x'.repeat(50), 0n);
  await client.close();
  await wide.stop(0);
  expect(warned).toEqual([]);

  const narrow = part(10);
  await narrow.start();
  expect(narrow.statistics()).toMatchObject({ 'kv.keys': 0, 'kv.notRestored': 1 });
  expect(warned).toEqual([[expect.stringContaining('break the limits'), { notRestored: 1 }]]);
  await narrow.stop(0);
});

it('goes on after damage with what is left, and with sequences above all that clients have seen', async () => {
  const transport = new MemoryNetwork({ clock: systemClock });
  const folder = await mkdtemp(join(dataDir, 'damaged-'));
  const errors: unknown[] = [];
  const logger = { ...silentLogger, error: (...told: unknown[]) => void errors.push(told) };
  const part = () => treeIn(folder, { transport, logger });
  const client = (): KvClient =>
    new KvClient({ endpoints: kvClientEndpoints('tcp://127.0.0.1:1', 0), transport });
  const files = async (): Promise<string[]> => (await readdir(join(folder, 'store-log'))).sort();
  /** Changes a byte of a value; once it is on the disk. */
  const damage = async (value: string): Promise<void> => {
    for (const name of await files()) {
      const bytes = await readFile(join(folder, 'store-log', name));
      const at = bytes.indexOf(value);
      if (at >= 0) bytes[at]! ^= 0xff;
      await writeFile(join(folder, 'store-log', name), bytes);
    }
  };
  const first = part();
  await first.start();
  const writer = client();
  for (const name of ['sound', 'damaged', 'last']) {
    await writer.setIf(`/event/${name}`, `value ${name}`, 0n);
    while (first.statistics()['kv.unsaved'] !== 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await writer.close();
  await first.stop(0);

  await damage('value damaged');
  const before = Date.now();
  const second = part();
  await second.start();
  expect(errors).toEqual([
    [expect.stringMatching(/tree on disk is damaged: \d+ bytes of \d+\.log/), expect.anything()],
  ]);
  const reader = client();
  expect(await reader.get('/event/damaged')).toBeUndefined();
  expect(await reader.get('/event/sound')).toMatchObject({ restored: true });
  expect(await reader.setIf('/event/damaged', '2', 0n)).toBeGreaterThan(before);
  await reader.close();
  await second.stop(0);
  expect(await files()).toContainEqual(expect.stringContaining('.log.damaged-'));
});

it('goes on above them, too, where the end of what was saved is torn, or a start after damage came to nothing', async () => {
  const before = Date.now();
  for (const [name, bytes] of [
    ['00000001.log', 19],
    ['00000001.log.damaged-2026-01-01T00-00-00.000Z', 7],
  ] as const) {
    const folder = await mkdtemp(join(dataDir, 'torn-'));
    await mkdir(join(folder, 'store-log'));
    await writeFile(join(folder, 'store-log', name), Buffer.alloc(bytes));
    const part = treeIn(folder);
    await part.start();
    expect(part.statistics()['kv.sequence']).toBeGreaterThanOrEqual(before);
    await part.stop(0);
  }
});

it('takes over the tree of a home from the time when LMDB kept it', async () => {
  const folder = await mkdtemp(join(dataDir, 'lmdb-'));
  const { openLmdbStore } = await import('@raspy/storage-lmdb');
  const store = await openLmdbStore({ folder: join(folder, 'store') });
  const puts = [{ key: Buffer.from('/event/a'), seq: 7, ttlSeconds: 0, body: Buffer.from('x') }];
  await store.keyValue().commit({ puts, deletes: [], reservedSeq: 10_000 });
  await store.close();
  for (let start = 1; start <= 2; start++) {
    const part = treeIn(folder);
    await part.start();
    expect(part.statistics()).toMatchObject({ 'kv.restored': 1, 'kv.sequence': 10_000 * start });
    await part.stop(0);
  }
  expect((await readdir(folder)).sort()).toEqual(['store-log', 'store.migrated']);
});

it('ends the start as the environment does where the files of the tree are of another program', async () => {
  const folder = await mkdtemp(join(dataDir, 'foreign-'));
  await mkdir(join(folder, 'store-log'));
  await writeFile(join(folder, 'store-log', '00000001.log'), 'a line of some log, for people to read');
  const failed = treeIn(folder).start();
  await expect(failed).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  await expect(failed).rejects.toThrow('its files were written by another program');
});

it.each<[KvServerEvent, string]>([
  [
    { type: 'dropped', cause: 'bad-key', count: 2, wire: 'chp', peer: '', key: 'x' },
    'warn key/value tree: dropped 2: bad-key (x)',
  ],
  [
    { type: 'dropped', cause: 'verb', count: 1, wire: 'chp', peer: 'p', key: '' },
    'warn key/value tree: dropped 1: verb',
  ],
  [{ type: 'storage-failed', error: new Error('full') }, 'error values are not saved'],
  [{ type: 'storage-recovered' }, 'info values are saved again'],
  [{ type: 'sequence-unreserved', seq: 5 }, 'warn the disk does not keep up'],
  [{ type: 'stalled', lateMs: 1_999.6 }, 'warn the process stood still for 2000 ms'],
])('tells %j of the tree as a line for people', (event, told) => {
  const lines: string[] = [];
  const line = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger = {
    ...silentLogger,
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
  };
  logKvEvent(event, new RepeatLimiter(logger, new VirtualClock()));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(told);
});

it('tells statistics of causes by oids of their own', async () => {
  const transport = new MemoryNetwork({ clock: systemClock });
  const broker = new BrokerPart({
    endpoint: 'memory://b',
    clock: systemClock,
    logger: silentLogger,
    transport,
  });
  await broker.start();
  const raw = transport.connect('dealer', 'memory://b');
  raw.start({
    message: () => undefined,
    undelivered: () => undefined,
    link: () => raw.send([Buffer.from('rubbish')]),
  });
  const dropped = () => Object.keys(broker.statistics()).filter((oid) => oid.startsWith('broker.dropped.'));
  while (dropped().length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(dropped()).toHaveLength(1);
  await raw.close();
  await broker.stop(0);
});

describe('the log of a broker', () => {
  const base = { worker: 'w', service: 's' };
  const events: [BrokerEvent, string][] = [
    [{ type: 'worker-registered', ...base, version: 1 }, 'debug worker registered for s'],
    [
      { type: 'worker-removed', ...base, cause: 'disconnected', busy: false },
      'debug worker of s removed: disconnected',
    ],
    [{ type: 'worker-removed', ...base, cause: 'expired', busy: true }, 'warn worker of s removed: expired'],
    [
      { type: 'request-lost', ...base, outcome: 'failed' },
      'warn the worker of s was lost with a request: failed',
    ],
    [{ type: 'dropped', cause: 'expired', count: 3, peer: 'p' }, 'warn dropped 3: expired'],
    [
      { type: 'dropped', cause: 'builtin-failed', count: 1, peer: 'p', service: 's', error: 'Error: no' },
      'error a request to s was answered 500: Error: no',
    ],
    [
      { type: 'heartbeat-mismatch', ...base, hint: 'slow', observedMs: 9, expectedMs: 3 },
      'warn heartbeats of a worker of s do not fit (slow): give the broker and all servers the same --heartbeat-ms and --liveness',
    ],
    [
      { type: 'stalled', lateMs: 1234.5 },
      'warn the process stood still for 1235 ms; nobody is expired for it',
    ],
    [
      { type: 'policy-refused', service: 's', mistakes: ['m'] },
      'error the policy for s has mistakes; the defaults hold',
    ],
  ];

  it.each(events)('tells %j as a line for people', (event, told) => {
    const lines: string[] = [];
    const line = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
    const logger: Logger = {
      ...silentLogger,
      debug: line('debug'),
      warn: line('warn'),
      error: line('error'),
    };
    logBrokerEvent(event, new RepeatLimiter(logger, new VirtualClock()));
    expect(lines).toEqual([told]);
  });

  it('tells of a flood of one kind a few times, and then how much it was', () => {
    const clock = new VirtualClock();
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => void lines.push(message) };
    const limiter = new RepeatLimiter(logger, clock);
    for (let i = 0; i < 1_000; i++) {
      logBrokerEvent({ type: 'dropped', cause: 'expired', count: 1, peer: String(i) }, limiter);
    }
    clock.advanceBy(10_000);
    expect(lines).toHaveLength(6);
    expect(lines[5]).toBe('suppressed 995 more of "dropped expired"');
  });
});
