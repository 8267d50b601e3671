import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frameKey, type Frame } from '@raspy/wire';
import { ServerRig } from '../../test/support/server-rig.js';
import type { KvWire } from '../codec.js';

const PEERS = ['a', 'b', 'c'];
const WIRES: readonly KvWire[] = ['chp', 'kvmsg'];
const SUBTREES = ['', '/even/', '/odd/', '/odd/1', '/none/'];

type Action = (world: World) => void;

/** A server, and what its tree was at each sequence. */
class World {
  readonly rig: ServerRig;
  readonly states: ReadonlyMap<string, Frame>[] = [new Map()];
  /** What each peer has asked for and not got yet. */
  readonly asked = new Map<string, string[]>();

  constructor(
    keys: number,
    readonly size: (mark: number) => number,
  ) {
    this.rig = new ServerRig();
    for (let i = 0; i < keys; i++) this.set(keyOf(i), i);
  }

  set(key: string, mark: number): void {
    const body = Buffer.alloc(this.size(mark), mark % 251);
    body.writeUInt32BE(mark, body.length - 4);
    this.rig.set(key, body);
    const state = new Map(this.states.at(-1));
    state.set(key, body);
    this.states.push(state);
  }

  remove(key: string): void {
    this.rig.set(key, '');
    const state = new Map(this.states.at(-1));
    state.delete(key);
    this.states.push(state);
  }

  ask(wire: KvWire, peer: string, subtree: string): void {
    const before = this.rig.machine.statistics().snapshots;
    this.rig.ask(wire, peer, 'ICANHAZ?', subtree);
    if (this.rig.machine.statistics().snapshots === before) return;
    const id = `${wire} ${peer}`;
    this.asked.set(id, [...(this.asked.get(id) ?? []), subtree]);
  }

  /** Ends everything, and reads all that was sent only now: nothing sent before may have changed. */
  finish(): void {
    for (const wire of WIRES) for (const peer of PEERS) this.rig.deliverAll(wire, peer);
    for (const wire of WIRES) for (const peer of PEERS) this.#check(wire, peer);
    const { snapshots, keptBytes } = this.rig.machine.statistics();
    assert.deepEqual({ snapshots, keptBytes }, { snapshots: 0, keptBytes: 0 });
  }

  #check(wire: KvWire, peer: string): void {
    const asked = this.asked.get(`${wire} ${peer}`) ?? [];
    let seen = new Map<string, Frame>();
    for (const reply of this.rig.take(wire, peer)) {
      if (reply.type === 'item') {
        const key = frameKey(reply.key);
        assert.ok(!seen.has(key), `${key} comes twice`);
        seen.set(key, reply.body);
        continue;
      }
      assert.equal(reply.type, 'end');
      const { seq, subtree } = reply;
      assert.equal(frameKey(subtree), asked.shift());
      const state = this.states[Number(seq)]!;
      const expected = [...state].filter(([key]) => key.startsWith(frameKey(subtree)));
      assert.deepEqual([...seen.keys()].sort(), expected.map(([key]) => key).sort());
      for (const [key, body] of expected) assert.ok(Buffer.from(seen.get(key)!).equals(body), key);
      seen = new Map();
    }
    assert.equal(seen.size, 0);
    assert.deepEqual(asked, []);
  }
}

const keyOf = (i: number): string => `/${i % 2 === 0 ? 'even' : 'odd'}/${i}`;

const actionsOf = (keys: number): fc.Arbitrary<Action> => {
  const key = fc.nat(keys + 4).map(keyOf);
  const peer = fc.constantFrom(...PEERS);
  const wire = fc.constantFrom(...WIRES);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(key, fc.nat(1_000_000)).map(([key, mark]): Action => (world) => {
        world.set(key, mark);
      }),
    },
    {
      weight: 4,
      arbitrary: key.map((key): Action => (world) => {
        world.remove(key);
      }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(wire, peer, fc.constantFrom(...SUBTREES))
        .map(([wire, peer, subtree]): Action => (world) => {
          world.ask(wire, peer, subtree);
        }),
    },
    {
      weight: 6,
      arbitrary: fc.tuple(wire, peer).map(([wire, peer]): Action => ({ rig }) => {
        rig.deliver(wire, peer);
      }),
    },
  );
};

describe('K33: a snapshot is the state at one sequence, each key once, whatever happens meanwhile', () => {
  it.each([
    ['large entries, of the arena and beyond', 40, (mark: number) => 20_000 + (mark % 7) * 20_000, 60],
    ['small entries in several pieces', 700, (mark: number) => 4 + (mark % 70), 25],
  ] as const)('%s', (_what, keys, size, numRuns) => {
    fc.assert(
      fc.property(fc.array(actionsOf(keys), { maxLength: 120, size: 'max' }), (actions) => {
        const world = new World(keys, size);
        for (const action of actions) action(world);
        world.finish();
      }),
      { numRuns },
    );
  });
});
