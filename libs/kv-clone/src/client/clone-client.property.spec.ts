import { frameText, type Frames } from '@raspy/wire';
import fc from 'fast-check';
import { CloneRig } from '../../test/support/clone-rig.js';
import type { KvWire } from '../codec.js';
import type { KvClientPort } from './client-types.js';

const KEYS = ['/a/1', '/a/2', '/a/3', '/b/1', '/b/2'];

const happening = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      key: fc.constantFrom(...KEYS),
      value: fc.constantFrom('x', 'y', ''),
      lost: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('updates' as const, 'replies' as const),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(3_000) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('link' as const, 'serve' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'cut-dealer' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart' as const), back: fc.boolean(), keep: fc.nat(3) }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** A server and a client with two connections between them, on each of which messages take as long as they like. */
class World {
  readonly rig: CloneRig;
  /** Under way to the client. */
  updates: Frames[] = [];
  replies: Frames[] = [];
  #subscribed = false;
  #hugzAt = 0;
  #dealers = 0;

  constructor(
    wire: KvWire,
    readonly subtree: string,
    additions: boolean,
  ) {
    this.rig = new CloneRig({ wire, subtree, countIntervalMs: 2_000, random: () => 0.5 });
    this.rig.server.knowsAdditions = additions;
  }

  run(what: Happening): void {
    const { rig } = this;
    switch (what.do) {
      case 'write': {
        const published = rig.server.set(what.key, what.value);
        // A publisher drops what a slow subscriber does not take, and tells nobody.
        if (this.#subscribed && !what.lost && what.key.startsWith(this.subtree)) this.updates.push(published);
        break;
      }
      case 'updates':
        for (let i = 0; i < what.count; i++) this.#deliver('updates');
        break;
      case 'replies':
        for (let i = 0; i < what.count; i++) this.#deliver('snapshot');
        break;
      case 'advance':
        this.#advance(what.ms);
        break;
      case 'link':
        this.#link();
        break;
      case 'serve':
        this.#serve();
        break;
      case 'cut':
        this.#cut('updates');
        break;
      case 'cut-dealer':
        this.#cut('snapshot');
        break;
      case 'restart': {
        const { server } = rig;
        const at = server.seq - what.keep;
        const seq = what.back ? Math.max(0, at) : server.seq + 10;
        rig.server = server.restarted(seq, (entry) => entry.seq <= at);
        this.#cut('updates');
        this.#cut('snapshot');
      }
    }
    this.#forgetClosed();
  }

  /** Everything is delivered and nothing goes wrong, for so long that all must be healed. */
  settle(ms: number): void {
    for (const end = this.rig.now + ms; this.rig.now < end;) {
      this.#link();
      this.#serve();
      while (this.updates.length > 0) this.#deliver('updates');
      while (this.replies.length > 0) this.#deliver('snapshot');
      this.#advance(200);
    }
  }

  check(): void {
    expect(this.rig.status).toBe('synced');
    expect(this.rig.picture()).toEqual(this.rig.truth(this.subtree));
  }

  #advance(ms: number): void {
    for (const end = this.rig.now + ms; this.rig.now < end;) {
      this.rig.advance(Math.min(end, Math.max(this.#hugzAt, this.rig.now + 1)) - this.rig.now);
      this.#forgetClosed();
      if (this.rig.now < this.#hugzAt) continue;
      this.#hugzAt = this.rig.now + 1_000;
      if (this.#subscribed) this.updates.push(this.rig.server.hugz());
    }
  }

  #deliver(port: 'updates' | 'snapshot'): void {
    const frames = port === 'updates' ? this.updates.shift() : this.replies.shift();
    if (frames !== undefined) this.rig.receive(port, frames);
    this.#forgetClosed();
  }

  #link(): void {
    const { rig } = this;
    for (const port of ['updates', 'snapshot'] as const) {
      if (rig.ports.get(port) !== 'opening') continue;
      if (port === 'updates') {
        this.#subscribed = true;
        this.updates = [rig.server.hugz()];
      }
      rig.up(port);
    }
    this.#forgetClosed();
  }

  #serve(): void {
    const { rig } = this;
    for (const { frames } of rig.takeSent('snapshot')) this.replies.push(...rig.server.answer(frames));
  }

  #cut(port: KvClientPort): void {
    if (this.rig.ports.get(port) !== 'up') return;
    this.rig.down(port);
    this.#forgetClosed();
  }

  /** What was under way on a connection that is gone arrives nowhere. */
  #forgetClosed(): void {
    const { ports, opened } = this.rig;
    if (ports.get('updates') !== 'up') {
      this.updates = [];
      this.#subscribed = false;
    }
    if (ports.get('snapshot') !== 'up' || opened.snapshot !== this.#dealers) {
      this.replies = [];
      if (ports.get('snapshot') !== 'up') this.rig.takeSent('snapshot');
    }
    this.#dealers = opened.snapshot;
  }
}

describe('CloneClient, whatever happens', () => {
  it.each<[KvWire, string, boolean]>([
    ['chp', '', true],
    ['chp', '/a/', true],
    ['kvmsg', '', true],
    ['kvmsg', '/a/', true],
    // Without our additions only the sequences of the unfiltered three-frame wire tell of every loss.
    ['kvmsg', '', false],
  ])('is in step in the end: %s, subtree "%s", additions %s', (wire, subtree, additions) => {
    fc.assert(
      fc.property(
        fc.array(fc.array(happening, { maxLength: 60, size: 'max' }), { maxLength: 4, size: 'max' }),
        (acts) => {
          const world = new World(wire, subtree, additions);
          for (const act of acts) {
            for (const what of act) world.run(what);
            world.settle(30_000);
            world.check();
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('K40: random frames at any port harm nothing', () => {
    const port = fc.constantFrom('updates' as const, 'snapshot' as const, 'collector' as const);
    const word = fc.constantFrom('HUGZ', 'KTHXBAI', 'STATE!', 'COUNT!', 'SETIF!', '/a', '200');
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      word.map((text) => new Uint8Array(Buffer.from(text))),
    );
    const garbage = fc.tuple(port, fc.array(frame, { maxLength: 7 }), fc.nat(900));
    fc.assert(
      fc.property(fc.constantFrom('chp' as const, 'kvmsg' as const), fc.array(garbage), (wire, messages) => {
        const rig = CloneRig.synced({ wire });
        for (const [at, frames, ms] of messages) {
          rig.receive(at, frames);
          rig.step((now) => rig.machine.undelivered(now, at, frames, 'full'));
          rig.step((now) => rig.machine.delivered(now, at, frames));
          rig.advance(ms);
        }
        expect(frameText(Buffer.from(rig.status))).toMatch(/^(synced|stale)$/);
      }),
    );
  });
});
