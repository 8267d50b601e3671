import { VirtualClock } from '@raspy/clock';
import { textFrame, type BoundKind, type FrameSocket, type Frames, type SocketOptions } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { FakeStorage } from '../../test/support/server-storage.js';
import {
  decodePublished,
  decodeSnapshotReply,
  encodeCollected,
  encodeSnapshotRequest,
  encodeStateRequest,
  type SnapshotReply,
} from '../codec.js';
import type { StoredEntry } from '../storage.js';
import type { KvServerEvent } from './events.js';
import { startKvServer, type RunningKvServer, type StartKvServerOptions } from './start-kv-server.js';

/** A network that knows what is bound, with what options. */
class WatchedNetwork extends MemoryNetwork {
  readonly bound = new Map<string, { kind: BoundKind; options: SocketOptions }>();

  override async bind(kind: BoundKind, endpoint: string, options: SocketOptions = {}): Promise<FrameSocket> {
    const socket = await super.bind(kind, endpoint, options);
    this.bound.set(socket.endpoint, { kind, options });
    const close = socket.close.bind(socket);
    socket.close = () => {
      this.bound.delete(socket.endpoint);
      return close();
    };
    return socket;
  }
}

const stored = (key: string, seq: number, body = 'v'): StoredEntry => ({
  key: textFrame(key),
  seq,
  ttlSeconds: 0,
  body: textFrame(body),
});

class World {
  readonly clock = new VirtualClock(1_000);
  readonly network = new WatchedNetwork({ clock: this.clock });
  readonly events: KvServerEvent[] = [];
  isComplete = false;

  async start(options: StartKvServerOptions = {}): Promise<RunningKvServer> {
    const { clock, network: transport } = this;
    const server = await startKvServer({ clock, transport, ...options });
    server.events$.subscribe({
      next: (event) => this.events.push(event),
      complete: () => (this.isComplete = true),
    });
    return server;
  }

