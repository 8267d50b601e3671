import { zeromqTransport, type Transport } from '@raspy/wire';
import { lastingEndpoint } from '@raspy/wire/testing';
import { KvClient } from '../src/client/kv-client.js';
import { KvSubscriberClient } from '../src/client/kv-subscriber-client.js';
import type { KvEndpoints } from '../src/client/options.js';
import { startKvServer, type RunningKvServer } from '../src/server/start-kv-server.js';
import {
  differences,
  Folded,
  mulberry32,
  pictureOf,
  rawSnapshot,
  under,
  until,
} from './support/int-peers.js';
import { FakeStorage } from './support/server-storage.js';

const SEED = 20_260_721;
const KEYS = 500;
const ROUNDS = 100;
const PUBLISHERS = 4;
const UPDATES_A_ROUND = 25;
const SUBSCRIBERS = 20;
/** Rounds in which the server ends, and how many later it is back. */
const RESTARTS: readonly number[] = [35, 70];
const DOWN_ROUNDS = 4;
const SUBTREES = ['', '', '/room/1/', '/room/2/', '/room/3/', '/room/', '/nobody/'];
const threeEndpoints = async (): Promise<KvEndpoints> => ({
  snapshot: await lastingEndpoint(),
  publisher: await lastingEndpoint(),
  collector: await lastingEndpoint(),
});

/** A client, and what it told. */
class Subscriber {
  readonly folded: Folded;
  /** Where the changes were not the picture when it said that it is synced. */
  readonly wrong: string[] = [];
  synced = 0;

  constructor(
    readonly client: KvClient | KvSubscriberClient,
    readonly subtree: string,
  ) {
    this.folded = new Folded(client instanceof KvClient ? client.watch() : client.changes$);
    client.status$.subscribe((status) => {
      if (status !== 'synced') return;
      this.synced++;
      this.wrong.push(...this.folded.differences(client.entries()));
    });
  }
}

class World {
  readonly transport: Transport = zeromqTransport();
  readonly storage = new FakeStorage();
  readonly random = mulberry32(SEED);
  readonly publishers: KvClient[] = [];
  subscribers: Subscriber[] = [];
  readonly left: Subscriber[] = [];
  server: RunningKvServer | undefined;
  sent = 0;

  constructor(readonly endpoints: RunningKvServer['endpoints']) {}

  async start(): Promise<void> {
    this.server = await startKvServer({
      ...this.endpoints,
      transport: this.transport,
      storage: this.storage,
      flushMs: 50,
    });
  }

  async stop(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }

  join(): void {
    const { transport, endpoints } = this;
    const subtree = SUBTREES[this.below(SUBTREES.length)]!;
    const client =
      this.below(5) === 0
        ? new KvSubscriberClient({ transport, endpoints: endpoints.kvmsg, subtree })
        : new KvClient({ transport, endpoints: endpoints.chp, subtree });
    this.subscribers.push(new Subscriber(client, subtree));
  }

  async leave(): Promise<void> {
    const [gone] = this.subscribers.splice(this.below(this.subscribers.length), 1);
    if (gone === undefined) return;
    this.left.push(gone);
    await gone.client.close();
  }

  write(publisher: KvClient): void {
    const n = this.below(KEYS);
    const key = `/room/${n % 5}/value${n}`;
    if (this.below(6) === 0) publisher.delete(key);
    else publisher.set(key, `${this.sent} ${'x'.repeat(this.below(60))}`);
    this.sent++;
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Why a subscriber's picture is not the tree. */
  problems(tree: ReadonlyMap<string, string>): string[] {
    return this.subscribers.flatMap(({ client, subtree }, i) => {
      const about = `${client.constructor.name} ${i} of "${subtree}"`;
      if (client.status !== 'synced') return [`${about} is ${client.status}`];
      const told = differences(pictureOf(client.entries()), under(tree, subtree));
      return told.map((difference) => `${about}: ${difference}`);
    });
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.publishers.map((client) => client.close()),
      ...this.subscribers.map(({ client }) => client.close()),
    ]);
    await this.stop();
  }
}

describe('10,000 updates from four publishers, twenty subscribers that come and go, two restarts', () => {
  let world: World;
  beforeEach(async () => {
    world = new World({ chp: await threeEndpoints(), kvmsg: await threeEndpoints() });
  });
  afterEach(() => world.close());

  it(`every subscriber ends with the server's state (seed ${SEED})`, async () => {
    await world.start();
    for (let i = 0; i < PUBLISHERS; i++) {
      const { transport, endpoints } = world;
      world.publishers.push(new KvClient({ transport, endpoints: endpoints.chp, read: false }));
    }
    while (world.subscribers.length < SUBSCRIBERS) world.join();

    for (let round = 0; round < ROUNDS; round++) {
      if (RESTARTS.includes(round)) await world.stop();
      if (RESTARTS.includes(round - DOWN_ROUNDS)) await world.start();
      for (const publisher of world.publishers) {
        for (let i = 0; i < UPDATES_A_ROUND; i++) world.write(publisher);
      }
      if (round % 2 === 0) {
        await world.leave();
        world.join();
      }
      // Every few rounds somebody has to have come into step meanwhile, so that there is something to lose.
      if (round % 5 === 0 && world.server !== undefined) {
        const awaited = world.subscribers[world.below(world.subscribers.length)]!;
        await until(
          () => awaited.client.status === 'synced',
          10_000,
          () => `subscriber of "${awaited.subtree}" is ${awaited.client.status}`,
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(world.sent).toBe(10_000);
    await until(
      () => world.publishers.every((one) => one.statistics().pending === 0),
      10_000,
      () => 'publishers still keep updates',
    );
    // A last word of each, which comes after all its others.
    world.publishers.forEach((publisher, i) => publisher.set(`/room/0/last${i}`, 'done'));
    const last = [0, 1, 2, 3].map((i) => `/room/0/last${i}`);
    const witness = new KvClient({ transport: world.transport, endpoints: world.endpoints.chp });
    world.subscribers.push(new Subscriber(witness, ''));
    await until(
      () => last.every((key) => witness.peek(key) !== undefined),
      10_000,
      () => `the witness is ${witness.status} and misses the last words`,
    );

    const snapshot = (wire: 'chp' | 'kvmsg') =>
      rawSnapshot(world.transport, world.endpoints[wire].snapshot, wire, (condition) =>
        until(condition, 5_000, () => `no snapshot on ${wire}`),
      );
    const { seq, picture } = await snapshot('chp');
    expect(await snapshot('kvmsg')).toEqual({ seq, picture });
    expect(seq).toBe(BigInt(world.server!.statistics().sequence));
    await until(
      () => world.problems(picture).length === 0,
      20_000,
      () => world.problems(picture).join('\n'),
    );

    // The run was one that tells something: a full tree, and clients that lost their server and came back.
    expect(picture.size).toBeGreaterThan(KEYS / 2);
    expect(world.storage.calls.filter((call) => call === 'load')).toHaveLength(1 + RESTARTS.length);
    expect(world.subscribers.some(({ synced }) => synced > 1)).toBe(true);
    for (const subscriber of [...world.subscribers, ...world.left]) {
      expect(subscriber.wrong).toEqual([]);
      expect(subscriber.folded.snapshots).toBeLessThanOrEqual(1);
    }
    for (const { client, folded } of world.subscribers) {
      expect(folded.differences(client.entries())).toEqual([]);
    }
  }, 60_000);
});
