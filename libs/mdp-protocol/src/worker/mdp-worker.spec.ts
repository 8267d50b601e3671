import { VirtualClock } from '@raspy/clock';
import { frameText, type Frames, type SocketOptions } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { RawRouter } from '../../test/support/raw-router.js';
import { texts } from '../../test/support/rig.js';
import { DISCONNECT, READY } from '../../test/support/worker-rig.js';
import { encodeSignal } from '../codec.js';
import { MdpOptionError } from '../option-error.js';
import { MmiClient } from '../client/mmi.js';
import { startTestBus, type TestBus } from '../testing/index.js';
import { MdpWorker, type MdpWorkerStatus } from './mdp-worker.js';
import type { MdpHandler, MdpWorkerOptions } from './options.js';

const strings = (frames: Frames): string[] => frames.map((frame) => frameText(frame));
const echo: MdpHandler = (body) => Promise.resolve([...body, '200']);

/** A promise and what settles it. */
function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('MdpWorker on a bus', () => {
  let bus: TestBus;

  beforeEach(async () => {
    bus = await startTestBus();
  });
  afterEach(() => bus.close());

  it('registers by itself, serves, and tells the handler its service', async () => {
    let service = '';
    bus.worker({
      service: 'svc',
      handle: (body, context) => {
        service = context.service;
        return Promise.resolve(['got', ...body]);
      },
    });
    const reply = await bus.until(bus.client().request('svc', ['a', '', 'b']));
    expect(strings(reply)).toEqual(['got', 'a', '', 'b']);
    expect(service).toBe('svc');
  });

  it('K02: serves what queued up, one after the other', async () => {
    let atWork = 0;
    let most = 0;
    bus.worker({
      service: 'svc',
      handle: async (body) => {
        most = Math.max(most, ++atWork);
        await new Promise<void>((resolve) => bus.clock.schedule(bus.clock.now() + 10, resolve));
        atWork--;
        return body;
      },
    });
    const client = bus.client();
    const replies = await bus.until(
      Promise.all(['1', '2', '3', '4', '5'].map((n) => client.request('svc', [n]))),
    );
    expect(replies.map((reply) => strings(reply)[0])).toEqual(['1', '2', '3', '4', '5']);
    expect(most).toBe(1);
  });

  it('concurrency n is n workers to the broker', async () => {
    let atWork = 0;
    let most = 0;
    const worker = bus.worker({
      service: 'svc',
      concurrency: 3,
      handle: async (body) => {
        most = Math.max(most, ++atWork);
        await new Promise<void>((resolve) => bus.clock.schedule(bus.clock.now() + 10, resolve));
        atWork--;
        return body;
      },
    });
    const client = bus.client();
    const all = Promise.all(Array.from({ length: 9 }, () => client.request('svc', ['x'])));
    await bus.advance(5);
    expect(worker.statistics()).toMatchObject({ ready: 3, busy: 3 });
    expect((await bus.until(new MmiClient(client).workers())).services).toContainEqual({
      name: 'svc',
      idle: 0,
      busy: 3,
      queued: 6,
    });
    await bus.until(all);
    expect(most).toBe(3);
    expect(worker.statistics()).toMatchObject({ requests: 9, replies: 9, busy: 0 });
  });

  it.each<[string, MdpHandler, string]>([
    ['rejects', () => Promise.reject(new Error('boom')), 'boom'],
    [
      'throws',
      () => {
        throw new Error('bang');
      },
      'bang',
    ],
    ['replies without frames', () => Promise.resolve([]), 'at least one frame'],
    ['replies with nothing', () => Promise.resolve(undefined as never), 'array'],
    ['replies with something else', () => Promise.resolve(['ok', 7 as never]), 'frame 1'],
    [
      'sends an empty part',
      (_body, { partial }) => {
        partial([]);
        return Promise.resolve(['200']);
      },
      'partial reply',
    ],
  ])(
    'a handler that %s is answered 500; the worker lives, and its owner is told',
    async (_, handle, message) => {
      const errors: unknown[] = [];
      const seen: unknown[] = [];
      let calls = 0;
      const worker = bus.worker({
        service: 'svc',
        handle: (body, context) => (++calls === 1 ? handle(body, context) : echo(body, context)),
        onError: (error) => errors.push(error),
      });
      worker.errors$.subscribe((error) => seen.push(error));
      const client = bus.client();
      expect(strings(await bus.until(client.request('svc', ['x'])))).toEqual(['500']);
      expect(strings(await bus.until(client.request('svc', ['y'])))).toEqual(['y', '200']);
      expect(errors).toHaveLength(1);
      expect((errors[0] as Error).message).toContain(message);
      expect(seen).toEqual(errors);
      expect(worker.statistics().handlerErrors).toBe(1);
    },
  );

  it('D29: what the handler makes of any body is a reply, none ends the worker', async () => {
    bus.worker({ service: 'svc', handle: echo });
    const client = bus.client();
    for (const body of [[''], ['', ''], ['x', '']]) {
      expect(strings(await bus.until(client.request('svc', body)))).toEqual([...body, '200']);
    }
  });

  it('K12: a handler that runs for three times the expiry keeps its session; its reply arrives once', async () => {
    const worker = bus.worker({
      service: 'slow',
      handle: async (body) => {
        await new Promise<void>((resolve) => bus.clock.schedule(bus.clock.now() + 3 * 17_500, resolve));
        return body;
      },
    });
    const client = bus.client();
    const reply = await bus.until(client.request('slow', ['x'], { timeoutMs: Infinity }));
    expect(strings(reply)).toEqual(['x']);
    await bus.advance(1_000);
    expect(client.statistics()).toMatchObject({ replies: 1, late: 0 });
    expect(worker.statistics()).toMatchObject({ requests: 1, sessionsLost: 0 });
    expect(bus.broker.statistics()).toMatchObject({ workersRemoved: 0 });
  });

  it('K08: survives a restart of the broker, and says so', async () => {
    const worker = bus.worker({ service: 'svc', handle: echo });
    const seen: MdpWorkerStatus[] = [];
    worker.status$.subscribe((status) => seen.push(status));
    await bus.advance(5_000);
    await bus.restartBroker();
    await bus.advance(1_000);
    expect(seen).toEqual(['connecting', 'ready', 'disconnected', 'ready']);
    expect(strings(await bus.until(bus.client().request('svc', ['x'])))).toEqual(['x', '200']);
  });

  it('K09: idle for ten times the expiry, it loses no session', async () => {
    const worker = bus.worker({ service: 'svc', handle: echo });
    await bus.advance(175_000);
    expect(worker.statistics().sessionsLost).toBe(0);
    expect(bus.broker.statistics()).toMatchObject({ workersRegistered: 1, workersRemoved: 0 });
  });

  it('K20: when its session is lost the signal fires, and the reply reaches no one', async () => {
    const reasons: unknown[] = [];
    const errors: unknown[] = [];
    const release = deferred<string[]>();
    const worker = bus.worker({
      service: 'svc',
      handle: (_body, { signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return release.promise;
      },
      onError: (error) => errors.push(error),
    });
    const client = bus.client();
    const lost = client.request('svc', ['x']).catch((error: unknown) => (error as { code: string }).code);
    await bus.advance(1_000);
    await bus.restartBroker();
    await bus.advance(1_000);
    expect(reasons).toHaveLength(1);
    expect((reasons[0] as Error).message).toContain('disconnected');
    // Its handler still runs, so the worker takes nothing new.
    await expect(bus.until(new MmiClient(client).hasService('svc'))).resolves.toBe(false);
    release.resolve(['late']);
    await bus.advance(100);
    await expect(bus.until(new MmiClient(client).hasService('svc'))).resolves.toBe(true);
    expect(await lost).toBe('CONNECTION_LOST');
    expect(worker.statistics()).toMatchObject({ discardedReplies: 1, replies: 0 });
    expect(errors).toEqual([]);
  });

  it('a handler that gives up because its signal fired is no error; one that fails otherwise is', async () => {
    const errors: unknown[] = [];
    let mine: ((error: unknown) => void) | undefined;
    bus.worker({
      service: 'svc',
      concurrency: 3,
      handle: (body, { signal }) =>
        new Promise((_resolve, reject) => {
          if (frameText(body[0]!) === 'reason')
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          else if (frameText(body[0]!) === 'abort')
            signal.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
          else mine = reject;
        }),
      onError: (error) => errors.push(error),
    });
    const client = bus.client();
    for (const how of ['reason', 'abort', 'own']) client.request('svc', [how]).catch(() => undefined);
    await bus.advance(1_000);
    await bus.restartBroker();
    mine?.(new Error('own fault'));
    await bus.advance(1_000);
    expect(errors.map((error) => (error as Error).message)).toEqual(['own fault']);
  });

  it('partial replies above the bounds of 0.1 are answered 500, and its owner is told', async () => {
    const errors: unknown[] = [];
    bus.worker({
      service: 'svc',
      handle: (_body, { partial }) => {
        for (let i = 0; i < 1_001; i++) partial(['k']);
        return Promise.resolve(['200']);
      },
      onError: (error) => errors.push(error),
    });
    expect(strings(await bus.until(bus.client().request('svc', ['x'])))).toEqual(['500']);
    expect(errors).toHaveLength(1);
    expect((errors[0] as Error).message).toContain('1,000 frames');
  });

  it('K04: closing says DISCONNECT, so that the next request goes elsewhere at once', async () => {
    const first = bus.worker({ service: 'svc', handle: () => Promise.resolve(['first']) });
    bus.worker({ service: 'svc', handle: () => Promise.resolve(['second']) });
    await bus.advance(10);
    await bus.until(first.close());
    const client = bus.client({ timeoutMs: 100 });
    for (let i = 0; i < 4; i++) {
      expect(strings(await bus.until(client.request('svc', ['x'])))).toEqual(['second']);
    }
    expect(bus.broker.statistics()).toMatchObject({ workersRemoved: 1, lost: 0 });
  });

  it('closing finishes what is being served, takes nothing new, and is idempotent', async () => {
    const release = deferred<string[]>();
    const worker = bus.worker({ service: 'svc', handle: () => release.promise });
    const client = bus.client({ timeoutMs: 1_000 });
    const served = client.request('svc', ['x']);
    await bus.advance(10);
    const queued = client.request('svc', ['y']).catch((error: unknown) => (error as { code: string }).code);
    let closed = false;
    const closing = worker.close();
    expect(worker.close()).toBe(closing);
    void closing.then(() => (closed = true));
    await bus.advance(500);
    expect(closed).toBe(false);
    release.resolve(['done']);
    await bus.advance(10);
    expect(closed).toBe(true);
    expect(strings(await served)).toEqual(['done']);
    // K04: the broker handed it over before it heard of the end. It was not begun, and goes to the next worker.
    bus.worker({ service: 'svc', handle: () => Promise.resolve(['from another']) });
    expect(
      await bus.until(queued.then((reply) => (typeof reply === 'string' ? reply : strings(reply)))),
    ).toEqual(['from another']);
    expect(worker.statistics()).toMatchObject({ requests: 1, replies: 1 });
  });

  it('closing past its deadline lets go: the signal fires, the broker is told', async () => {
    const reasons: string[] = [];
    const worker = bus.worker({
      service: 'svc',
      handle: (_body, { signal }) =>
        new Promise(() =>
          signal.addEventListener('abort', () => reasons.push((signal.reason as Error).message)),
        ),
    });
    const lost = bus
      .client()
      .request('svc', ['x'])
      .catch((error: unknown) => (error as { code: string }).code);
    await bus.advance(10);
    const from = bus.clock.now();
    await bus.until(worker.close({ deadlineMs: 300 }));
    expect(bus.clock.now() - from).toBe(300);
    expect(reasons).toEqual([expect.stringContaining('deadline')]);
    expect(await bus.until(lost)).toBe('WORKER_LOST');
  });

  it('completes its streams when it closes', async () => {
    const worker = bus.worker({ service: 'svc', handle: echo });
    const seen: string[] = [];
    worker.status$.subscribe({ next: (status) => seen.push(status), complete: () => seen.push('.') });
    worker.health$.subscribe({
      next: (healthy) => seen.push(String(healthy)),
      complete: () => seen.push('.'),
    });
    worker.errors$.subscribe({ complete: () => seen.push('.') });
    await bus.advance(10);
    await worker[Symbol.asyncDispose]();
    expect(seen).toEqual(['connecting', 'true', 'ready', 'closed', '.', '.', '.']);
  });

  it('healthy is what its owner says', () => {
    const worker = bus.worker({ service: 'svc', handle: echo });
    const seen: boolean[] = [];
    worker.health$.subscribe((healthy) => seen.push(healthy));
    expect(worker.healthy).toBe(true);
    worker.healthy = false;
    worker.healthy = false;
    expect(worker.healthy).toBe(false);
    worker.healthy = true;
    expect(seen).toEqual([true, false, true]);
  });
});

describe('MdpWorker at a broker that refuses', () => {
  it('shows refused, with growing pauses, and ready when it is taken after all', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock });
    const router = await RawRouter.bind(network, 'memory://broker:1');
    const worker = new MdpWorker({
      clock,
      transport: network,
      endpoint: router.endpoint,
      service: 'echo',
      handle: echo,
    });
    const seen: MdpWorkerStatus[] = [];
    worker.status$.subscribe((status) => seen.push(status));
    let ready = 0;
    const refuse = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) {
        await clock.advanceByAsync(100);
        for (const [peer, ...message] of router.received.splice(0)) {
          if (texts(message).join('|') !== READY) continue;
          ready++;
          router.send(encodeSignal('disconnect', 1, peer));
        }
      }
    };
    await refuse(60_000);
    expect(seen).toEqual(['connecting', 'ready', 'disconnected', 'ready', 'refused']);
    expect(ready).toBeGreaterThan(4);
    expect(ready).toBeLessThan(8);
    // From now on it is not refused; the last pause is 28 s, ±20 %.
    for (let passed = 0; passed < 40_000 && seen.at(-1) !== 'ready'; passed += 100)
      await clock.advanceByAsync(100);
    expect(seen).toEqual(['connecting', 'ready', 'disconnected', 'ready', 'refused', 'ready']);
    const closing = worker.close();
    await clock.advanceByAsync(1_000);
    await closing;
    expect(texts(router.received.at(-1)!.slice(1)).join('|')).toBe(DISCONNECT);
  });
});

