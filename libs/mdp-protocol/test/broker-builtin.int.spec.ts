import { VirtualClock } from '@raspy/clock';
import { textFrame, type Frames } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import type { BuiltinHandler } from '../src/broker/builtin-handlers.js';
import type { BrokerEvent } from '../src/broker/events.js';
import {
  startBroker,
  type RunningBroker,
  type StartBrokerOptions,
  type WorkerChange,
} from '../src/broker/start-broker.js';
import type { MdpError } from '../src/errors.js';
import { RawSocket } from './support/raw-socket.js';

/** What runs inside the broker's process, on sockets in memory and a clock that moves when told. */
let clock: VirtualClock;
let network: MemoryNetwork;
let broker: RunningBroker;
let events: BrokerEvent[];
let changes: WorkerChange[];
let changesCompleted: boolean;

async function begin(options: StartBrokerOptions = {}): Promise<void> {
  broker = await startBroker({ transport: network, clock, ...options });
  broker.events$.subscribe((event) => events.push(event));
  broker.workerChanges$.subscribe({
    next: (change) => changes.push(change),
    complete: () => (changesCompleted = true),
  });
}

const frames = (...texts: string[]): Frames => texts.map(textFrame);
const peer = (): RawSocket => new RawSocket(network, broker.endpoint);
const texts = (socket: RawSocket): string[][] => socket.waiting.map((message) => message.map(String));
const strings = (body: Frames): string[] => body.map(String);
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as MdpError).code,
  );

beforeEach(() => {
  clock = new VirtualClock();
  network = new MemoryNetwork({ clock, delayMs: 1 });
  events = [];
  changes = [];
  changesCompleted = false;
});

