import { framesBytes, type Frames } from './frames.js';

/** A first-in first-out queue of messages that knows its bytes; constant time at both ends. */
export class MessageQueue {
  #items: (Frames | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(frames: Frames): void {
    this.#items.push(frames);
    this.#bytes += framesBytes(frames);
  }

  /** {@link MessageQueue.push} unless one of the bounds has been reached. @returns whether the message was taken */
  offer(frames: Frames, maxMessages: number, maxBytes: number): boolean {
    if (this.length >= maxMessages || this.#bytes >= maxBytes) return false;
    this.push(frames);
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