describe('MdpWorker options', () => {
  const transport = new MemoryNetwork({ clock: new VirtualClock() });
  const mistakes = (options: Partial<MdpWorkerOptions>): string[] => {
    try {
      new MdpWorker({ transport, service: 'svc', handle: echo, ...options });
    } catch (error) {
      expect(error).toBeInstanceOf(MdpOptionError);
      return (error as MdpOptionError).mistakes.map((mistake) => mistake.split(' ')[0]!);
    }
    return [];
  };

  it.each<[Partial<MdpWorkerOptions>, string[]]>([
    [{ service: '' }, ['service']],
    [{ service: 'x'.repeat(4_097) }, ['service']],
    [{ service: 'mmi.x' }, ['service']],
    [{ protocol: '0.3' as '0.2' }, ['protocol']],
    [
      {
        endpoint: '',
        concurrency: 0,
        heartbeatIntervalMs: 0,
        heartbeatLiveness: 0.5,
        reconnectDelayMs: Infinity,
      },
      ['endpoint', 'concurrency', 'heartbeatIntervalMs', 'heartbeatLiveness', 'reconnectDelayMs'],
    ],
  ])('%j are refused', (options, names) => {
    expect(mistakes(options)).toEqual(names);
  });

  it('K05: my.mmi.x and xmmi.service are names as any other', () => {
    expect(mistakes({ service: 'my.mmi.x' })).toEqual([]);
    expect(mistakes({ service: 'xmmi.service' })).toEqual([]);
  });

  it('give each session a routing id of its own, and a linger of at most 100 ms', () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock });
    const seen: SocketOptions[] = [];
    new MdpWorker({
      clock,
      service: 'svc',
      handle: echo,
      concurrency: 3,
      socket: { routingId: 'me', lingerMs: 5_000 },
      transport: {
        bind: (kind, endpoint) => network.bind(kind, endpoint),
        connect: (kind, endpoint, options) => {
          seen.push(options ?? {});
          return network.connect(kind, endpoint, options);
        },
      },
    });
    expect(seen.map(({ routingId }) => routingId)).toEqual(['me', 'me.2', 'me.3']);
    expect(seen.map(({ lingerMs }) => lingerMs)).toEqual([100, 100, 100]);
  });
});