  /** Lets time pass, and promises settle. */
  async pass(ms = 0): Promise<void> {
    for (let i = 0; i < 10; i++) {
      this.clock.advanceBy(ms / 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Something that connects, and what it received. */
  connect(
    kind: 'dealer' | 'push' | 'sub',
    endpoint: string,
    subscribed?: string,
  ): { socket: FrameSocket; got: Frames[] } {
    const subscriptions = subscribed === undefined ? [] : [textFrame(subscribed)];
    const socket = this.network.connect(kind, endpoint, { subscriptions });
    const got: Frames[] = [];
    socket.start({
      message: (frames) => got.push(frames),
      undelivered: () => undefined,
      link: () => undefined,
    });
    return { socket, got };
  }
}

const reply = (frames: Frames): SnapshotReply => decodeSnapshotReply('chp', frames);

describe('a server on sockets', () => {
  it('takes updates, publishes them and sends snapshots, at its six endpoints', async () => {
    const world = new World();
    const server = await world.start();
    expect(server.endpoints).toEqual({
      chp: {
        snapshot: 'tcp://127.0.0.1:5520',
        publisher: 'tcp://127.0.0.1:5521',
        collector: 'tcp://127.0.0.1:5522',
      },
      kvmsg: {
        snapshot: 'tcp://127.0.0.1:5515',
        publisher: 'tcp://127.0.0.1:5516',
        collector: 'tcp://127.0.0.1:5517',
      },
    });
    const { chp, kvmsg } = server.endpoints;
    const subscriber = world.connect('sub', kvmsg.publisher, '/a');
    const publisher = world.connect('push', chp.collector);
    await world.pass();
    publisher.socket.send(encodeCollected('chp', textFrame('/a'), textFrame('1')));
    await world.pass();
    expect(subscriber.got.map((frames) => decodePublished('kvmsg', frames))).toMatchObject([
      { type: 'update', seq: 1n },
    ]);
    const reader = world.connect('dealer', chp.snapshot);
    await world.pass();
    reader.socket.send(encodeSnapshotRequest(textFrame('/')));
    await world.pass();
    expect(reader.got.map(reply)).toMatchObject([
      { type: 'item', seq: 1n },
      { type: 'end', seq: 1n },
    ]);
    expect(server.statistics()).toMatchObject({ updates: 1, snapshotsSent: 1, sequence: 1, unsaved: 0 });
    await server.close();
    expect(world.network.bound.size).toBe(0);
  });

  it('a snapshot of thousands reaches a peer that takes ten messages at a time', async () => {
    const world = new World();
    const network = new MemoryNetwork({ clock: world.clock, peerBuffer: 10 });
    const storage = new FakeStorage(
      Array.from({ length: 12_000 }, (_, i) => stored(`/k/${i}`, 1)),
      10,
    );
    const server = await world.start({ transport: network, storage });
    const socket = network.connect('dealer', server.endpoints.chp.snapshot);
    const got: Frames[] = [];
    socket.start({
      message: (frames) => got.push(frames),
      undelivered: () => undefined,
      link: () => undefined,
    });
    socket.send(encodeSnapshotRequest(textFrame('')));
    await world.pass(100);
    expect(got).toHaveLength(12_001);
    expect(reply(got.at(-1)!)).toMatchObject({ type: 'end', seq: 10n });
    await server.close();
  });

  it('binds routers, publishers that hold 100,000 messages, and pulls; frames may have 16 times a body', async () => {
    const world = new World();
    const server = await world.start({ maxBodyBytes: 1_000, socket: { sendQueueMessages: 7 } });
    const { chp } = server.endpoints;
    const bound = (endpoint: string): object | undefined => world.network.bound.get(endpoint);
    const options = { maxFrameBytes: 16_000, sendQueueMessages: 7 };
    expect(bound(chp.snapshot)).toEqual({ kind: 'router', options: { ...options, stalledPeerMs: 15_000 } });
    expect(bound(chp.collector)).toEqual({ kind: 'pull', options });
    expect(bound(chp.publisher)).toEqual({
      kind: 'pub',
      options: {
        ...options,
        transportBufferMessages: 100_000,
        stalledPeerMs: 15_000,
        // Only subscriptions come in.
        maxFrameBytes: 4_096 + 1_024,
      },
    });
    await server.close();
  });

  it('finds free ports', async () => {
    const world = new World();
    const any = {
      snapshot: 'tcp://127.0.0.1:0',
      publisher: 'tcp://127.0.0.1:0',
      collector: 'tcp://127.0.0.1:*',
    };
    const server = await world.start({ chp: any, kvmsg: any });
    const { chp, kvmsg } = server.endpoints;
    expect(
      new Set([chp, kvmsg].flatMap((wire) => [wire.snapshot, wire.publisher, wire.collector])).size,
    ).toBe(6);
    await server.close();
  });

  it('two runs have two epochs', async () => {
    const epochs: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      const world = new World();
      const server = await world.start();
      const { socket, got } = world.connect('dealer', server.endpoints.chp.snapshot);
      socket.send(encodeStateRequest());
      await world.pass();
      const read = reply(got[0]!);
      epochs.push(read.type === 'state' && Buffer.from(read.epoch).toString('hex'));
      await server.close();
    }
    expect(epochs[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(epochs[0]).not.toBe(epochs[1]);
  });
});

describe('a start', () => {
  it('with entries on disk publishes nothing, and tells by STATE! that they are stale', async () => {
    const world = new World();
    const storage = new FakeStorage([stored('/a', 7), stored('/b', 9)], 10_000);
    const server = await world.start({ storage });
    const subscriber = world.connect('sub', server.endpoints.chp.publisher, '');
    const reader = world.connect('dealer', server.endpoints.chp.snapshot);
    reader.socket.send(encodeStateRequest());
    reader.socket.send(encodeSnapshotRequest(textFrame('')));
    await world.pass(3_000);
    expect(reader.got.map(reply)).toMatchObject([
      { type: 'state', seq: 10_000n },
      { type: 'item', seq: 7n },
      { type: 'item', seq: 9n },
      { type: 'end', seq: 10_000n },
    ]);
    expect(new Set(subscriber.got.map((frames) => decodePublished('chp', frames).type))).toEqual(
      new Set(['hugz']),
    );
    // Nothing but the sequences of this run is written.
    expect(storage.commits).toEqual([{ puts: [], deletes: [], reservedSeq: 20_000 }]);
    await server.close();
  });

  it('K32: goes on above all sequences that were reserved, and reserves the next before it serves', async () => {
    const world = new World();
    const storage = new FakeStorage([], 30_000);
    const server = await world.start({ storage });
    expect(storage.disk.reservedSeq).toBe(40_000);
    const { socket } = world.connect('push', server.endpoints.kvmsg.collector);
    socket.send(encodeCollected('kvmsg', textFrame('/a'), textFrame('1')));
    await world.pass();
    expect(server.statistics().sequence).toBe(30_001);
    await server.close();
  });

  it.each([
    ['a storage that was lost', 0, 1_764_000_000_000],
    ['one that knows more', 2_000_000_000_000, 2_000_000_000_000],
  ])('goes on above the sequence that it is told, and above all of %s', async (_, known, startSeq) => {
    const world = new World();
    const storage = new FakeStorage([], known);
    const server = await world.start({ storage, minimumSeq: 1_764_000_000_000 });
    expect(storage.disk.reservedSeq).toBe(startSeq + 10_000);
    const { socket } = world.connect('push', server.endpoints.kvmsg.collector);
    socket.send(encodeCollected('kvmsg', textFrame('/a'), textFrame('1')));
    await world.pass();
    expect(server.statistics().sequence).toBe(startSeq + 1);
    await server.close();
  });

  it('whose storage cannot be read rejects, and nothing stays bound', async () => {
    const world = new World();
    const storage = new FakeStorage();
    storage.loadError = new Error('damaged');
    await expect(world.start({ storage })).rejects.toBe(storage.loadError);
    expect(world.network.bound.size).toBe(0);
  });

  it('whose storage breaks while it is read rejects, and nothing stays bound', async () => {
    const world = new World();
    const storage = new FakeStorage();
    const entries = (function* () {
      yield stored('/a', 1);
      throw new Error('broken in the middle');
    })();
    storage.load = () => Promise.resolve({ reservedSeq: 5, entries });
    await expect(world.start({ storage })).rejects.toThrow('broken in the middle');
    expect(world.network.bound.size).toBe(0);
  });

  it('whose storage takes no reservation rejects, and nothing stays bound', async () => {
    const world = new World();
    const storage = new FakeStorage();
    storage.commitError = () => new Error('read-only');
    await expect(world.start({ storage })).rejects.toThrow('read-only');
    expect(world.network.bound.size).toBe(0);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'whose endpoint %d is taken rejects; none of the others stays bound, nothing is read',
    async (which) => {
      const world = new World();
      const endpoints = ['5520', '5521', '5522', '5515', '5516', '5517'].map(
        (port) => `tcp://127.0.0.1:${port}`,
      );
      await world.network.bind('router', endpoints[which]!);
      const storage = new FakeStorage();
      await expect(world.start({ storage })).rejects.toMatchObject({ code: 'ENDPOINT_IN_USE' });
      expect([...world.network.bound.keys()]).toEqual([endpoints[which]]);
      expect(storage.calls).toEqual([]);
    },
  );

  it('with options of no meaning rejects before anything is bound', async () => {
    const world = new World();
    for (const options of [{ maxKeys: 0 }, { minimumSeq: -1 }, { minimumSeq: 2 ** 53 }]) {
      await expect(world.start(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(world.network.bound.size).toBe(0);
  });
});

describe('a storage at work', () => {
  it('has a change within flushMs, and failures and recovery are told', async () => {
    const world = new World();
    const storage = new FakeStorage();
    const server = await world.start({ storage });
    let works = false;
    storage.commitError = () => (works ? undefined : new Error('full'));
    const { socket } = world.connect('push', server.endpoints.chp.collector);
    socket.send(encodeCollected('chp', textFrame('/a'), textFrame('1')));
    await world.pass(500);
    expect(world.events).toMatchObject([{ type: 'storage-failed', error: { message: 'full' } }]);
    expect(server.statistics()).toMatchObject({ storageFailures: 1, unsaved: 1 });
    works = true;
    await world.pass(1_500);
    expect(world.events.map(({ type }) => type)).toEqual(['storage-failed', 'storage-recovered']);
    expect(storage.disk.contents()).toEqual({ '/a': '1|0' });
    await server.close();
  });

  it('that throws where it should reject is one that fails', async () => {
    const world = new World();
    const storage = new FakeStorage();
    const server = await world.start({ storage });
    storage.commit = () => {
      throw new Error('thrown');
    };
    const { socket } = world.connect('push', server.endpoints.chp.collector);
    socket.send(encodeCollected('chp', textFrame('/a'), textFrame('1')));
    await world.pass(500);
    expect(world.events).toMatchObject([{ type: 'storage-failed', error: { message: 'thrown' } }]);
    await server.close();
  });
});

describe('close', () => {
  async function withChange(): Promise<{
    world: World;
    storage: FakeStorage;
    server: RunningKvServer;
    set: (key: string) => void;
  }> {
    const world = new World();
    const storage = new FakeStorage();
    const server = await world.start({ storage });
    const { socket } = world.connect('push', server.endpoints.chp.collector);
    const set = (key: string): void => {
      socket.send(encodeCollected('chp', textFrame(key), textFrame('v')));
      world.clock.advanceBy(0);
    };
    await world.pass();
    return { world, storage, server, set };
  }

  it('writes everything, then closes the storage, and is the same promise again', async () => {
    const { world, storage, server, set } = await withChange();
    for (let i = 0; i < 4_500; i++) set(`/k/${i}`);
    const closing = server.close();
    expect(server.close()).toBe(closing);
    await closing;
    expect(storage.calls).toEqual(['load', 'commit', 'commit', 'commit', 'commit', 'close']);
    expect(storage.disk.entries.size).toBe(4_500);
    expect(world.events).toEqual([]);
    expect(world.isComplete).toBe(true);
    expect(world.network.bound.size).toBe(0);
    await world.pass();
    expect(world.clock.nextAt).toBe(Infinity);
  });

  it('while a commit is under way waits for it, then writes the rest', async () => {
    const { world, storage, server, set } = await withChange();
    set('/a');
    let release: () => void = () => undefined;
    storage.held = new Promise((resolve) => (release = resolve));
    world.clock.advanceBy(400);
    expect(storage.commits).toHaveLength(2);
    set('/b');
    const closing = server.close();
    await world.pass();
    expect([storage.commits.length, world.isComplete]).toEqual([2, false]);
    release();
    await closing;
    expect(storage.disk.contents()).toEqual({ '/a': 'v|0', '/b': 'v|0' });
    expect(storage.calls.at(-1)).toBe('close');
  });

  it('while a commit is under way that fails then, writes that too', async () => {
    const { world, storage, server, set } = await withChange();
    set('/a');
    storage.commitError = () => (storage.commits.length === 2 ? new Error('once') : undefined);
    world.clock.advanceBy(400);
    await server.close();
    expect(storage.disk.contents()).toEqual({ '/a': 'v|0' });
    expect(storage.calls.at(-1)).toBe('close');
  });

  it('tells of a commit that fails, closes the storage all the same, and does not reject', async () => {
    const { world, storage, server, set } = await withChange();
    set('/a');
    storage.commitError = () => new Error('full');
    await server.close();
    expect(world.events).toMatchObject([{ type: 'storage-failed', error: { message: 'full' } }]);
    expect(world.isComplete).toBe(true);
    expect(storage.calls).toEqual(['load', 'commit', 'commit', 'close']);
  });

  it('tells of a storage that does not close, and does not reject', async () => {
    const { world, storage, server } = await withChange();
    storage.close = () => Promise.reject(new Error('stuck'));
    await server.close();
    expect(world.events).toMatchObject([{ type: 'storage-failed', error: { message: 'stuck' } }]);
    expect(world.isComplete).toBe(true);
  });

  it('by one who hears an event of its own', async () => {
    const { world, storage, server, set } = await withChange();
    server.events$.subscribe(() => void server.close());
    set('bad key');
    await world.pass();
    expect(world.isComplete).toBe(true);
    expect(storage.calls.at(-1)).toBe('close');
  });

  it('without a storage needs none', async () => {
    const world = new World();
    const server = await world.start();
    await server.close();
    expect(world.isComplete).toBe(true);
  });
});
