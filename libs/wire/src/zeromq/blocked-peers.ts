import { framesBytes, type Frames } from '../frames.js';
import { MessageQueue } from '../queue.js';

/** Messages for one peer of a router whose buffer in libzmq is full. */
export interface BlockedPeer {
  readonly queue: MessageQueue;
  /** Whether its first message is to be tried again. */
  retry: boolean;
}

/** What may wait for one peer, and for all together. */
export interface BlockedBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxTotalBytes: number;
}

/** The peers of a router that do not read, by routing id, and what waits for each. */
export class BlockedPeers implements Iterable<readonly [string, BlockedPeer]> {
  readonly #peers = new Map<string, BlockedPeer>();
  readonly #bounds: BlockedBounds;
  /** Bytes that wait for all of them together. */
  #bytes = 0;

  constructor(bounds: BlockedBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Messages that wait. */
  get queued(): number {
    let sum = 0;
    for (const { queue } of this.#peers.values()) sum += queue.length;
    return sum;
  }

  get(key: string): BlockedPeer | undefined {
    return this.#peers.get(key);
  }

  [Symbol.iterator](): Iterator<readonly [string, BlockedPeer]> {
    return this.#peers.entries();
  }

  /** A peer refused its first message. */
  add(key: string, frames: Frames): void {
    const peer: BlockedPeer = { queue: new MessageQueue(), retry: false };
    peer.queue.push(frames);
    this.#bytes += framesBytes(frames);
    this.#peers.set(key, peer);
  }

  /** Queues one more message for a peer. @returns `false` when a bound has been reached */
  offer(peer: BlockedPeer, frames: Frames): boolean {
    const { maxMessages, maxBytes, maxTotalBytes } = this.#bounds;
    if (this.#bytes >= maxTotalBytes) return false;
    const taken = peer.queue.offer(frames, maxMessages, maxBytes);
    if (taken) this.#bytes += framesBytes(frames);
    return taken;
  }

  /** The first message of a peer has left; one for which nothing waits is no longer blocked. */
  shift(key: string): void {
    const peer = this.#peers.get(key);
    if (peer === undefined) return;
    this.#takeFrom(peer);
    if (peer.queue.length === 0) this.#peers.delete(key);
  }

  /** Forgets a peer. @returns what waited for it, in order */
  remove(key: string): Frames[] {
    const peer = this.#peers.get(key);
    const lost: Frames[] = [];
    if (peer === undefined) return lost;
    this.#peers.delete(key);
    for (let next = this.#takeFrom(peer); next !== undefined; next = this.#takeFrom(peer)) lost.push(next);
    return lost;
  }

  /** Lets each be tried again. */
  retryAll(): void {
    for (const peer of this.#peers.values()) peer.retry = true;
  }

  #takeFrom(peer: BlockedPeer): Frames | undefined {
    const frames = peer.queue.shift();
    if (frames !== undefined) this.#bytes -= framesBytes(frames);
    return frames;
  }
}