describe('a handler inside the broker', () => {
  it('answers clients, at once or later, while others are served', async () => {
    let answer = (_body: Frames): void => undefined;
    await begin({
      builtin: {
        now: ([first]) => [first!, textFrame('200')],
        later: () => new Promise<Frames>((resolve) => (answer = resolve)),
      },
    });
    const [one, two] = [peer(), peer()];
    one.send('MDPC02', '\x01', 'later', 'x');
    two.send('', 'MDPC01', 'now', 'y');
    await clock.advanceByAsync(10);
    expect([texts(one), texts(two)]).toEqual([[], [['', 'MDPC01', 'now', 'y', '200']]]);
    answer(frames('done'));
    await clock.advanceByAsync(10);
    expect(texts(one)).toEqual([['MDPC02', '\x03', 'later', 'done']]);
    await broker.close();
  });

  it('that throws, rejects or gives nonsense is 500 to its client, and told', async () => {
    const nonsense: unknown = 'text';
    await begin({
      builtin: {
        throws: () => {
          throw new Error('no disk');
        },
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what handlers may do
        rejects: () => Promise.reject(Object.create(null)),
        silent: () => [],
        odd: () => nonsense as Frames,
        holed: () => Promise.resolve([nonsense] as Frames),
      },
    });
    const client = peer();
    for (const name of ['throws', 'rejects', 'silent', 'odd', 'holed']) {
      client.send(name, '', 'MDPC01', name, 'x');
      await clock.advanceByAsync(1_100);
    }
    expect(texts(client).map((message) => [message[0], message.at(-1)])).toEqual(
      ['throws', 'rejects', 'silent', 'odd', 'holed'].map((name) => [name, '500']),
    );
    const errors = events.map((event) => event.type === 'dropped' && event.error);
    expect(errors).toEqual([
      'Error: no disk',
      '[Object: null prototype] {}',
      'it gave no frame',
      'it gave something else than frames',
      'it gave something else than frames',
    ]);
    expect(broker.statistics()).toMatchObject({ builtinReplies: 5, dropped: { 'builtin-failed': 5 } });
    await broker.close();
  });

  it('is told of by MMI, and its name is refused to workers', async () => {
    await begin({ builtin: { tsp: () => frames('200') } });
    expect(strings(await broker.request('mmi.service', frames('tsp')))).toEqual(['200']);
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'tsp');
    clock.advanceBy(10);
    expect(texts(worker)).toEqual([['', 'MDPW01', '\x05']]);
    await broker.close();
  });

  it('what it gives after the broker has stopped goes nowhere, and does no harm', async () => {
    const rejects: ((reason: Error) => void)[] = [];
    await begin({ builtin: { later: () => new Promise((_, reject) => rejects.push(reject)) } });
    const client = peer();
    client.send('', 'MDPC01', 'later', 'x');
    clock.advanceBy(10);
    expect(rejects).toHaveLength(1);
    await broker.close();
    rejects[0]!(new Error('late'));
    await clock.advanceByAsync(10);
    expect(texts(client)).toEqual([]);
    expect(events).toEqual([]);
  });

  it('many that settle in one turn cost one step of the machine', async () => {
    const resolves: (() => void)[] = [];
    await begin({
      builtin: { later: () => new Promise((resolve) => resolves.push(() => resolve(frames('x')))) },
    });
    const asked = Array.from({ length: 50 }, () => broker.request('later', frames('q')));
    let steps = 0;
    const now = clock.now.bind(clock);
    clock.now = () => {
      steps++;
      return now();
    };
    for (const resolve of resolves) resolve();
    const bodies = await Promise.all(asked);
    expect(bodies.map(strings)).toEqual(Array(50).fill(['x']));
    expect(steps).toBe(1);
    await broker.close();
  });

  it('must be a function, and have a name that is not the broker’s own', async () => {
    const handler: BuiltinHandler = () => frames('200');
    const none: unknown = 5;
    const mistakes: Readonly<Record<string, BuiltinHandler>>[] = [
      { 'mmi.x': handler },
      { '': handler },
      { f: none as BuiltinHandler },
    ];
    for (const builtin of mistakes) {
      await expect(begin({ builtin })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});

describe('a client inside the broker', () => {
  async function withWorker(options: StartBrokerOptions = {}): Promise<RawSocket> {
    await begin(options);
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'echo');
    clock.advanceBy(10);
    return worker;
  }

  it('gets the reply of a worker, whatever it says', async () => {
    const worker = await withWorker();
    for (const reply of [['fine', '200'], ['raspy:expired', '500'], ['500']]) {
      const asked = broker.request('echo', frames('Hello', ''));
      clock.advanceBy(10);
      const request = await worker.next();
      expect(request.slice(5).map(String)).toEqual(['Hello', '']);
      worker.send('', 'MDPW01', '\x03', request[3]!, '', ...reply);
      clock.advanceBy(10);
      expect(strings(await asked)).toEqual(reply);
    }
    await broker.close();
  });

  it('is told what the broker made of it by errors with a code', async () => {
    const worker = await withWorker({ maxQueuedRequests: 1, onWorkerLost: 'silent' });
    const lost = codeOf(broker.request('echo', frames('a')));
    const expired = codeOf(broker.request('echo', frames('b'), { ttlMs: 50 }));
    const refused = codeOf(broker.request(textFrame('echo'), frames('c')));
    expect(await refused).toBe('QUEUE_FULL');
    clock.advanceBy(80);
    expect(await expired).toBe('EXPIRED');
    worker.send('', 'MDPW01', '\x05');
    clock.advanceBy(10);
    expect(await lost).toBe('WORKER_LOST');
    await broker.close();
  });

  it('is closed with the broker, and stays so', async () => {
    await withWorker();
    const waiting = ['echo', 'ghost'].map((name) => codeOf(broker.request(name, frames('x'))));
    const closing = broker.close();
    expect(await Promise.all(waiting)).toEqual(['CLOSED', 'CLOSED']);
    await expect(broker.request('echo', frames('x'))).rejects.toThrow('the broker was closed');
    await closing;
    expect(await codeOf(broker.request('echo', frames('x')))).toBe('CLOSED');
  });

  it('refuses what cannot be a request', async () => {
    await begin({ maxMessageBytes: 10, maxMessageFrames: 3 });
    for (const [name, body] of [
      ['', ['x']],
      ['n'.repeat(4_097), ['x']],
      ['echo', []],
      ['echo', ['x'.repeat(11)]],
      ['echo', ['1', '2', '3', '4']],
    ] as const) {
      expect(await codeOf(broker.request(name, frames(...body)))).toBe('INVALID_REQUEST');
    }
    for (const ttlMs of [0, -1, NaN]) {
      expect(await codeOf(broker.request('echo', frames('x'), { ttlMs }))).toBe('INVALID_OPTION');
    }
    expect(broker.statistics().requests).toBe(0);
    await broker.close();
  });

  it('may ask from within a handler', async () => {
    await begin({ builtin: { outer: (body) => broker.request('inner', body), inner: ([x]) => [x!, x!] } });
    expect(strings(await broker.request('outer', frames('a')))).toEqual(['a', 'a']);
    await broker.close();
  });
});

describe('presence', () => {
  it('is told whenever the number of workers changes, and completes at close', async () => {
    await begin();
    const [one, two] = [peer(), peer()];
    one.send('', 'MDPW01', '\x01', 'echo');
    two.send('MDPW02', '\x01', 'echo');
    clock.advanceBy(10);
    expect([broker.workersOf('echo'), broker.workersOf(textFrame('echo')), broker.workersOf('x')]).toEqual([
      2, 2, 0,
    ]);
    one.send('', 'MDPW01', '\x05');
    two.send('MDPW02', '\x06');
    clock.advanceBy(10);
    expect(changes.map(({ service, workers }) => [String(service), workers])).toEqual([
      ['echo', 1],
      ['echo', 2],
      ['echo', 1],
      ['echo', 0],
    ]);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['worker-registered', 'worker-removed']));
    await broker.close();
    expect(changesCompleted).toBe(true);
  });
});
