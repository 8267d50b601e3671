import { frameKey, type Frames } from '../frames.js';
import { DEFAULT_SEND_QUEUE_MESSAGES, type SocketOptions } from '../socket.js';
import { MemoryBound } from './memory-bound.js';
import type { Fabric, MemoryLink } from './memory-link.js';

/** A peer of a router, and what waits until it has received what is under way. */
interface Peer {
  readonly link: MemoryLink;
  readonly waiting: { readonly frames: Frames; readonly confirm: boolean }[];
}

/** A router in memory. */
export class MemoryRouter extends MemoryBound {
  readonly kind = 'router';
  readonly #peers = new Map<string, Peer>();
  readonly #maxWaiting: number;

  constructor(fabric: Fabric, endpoint: string, options: SocketOptions) {
    super(fabric, endpoint);
    this.#maxWaiting = options.sendQueueMessages ?? DEFAULT_SEND_QUEUE_MESSAGES;
  }

  override get queued(): number {
    let sum = super.queued;
    for (const { waiting } of this.#peers.values()) sum += waiting.length;
    return sum;
  }

  send(frames: Frames, confirm = false): boolean {
    const id = frames[0];
    if (this.closed || id === undefined) return false;
    const peer = this.#peers.get(frameKey(id));
    if (peer === undefined) {
      this.#tellUnreachable(frames);
      return true;
    }
    const full = peer.link.fromBound.queued >= this.fabric.peerBuffer;
    if (full && peer.waiting.length >= this.#maxWaiting) return false;
    peer.waiting.push({ frames, confirm });
    this.#pump(peer);
    return true;
  }

  override meet(link: MemoryLink): void {
    super.meet(link);
    const peer: Peer = { link, waiting: [] };
    link.fromBound.onReceived = () => this.#pump(peer);
    this.#peers.set(frameKey(link.id), peer);
  }

  override forget(link: MemoryLink): void {
    super.forget(link);
    const key = frameKey(link.id);
    const peer = this.#peers.get(key);
    if (peer?.link !== link) return;
    this.#peers.delete(key);
    for (const { frames } of peer.waiting.splice(0)) this.#tellUnreachable(frames);
  }

  override take(link: MemoryLink, frames: Frames): void {
    super.take(link, [link.id, ...frames]);
  }

  #pump({ link, waiting }: Peer): void {
    while (waiting.length > 0 && link.fromBound.queued < this.fabric.peerBuffer) {
      const { frames, confirm } = waiting.shift()!;
      link.fromBound.send(frames.slice(1));
      if (confirm) this.#tell((handlers) => handlers.delivered?.(frames));
    }
  }

  #tellUnreachable(frames: Frames): void {
    this.#tell((handlers) => handlers.undelivered(frames, 'unreachable'));
  }

  #tell(what: (handlers: NonNullable<MemoryBound['handlers']>) => void): void {
    this.fabric.soon(() => {
      if (!this.closed && this.handlers !== undefined) what(this.handlers);
    });
  }
}
