import { MdpClient, MdpWorker, MmiClient } from '@raspy/mdp-protocol';
import { textFrame, zeromqTransport, type Frames } from '@raspy/wire';
import { freePort, Workbench, type Running } from './processes.js';

/** Short liveness, so that what takes 17.5 s at home takes under a second here. */
const timing = { heartbeatIntervalMs: 100, heartbeatLiveness: 5, reconnectDelayMs: 50 };
const flags = ['--heartbeat-ms=100', '--liveness=5'];

describe('the broker as a process', () => {
  const bench = new Workbench();
  const closers: (() => Promise<unknown>)[] = [];
  let port: number;
  let endpoint: string;
  let dataDir: string;

  beforeEach(async () => {
    port = await freePort();
    endpoint = `tcp://127.0.0.1:${port}`;
    dataDir = bench.folder();
  });

  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    await bench.cleanUp();
  });

  async function broker(): Promise<Running> {
    const running = bench.app('raspy-broker', [`--broker-port=${port}`, `--data-dir=${dataDir}`, ...flags]);
    await running.until(() => running.stdout.includes('\n'));
    return running;
  }

  function worker(service: string, handle: (body: Frames) => Promise<Frames>): MdpWorker {
    const made = new MdpWorker({ endpoint, service, handle, ...timing });
    closers.push(() => made.close());
    return made;
  }

  function client(): MdpClient {
    const made = new MdpClient({ endpoint, timeoutMs: 20_000 });
    closers.push(() => made.close());
    return made;
  }

  const echo = (body: Frames): Promise<Frames> => Promise.resolve(body);

  it('K08: killed with -9 and started again, it serves the same worker and client without their help', async () => {
    const first = await broker();
    worker('echo', echo);
    const asker = client();
    expect((await asker.request('echo', ['1'])).map(String)).toEqual(['1']);
    first.kill('SIGKILL');
    await first.end();
    await broker();
    expect((await asker.request('echo', ['2'])).map(String)).toEqual(['2']);
  });

  it('K08: a worker and a client started before the broker are served as soon as it is there', async () => {
    worker('echo', echo);
    const early = client().request('echo', ['early']);
    await broker();
    expect((await early).map(String)).toEqual(['early']);
  });

  it('K24: what a client gave up while the broker was down is never executed', async () => {
    const seen: string[] = [];
    worker('feed', (body) => {
      seen.push(String(body[0]));
      return Promise.resolve(body);
    });
    const asker = client();
    await expect(asker.request('feed', ['stale'], { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      attempts: 0,
    });
    await broker();
    await asker.request('feed', ['fresh']);
    expect(seen).toEqual(['fresh']);
  });

  it('K30: stopped for many expiries and continued, it expires no live worker', async () => {
    const running = await broker();
    const serving = worker('echo', echo);
    const asker = client();
    await asker.request('echo', ['before']);
    const statuses: string[] = [];
    const watching = serving.status$.subscribe((status) => statuses.push(status));
    running.kill('SIGSTOP');
    // The pause must be long against the broker's expiry (500 ms), short against the worker's patience with it.
    const paused = Date.now();
    await expect(asker.request('echo', ['lost in the pause'], { timeoutMs: 400 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(Date.now() - paused).toBeGreaterThanOrEqual(400);
    running.kill('SIGCONT');
    await asker.request('echo', ['after']);
    watching.unsubscribe();
    const workers = await new MmiClient(asker).discover('^echo$');
    expect(workers).toEqual(['echo']);
    expect(running.stderr).toContain('stood still');
    expect(running.stderr).not.toContain('removed: expired');
  });

  it('K40: survives 100,000 random messages and serves the next good client', async () => {
    const running = await broker();
    worker('echo', echo);
    const asker = client();
    await asker.request('echo', ['before']);
    const transport = zeromqTransport();
    const noise = transport.connect('dealer', endpoint, { sendQueueMessages: 1_000_000 });
    closers.push(() => noise.close());
    await new Promise<void>((resolve) => {
      noise.start({ message: () => undefined, undelivered: () => undefined, link: () => resolve() });
    });
    const random = mulberry32(4711);
    const heads = [
      '',
      'MDPC01',
      'MDPC02',
      'MDPW01',
      'MDPW02',
      'mdpc01',
      'MDPC010',
      'echo',
      '\x01',
      '\x03',
      '\x05',
    ];
    const frame = (): Uint8Array =>
      random() < 0.6
        ? textFrame(heads[Math.floor(random() * heads.length)]!)
        : Buffer.from(Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256)));
    for (let i = 0; i < 100_000; i++) {
      noise.send(Array.from({ length: 1 + Math.floor(random() * 8) }, frame));
      if (i % 1_000 === 0) {
        while (noise.queued > 2_000) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    // Its own messages come in order, so this is answered after all the noise; and other clients are served as before.
    noise.send([textFrame(''), textFrame('MDPC01'), textFrame('mmi.service'), textFrame('echo')]);
    while (noise.queued > 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await asker.request('echo', ['after'])).map(String)).toEqual(['after']);
    expect(running.ended).toBeUndefined();
    // A limited rate of log lines, not one for each message.
    expect(running.stderr.split('\n').length).toBeLessThan(500);
  });
});

/** A small seeded generator, so that a failing run can be repeated. */
function mulberry32(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
