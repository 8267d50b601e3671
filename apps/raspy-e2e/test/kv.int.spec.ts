import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { KvClient, KvPublisherClient, type KvChange, type KvClientStatus } from '@raspy/kv-clone';
import { openKvLog } from '@raspy/kv-clone/storage-log';
import { MdpClient } from '@raspy/mdp-protocol';
import { pythonWithZmq, Workbench, type Running } from './processes.js';

// Third-party peers: raw frames by pyzmq. A user's machine without it skips; CI must have it.
const python = pythonWithZmq();
if (python === undefined && process.env['CI'] === 'true')
  throw new Error('CI needs pyzmq: apt-get install python3-zmq');
if (python === undefined)
  process.stderr.write('skipped: peers in Python, as pyzmq is absent (python3-zmq)\n');
const withPython = python === undefined ? describe.skip : describe;

type Offset = 1 | 2 | 3 | 6 | 7 | 8;

const bench = new Workbench();
const closers: (() => Promise<unknown>)[] = [];
let dataDir: string;
let broker: Running;
let port: number;

beforeEach(() => {
  dataDir = bench.folder();
});

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await bench.cleanUp();
});

const READY = /ready on tcp:\/\/127\.0\.0\.1:(\d+)/;

/** A broker on the data folder of this test; on the port given, when it is to be the same again. */
async function startBroker(at = 0): Promise<void> {
  broker = bench.app('raspy-broker', [`--broker-port=${at}`, `--data-dir=${dataDir}`]);
  await broker.until(() => READY.test(broker.stdout));
  port = Number(READY.exec(broker.stdout)![1]);
}

const at = (offset: 0 | Offset): string => `tcp://127.0.0.1:${port + offset}`;

function kvClient(subtree = ''): KvClient {
  const client = new KvClient({ endpoint: at(0), subtree });
  closers.push(() => client.close());
  return client;
}

/** Resolves when the condition holds, looked at 20 times a second. */
async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The broker's statistics, as `raspy request <host>.broker.statistics all` shows them. */
async function statistics(): Promise<Record<string, number>> {
  const client = new MdpClient({ endpoint: at(0) });
  try {
    const [all] = await client.request(`${hostname()}.broker.statistics`, ['all']);
    return JSON.parse(String(all)) as Record<string, number>;
  } finally {
    await client.close();
  }
}

const text = (body: Uint8Array | undefined): string | undefined =>
  body === undefined ? undefined : Buffer.from(body).toString();

describe('the key/value tree of a broker process', () => {
  it('K32: killed with -9 and started again, it has its values; who stayed is told of nothing but new ones', async () => {
    await startBroker();
    const writer = kvClient();
    const stayed = kvClient('/device/');
    for (let i = 0; i < 100; i++) writer.set(`/device/pi.fake/sensor${i}/value`, `{"value":${i}}`);
    await until(() => stayed.size === 100 && writer.size === 100);
    await until(async () => (await statistics())['kv.unsaved'] === 0);

    const statuses: KvClientStatus[] = [];
    const changes: KvChange[] = [];
    stayed.status$.subscribe((status) => statuses.push(status));
    stayed.watch().subscribe((change) => changes.push(change));
    expect(statuses).toEqual(['synced']);
    expect(changes.map(({ type }) => type)).toEqual(['snapshot']);
    const before = stayed.entries();
    broker.kill('SIGKILL');
    await broker.end();
    await startBroker(port);
    await until(() => statuses.length >= 3);
    expect(statuses).toEqual(['synced', 'stale', 'synced']);
    expect(changes).toHaveLength(1);
    expect(before.every(({ restored }) => !restored)).toBe(true);
    expect(stayed.entries()).toEqual(before.map((entry) => ({ ...entry, restored: true })));

    // A newcomer sees the same.
    const newcomer = kvClient('/device/');
    expect(text((await newcomer.get('/device/pi.fake/sensor7/value'))?.body)).toBe('{"value":7}');
    expect(newcomer.entries()).toEqual(stayed.entries());
    expect((await statistics())['kv.restored']).toBe(100);

    const newest = before.reduce((most, { seq }) => (seq > most ? seq : most), 0n);
    newcomer.set('/device/pi.fake/sensor7/value', '{"value":8}');
    await until(() => changes.length > 1);
    expect(changes.slice(1)).toMatchObject([
      {
        type: 'set',
        healed: false,
        entry: { key: '/device/pi.fake/sensor7/value', restored: false },
      },
    ]);
    const applied = stayed.peek('/device/pi.fake/sensor7/value')!;
    expect(text(applied.body)).toBe('{"value":8}');
    expect(applied.seq > newest).toBe(true);
    expect(stayed.status).toBe('synced');
  });

  it('K31: stopped with SIGSTOP, a filtered client knows within 5 s; continued, it is in step again', async () => {
    await startBroker();
    const filtered = kvClient('/device/');
    filtered.set('/device/a', '1');
    await until(() => filtered.status === 'synced' && filtered.size === 1);
    const stopped = performance.now();
    broker.kill('SIGSTOP');
    let staleAfter = Infinity;
    filtered.status$.subscribe((status) => {
      if (status === 'stale') staleAfter = Math.min(staleAfter, performance.now() - stopped);
    });
    await until(() => staleAfter < Infinity, 10_000);
    expect(staleAfter).toBeLessThan(5_000);
    expect(text(filtered.peek('/device/a')?.body)).toBe('1');
    broker.kill('SIGCONT');
    await until(() => filtered.status === 'synced');
    filtered.set('/device/a', '2');
    await until(() => text(filtered.peek('/device/a')?.body) === '2');
  });

  it('a second broker on the same data folder ends with 3 and names the folder', async () => {
    await startBroker();
    const second = bench.app('raspy-broker', ['--broker-port=0', `--data-dir=${dataDir}`]);
    expect(await second.end()).toBe(3);
    expect(second.stderr).toContain(dataDir);
    expect(second.stdout).not.toMatch(READY);
    // The first is not disturbed.
    const client = kvClient();
    client.set('/a', '1');
    await until(() => client.size === 1);
  });
});

