import type { Cancel, Clock, Millis } from '@raspy/clock';
import { BindError } from '../errors.js';
import { frameKey, type Frame, type Frames } from '../frames.js';
import {
  DEFAULT_MAX_FRAME_BYTES,
  type FrameSocket,
  type FrameSocketHandlers,
  type SocketOptions,
  type Transport,
} from '../socket.js';

/** How a {@link MemoryNetwork} treats messages. */
export interface MemoryNetworkOptions {
  /** Moves the messages; with a virtual clock nothing happens until it is advanced. */
  readonly clock: Clock;
  /** From send to receipt. A function is asked for each message; order on a link is kept. Default 0. */
  readonly delayMs?: Millis | (() => Millis);
  /** Whether this message vanishes without a trace, as no TCP link would. Default: none does. */
  readonly lose?: (frames: Frames) => boolean;
}

/**
 * Sockets without a network: deterministic, in one process, with settable delay, loss and cuts. Dealers connect to
 * routers as soon as these are bound; a cut, or closing the router, takes the link down, and every new link has a
 * new routing id unless one was given.
 */
export class MemoryNetwork implements Transport {
  readonly #options: MemoryNetworkOptions;
  readonly #routers = new Map<string, MemoryRouter>();
  readonly #dealers = new Set<MemoryDealer>();
  readonly #cut = new Set<string>();
  #serial = 0;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  connect(_kind: 'dealer', endpoint: string, options: SocketOptions = {}): FrameSocket {
    const dealer = new MemoryDealer(this, endpoint, options);
    this.#dealers.add(dealer);
    return dealer;
  }

  bind(_kind: 'router', endpoint: string): Promise<FrameSocket> {
    const bound = /:(0|\*)$/.test(endpoint) ? endpoint.replace(/[^:]*$/, String(++this.#serial)) : endpoint;
    if (this.#routers.has(bound)) return Promise.reject(new BindError(bound, 'ENDPOINT_IN_USE'));
    const router = new MemoryRouter(this, bound);
    this.#routers.set(bound, router);
    return Promise.resolve(router);
  }

  /** Takes every link to `endpoint` down, messages under way included, until {@link MemoryNetwork.heal}. */
  cut(endpoint: string): void {
    this.#cut.add(endpoint);
    for (const dealer of this.#dealers) if (dealer.endpoint === endpoint) dealer.unlink();
  }

  /** Lets the links to `endpoint` come up again. */
  heal(endpoint: string): void {
    this.#cut.delete(endpoint);
    for (const dealer of this.#dealers) if (dealer.endpoint === endpoint) this.link(dealer);
  }

  /** @internal */
  get clock(): Clock {
    return this.#options.clock;
  }

  /** @internal */
  link(dealer: MemoryDealer): void {
    const router = this.#routers.get(dealer.endpoint);
    if (router?.started === true && dealer.started && !this.#cut.has(dealer.endpoint)) dealer.linkTo(router);
  }

  /** @internal */
  routerStarted(router: MemoryRouter): void {
    for (const dealer of this.#dealers) if (dealer.endpoint === router.endpoint) this.link(dealer);
  }

  /** @internal */
  forgetRouter(router: MemoryRouter): void {
    if (this.#routers.get(router.endpoint) === router) this.#routers.delete(router.endpoint);
  }

  /** @internal */
  forgetDealer(dealer: MemoryDealer): void {
    this.#dealers.delete(dealer);
  }

  /** @internal A routing id as libzmq makes them: five bytes, the first zero. */
  nextRoutingId(): Frame {
    const id = Buffer.alloc(5);
    id.writeUInt32BE(++this.#serial, 1);
    return id;
  }

  /** @internal */
  deliverAt(after: Millis): Millis {
    const { delayMs } = this.#options;
    const delay = typeof delayMs === 'function' ? delayMs() : (delayMs ?? 0);
    return Math.max(after, this.#options.clock.now() + delay);
  }

  /** @internal */
  loses(frames: Frames): boolean {
    return this.#options.lose?.(frames) ?? false;
  }
}

/** One direction of a link: ordered, delayed, revocable. */
class Lane {
  #last: Millis = 0;
  readonly #pending = new Set<Cancel>();

  constructor(
    private readonly network: MemoryNetwork,
    private readonly deliver: (frames: Frames) => void,
  ) {}

  get queued(): number {
    return this.#pending.size;
  }

  send(frames: Frames): void {
    if (this.network.loses(frames)) return;
    this.#last = this.network.deliverAt(this.#last);
    const cancel = this.network.clock.schedule(this.#last, () => {
      this.#pending.delete(cancel);
      this.deliver(frames);
    });
    this.#pending.add(cancel);
  }

  drop(): void {
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
  }
}

class MemoryDealer implements FrameSocket {
  readonly #network: MemoryNetwork;
  readonly #options: SocketOptions;
  #handlers: FrameSocketHandlers | undefined;
  #router: MemoryRouter | undefined;
  #id: string | undefined;
  #toRouter: Lane | undefined;
  #waiting: Frames[] = [];
  #closed = false;

  constructor(
    network: MemoryNetwork,
    readonly endpoint: string,
    options: SocketOptions,
  ) {
    this.#network = network;
    this.#options = options;
  }

  get started(): boolean {
    return this.#handlers !== undefined && !this.#closed;
  }

  get queued(): number {
    return this.#waiting.length + (this.#toRouter?.queued ?? 0);
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.#handlers = handlers;
    this.#network.link(this);
  }

  send(frames: Frames): boolean {
    if (this.#closed) return false;
    if (frames.some((frame) => frame.length > (this.#options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES))) {
      return false;
    }
    if (this.#toRouter !== undefined) this.#toRouter.send(frames);
    else if (this.#waiting.length < (this.#options.sendQueueMessages ?? 1_000)) this.#waiting.push(frames);
    else return false;
    return true;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      // What was sent while the link stood still arrives, as bytes in a kernel's buffer would.
      this.#closed = true;
      if (this.#id !== undefined) this.#router?.forget(this.#id, this);
      this.#network.forgetDealer(this);
    }
    return Promise.resolve();
  }

  /** @internal */
  linkTo(router: MemoryRouter): void {
    if (this.#router !== undefined) return;
    const id =
      this.#options.routingId === undefined
        ? this.#network.nextRoutingId()
        : Buffer.from(this.#options.routingId);
    this.#router = router;
    this.#id = frameKey(id);
    this.#toRouter = new Lane(this.#network, (frames) => router.take([id, ...frames]));
    const fromRouter = new Lane(this.#network, (frames) => {
      if (!this.#closed) this.#handlers?.message(frames);
    });
    router.meet(this.#id, this, fromRouter);
    this.#network.clock.schedule(this.#network.clock.now(), () => {
      if (this.#router !== router || this.#closed) return;
      this.#handlers?.link(true);
      for (const frames of this.#waiting.splice(0)) this.#toRouter?.send(frames);
    });
  }

  /** @internal */
  unlink(): void {
    const router = this.#router;
    if (router === undefined) return;
    this.#router = undefined;
    this.#toRouter?.drop();
    this.#toRouter = undefined;
    if (this.#id !== undefined) router.forget(this.#id, this);
    this.#network.clock.schedule(this.#network.clock.now(), () => {
      if (!this.#closed && this.#router === undefined) this.#handlers?.link(false);
    });
  }
}

class MemoryRouter implements FrameSocket {
  readonly #network: MemoryNetwork;
  readonly #peers = new Map<string, { readonly dealer: MemoryDealer; readonly lane: Lane }>();
  #handlers: FrameSocketHandlers | undefined;
  #closed = false;

  constructor(
    network: MemoryNetwork,
    readonly endpoint: string,
  ) {
    this.#network = network;
  }

  get started(): boolean {
    return this.#handlers !== undefined && !this.#closed;
  }

  get queued(): number {
    let sum = 0;
    for (const { lane } of this.#peers.values()) sum += lane.queued;
    return sum;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.#handlers = handlers;
    this.#network.routerStarted(this);
  }

  send(frames: Frames): boolean {
    const [id, ...rest] = frames;
    if (this.#closed || id === undefined) return false;
    const peer = this.#peers.get(frameKey(id));
    if (peer !== undefined) peer.lane.send(rest);
    else {
      this.#network.clock.schedule(this.#network.clock.now(), () => {
        if (!this.#closed) this.#handlers?.undelivered(frames, 'unreachable');
      });
    }
    return true;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#network.forgetRouter(this);
      for (const { dealer } of [...this.#peers.values()]) dealer.unlink();
    }
    return Promise.resolve();
  }

  /** @internal */
  take(frames: Frames): void {
    if (!this.#closed) this.#handlers?.message(frames);
  }

  /** @internal */
  meet(id: string, dealer: MemoryDealer, lane: Lane): void {
    this.#peers.set(id, { dealer, lane });
  }

  /** @internal */
  forget(id: string, dealer: MemoryDealer): void {
    const peer = this.#peers.get(id);
    if (peer?.dealer !== dealer) return;
    this.#peers.delete(id);
  }
}
