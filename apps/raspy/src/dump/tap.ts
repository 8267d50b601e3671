import type { Clock, Millis } from '@raspy/clock';
import {
  frameKey,
  randomRoutingId,
  type Frame,
  type Frames,
  type FrameSocket,
  type Transport,
} from '@raspy/wire';
import type { Part } from '@raspy/runtime';

/** A message that passed a tap. */
export interface TappedMessage {
  /** Unix milliseconds. */
  readonly at: Millis;
  readonly direction: 'to-broker' | 'to-peer';
  /** The peer, by its own routing id if that can be read, else by a name given here. */
  readonly peer: string;
  readonly frames: Frames;
}

/** What a {@link Tap} is told. */
export interface TapOptions {
  /** Where peers connect to instead of to the broker. */
  readonly listen: string;
  /** The broker's endpoint. */
  readonly broker: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly onMessage: (message: TappedMessage) => void;
  /** Peers at a time; for one more, the one that was met first goes. @default 10000 */
  readonly maxPeers?: number;
}

interface Peer {
  readonly name: string;
  readonly id: Frame;
  readonly socket: FrameSocket;
  lastAt: Millis;
}

/** Peers that neither send nor receive for so long have gone: clients do not say goodbye. */
const IDLE_MS: Millis = 600_000;

/** A proxy in front of the broker that shows every message: a connection of its own to the broker for each peer. */
export class Tap implements Part {
  readonly name = 'tap';
  readonly #options: TapOptions;
  readonly #peers = new Map<string, Peer>();
  #router: FrameSocket | undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(options: TapOptions) {
    this.#options = options;
  }

  /** Where it listens, once it does. */
  get endpoint(): string | undefined {
    return this.#router?.endpoint;
  }

  /** Peers that it holds a connection for. */
  get peers(): number {
    return this.#peers.size;
  }

  /** @throws BindError (rejects) when it cannot listen there */
  async start(): Promise<void> {
    const { transport, listen } = this.#options;
    const router = await transport.bind('router', listen);
    this.#router = router;
    router.start({
      message: (frames) => this.#fromPeer(frames),
      undelivered: ([id], why) => {
        if (id !== undefined && why === 'unreachable') this.#forget(frameKey(id));
      },
      link: () => undefined,
    });
    this.#sweepLater();
  }

  async stop(): Promise<void> {
    this.#cancelSweep?.();
    const sockets = [...this.#peers.values()].map(({ socket }) => socket);
    this.#peers.clear();
    await Promise.all([...sockets.map((socket) => socket.close()), this.#router?.close()]);
  }

  #fromPeer([id, ...frames]: Frames): void {
    if (id === undefined) return;
    const peer = this.#peers.get(frameKey(id)) ?? this.#meet(id);
    this.#tell('to-broker', peer, frames);
    peer.socket.send(frames);
  }

  #meet(id: Frame): Peer {
    const { transport, broker, clock, maxPeers = 10_000 } = this.#options;
    const key = frameKey(id);
    // The one that was met first goes: a Map keeps that order.
    const [oldest] = this.#peers.keys();
    if (oldest !== undefined && this.#peers.size >= maxPeers) this.#forget(oldest);
    const socket = transport.connect('dealer', broker);
    const peer: Peer = { name: nameOf(id), id, socket, lastAt: clock.now() };
    this.#peers.set(key, peer);
    socket.start({
      message: (frames) => {
        this.#tell('to-peer', peer, frames);
        this.#router?.send([id, ...frames]);
      },
      undelivered: () => undefined,
      link: (up) => {
        // The peer cannot see that the broker went; it gets a new connection with its next message.
        if (!up) this.#forget(key);
      },
    });
    return peer;
  }

  #tell(direction: TappedMessage['direction'], peer: Peer, frames: Frames): void {
    const { clock, onMessage } = this.#options;
    peer.lastAt = clock.now();
    onMessage({ at: clock.wallNow(), direction, peer: peer.name, frames });
  }

  #forget(key: string): void {
    const peer = this.#peers.get(key);
    this.#peers.delete(key);
    void peer?.socket.close();
  }

  #sweepLater(): void {
    const { clock } = this.#options;
    this.#cancelSweep = clock.schedule(clock.now() + IDLE_MS, () => {
      for (const [key, { lastAt }] of this.#peers) if (clock.now() - lastAt >= IDLE_MS) this.#forget(key);
      this.#sweepLater();
    });
  }
}

/** An id that was chosen to be read, or a new name: those that libzmq makes are five bytes, the first zero. */
function nameOf(id: Frame): string {
  const text = Buffer.from(id).toString('latin1');
  return /^[\x21-\x7e]+$/.test(text) ? text : randomRoutingId();
}
