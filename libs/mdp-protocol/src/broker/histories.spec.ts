import fc from 'fast-check';
import { frameKey, frameText, textFrame, type Frames, type UndeliveredReason } from '@raspy/wire';
import { BrokerRig, type RawClient, type RawWorker } from '../../test/support/broker-rig.js';
import { decodeToClient, encodeSignal, readWorkerCommand, type MdpVersion } from '../codec.js';
import type { BrokerEvent } from './events.js';
import type { BrokerEffect } from './outbox.js';
import type { BrokerSignal } from './signals.js';

const SERVICES = ['echo', 'list', 'pump.devices'];
const BUILTIN = 'titanic.request';
const MAX_BUILTIN = 4;
const MAX_ATTEMPTS = 2;
/** Room for some ten small requests, be they queued or in flight. */
const MAX_TOTAL_BYTES = 12_000;
/** What each of these may cost at most: three frames and their names. */
const MAX_REQUEST_BYTES = 3 * 384 + 100;

interface Job {
  /** `undefined` for this process. */
  readonly client: string | undefined;
  readonly version: MdpVersion;
  readonly service: string;
  dispatches: number;
  finals: number;
}

/** Watches everything that the broker does, effect by effect, and knows what it must never do. */
class WatchedRig extends BrokerRig {
  readonly jobs = new Map<string, Job>();
  /** What each worker was given last and has not finished: body, and the token that it was given. */
  readonly outstanding = new Map<string, { readonly job: string; readonly token: string }>();
  /** Tickets of the requests that a handler has. */
  readonly handled: number[] = [];
  /** The jobs of this process, by ticket. */
  readonly local = new Map<number, string>();
  /** How many workers each service has, as it was told. */
  readonly workers = new Map<string, number>();
  #localJobs = 0;

  override apply(effects: readonly BrokerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#watch(effect.frames);
      else if (effect.type === 'event' && effect.event.type === 'worker-removed') {
        this.outstanding.delete(effect.event.worker);
      } else if (effect.type === 'event') {
        this.#watchSignal(effect.event);
      }
    }
    super.apply(effects);
  }

  override undelivered(frames: Frames, why: UndeliveredReason = 'unreachable'): void {
    const command = readWorkerCommand(frames);
    const peer = frameText(frames[0]!);
    const given = this.outstanding.get(peer);
    // One that did not arrive was not executed.
    if (command?.kind === 'request' && given?.token === frameKey(command.address)) {
      this.jobs.get(given.job)!.dispatches--;
    }
    super.undelivered(frames, why);
  }

  /** A job of this process. */
  ask(service: string, ttlMs: number | undefined): void {
    const id = `job ${this.jobs.size}`;
    this.jobs.set(id, { client: undefined, version: 1, service, dispatches: 0, finals: 0 });
    // The rig numbers its tickets from 1 on.
    this.local.set(++this.#localJobs, id);
    this.request(service, [id], ttlMs);
  }

  #watchSignal(event: BrokerEvent | BrokerSignal): void {
    if (event.type === 'builtin-request') {
      const job = this.jobs.get(frameText(event.body.at(-1)!));
      if (job?.service !== event.service) throw new Error('a handler was given what is not for it');
      this.handled.push(event.ticket);
    } else if (event.type === 'local-reply' || event.type === 'local-failure') {
      const job = this.jobs.get(this.local.get(event.ticket) ?? '');
      if (job === undefined) throw new Error(`this process has not asked for ${event.ticket}`);
      if (++job.finals > 1) throw new Error(`${event.ticket} was settled twice`);
    } else if (event.type === 'workers-changed') {
      this.workers.set(frameText(event.service), event.workers);
    }
  }

  #watch(frames: Frames): void {
    const peer = frameText(frames[0]!);
    const command = readWorkerCommand(frames);
    if (command?.kind === 'request') {
      if (this.outstanding.has(peer)) throw new Error(`${peer} has got a second request`);
      const id = frameText(frames.at(-1)!);
      const job = this.jobs.get(id);
      if (job === undefined) throw new Error(`nobody asked for ${id}`);
      if (++job.dispatches > MAX_ATTEMPTS) throw new Error(`${id} was tried too often`);
      if (job.finals > 0) throw new Error(`${id} was tried after its answer`);
      this.outstanding.set(peer, { job: id, token: frameKey(command.address) });
    } else if (command === undefined) {
      this.#watchReply(peer, frames);
    }
  }

  #watchReply(client: string, frames: Frames): void {
    const read = decodeToClient(frames.slice(1));
    if (read.kind === 'malformed') throw new Error(`${client} was sent a malformed message`);
    // The correlation frame is the name of the request.
    const id = frameText(read.envelope[0]!);
    const job = this.jobs.get(id);
    if (job?.client !== client) throw new Error(`${client} has not asked for ${id}`);
    if (job.version !== read.version || job.service !== frameText(read.service))
      throw new Error(`${id} was changed`);
    if (job.finals > 0) throw new Error(`${id} was answered twice`);
    if (read.kind === 'final') job.finals++;
  }
}

