import { systemClock, VirtualClock } from '@raspy/clock';
import { MdpClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { frameText, type Transport } from '@raspy/wire';
import { filter, firstValueFrom, skipWhile } from 'rxjs';
import { MemoryNetwork } from '@raspy/wire/testing';
import { silentLogger, type Logger } from '../log/logger.js';
import { RaspyServer, type RaspyServerOptions } from './raspy-server.js';

const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;
const ENDPOINT = 'memory://broker';
const never = new AbortController().signal;

let network: MemoryNetwork;
let broker: RunningBroker;
let client: MdpClient;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  network = new MemoryNetwork({ clock: systemClock });
  broker = await startBroker({ endpoint: ENDPOINT, transport: network });
  client = new MdpClient({ endpoint: ENDPOINT, transport: network });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await client.close();
  await broker.close();
});

function server(options: Partial<RaspyServerOptions> = {}): RaspyServer {
  const made = new RaspyServer({
    hostname: 'pi',
    service: 'tank',
    endpoint: () => ENDPOINT,
    clock: systemClock,
    logger: silentLogger,
    heartbeatIntervalMs: 3_500,
    heartbeatLiveness: 5,
    transport: network,
    ...options,
  });
  cleanUps.push(() => made.stop(0));
  return made;
}
async function ask(service: string, ...body: string[]): Promise<string[]> {
  return (await client.request(service, body, { ifNoWorker: 'fail' })).map(frameText);
}

it('serves .mmi and .statistics as soon as it has started', async () => {
  const tank = server();
  await tank.start(never);
  expect(tank.name).toBe('pi.tank');
  expect(await ask('pi.tank.mmi', 'status')).toEqual(['200']);
  expect(await ask('pi.tank.mmi', 'instance')).toEqual([tank.instanceId, '200']);
  expect(await ask('pi.tank.statistics', 'all')).toEqual(['200']);
  expect(await ask('pi.tank.statistics', 'list_keys')).toEqual(['[]', '200']);
});

it('serves what it is given besides, and tells its statistics', async () => {
  const tank = server({
    statistics: () => ({ 'tank.litres': 200 }),
    subServices: [{ suffix: 'echo', handle: (body) => Promise.resolve(body) }],
  });
  await tank.start(never);
  expect(await ask('pi.tank.echo', 'a', 'b')).toEqual(['a', 'b']);
  const [all, status] = await ask('pi.tank.statistics', 'all');
  expect(status).toBe('200');
  expect(JSON.parse(all!)).toEqual({
    'tank.litres': 200,
    'requests.duration.count{service="echo"}': 1,
    'requests.duration.sum{service="echo"}': expect.any(Number) as number,
    'requests.failed{service="echo"}': 0,
    'requests.failed.64{service="echo"}': 0,
  });
});

it('says 500 to status while one of its workers is not well', async () => {
  const tank = server({ subServices: [{ suffix: 'echo', handle: (body) => Promise.resolve(body) }] });
  await tank.start(never);
  tank.worker('echo')!.healthy = false;
  expect(await ask('pi.tank.mmi', 'status')).toEqual(['500']);
  tank.worker('echo')!.healthy = true;
  expect(await ask('pi.tank.mmi', 'status')).toEqual(['200']);
});

it('D20: answers 500 for a handler or statistics that fail, logs why, and goes on', async () => {
  const errors: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (_message, fields) => void errors.push(fields) };
  const tank = server({
    logger,
    statistics: () => {
      throw new Error('no sensor');
    },
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what a careless handler may do
    subServices: [{ suffix: 'bad', handle: () => Promise.reject('a text') }],
  });
  await tank.start(never);
  expect(await ask('pi.tank.statistics', 'all')).toEqual(['500']);
  expect(await ask('pi.tank.bad', 'x')).toEqual(['500']);
  expect(await ask('pi.tank.mmi', 'status')).toEqual(['200']);
  expect(errors).toEqual([
    { service: 'pi.tank.statistics', error: matching(/^Error: no sensor\n/) },
    { service: 'pi.tank.bad', error: 'a text' },
  ]);
});

