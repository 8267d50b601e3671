import { framesBytes, type Frames } from './frames.js';

/** A first-in first-out queue of messages with two bounds; constant time at both ends. */
export class MessageQueue {
  #items: (Frames | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** @returns `false` when one of the bounds has been reached: the message was not taken */
  push(frames: Frames): boolean {
    if (this.length >= this.maxMessages || this.#bytes >= this.maxBytes) return false;
    this.#items.push(frames);
    this.#bytes += framesBytes(frames);
    return true;
  }

  peek(): Frames | undefined {
    return this.#items[this.#head];
  }

  shift(): Frames | undefined {
    const frames = this.#items[this.#head];
    if (frames === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    this.#bytes -= framesBytes(frames);
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return frames;
  }
}
