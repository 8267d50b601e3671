import { VirtualClock } from '@raspy/clock';
import { MemoryNetwork } from '@raspy/wire/testing';
import { KvClient } from '../src/client/kv-client.js';
import { KvSubscriberClient } from '../src/client/kv-subscriber-client.js';
import { startKvServer, type RunningKvServer } from '../src/server/start-kv-server.js';
import { differences, Folded, mulberry32, pictureOf, rawSnapshot, under } from './support/int-peers.js';
import { FakeStorage } from './support/server-storage.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const UPDATES = 1_000;
const KEYS = 100;
/** Between two steps of the world: promises settle, and something may happen. */
const SLICE_MS = 20;
const HEALED_WITHIN_MS = 20_000;
const SUBTREES = ['', '', '/a/', '/b/', '/a/1', '/'];

type Subscriber = KvClient | KvSubscriberClient;

/** A server and its clients on links that lose, delay and break, by one seed. */
class World {
  readonly clock = new VirtualClock(1_000);
  readonly random: () => number;
  readonly network: MemoryNetwork;
  readonly storage = new FakeStorage();
  readonly subscribers: { readonly client: Subscriber; readonly subtree: string; readonly folded: Folded }[] =
    [];
  readonly publishers: KvClient[] = [];
  server!: RunningKvServer;
  /** Share of the messages to subscribers that vanish. */
  loss = 0;
  lost = 0;
  sent = 0;
  readonly cuts = new Set<string>();

  constructor(seed: number) {
    this.random = mulberry32(seed);
    this.network = new MemoryNetwork({
      clock: this.clock,
      delayMs: () => this.below(40),
      lose: (_, { kind }) => {
        if (kind !== 'sub' || this.random() >= this.loss) return false;
        this.lost++;
        return true;
      },
    });
  }

  async start(): Promise<void> {
    const { clock, network: transport, storage } = this;
    this.server = await startKvServer({ clock, transport, storage });
  }

  /** Time passes, slice by slice. */
  async pass(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end;) {
      this.clock.advanceBy(SLICE_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async wait(condition: () => boolean): Promise<void> {
    for (const end = this.clock.now() + 5_000; !condition();) {
      if (this.clock.now() > end) throw new Error('not within 5 s of virtual time');
      await this.pass(SLICE_MS);
    }
  }

  connect(): void {
    const { clock, network: transport } = this;
    const { chp, kvmsg } = this.server.endpoints;
    for (let i = 0; i < 2; i++) {
      this.publishers.push(new KvClient({ clock, transport, endpoints: chp, read: false }));
    }
    for (const subtree of SUBTREES) {
      const five = new KvClient({ clock, transport, endpoints: chp, subtree });
      const three = new KvSubscriberClient({ clock, transport, endpoints: kvmsg, subtree });
      // The subtree as the client has it: `/a/1` is `/a/1/`.
      const prefix = subtree === '/a/1' ? '/a/1/' : subtree;
      this.subscribers.push({ client: five, subtree: prefix, folded: new Folded(five.watch()) });
      this.subscribers.push({ client: three, subtree: prefix, folded: new Folded(three.changes$) });
    }
  }

  async happen(): Promise<void> {
    const dice = this.random();
    if (dice < 0.02) this.cut();
    else if (dice < 0.06) this.healOne();
    else if (dice < 0.08) this.loss = this.random() * 0.4;
    else if (dice < 0.083) {
      await this.server.close();
      await this.pass(this.below(2_000));
      await this.start();
    }
    const burst = this.below(8);
    for (let i = 0; i < burst && this.sent < UPDATES; i++) this.write();
    await this.pass(this.below(10) === 0 ? this.below(3_000) : SLICE_MS);
  }

  write(): void {
    const n = this.below(KEYS);
    const key = `/${n % 2 === 0 ? 'a' : 'b'}/${n % 5}/${n}`;
    const publisher = this.publishers[this.below(2)]!;
    if (this.below(5) === 0) publisher.delete(key);
    else publisher.set(key, String(this.sent));
    this.sent++;
  }

  cut(): void {
    const all = Object.values(this.server.endpoints).flatMap((wire) => Object.values(wire) as string[]);
    const endpoint = all[this.below(all.length)]!;
    this.cuts.add(endpoint);
    this.network.cut(endpoint);
  }

  healOne(): void {
    const [endpoint] = this.cuts;
    if (endpoint === undefined) return;
    this.cuts.delete(endpoint);
    this.network.heal(endpoint);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** All that clients noticed. */
  noticed(): number {
    return this.subscribers
      .map(({ client }) => client.statistics())
      .reduce((sum, one) => sum + one.gaps + one.countMismatches + one.silences + one.linksLost, 0);
  }

  snapshot(wire: 'chp' | 'kvmsg') {
    const endpoint = this.server.endpoints[wire].snapshot;
    return rawSnapshot(this.network, endpoint, wire, (condition) => this.wait(condition));
  }

  async close(): Promise<void> {
    const clients = [...this.publishers, ...this.subscribers.map(({ client }) => client)];
    const closed = Promise.all(clients.map((client) => client.close()));
    await this.pass(1_000);
    await closed;
    await this.server.close();
  }
}

describe('links that lose, delay and break', () => {
  it.each(SEEDS)('every picture is right 20 s after the last loss (seed %d)', async (seed) => {
    const world = new World(seed);
    // Pauses between attempts are a client's own dice; here they are the seed's.
    const dice = jest.spyOn(Math, 'random').mockImplementation(world.random);
    try {
      await world.start();
      world.connect();
      world.loss = 0.2;
      while (world.sent < UPDATES) await world.happen();
      for (let i = 0; i < 5; i++) {
        await world.happen();
      }
      while (world.cuts.size > 0) world.healOne();
      world.loss = 0;
      await world.pass(HEALED_WITHIN_MS);

      const { seq, picture } = await world.snapshot('chp');
      expect(await world.snapshot('kvmsg')).toEqual({ seq, picture });
      expect(seq).toBe(BigInt(world.server.statistics().sequence));
      for (const { client, subtree, folded } of world.subscribers) {
        const about = `${client.constructor.name} of "${subtree}"`;
        expect(`${about} is ${client.status}`).toBe(`${about} is synced`);
        const told = differences(pictureOf(client.entries()), under(picture, subtree));
        expect([about, ...told]).toEqual([about]);
        expect([about, ...folded.differences(client.entries())]).toEqual([about]);
        expect(folded.snapshots).toBe(1);
      }
      expect(world.sent).toBe(UPDATES);
      expect(picture.size).toBeGreaterThan(KEYS / 3);
      expect(world.lost).toBeGreaterThan(50);
      expect(world.noticed()).toBeGreaterThan(world.subscribers.length);
    } finally {
      await world.close();
      dice.mockRestore();
    }
  });

  it('the same seed is the same run', async () => {
    const runs: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      const world = new World(99);
      const dice = jest.spyOn(Math, 'random').mockImplementation(world.random);
      try {
        await world.start();
        world.connect();
        world.loss = 0.2;
        while (world.sent < 200) await world.happen();
        const told = world.subscribers.map(({ client }) => [
          client.statistics(),
          [...pictureOf(client.entries())],
        ]);
        runs.push({ told, lost: world.lost, now: world.clock.now(), server: world.server.statistics() });
      } finally {
        await world.close();
        dice.mockRestore();
      }
    }
    expect(runs[0]).toEqual(runs[1]);
  });
});
