import type { Frame, Frames } from '@raspy/wire';
import { encodeHugz, encodeUpdate, HUGZ, type KvWire } from '../codec.js';
import { hasPrefix } from '../subtree.js';

/** One of the two publishers: who listens, and what updates look like there. */
export class PublisherFace {
  readonly wire: KvWire;
  /** Prefixes that somebody is subscribed to. */
  readonly #prefixes = new Set<string>();
  #isHeard = false;

  constructor(wire: KvWire) {
    this.wire = wire;
  }

  get subscriptions(): number {
    return this.#prefixes.size;
  }

  /**
   * Whether anybody may get an update: publishing to nobody would still cost a crossing into native code. Once somebody was
   * subscribed it stays so, as an end proves nothing: a peer may end what only others had begun, and libzmq tells that, too.
   */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /**
   * The publisher tells of a subscription, or of the end of one.
   * @returns whether somebody waits for a keep-alive to know that his subscription is live
   */
  notice(frames: Frames): boolean {
    const [notice] = frames;
    // A foreign XSUB can send anything; what is no notice must not end the subscriptions of others.
    if (notice === undefined || frames.length !== 1 || !(notice[0]! <= 1)) return false;
    const prefix = Buffer.from(notice.buffer, notice.byteOffset + 1, notice.length - 1);
    const text = prefix.toString('latin1');
    if (notice[0] === 0) {
      this.#prefixes.delete(text);
      return false;
    }
    this.#prefixes.add(text);
    this.#isHeard = true;
    return hasPrefix(HUGZ, prefix);
  }

  update(key: Frame, seq: Frame, body: Frame, uuid: Frame, properties: Frame): Frames {
    return encodeUpdate(this.wire, key, seq, body, uuid, properties);
  }

  hugz(seq: number): Frames {
    return encodeHugz(this.wire, seq);
  }
}
