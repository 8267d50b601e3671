import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frameKey } from '@raspy/wire';
import { Disk } from '../../test/support/server-disk.js';
import { ServerRig } from '../../test/support/server-rig.js';
import { decodePublished } from '../codec.js';
import { readTtl } from '../properties.js';

const FLUSH_MS = 500;
/** As after a start that could reserve little: so that failures use it up. */
const RESERVED = 25;

/** A server with a disk that may fail, beside what the disk must hold. */
class World {
  readonly rig = new ServerRig({ reservedSeq: RESERVED });
  readonly disk = new Disk();
  /** The tree, as whoever hears all updates knows it. */
  readonly tree = new Map<string, string>();
  /** The tree as it was when the commit under way was made, and when the last that was written was. */
  #underWay: Record<string, string> = {};
  #written: Record<string, string> = {};
  #commits = 0;
  /** Since when the tree is another than the disk. */
  #differsSince: number | undefined;
  failedOnce = false;

  /** @param isInstant - whether the disk takes each commit at once */
  constructor(readonly isInstant = false) {
    this.disk.reservedSeq = RESERVED;
    this.rig.diskWorks = false;
    this.rig.subscribe('chp');
  }

  set(key: string, body: string, ttl: number): void {
    this.rig.set(key, body, ttl === 0 ? '' : `ttl=${ttl}\n`);
    this.watch();
    if (this.isInstant) this.#checkAge();
  }

  advance(ms: number): void {
    // In steps, so that what a step did is seen before the next.
    const end = this.rig.now + ms;
    while (this.rig.machine.nextDeadline <= end) {
      this.rig.now = Math.max(this.rig.now, this.rig.machine.nextDeadline);
      this.rig.tick();
      this.watch();
      if (this.isInstant) this.#checkAge();
    }
    this.rig.now = end;
    if (this.isInstant) this.#checkAge();
  }

  /** @param outcome - `torn`: it failed, and yet is on disk, which the storage port allows */
  settle(outcome: 'works' | 'fails' | 'torn'): void {
    const { underWay } = this.rig;
    if (underWay === undefined) return;
    if (outcome !== 'fails') {
      this.disk.write(underWay);
      this.#written = this.#underWay;
    }
    if (outcome === 'works') this.rig.commitDone();
    else {
      this.failedOnce = true;
      this.rig.commitFails();
    }
    this.watch();
  }

  /** Hears what was published, and looks at what a crash now would leave. */
  watch(): void {
    for (const frames of this.rig.published.chp.splice(0)) {
      const update = decodePublished('chp', frames);
      if (update.type !== 'update') continue;
      const key = frameKey(update.key);
      if (update.body.length === 0) this.tree.delete(key);
      else this.tree.set(key, `${frameKey(update.body)}|${readTtl(update.properties)}`);
    }
    if (this.rig.commits.length > this.#commits) {
      this.#commits = this.rig.commits.length;
      this.#underWay = Object.fromEntries(this.tree);
    }
    assert.deepEqual(sorted(this.disk.contents()), sorted(this.#written));
    const isTold = this.rig.eventsOf('sequence-unreserved').length > 0;
    assert.ok(isTold || this.disk.reservedSeq >= this.rig.seq, 'published beyond what is reserved');
  }

  /** No difference between tree and disk is older than flushMs. */
  #checkAge(): void {
    this.settle('works');
    const isSame =
      JSON.stringify(sorted(this.disk.contents())) === JSON.stringify(sorted(Object.fromEntries(this.tree)));
    this.#differsSince = isSame ? undefined : (this.#differsSince ?? this.rig.now);
    assert.ok(this.rig.now - (this.#differsSince ?? this.rig.now) <= FLUSH_MS);
  }

  finish(): void {
    for (let i = 0; i < 4; i++) {
      this.settle('works');
      this.advance(i === 0 ? 0 : 60_000);
    }
    this.settle('works');
    assert.deepEqual(sorted(this.disk.contents()), sorted(Object.fromEntries(this.tree)));
    assert.ok(this.disk.reservedSeq >= this.rig.seq);
    const { unsaved, storageFailures } = this.rig.machine.statistics();
    assert.deepEqual({ unsaved, storageFailures }, { unsaved: 0, storageFailures: 0 });
    const told = this.rig.events.map(({ type }) => type);
    if (this.failedOnce)
      assert.ok(told.lastIndexOf('storage-recovered') > told.lastIndexOf('storage-failed'));
    else assert.ok(!told.includes('storage-failed'));
  }
}

const sorted = (contents: Record<string, string>): [string, string][] =>
  Object.entries(contents).sort(([a], [b]) => (a < b ? -1 : 1));

type Action = (world: World) => void;

const key = fc.nat(5).map((n) => `/k${n}`);
const change: fc.Arbitrary<Action> = fc
  .tuple(key, fc.constantFrom('', '', 'a', 'b', 'c'), fc.constantFrom(0, 0, 0, 1, 3))
  .map(([key, body, ttl]) => (world) => {
    world.set(key, body, ttl);
  });
const pass: fc.Arbitrary<Action> = fc.oneof(fc.nat(60), fc.nat(1_200)).map((ms) => (world) => {
  world.advance(ms);
});

describe('what a crash leaves on the disk', () => {
  it('is the tree as of the latest commit that was written, whichever fail, and sequences above all published', () => {
    const settle = fc.constantFrom('works', 'works', 'fails', 'torn').map((outcome): Action => (world) => {
      world.settle(outcome);
    });
    const actions = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: change },
        { weight: 2, arbitrary: pass },
        { weight: 2, arbitrary: settle },
      ),
      { maxLength: 120, size: 'max' },
    );
    fc.assert(
      fc.property(actions, (actions) => {
        const world = new World();
        for (const action of actions) action(world);
        world.finish();
      }),
      { numRuns: 400 },
    );
  });

  it('is the tree as of no more than flushMs ago where commits succeed at once', () => {
    const actions = fc.array(fc.oneof({ weight: 2, arbitrary: change }, { weight: 1, arbitrary: pass }), {
      maxLength: 120,
      size: 'max',
    });
    fc.assert(
      fc.property(actions, (actions) => {
        const world = new World(true);
        for (const action of actions) action(world);
        world.finish();
      }),
      { numRuns: 200 },
    );
  });
});
