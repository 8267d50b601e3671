import type { Clock, Millis } from '@raspy/clock';
import { BindError } from '../errors.js';
import type { Frame, Frames } from '../frames.js';
import type { BoundKind, ConnectingKind, FrameSocket, SocketOptions, Transport } from '../socket.js';
import { MemoryPull } from './memory-bound.js';
import { MemoryConnecting } from './memory-connecting.js';
import type { BoundEnd, ConnectingEnd, Fabric, MemoryLinkName } from './memory-link.js';
import { MemoryPublisher } from './memory-publisher.js';
import { MemoryRouter } from './memory-router.js';

/** How a {@link MemoryNetwork} treats messages. */
export interface MemoryNetworkOptions {
  /** Moves the messages; with a virtual clock nothing happens until it is advanced. */
  readonly clock: Clock;
  /** From send to receipt. A function is asked for each message; order on a link is kept. Default 0. */
  readonly delayMs?: Millis | (() => Millis);
  /** Whether this message vanishes without a trace, as on no TCP link it would. Subscriptions never do. Default: none does. */
  readonly lose?: (frames: Frames, link: MemoryLinkName) => boolean;
  /**
   * Messages under way to one peer of a router beyond which the next waits in the send queue, and its confirmation with
   * it, until an earlier one was received. Default: any number.
   */
  readonly peerBuffer?: number;
}

const COUNTERPART: Readonly<Record<ConnectingKind, BoundKind>> = {
  dealer: 'router',
  push: 'pull',
  sub: 'pub',
};

/**
 * Sockets without a network: deterministic, in one process, with settable delay, loss and cuts. They connect as soon as
 * a socket of the other kind is bound; a cut, or closing the bound socket, takes the link down, and every new link has a
 * new routing id unless one was given.
 */
export class MemoryNetwork implements Transport {
  readonly #options: MemoryNetworkOptions;
  readonly #fabric: Fabric;
  readonly #bound = new Map<string, BoundEnd>();
  readonly #connecting = new Set<ConnectingEnd>();
  readonly #cut = new Set<string>();
  #serial = 0;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
    const { clock } = options;
    this.#fabric = {
      clock,
      peerBuffer: options.peerBuffer ?? Infinity,
      link: (end) => this.#link(end),
      boundStarted: ({ endpoint }) => this.#linkAll(endpoint),
      forgetBound: (end) => {
        if (this.#bound.get(end.endpoint) === end) this.#bound.delete(end.endpoint);
      },
      forgetConnecting: (end) => void this.#connecting.delete(end),
      nextRoutingId: () => this.#nextRoutingId(),
      deliverAt: (after) => this.#deliverAt(after),
      loses: (frames, link) => options.lose?.(frames, link) ?? false,
      soon: (call) => void clock.schedule(clock.now(), call),
    };
  }

  connect(kind: ConnectingKind, endpoint: string, options: SocketOptions = {}): FrameSocket {
    const end = new MemoryConnecting(this.#fabric, kind, endpoint, options);
    this.#connecting.add(end);
    return end;
  }

  bind(kind: BoundKind, endpoint: string, options: SocketOptions = {}): Promise<FrameSocket> {
    const bound = /:(0|\*)$/.test(endpoint) ? endpoint.replace(/[^:]*$/, String(++this.#serial)) : endpoint;
    if (this.#bound.has(bound)) return Promise.reject(new BindError(bound, 'ENDPOINT_IN_USE'));
    const end = this.#makeBound(kind, bound, options);
    this.#bound.set(bound, end);
    return Promise.resolve(end);
  }

  /** Takes every link to `endpoint` down, messages under way included, until {@link MemoryNetwork.heal}. */
  cut(endpoint: string): void {
    this.#cut.add(endpoint);
    for (const end of this.#connecting) if (end.endpoint === endpoint) end.unlink(true);
  }

  /** Lets the links to `endpoint` come up again. */
  heal(endpoint: string): void {
    this.#cut.delete(endpoint);
    this.#linkAll(endpoint);
  }

  #makeBound(kind: BoundKind, endpoint: string, options: SocketOptions): BoundEnd {
    switch (kind) {
      case 'router':
        return new MemoryRouter(this.#fabric, endpoint, options);
      case 'pull':
        return new MemoryPull(this.#fabric, endpoint);
      case 'pub':
        return new MemoryPublisher(this.#fabric, endpoint, options);
    }
  }

  #linkAll(endpoint: string): void {
    for (const end of this.#connecting) if (end.endpoint === endpoint) this.#link(end);
  }

  #link(end: ConnectingEnd): void {
    const bound = this.#bound.get(end.endpoint);
    if (bound?.kind !== COUNTERPART[end.kind] || this.#cut.has(end.endpoint)) return;
    if (bound.started && end.started) end.linkTo(bound);
  }

  /** A routing id as libzmq makes them: five bytes, the first zero. */
  #nextRoutingId(): Frame {
    const id = Buffer.alloc(5);
    id.writeUInt32BE(++this.#serial, 1);
    return id;
  }

  #deliverAt(after: Millis): Millis {
    const { clock, delayMs } = this.#options;
    const delay = typeof delayMs === 'function' ? delayMs() : (delayMs ?? 0);
    return Math.max(after, clock.now() + delay);
  }
}
