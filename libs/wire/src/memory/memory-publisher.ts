import { asBuffer, frameKey, type Frame, type Frames } from '../frames.js';
import type { SocketOptions } from '../socket.js';
import { MemoryBound } from './memory-bound.js';
import type { Fabric, MemoryLink } from './memory-link.js';

/** A publisher in memory: as libzmq's, it knows of a subscription when word of it has come, and loses for who is slow. */
export class MemoryPublisher extends MemoryBound {
  readonly kind = 'pub';
  readonly #prefixes = new Map<MemoryLink, Map<string, Frame>>();
  readonly #mostUnderWay: number;

  constructor(fabric: Fabric, endpoint: string, options: SocketOptions) {
    super(fabric, endpoint);
    this.#mostUnderWay = options.transportBufferMessages ?? 1_000;
  }

  send(frames: Frames): boolean {
    if (this.closed) return false;
    const topic = asBuffer(frames[0] ?? Buffer.alloc(0));
    for (const [{ fromBound }, prefixes] of this.#prefixes) {
      if (fromBound.queued < this.#mostUnderWay && matches(topic, prefixes)) fromBound.send(frames);
    }
    return true;
  }

  override meet(link: MemoryLink): void {
    super.meet(link);
    this.#prefixes.set(link, new Map());
  }

  override forget(link: MemoryLink): void {
    super.forget(link);
    const gone = this.#prefixes.get(link);
    this.#prefixes.delete(link);
    for (const [key, prefix] of gone ?? []) {
      if ([...this.#prefixes.values()].some((others) => others.has(key))) continue;
      this.fabric.soon(() => {
        if (!this.closed) this.handlers?.message([Buffer.concat([Buffer.of(0), prefix])]);
      });
    }
  }

  override take(link: MemoryLink, frames: Frames): void {
    const prefix = frames[0]!.subarray(1);
    const known = this.#prefixes.get(link);
    // Of a prefix that a subscriber names twice it tells once; of one that is gone, nothing.
    if (known === undefined || known.has(frameKey(prefix))) return;
    known.set(frameKey(prefix), prefix);
    super.take(link, frames);
  }
}

function matches(topic: Buffer, prefixes: ReadonlyMap<string, Frame>): boolean {
  for (const prefix of prefixes.values()) {
    if (topic.subarray(0, prefix.length).equals(prefix)) return true;
  }
  return false;
}