(process.platform === 'linux' ? it : it.skip)('an engine with native parts is not loaded', async () => {
  await startBroker();
  const client = kvClient();
  client.set('/a', '1');
  await until(async () => client.size === 1 && (await statistics())['kv.unsaved'] === 0);
  const maps = readFileSync(`/proc/${broker.pid}/maps`, 'utf8');
  expect(maps).toContain('zeromq');
  expect(maps).not.toContain('lmdb');
});

describe('a subscriber that is a TCP connection', () => {
  it('V30: is sent these very bytes', async () => {
    await startBroker();
    const socket = connect(port + 2, '127.0.0.1');
    closers.push(() => Promise.resolve(socket.destroy()));
    let got = '';
    socket.on('data', (chunk) => (got += chunk.toString('hex')));
    // ZMTP 3.0: a greeting, then READY as SUB, then the subscriptions as messages; libzmq takes them one after the other.
    socket.write(`\xff\0\0\0\0\0\0\0\x01\x7f\x03\0${'NULL'.padEnd(52, '\0')}`, 'latin1');
    await until(() => got.includes(Buffer.from('READY').toString('hex')));
    socket.write('\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB', 'latin1');
    socket.write('\0\x07\x01/test/\0\x05\x01HUGZ', 'latin1');
    await until(() => got.includes('01044855475a0108000000000000000000'));
    const publisher = new KvPublisherClient({ endpoint: at(0), subtree: 'test' });
    closers.push(() => publisher.close());
    publisher.send('key1', 'value1');
    const message = '010a2f746573742f6b65793101080000000000000001000676616c756531';
    await until(() => got.includes(message));
  });
});

const hex = (plain: string): string => Buffer.from(plain).toString('hex');
const ZERO = '0000000000000000';
const KEY1 = '2f746573742f6b657931';
const VALUE1 = '76616c756531';
const HUGZ = '4855475a';
const UUID = '00112233445566778899aabbccddeeff';