type Action = (world: World) => void;

interface World {
  readonly rig: WatchedRig;
  readonly workers: readonly RawWorker[];
  readonly clients: readonly RawClient[];
}

const anyWorker = fc.nat(4);
const anyService = fc.constantFrom(...SERVICES);
const anyServiceAsked = fc.constantFrom(...SERVICES, BUILTIN);
const anyWorkerDoes = (act: (worker: RawWorker, world: World) => void): fc.Arbitrary<Action> =>
  anyWorker.map((i) => (world) => {
    const worker = world.workers[i]!;
    worker.take();
    act(worker, world);
  });

function finish({ rig }: World, worker: RawWorker): void {
  // From here on the worker has nothing, so far as it knows.
  const given = rig.outstanding.get(worker.id);
  if (given?.token === frameKey(worker.address)) rig.outstanding.delete(worker.id);
  worker.reply('done');
}

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(2), anyServiceAsked).map(([i, service]): Action => ({ rig, clients }) => {
      const client = clients[i]!;
      const id = `job ${rig.jobs.size}`;
      rig.jobs.set(id, { client: client.id, version: client.version, service, dispatches: 0, finals: 0 });
      client.enveloped([id], service, id);
    }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(anyServiceAsked, fc.option(fc.nat(60_000), { nil: undefined })).map(
      ([service, ttlMs]): Action =>
        ({ rig }) =>
          rig.ask(service, ttlMs === undefined ? undefined : ttlMs + 1),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 })
      .map((picks): Action => ({ rig }) => {
        const answers = picks.flatMap(([pick, well]) => {
          const [ticket] = rig.handled.splice(pick % Math.max(1, rig.handled.length), 1);
          if (ticket === undefined) return [];
          return [well ? { ticket, body: [textFrame('done')] } : { ticket, error: 'failed' }];
        });
        rig.answer(...answers);
      }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(anyWorker, anyService).map(
      ([i, service]): Action =>
        ({ workers }) =>
          workers[i]!.ready(service),
    ),
  },
  { weight: 6, arbitrary: anyWorkerDoes((worker, world) => finish(world, worker)) },
  { weight: 3, arbitrary: anyWorkerDoes((worker) => worker.heartbeat()) },
  {
    weight: 2,
    arbitrary: anyWorkerDoes((worker) => {
      if (worker.version === 2) worker.partial('part');
    }),
  },
  { weight: 1, arbitrary: anyWorkerDoes((worker) => worker.disconnect()) },
  { weight: 1, arbitrary: anyWorkerDoes((worker) => worker.send('', 'MDPW01', '\x02', 'a', '', 'b')) },
  {
    weight: 1,
    arbitrary: anyWorkerDoes((worker) => worker.send('', 'MDPW01', '\x03', 'client0', '', 'forged')),
  },
  {
    weight: 1,
    arbitrary: anyWorkerDoes((worker, { rig }) => {
      rig.receive(worker.id, encodeSignal('heartbeat', worker.version === 1 ? 2 : 1));
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('worker0', 'worker3', 'client0', 'stranger'),
        fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 9 }),
      )
      .map(
        ([id, frames]): Action =>
          ({ rig }) =>
            rig.receive(id, frames),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.oneof(fc.nat(100), fc.nat(5_000), fc.nat(40_000)).map(
      (span): Action =>
        ({ rig }) =>
          rig.advance(span),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(60_000).map((span): Action => ({ rig }) => {
      rig.suspend(span);
      if (rig.machine.nextDeadline <= rig.now) rig.tick();
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(4), fc.constantFrom<UndeliveredReason>('unreachable', 'full'))
      .map(([back, why]): Action => ({ rig }) => {
        const frames = rig.sent.at(-1 - back);
        if (frames !== undefined) rig.undelivered(frames, why);
      }),
  },
);

function world(): World {
  const rig = new WatchedRig({
    maxAttempts: MAX_ATTEMPTS,
    maxQueuedRequests: 6,
    maxTotalQueuedRequests: 12,
    maxTotalQueuedBytes: MAX_TOTAL_BYTES,
    builtinServices: [BUILTIN],
    maxBuiltinRequests: MAX_BUILTIN,
  });
  return {
    rig,
    workers: [1, 2, 1, 2, 1].map((version, i) => rig.peer(`worker${i}`, version as MdpVersion)),
    clients: [1, 2, 1].map((version, i) => rig.client(`client${i}`, version as MdpVersion)),
  };
}

function checkCounters({ rig }: World): void {
  const counted = rig.machine.statistics();
  expect(counted.workers).toBe(counted.workersRegistered - counted.workersRemoved);
  // No request is lost from the books: each was answered once, or waits, or is being worked at.
  const settled = counted.replies + counted.builtinReplies + counted.failures;
  expect(counted.requests).toBe(settled + counted.queued + counted.inFlight + counted.builtinInFlight);
  expect(counted.localRequests).toBe(rig.local.size);
  expect(counted.builtinInFlight).toBe(rig.handled.length);
  expect(counted.builtinInFlight).toBeLessThanOrEqual(MAX_BUILTIN);
  expect(counted.inFlight).toBe(rig.outstanding.size);
  expect(counted.queuedBytes + counted.inFlightBytes).toBeLessThanOrEqual(MAX_TOTAL_BYTES);
  for (const [requests, bytes] of [
    [counted.queued, counted.queuedBytes],
    [counted.inFlight + counted.builtinInFlight, counted.inFlightBytes],
  ] as const) {
    expect(bytes).toBeGreaterThanOrEqual(requests * 384);
    expect(bytes).toBeLessThanOrEqual(requests * MAX_REQUEST_BYTES);
  }
  const services = rig.machine.services();
  expect(services).toHaveLength(counted.services);
  for (const service of SERVICES) {
    expect(rig.workers.get(service) ?? 0).toBe(rig.machine.workersOf(textFrame(service)));
  }
  expect(sum([...rig.workers.values()])).toBe(counted.workers);
  expect(sum(services.map(({ idle, busy }) => idle + busy))).toBe(counted.workers);
  expect(sum(services.map(({ busy }) => busy))).toBe(counted.inFlight);
  expect(counted.queued).toBeGreaterThanOrEqual(sum(services.map(({ queued }) => queued)));
  expect(rig.machine.nextDeadline).toBeGreaterThan(rig.now - 60_001);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('any history of valid and invalid commands, passing time and failed sends', () => {
  it('never throws; never gives a worker a second request; answers each request once at most, and only to who asked', () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 120 }), (history) => {
        const told = world();
        for (const act of history) {
          act(told);
          checkCounters(told);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('ends with nothing kept when everybody has left and time has passed', () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 80 }), (history) => {
        const told = world();
        for (const act of history) act(told);
        for (const worker of told.workers) worker.disconnect();
        told.rig.answer(...told.rig.handled.map((ticket) => ({ ticket, error: 'late' })));
        told.rig.advance(120_000);
        expect(told.rig.machine.statistics()).toMatchObject({
          workers: 0,
          services: 0,
          servicesWithoutWorker: 0,
          queued: 0,
          queuedBytes: 0,
          inFlight: 0,
          inFlightBytes: 0,
          builtinInFlight: 0,
        });
        expect(told.rig.machine.nextDeadline).toBe(Infinity);
        for (const job of told.rig.jobs.values()) expect(job.finals).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  it('K40: random frames change nothing for the next good client', () => {
    const header = fc.constantFrom('MDPC01', 'MDPC02', 'MDPW01', 'MDPW02').map(textFrame);
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      header,
      fc.nat(8).map((byte) => Buffer.of(byte)),
      fc.constant(textFrame('')),
    );
    const rig = new BrokerRig();
    const worker = rig.worker('good worker', 'echo');
    const client = rig.client('good client');
    let turn = 0;
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
        rig.receive(`peer ${turn++ % 50}`, frames);
      }),
      { numRuns: 10_000 },
    );
    client.request('echo', 'still there?');
    worker.reply('yes');
    expect(client.bodies()).toEqual([['yes']]);
    const { dropped, requests } = rig.machine.statistics();
    expect(sum(Object.values(dropped))).toBeGreaterThan(turn / 2);
    expect(requests).toBeLessThan(turn / 2);
  });
});
