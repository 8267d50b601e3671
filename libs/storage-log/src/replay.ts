import { segmentName } from './format.js';
import type { KeyIndex } from './key-index.js';
import type { ReplayEvent } from './log-options.js';
import type { DamagedFile } from './log-store.js';
import { SegmentScanner } from './segment-scanner.js';

/** Takes the records of segments into an index, and tells them, in their order. */
export class Replay {
  tornBytes = 0;
  readonly damaged: DamagedFile[] = [];
  /** The listener threw. */
  wasRefused = false;
  readonly #index: KeyIndex;
  readonly #listener: ((event: ReplayEvent) => void) | undefined;

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
    let end = bytes.length;
    const damage = (length: number): void => {
      damagedBytes += length;
      this.#tell({ type: 'damage', segment: file, bytes: length });
    };
    for (let found = scanner.next(); found !== 'end'; found = scanner.next()) {
      const { from, to } = scanner;
      if (found === 'record') {
        this.#record(scanner, number);
        continue;
      }
      end = Math.max(end, to);
      if (isLast && (tornFrom !== undefined || scanner.findBatch(from + 1) === bytes.length)) {
        tornFrom ??= from;
        this.tornBytes += to - from;
      } else if (isLast || from < (soundEnd ?? Infinity)) damage(to - from);
    }
    // Cut between two batches, it looks sound.
    if (soundEnd !== undefined && soundEnd > end) damage(soundEnd - end);
    if (damagedBytes > 0) this.damaged.push({ file, bytes: damagedBytes });
    return tornFrom ?? bytes.length;
  }

  #record(scanner: SegmentScanner, segment: number): void {
    const { key, from, to, isPut } = scanner;
    if (isPut) this.#index.put(key, segment, from, to - from);
    else this.#index.delete(key);
    if (this.#listener === undefined) return;
    this.#tell(isPut ? { type: 'put', key, value: scanner.value } : { type: 'delete', key });
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