withPython('raw peers in Python (needs python3-zmq)', () => {
  function peer(...args: string[]): Running {
    return bench.start(python!, [path.join(__dirname, 'python/kv_peers.py'), ...args]);
  }

  /** Pushes messages in hex; resolves when all of them have left. */
  async function push(collector: string, ...messages: string[]): Promise<void> {
    expect(await peer('push', collector, ...messages).end()).toBe(0);
  }

  /** What a peer printed after a word, in whole lines; the keep-alives, or everything else. */
  function told(running: Running, word: 'snapshot' | 'update', hugz = false): string[] {
    return running.stdout
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith(`${word} `) && line.startsWith(`${word} ${HUGZ}|`) === hugz)
      .map((line) => line.slice(word.length + 1));
  }

  async function joined(snapshot: Offset, publisher: Offset, subtree: string): Promise<Running> {
    const running = peer('join', at(snapshot), at(publisher), subtree);
    await running.until(() => running.stdout.includes('joined\n'));
    return running;
  }

  it('three frames: V29 to V31, V33 and V34, as the manual joins and publishes', async () => {
    await startBroker();
    const subscriber = await joined(1, 2, '/test/');
    expect(told(subscriber, 'snapshot')).toEqual([`4b544858424149|${ZERO}|2f746573742f`]);
    await push(at(3), `${KEY1}|${ZERO}|${VALUE1}`, `${KEY1}|${ZERO}|`);
    await subscriber.until(() => told(subscriber, 'update').length >= 2);
    expect(told(subscriber, 'update')).toEqual([
      `${KEY1}|0000000000000001|${VALUE1}`,
      `${KEY1}|0000000000000002|`,
    ]);
    await subscriber.until(() => told(subscriber, 'update', true).includes(`${HUGZ}|0000000000000002|`));

    // V33, with what was deleted gone and with what is not under the subtree left out.
    const asked = peer('ask', at(1), '4943414e48415a3f|2f746573742f');
    expect(await asked.end()).toBe(0);
    expect(told(asked, 'snapshot')).toEqual(['4b544858424149|0000000000000002|2f746573742f']);
    await push(at(3), `${hex('/other')}|${ZERO}|61`, `${KEY1}|${ZERO}|${VALUE1}`);
    await subscriber.until(() => told(subscriber, 'update').length >= 3);
    expect(told(subscriber, 'update')[2]).toBe(`${KEY1}|0000000000000004|${VALUE1}`);
    const later = await joined(1, 2, '/test/');
    expect(told(later, 'snapshot')).toEqual([
      `${KEY1}|0000000000000004|${VALUE1}`,
      '4b544858424149|0000000000000004|2f746573742f',
    ]);
  });

  it('five frames: V34 to V36 with a time to live, and both wires tell of one tree', async () => {
    await startBroker();
    const five = await joined(6, 7, '/client/');
    const three = await joined(1, 2, '/client/');
    expect(told(five, 'snapshot')).toEqual([`4b544858424149|${ZERO}|||2f636c69656e742f`]);
    await push(
      at(8),
      ...[1, 2, 3, 4].map((i) => `${hex(`/other/${i}`)}|${ZERO}|||61`),
      `2f636c69656e742f37|${ZERO}|${UUID}|74746c3d33300a|3432`,
    );
    await five.until(() => told(five, 'update').length >= 1);
    await three.until(() => told(three, 'update').length >= 1);
    expect(told(five, 'update')).toEqual([`2f636c69656e742f37|0000000000000005|${UUID}|74746c3d33300a|3432`]);
    expect(told(three, 'update')).toEqual(['2f636c69656e742f37|0000000000000005|3432']);
    await five.until(() => told(five, 'update', true).length >= 1);
    expect(new Set(told(five, 'update', true))).toEqual(new Set([`${HUGZ}|${ZERO}|||`]));
    const asked = peer('ask', at(6), '4943414e48415a3f|2f636c69656e742f');
    expect(await asked.end()).toBe(0);
    expect(told(asked, 'snapshot')).toEqual([
      '2f636c69656e742f37|0000000000000005|||3432',
      '4b544858424149|0000000000000005|||2f636c69656e742f',
    ]);

    // A second's life ends in a deletion, on both wires and for a third-party's eyes.
    await push(at(8), `2f636c69656e742f38|${ZERO}||74746c3d310a|3432`);
    await five.until(() => told(five, 'update').length >= 3);
    await three.until(() => told(three, 'update').length >= 3);
    expect(told(five, 'update').slice(1)).toEqual([
      '2f636c69656e742f38|0000000000000006||74746c3d310a|3432',
      '2f636c69656e742f38|0000000000000007|||',
    ]);
    expect(told(three, 'update')[2]).toBe('2f636c69656e742f38|0000000000000007|');
  });

  it('V32: a sequence of 2^32 has eight bytes, on both wires', async () => {
    const storage = await openKvLog({ folder: path.join(dataDir, 'store-log') });
    await storage.load();
    await storage.commit({ puts: [], deletes: [], reservedSeq: 2 ** 32 - 1 });
    await storage.close();
    await startBroker();
    const three = await joined(1, 2, '/k');
    const five = await joined(6, 7, '/k');
    await push(at(3), `2f6b|${ZERO}|76`);
    await three.until(() => told(three, 'update').length >= 1);
    await five.until(() => told(five, 'update').length >= 1);
    expect(told(three, 'update')).toEqual(['2f6b|0000000100000000|76']);
    expect(told(five, 'update')).toEqual(['2f6b|0000000100000000|||76']);
  });

  it('10,000 random messages on all six sockets; the next valid update is served on both wires', async () => {
    await startBroker();
    const client = kvClient('/good/');
    const noise = peer(
      'garbage',
      '4711',
      '10000',
      `${at(1)},${at(6)}`,
      `${at(3)},${at(8)}`,
      `${at(2)},${at(7)}`,
    );
    expect(await noise.end()).toBe(0);
    expect(noise.stdout).toMatch(/^sent 10000\n$/);
    const three = await joined(1, 2, '/good/');
    await push(at(3), `${hex('/good/a')}|${ZERO}|31`);
    await push(at(8), `${hex('/good/b')}|${ZERO}|||32`);
    await three.until(() => told(three, 'update').length >= 2);
    await until(() => client.status === 'synced' && client.size === 2);
    expect(client.entries().map(({ key, body }) => `${key} ${text(body)}`)).toEqual([
      '/good/a 1',
      '/good/b 2',
    ]);
    expect(broker.ended).toBeUndefined();
    const counted = Object.entries(await statistics()).filter(([oid]) => oid.startsWith('kv.dropped.'));
    expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(3_000);
    // A limited rate of log lines, not one for each message.
    expect(broker.stderr.split('\n').length).toBeLessThan(500);
  });
});
