import { VirtualClock } from '@raspy/clock';
import { frameText, type FrameSocket, type Frames } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import type { KvConnectOptions } from '../../src/client/options.js';
import { decodeCollected, type KvWire } from '../../src/codec.js';
import { ModelServer } from './model-server.js';

const OFFSETS = { chp: [6, 7, 8], kvmsg: [1, 2, 3] } as const;

/** A model server bound to a network in memory, and virtual time. */
export class ModelBus {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({
    clock: this.clock,
    lose: (frames) => this.loses(frames),
  });
  readonly endpoint = 'mem://bus:5514';
  server: ModelServer;
  /** Properties of what was collected, in order. */
  readonly properties: string[] = [];
  loses: (frames: Frames) => boolean = () => false;
  readonly #wire: KvWire;
  #publisher: FrameSocket | undefined;

  private constructor(wire: KvWire) {
    this.#wire = wire;
    this.server = new ModelServer(wire);
  }

  static async start(wire: KvWire = 'chp'): Promise<ModelBus> {
    const bus = new ModelBus(wire);
    const [snapshot, publisher, collector] = bus.addresses;
    const router = await bus.network.bind('router', snapshot);
    const pub = await bus.network.bind('pub', publisher);
    const pull = await bus.network.bind('pull', collector);
    const nothing = { undelivered: () => undefined, link: () => undefined };
    bus.#publisher = pub;
    router.start({
      ...nothing,
      message: ([id, ...request]) => {
        for (const reply of bus.server.answer(request, (frames) => pub.send(frames))) {
          router.send([id!, ...reply]);
        }
      },
    });
    // A subscription to keep-alives is answered by one.
    pub.start({
      ...nothing,
      message: ([prefix]) => {
        if (frameText(prefix!) === '\u0001HUGZ') pub.send(bus.server.hugz());
      },
    });
    pull.start({
      ...nothing,
      message: (frames) => {
        const update = decodeCollected(wire, frames);
        if (update.type === 'malformed') throw new Error(update.reason);
        bus.properties.push(frameText(update.properties));
        bus.set(frameText(update.key), frameText(update.body));
      },
    });
    const beat = (): void => {
      pub.send(bus.server.hugz());
      bus.clock.schedule(bus.clock.now() + 1_000, beat);
    };
    beat();
    return bus;
  }

  /** Of snapshot, publisher and collector. */
  get addresses(): readonly [string, string, string] {
    const [snapshot, publisher, collector] = OFFSETS[this.#wire].map(
      (offset) => `mem://bus:${5_514 + offset}`,
    );
    return [snapshot!, publisher!, collector!];
  }

  /** What a client needs to know. */
  get options(): KvConnectOptions {
    return { endpoint: this.endpoint, transport: this.network, clock: this.clock };
  }

  /** The server makes an update. */
  set(key: string, value: string): void {
    this.#publisher?.send(this.server.set(key, value));
  }

  cut(): void {
    for (const endpoint of this.addresses) this.network.cut(endpoint);
  }

  heal(): void {
    for (const endpoint of this.addresses) this.network.heal(endpoint);
  }

  advance(ms = 10): Promise<void> {
    return this.clock.advanceByAsync(ms);
  }

  /** What a promise settles to, while time passes. */
  async until<T>(promise: Promise<T>, ms = 60_000): Promise<T> {
    const pending = Symbol('pending');
    const state = promise.then(
      () => undefined,
      () => undefined,
    );
    for (let passed = 0; passed <= ms; passed += 10) {
      await this.advance(10);
      if ((await Promise.race([state, Promise.resolve(pending)])) !== pending) return promise;
    }
    throw new Error(`it did not settle within ${ms} ms`);
  }
}
