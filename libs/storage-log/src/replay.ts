import { segmentName } from './format.js';
import type { KeyIndex } from './key-index.js';
import type { ReplayEvent } from './log-options.js';
import type { DamagedFile } from './log-store.js';
import { SegmentScanner } from './segment-scanner.js';

/** A record of a call, as far as an index and a listener need it. */
interface CallRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly isPut: boolean;
  readonly from: number;
  readonly to: number;
}

/** Takes the records of segments into an index, and tells them, in their order. */
export class Replay {
  tornBytes = 0;
  readonly damaged: DamagedFile[] = [];
  /** The listener threw. */
  wasRefused = false;
  readonly #index: KeyIndex;
  readonly #listener: ((event: ReplayEvent) => void) | undefined;
  /** Sound records of a call whose others come next. */
  #call: CallRecord[] = [];

  constructor(index: KeyIndex, listener: ((event: ReplayEvent) => void) | undefined) {
    this.#index = index;
    this.#listener = listener;
  }

  /** A segment is not there. @param bytes - what it should have */
  missing(file: string, bytes: number): void {
    this.damaged.push({ file, bytes });
    this.#tell({ type: 'damage', segment: file, bytes });
  }

  /**
   * @param isLast - its end may be torn
   * @param soundEnd - what the segment behind tells of its end, if it does
   * @returns from where it is torn; its end when it is not
   */
  segment(number: number, bytes: Buffer, isLast: boolean, soundEnd: number | undefined): number {
    const file = segmentName(number);
    const scanner = new SegmentScanner(bytes, number);
    let damagedBytes = 0;
    let tornFrom: number | undefined;
    /** What comes now was written last, and never acknowledged. */
    let isTorn = false;
    let end = bytes.length;
    const damage = (length: number): void => {
      damagedBytes += length;
      this.#tell({ type: 'damage', segment: file, bytes: length });
    };
    for (let found = scanner.next(); found !== 'end'; found = scanner.next()) {
      const { from, to } = scanner;
      if (found === 'record') {
        // Of a call that is there in part nothing is taken, as long as nobody was told that it is there.
        const isRest = isTorn && scanner.hasPrevious && this.#call.length === 0;
        if (!isRest) this.#record(scanner, number);
        else if (isLast) this.tornBytes += to - from;
        continue;
      }
      end = Math.max(end, to);
      isTorn ||= isLast ? scanner.findBatch(from + 1) === bytes.length : from >= (soundEnd ?? Infinity);
      if (isTorn) {
        const start = this.#dropCall() ?? from;
        if (!isLast) continue;
        tornFrom ??= start;
        this.tornBytes += to - start;
      } else {
        this.#takeCall(number);
        damage(to - from);
      }
    }
    // Cut between two records of a batch whose head is not sound.
    if (!isTorn) this.#takeCall(number);
    const rest = this.#dropCall();
    if (rest !== undefined && isLast) this.tornBytes += bytes.length - rest;
    // Cut between two batches, it looks sound.
    if (soundEnd !== undefined && soundEnd > end) damage(soundEnd - end);
    if (damagedBytes > 0) this.damaged.push({ file, bytes: damagedBytes });
    return tornFrom ?? bytes.length;
  }

  #record(scanner: SegmentScanner, segment: number): void {
    const { key, value, isPut, from, to, hasNext } = scanner;
    const record: CallRecord = { key, value, isPut, from, to };
    if (hasNext || this.#call.length > 0) this.#call.push(record);
    else this.#take(record, segment);
    if (!hasNext) this.#takeCall(segment);
  }

  #takeCall(segment: number): void {
    if (this.#call.length === 0) return;
    const call = this.#call;
    this.#call = [];
    for (const record of call) this.#take(record, segment);
  }

  /** @returns where it begins */
  #dropCall(): number | undefined {
    const start = this.#call[0]?.from;
    if (start !== undefined) this.#call = [];
    return start;
  }

  #take({ key, value, isPut, from, to }: CallRecord, segment: number): void {
    if (isPut) this.#index.put(key, segment, from, to - from);
    else this.#index.delete(key);
    this.#tell(isPut ? { type: 'put', key, value } : { type: 'delete', key });
  }

  #tell(event: ReplayEvent): void {
    try {
      this.#listener?.(event);
    } catch (error) {
      this.wasRefused = true;
      throw error;
    }
  }
}
