import { frameText, textFrame, zeromqTransport, type Frames } from '@raspy/wire';
import { lastingEndpoint } from '@raspy/wire/testing';
import { filter, firstValueFrom } from 'rxjs';
import { encodeSignal, encodeWorkerRequest } from '../src/codec.js';
import { MdpClient, MdpWorker, MmiClient, startBroker, type MdpWorkerStatus } from '../src/index.js';
import { RawRouter } from './support/raw-router.js';
import { texts } from './support/rig.js';
import { DISCONNECT, HEARTBEAT, READY } from './support/worker-rig.js';

const transport = zeromqTransport();
const ANY = 'tcp://127.0.0.1:*';
const first = (frames: Frames): string => frameText(frames[0]!);
const line = ([, ...message]: Frames): string => texts(message).join('|');
const is =
  (wanted: string) =>
  (frames: Frames): boolean =>
    line(frames) === wanted;

function reached(worker: MdpWorker, status: MdpWorkerStatus): Promise<MdpWorkerStatus> {
  return firstValueFrom(worker.status$.pipe(filter((each) => each === status)));
}

describe('a worker over real connections', () => {
  const closing: { close(): Promise<void> }[] = [];
  const use = <T extends { close(): Promise<void> }>(part: T): T => {
    closing.unshift(part);
    return part;
  };
  afterEach(async () => {
    for (const part of closing.splice(0)) await part.close();
  });

  it('K11: speaks byte for byte what RFC 7 asks for', async () => {
    const router = use(await RawRouter.bind(transport));
    const worker = new MdpWorker({
      endpoint: router.endpoint,
      service: 'echo',
      heartbeatIntervalMs: 50,
      handle: (body) => Promise.resolve([...body, '200']),
    });
    const ready = await router.next();
    const peer = ready[0]!;
    expect(line(ready)).toBe(READY);
    expect(line(await router.next())).toBe(HEARTBEAT);
    router.send(encodeSignal('heartbeat', 1, peer));
    router.send(encodeWorkerRequest(1, peer, textFrame('client'), [textFrame('a'), textFrame('')]));
    expect(line(await router.next((frames) => line(frames) !== HEARTBEAT))).toBe(
      '|MDPW01|\\x03|client||a||200',
    );
    await worker.close();
    expect(line(await router.next((frames) => line(frames) !== HEARTBEAT))).toBe(DISCONNECT);
  }, 20_000);

  it('K12: heartbeats while its handler runs', async () => {
    const router = use(await RawRouter.bind(transport));
    let release: (() => void) | undefined;
    const worker = use(
      new MdpWorker({
        endpoint: router.endpoint,
        service: 'echo',
        heartbeatIntervalMs: 20,
        heartbeatLiveness: 100,
        handle: async (body) => {
          await new Promise<void>((resolve) => (release = resolve));
          return body;
        },
      }),
    );
    const [peer] = await router.next(is(READY));
    router.send(encodeWorkerRequest(1, peer!, textFrame('client'), [textFrame('x')]));
    router.received.splice(0);
    for (let i = 0; i < 5; i++) expect(line(await router.next())).toBe(HEARTBEAT);
    expect(worker.statistics().busy).toBe(1);
    release?.();
    expect(line(await router.next((frames) => line(frames) !== HEARTBEAT))).toBe('|MDPW01|\\x03|client||x');
  }, 20_000);

  it('a broker that falls silent is left, and tried again after the reconnect delay under a new identity', async () => {
    const router = use(await RawRouter.bind(transport));
    const worker = use(
      new MdpWorker({
        endpoint: router.endpoint,
        service: 'echo',
        heartbeatIntervalMs: 20,
        heartbeatLiveness: 2,
        reconnectDelayMs: 20,
        handle: (body) => Promise.resolve(body),
      }),
    );
    const [one] = await router.next(is(READY));
    const [two] = await router.next(is(READY));
    expect(Buffer.from(one!)).not.toEqual(Buffer.from(two!));
    expect(worker.statistics().sessionsLost).toBeGreaterThanOrEqual(1);
  }, 20_000);

  it('K08: a worker that was there before the broker, and outlives it, serves again', async () => {
    const endpoint = await lastingEndpoint();
    const worker = use(new MdpWorker({ endpoint, service: 'echo', handle: (body) => Promise.resolve(body) }));
    const client = use(new MdpClient({ endpoint, timeoutMs: 20_000 }));
    const early = client.request('echo', ['early']);
    const broker = await startBroker({ endpoint, transport });
    expect(first(await early)).toBe('early');
    await broker.close();
    expect(await reached(worker, 'disconnected')).toBe('disconnected');
    use(await startBroker({ endpoint, transport }));
    expect(first(await client.request('echo', ['again'], { retries: 1 }))).toBe('again');
  }, 30_000);

  it('K19: a worker with a fixed routing id that crashes and comes back at once serves again', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    for (const life of ['one', 'two', 'three']) {
      // A life ends without goodbye: its raw socket is closed as by the end of its process.
      const socket = transport.connect('dealer', broker.endpoint, { routingId: 'tank-1' });
      let up: (() => void) | undefined;
      const linked = new Promise<void>((resolve) => (up = resolve));
      socket.start({ message: () => undefined, undelivered: () => undefined, link: () => up?.() });
      await linked;
      socket.send([textFrame(''), textFrame('MDPW01'), Buffer.of(1), textFrame('echo')]);
      await socket.close();
      const worker = new MdpWorker({
        endpoint: broker.endpoint,
        service: 'echo',
        socket: { routingId: 'tank-1' },
        reconnectDelayMs: 50,
        handle: () => Promise.resolve([life]),
      });
      const reply = await client
        .request('echo', ['x'], { retries: 3, timeoutMs: 5_000 })
        .catch((error: unknown) => {
          // The record of the crashed life may take one request along.
          if ((error as { code: string }).code !== 'WORKER_LOST') throw error;
          return client.request('echo', ['x']);
        });
      expect(first(reply)).toBe(life);
      await worker.close();
    }
  }, 30_000);

  it('K23: the last reply is out when close is done', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    for (let i = 0; i < 20; i++) {
      let closed: Promise<void> | undefined;
      const worker: MdpWorker = new MdpWorker({
        endpoint: broker.endpoint,
        service: 'last',
        handle: (body) => {
          closed = worker.close();
          return Promise.resolve(body);
        },
      });
      expect(first(await client.request('last', [String(i)]))).toBe(String(i));
      await closed;
    }
    expect(broker.statistics()).toMatchObject({ lost: 0, replies: 20 });
  }, 30_000);

  it('K23: closing takes no longer than its deadline, whatever the handler does', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    let fired = false;
    let begun: (() => void) | undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const worker = new MdpWorker({
      endpoint: broker.endpoint,
      service: 'stuck',
      handle: (_body, { signal }) => {
        signal.addEventListener('abort', () => (fired = true));
        begun?.();
        return new Promise(() => undefined);
      },
    });
    const lost = client.request('stuck', ['x']).catch((error: unknown) => (error as { code: string }).code);
    await running;
    await worker.close({ deadlineMs: 50 });
    expect(fired).toBe(true);
    expect(await lost).toBe('WORKER_LOST');
  }, 20_000);

  it('0.2: partial replies travel as they are made, behind one connection with other requests', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    use(
      new MdpWorker({
        endpoint: broker.endpoint,
        service: 'count',
        protocol: '0.2',
        concurrency: 4,
        handle: (body, { partial }) => {
          const until = Number(first(body));
          for (let i = 0; i < until; i++) partial([String(i)]);
          return Promise.resolve(['200']);
        },
      }),
    );
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    const counts = Array.from({ length: 50 }, (_, i) => i);
    const streams = await Promise.all(
      counts.map(
        (count) =>
          new Promise<string[]>((resolve, reject) => {
            const seen: string[] = [];
            client.stream('count', [String(count)]).subscribe({
              next: (part) => seen.push(first(part)),
              error: reject,
              complete: () => resolve(seen),
            });
          }),
      ),
    );
    expect(streams).toEqual(counts.map((count) => [...counts.slice(0, count).map(String), '200']));
    // A 0.1 request to the same worker gets it all in one.
    const whole = await client.request('count', ['3']);
    expect(whole.map((frame) => frameText(frame))).toEqual(['0', '1', '2', '200']);
  }, 30_000);

  it('K06: a service is there as long as a worker is, busy or not', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    const mmi = new MmiClient(client);
    let release: (() => void) | undefined;
    let begun: (() => void) | undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const worker = new MdpWorker({
      endpoint: broker.endpoint,
      service: 'svc',
      handle: async (body) => {
        begun?.();
        await new Promise<void>((resolve) => (release = resolve));
        return body;
      },
    });
    const served = client.request('svc', ['x']);
    await running;
    expect(await mmi.hasService('svc')).toBe(true);
    release?.();
    await served;
    expect(await mmi.hasService('svc')).toBe(true);
    await worker.close();
    expect(await mmi.hasService('svc')).toBe(false);
  }, 20_000);
});
