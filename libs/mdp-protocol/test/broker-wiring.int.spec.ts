import { VirtualClock } from '@raspy/clock';
import { MemoryNetwork } from '@raspy/wire/testing';
import type { BrokerEvent } from '../src/broker/events.js';
import { startBroker, type RunningBroker, type StartBrokerOptions } from '../src/broker/start-broker.js';
import { RawSocket } from './support/raw-socket.js';

/** The broker with its face on sockets in memory and a clock that moves when told. */
let clock: VirtualClock;
let network: MemoryNetwork;
let broker: RunningBroker;
let events: BrokerEvent[];
let completed: boolean;

async function begin(options: StartBrokerOptions = {}): Promise<void> {
  broker = await startBroker({ transport: network, clock, ...options });
  broker.events$.subscribe({ next: (event) => events.push(event), complete: () => (completed = true) });
}

const peer = (): RawSocket => new RawSocket(network, broker.endpoint);
const texts = (socket: RawSocket): string[][] => socket.waiting.map((frames) => frames.map(String));

beforeEach(() => {
  clock = new VirtualClock();
  network = new MemoryNetwork({ clock, delayMs: 1 });
  events = [];
  completed = false;
});

describe('startBroker', () => {
  it('listens at the port of PROTOCOLS §1 unless told otherwise', async () => {
    await begin();
    expect(broker.endpoint).toBe('tcp://127.0.0.1:5514');
  });

  it('serves, heartbeats, and forgets a worker that falls silent', async () => {
    await begin({ endpoint: 'tcp://127.0.0.1:0' });
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'echo');
    const client = peer();
    clock.advanceBy(100);
    expect(broker.services()).toEqual([{ name: 'echo', idle: 1, busy: 0, queued: 0 }]);
    client.send('', 'MDPC01', 'echo', 'Hello');
    clock.advanceBy(10);
    const request = await worker.next();
    worker.send('', 'MDPW01', '\x03', request[3]!, '', 'world');
    clock.advanceBy(10);
    expect(texts(client)).toEqual([['', 'MDPC01', 'echo', 'world']]);
    clock.advanceBy(17_600);
    expect(texts(worker)).toEqual(Array(5).fill(['', 'MDPW01', '\x04']));
    expect(broker.services()).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['worker-registered', 'worker-removed']);
  });

  it('D14: time is monotonic: a step of the wall clock by years changes nothing', async () => {
    await begin();
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'echo');
    clock.advanceBy(100);
    for (const step of [20 * 365 * 86_400_000, -10 * 365 * 86_400_000]) {
      clock.stepWall(step);
      clock.advanceBy(4_000);
      worker.send('', 'MDPW01', '\x04');
    }
    clock.advanceBy(100);
    expect(broker.statistics()).toMatchObject({ workers: 1, workersRemoved: 0 });
    expect(events).toHaveLength(1);
  });

  it('K20: a worker whose link is cut is found out by the next heartbeat', async () => {
    await begin();
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'echo');
    clock.advanceBy(100);
    network.cut(broker.endpoint);
    clock.advanceBy(4_000);
    expect(events.at(-1)).toMatchObject({ type: 'worker-removed', cause: 'unreachable' });
    expect(broker.statistics().workers).toBe(0);
  });

  it('K08: a worker that comes before the broker, or stays through a restart, is told to say READY', async () => {
    await begin();
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'echo');
    clock.advanceBy(100);
    await broker.close();
    clock.advanceBy(100);
    expect(texts(worker)).toEqual([['', 'MDPW01', '\x05']]);
    await begin();
    worker.send('', 'MDPW01', '\x04');
    clock.advanceBy(100);
    expect(texts(worker)).toEqual([
      ['', 'MDPW01', '\x05'],
      ['', 'MDPW01', '\x05'],
    ]);
  });

  it('K23: close says DISCONNECT, completes the events, and is the same promise again', async () => {
    await begin();
    const worker = peer();
    worker.send('MDPW02', '\x01', 'echo');
    clock.advanceBy(100);
    const closing = broker.close();
    expect(broker.close()).toBe(closing);
    await closing;
    clock.advanceBy(100);
    expect(texts(worker)).toEqual([['MDPW02', '\x06']]);
    expect(completed).toBe(true);
    expect(broker.statistics()).toMatchObject({ workers: 0, services: 0 });
  });

  it('a subscriber that comes late hears what happens from then on', async () => {
    await begin();
    const worker = peer();
    worker.send('', 'MDPW01', '\x01', 'echo');
    clock.advanceBy(100);
    const late: BrokerEvent[] = [];
    broker.events$.subscribe((event) => late.push(event));
    worker.send('', 'MDPW01', '\x05');
    clock.advanceBy(100);
    expect(late).toMatchObject([{ type: 'worker-removed', cause: 'disconnected', service: 'echo' }]);
  });
});
