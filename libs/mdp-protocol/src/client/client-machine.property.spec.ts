import fc from 'fast-check';
import { ClientRig, type WireRequest } from '../../test/support/client-rig.js';
import type { ClientPort } from './client-types.js';

/** What may happen to a client; `pick` chooses among what is there. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('request'),
      timeoutMs: fc.integer({ min: 1, max: 300 }),
      retries: fc.nat(2),
      streaming: fc.boolean(),
      checkWorker: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('final', 'partial'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('stale', 'abort'), pick: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.nat(200) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('up'), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('down'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('features', 'no-features') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse'), count: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('garbage'),
      frames: fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 6 }),
      pick: fc.nat(),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const LIMITS = { maxInFlight: 3, maxQueued: 4, lanes: 2, featureTimeoutMs: 50 };

/** A broker that answers whom it likes when it likes; each reply names the request that it is for. */
class World {
  readonly rig = new ClientRig(LIMITS);
  /** Requests on a connection that still stands. */
  open: WireRequest[] = [];
  /** Requests whose connection is gone, or that were answered. */
  readonly stale: WireRequest[] = [];
  readonly issued = new Map<number, { retries: number; sent: number; settled: boolean }>();
  #refusals = 0;

  constructor() {
    this.rig.refuse = () => this.#refusals-- > 0;
  }

  run(what: Happening): void {
    const { rig } = this;
    switch (what.do) {
      case 'request': {
        if (!('timeoutMs' in what)) break;
        const { timeoutMs, retries, streaming, checkWorker } = what;
        const next = this.issued.size + 1;
        this.issued.set(next, { retries, sent: 0, settled: false });
        const body = [Buffer.from(String(next))];
        const id = rig.request(`s${next % 2}`, { timeoutMs, retries, streaming, checkWorker, body });
        expect(id).toBe(next);
        break;
      }
      case 'final':
      case 'partial':
        this.#reply('pick' in what ? what.pick : 0, what.do);
        break;
      case 'stale': {
        const request = this.#pick(this.stale, what);
        if (request !== undefined && rig.open.get(request.port) === 'up' && request.port === 'broker')
          rig.reply(request, [`for ${request.body[0] ?? ''}`]);
        break;
      }
      case 'abort': {
        const id = this.#pick([...this.issued.keys()], what);
        if (id !== undefined) rig.abort(id);
        break;
      }
      case 'advance':
        if ('ms' in what) rig.advance(what.ms);
        break;
      case 'up':
      case 'down': {
        const from = what.do === 'up' ? 'down' : 'up';
        const port = this.#pick(
          [...rig.open].filter(([, state]) => state === from).map(([name]) => name),
          what,
        );
        if (port !== undefined) rig[what.do](port);
        break;
      }
      case 'features':
        if (rig.open.get('broker') === 'up') rig.answerFeatures('envelope');
        break;
      case 'no-features':
        if (rig.open.get('broker') === 'up')
          rig.reply({ port: 'broker', version: 1, envelope: [], service: 'mmi.features', body: [] }, ['501']);
        break;
      case 'refuse':
        if ('count' in what) this.#refusals = what.count;
        break;
      case 'garbage': {
        const port = this.#pick(
          [...rig.open].filter(([, state]) => state === 'up').map(([name]) => name),
          what,
        );
        if (port !== undefined && 'frames' in what) rig.receive(port, what.frames);
        break;
      }
    }
    this.observe();
  }

  /** Takes what the client did, and checks what must always hold. */
  observe(): void {
    const closed = (port: ClientPort): boolean => this.rig.open.get(port) !== 'up';
    for (const request of this.rig.requests()) {
      if (request.service === 'mmi.features') continue;
      this.open.push(request);
      if (request.service === 'mmi.service') continue;
      const call = this.issued.get(Number(request.body[0]))!;
      call.sent++;
      expect(call.settled).toBe(false);
      // Never twice unless asked for.
      expect(call.sent).toBeLessThanOrEqual(1 + call.retries);
    }
    for (const gone of this.open.filter(({ port }) => closed(port))) this.stale.push(gone);
    this.open = this.open.filter(({ port }) => !closed(port));
    for (const event of this.rig.takeEvents()) {
      if (event.type === 'status') continue;
      const call = this.issued.get(event.id)!;
      expect(call.settled).toBe(false);
      if (event.type !== 'partial') call.settled = true;
      if (event.type !== 'failed') expect(Buffer.from(event.body[0]!).toString()).toBe(`for ${event.id}`);
      else if (event.error.code === 'TIMEOUT') expect(event.error).toMatchObject({ attempts: call.sent });
      else if (event.error.code === 'CONNECTION_LOST') expect(call.sent).toBeGreaterThan(0);
      else if (event.error.code === 'TOO_MANY_REQUESTS') expect(call.sent).toBe(0);
    }
    const { queued, inFlight } = this.rig.client.statistics();
    const settled = [...this.issued.values()].filter((call) => call.settled).length;
    expect(queued + inFlight).toBe(this.issued.size - settled);
    expect(inFlight).toBeLessThanOrEqual(LIMITS.maxInFlight + LIMITS.lanes);
    // Those that were sent before and wait again are not refused.
    expect(queued).toBeLessThanOrEqual(LIMITS.maxQueued + LIMITS.maxInFlight + LIMITS.lanes);
  }

  #reply(pick: number, kind: 'final' | 'partial'): void {
    const request = this.open[pick % Math.max(this.open.length, 1)];
    if (request === undefined || (kind === 'partial' && request.version === 1)) return;
    if (kind === 'final') {
      this.open.splice(this.open.indexOf(request), 1);
      this.stale.push(request);
    }
    const check = request.service === 'mmi.service';
    this.rig.reply(
      request,
      [check ? (pick % 3 === 0 ? '404' : '200') : `for ${request.body[0] ?? ''}`],
      kind,
    );
  }

  #pick<T>(from: readonly T[], what: Happening): T | undefined {
    return 'pick' in what ? from[what.pick % Math.max(from.length, 1)] : undefined;
  }
}

describe('whatever happens to a client', () => {
  it('each request settles exactly once, with its own reply, and is sent no more often than asked; bounds hold', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 120 }), (history) => {
        const world = new World();
        for (const what of history) world.run(what);
        world.rig.refuse = () => false;
        world.rig.advance(1_000);
        world.observe();
        expect([...world.issued.values()].every(({ settled }) => settled)).toBe(true);
        expect(world.rig.client.statistics()).toMatchObject({ queued: 0, inFlight: 0 });
      }),
      { numRuns: 1_000 },
    );
  });
});