it('is refused while another server of its name lives, and leaves nothing behind', async () => {
  const first = server();
  await first.start(never);
  await expect(server().start(never)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  expect(await ask('pi.tank.mmi', 'instance')).toEqual([first.instanceId, '200']);
  expect(broker.services().every(({ idle, busy }) => idle + busy === 1)).toBe(true);
});

it('is one of two that start at once: the other is refused', async () => {
  const pair = [server({ instanceId: 'a' }), server({ instanceId: 'b' })];
  const outcomes = await Promise.allSettled(pair.map((one) => one.start(never)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await ask('pi.tank.mmi', 'instance')).toEqual(['a', '200']);
});

it('waits for its broker, and serves when that comes', async () => {
  await broker.close();
  const started = server().start(never);
  broker = await startBroker({ endpoint: ENDPOINT, transport: network });
  await started;
  expect(await ask('pi.tank.mmi', 'status')).toEqual(['200']);
});

it('gives up waiting when the program is to end', async () => {
  await broker.close();
  const ending = new AbortController();
  const refused = expect(server().start(ending.signal)).rejects.toThrow('enough');
  ending.abort(new Error('enough'));
  await refused;
  await expect(server().start(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
});

it('registers anew after its broker was restarted, and tells of both', async () => {
  const told: string[] = [];
  const tank = server({ logger: { ...silentLogger, warn: (message) => void told.push(message) } });
  await tank.start(never);
  const connectedAnew = firstValueFrom(
    client.status$.pipe(
      skipWhile((status) => status !== 'disconnected'),
      filter((status) => status === 'connected'),
    ),
  );
  await broker.close();
  broker = await startBroker({ endpoint: ENDPOINT, transport: network });
  await connectedAnew;
  expect(await ask('mmi.echo', 'x')).toEqual(['501']);
  const reply = await client.request('pi.tank.mmi', ['status'], { timeoutMs: 10_000, ifNoWorker: 'wait' });
  expect(['200', '500']).toContain(frameText(reply[0]!));
  expect(told).toContain('lost the broker, registering anew');
}, 15_000);

it('takes its services off the bus when it stops', async () => {
  const tank = server();
  await tank.start(never);
  await tank.stop(1_000);
  await expect(ask('pi.tank.mmi', 'status')).rejects.toMatchObject({ code: 'NO_WORKER' });
  expect(broker.services()).toEqual([]);
});

it('lets a request finish while it stops', async () => {
  let finish: ((body: string[]) => void) | undefined;
  const tank = server({
    subServices: [{ suffix: 'slow', handle: () => new Promise((resolve) => (finish = resolve)) }],
  });
  await tank.start(never);
  const reply = ask('pi.tank.slow', 'x');
  while (finish === undefined) await new Promise((resolve) => setImmediate(resolve));
  const stopped = tank.stop(5_000);
  finish(['done']);
  expect(await reply).toEqual(['done']);
  await stopped;
});

it('stops within its deadline, whatever is under way and waits behind it', async () => {
  let begin: (() => void) | undefined;
  const running = new Promise<void>((resolve) => (begin = resolve));
  let aborted = false;
  const tank = server({
    subServices: [
      {
        suffix: 'hung',
        handle: (_body, { signal }) => {
          begin?.();
          signal.addEventListener('abort', () => (aborted = true));
          return new Promise(() => undefined);
        },
      },
    ],
  });
  await tank.start(never);
  const requests = Array.from({ length: 5 }, () => ask('pi.tank.hung', 'x').catch((error: unknown) => error));
  await running;
  while (!broker.services().some(({ queued }) => queued === 4)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const begun = systemClock.now();
  await tank.stop(100);
  expect(systemClock.now() - begun).toBeLessThan(1_000);
  expect(aborted).toBe(true);
  expect(await requests[0]).toMatchObject({ code: 'WORKER_LOST' });
  await client.close();
  await Promise.all(requests);
});

describe('a server that registers anew', () => {
  /** In virtual time; each server finds the broker where the test says, so that two of one name can come together. */
  function home() {
    const clock = new VirtualClock();
    const net = new MemoryNetwork({ clock });
    const beats = { heartbeatIntervalMs: 300, heartbeatLiveness: 3, clock };
    const lost: string[] = [];
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 50) await clock.advanceByAsync(50);
    };
    const bus = async (name: string): Promise<RunningBroker> => {
      const made = await startBroker({ endpoint: `memory://${name}`, transport: net, ...beats });
      cleanUps.push(() => made.close());
      return made;
    };
    const launch = async (instanceId: string, at: string) => {
      const place = { bus: at };
      const transport: Transport = {
        connect: (kind, _endpoint, options) => net.connect(kind, `memory://${place.bus}`, options),
        bind: (kind, endpoint) => net.bind(kind, endpoint),
      };
      const made = server({ ...beats, transport, instanceId });
      const started = made.start(never);
      void made.lost.then((reason) => {
        lost.push(`${instanceId}: ${reason.message}`);
        return made.stop(0);
      });
      await pass(2_000);
      await started;
      return place;
    };
    return { bus, launch, pass, lost };
  }
  const holders = (one: RunningBroker): number =>
    one.services().reduce((sum, { name, idle, busy }) => sum + (name === 'pi.tank.mmi' ? idle + busy : 0), 0);

  it('never gives way to itself, whatever becomes of its broker', async () => {
    const { bus, launch, pass, lost } = home();
    let one = await bus('one');
    await launch('a', 'one');
    for (let round = 0; round < 3; round++) {
      await one.close();
      await pass(round * 1_000);
      one = await bus('one');
      await pass(8_000);
      expect(holders(one)).toBe(1);
    }
    expect(lost).toEqual([]);
  });

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('gives way (%s) to the one that came while its session was lost (%s)', async (gone, stayed) => {
    const { bus, launch, pass, lost } = home();
    const [one, two] = [await bus('one'), await bus('two')];
    const place = await launch(gone, 'one');
    await launch(stayed, 'two');
    place.bus = 'two';
    await one.close();
    await pass(10_000);
    expect(lost).toEqual([
      matching(new RegExp(`^${gone}: .*alive under the name pi\\.tank \\(instance ${stayed}\\)`)),
    ]);
    expect(holders(two)).toBe(1);
  });

  it('is one of exactly one that survive a restart of the broker', async () => {
    const { bus, launch, pass, lost } = home();
    const [one, two] = [await bus('one'), await bus('two')];
    const places = [await launch('a', 'one'), await launch('b', 'two')];
    for (const place of places) place.bus = 'three';
    await Promise.all([one.close(), two.close()]);
    const three = await bus('three');
    await pass(10_000);
    expect(lost).toHaveLength(1);
    expect(holders(three)).toBe(1);
  });
});
