import { asBuffer, type Frame, type Frames } from '@raspy/wire';
import type { Call } from './call.js';

const NUMBERS = 2 ** 32;

/** The calls under way on the shared connection, by the number in their correlation frame. */
export class Correlations {
  readonly #calls = new Map<number, Call>();
  #last: number;

  /** @param first - numbers are counted up from here, and wrap */
  constructor(first: number) {
    this.#last = first;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The calls in the order they were sent; a copy. */
  all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** Gives a call a fresh number. @returns the envelope to send it in */
  assign(call: Call): Frames {
    do this.#last = (this.#last + 1) % NUMBERS;
    while (this.#calls.has(this.#last));
    call.correlation = this.#last;
    this.#calls.set(this.#last, call);
    const frame = Buffer.allocUnsafe(4);
    frame.writeUInt32BE(this.#last);
    return [frame];
  }

  /** The call whose number a frame holds. */
  find(frame: Frame | undefined): Call | undefined {
    return frame?.length === 4 ? this.#calls.get(asBuffer(frame).readUInt32BE()) : undefined;
  }

  /** Nothing happens when the call has no number. */
  release(call: Call): void {
    if (call.correlation === undefined) return;
    this.#calls.delete(call.correlation);
    call.correlation = undefined;
  }
}
