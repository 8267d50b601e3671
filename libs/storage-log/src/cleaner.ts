import type { Clock } from '@raspy/clock';
import { Batch } from './batch.js';
import type { KeyIndex } from './key-index.js';
import { SegmentScanner } from './segment-scanner.js';
import type { Segments } from './segments.js';

/** What a piece has at most, and how many records are looked at for it, unless the batch beside it is larger. */
const PIECE_BYTES = 2 ** 18;
const PIECE_RECORDS = 2_000;
const MAX_PIECE_BYTES = 2 ** 26;
/** More segments than these are joined while they are small: each start begins one, and one that counts a little stays. */
const MANY_SEGMENTS = 64;
/** How long nothing is tried after something failed. */
const PAUSE_MS = 5_000;

/**
 * Gives room back: what still counts of the oldest segment is written again, piece by piece, and then the segment is
 * removed. Only ever the oldest, so that a delete outlives every put that it stands for.
 */
export class Cleaner {
  readonly #segments: Segments;
  readonly #index: KeyIndex;
  readonly #segmentBytes: number;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #piece = new Batch();
  #scanner: SegmentScanner | undefined;
  /** The segment whose records are copied. */
  #number = 0;
  /** All of the segment was looked at. */
  #isThrough = false;
  #isReading = false;
  #isStopped = false;
  #notBefore = -Infinity;

  /** @param wake - called when there is something to take */
  constructor(segments: Segments, index: KeyIndex, segmentBytes: number, clock: Clock, wake: () => void) {
    this.#segments = segments;
    this.#index = index;
    this.#segmentBytes = segmentBytes;
    this.#clock = clock;
    this.#wake = wake;
  }

  /** There are records to look at. */
  get isReady(): boolean {
    return this.#scanner !== undefined;
  }

  get isPaused(): boolean {
    return this.#isStopped || this.#clock.now() < this.#notBefore;
  }

  /** Begins to read the oldest segment when too much of the log is dead, or it lies in too many files. */
  check(): void {
    const { oldest, totalBytes, count } = this.#segments;
    const isDead = totalBytes > Math.max(4 * this.#segmentBytes, 2 * this.#index.liveBytes);
    const isScattered = count > MANY_SEGMENTS && totalBytes < (count * this.#segmentBytes) / 4;
    if (!(isDead || isScattered) || oldest === undefined || this.#isReading || this.isReady || this.isPaused)
      return;
    if (this.#isThrough && this.#number === oldest) {
      // What counts of it cannot be read any more; it stays, and another time may be better.
      this.pause();
      return;
    }
    this.#isReading = true;
    this.#isThrough = false;
    this.#number = oldest;
    this.#segments.readOldest().then(
      (bytes) => {
        this.#isReading = false;
        // It may have died and been removed meanwhile.
        if (this.#isStopped || this.#segments.oldest !== oldest) return;
        this.#scanner = new SegmentScanner(bytes, oldest);
        this.#wake();
      },
      () => {
        this.#isReading = false;
        this.pause();
      },
    );
  }

  /**
   * Takes the next live records. To be called when the index tells all that was written, and to be written before all
   * that it does not tell yet.
   * @param segment - where they will be written
   * @returns undefined when there are none among those it looked at
   */
  take(segment: number, beside: Batch): Batch | undefined {
    const scanner = this.#scanner;
    if (scanner === undefined) return undefined;
    const piece = this.#piece;
    piece.reset(segment);
    // As long as twice what is written anew, so that room is given back faster than it is taken.
    const bytes = Math.min(Math.max(PIECE_BYTES, 2 * beside.length), MAX_PIECE_BYTES);
    const records = Math.max(PIECE_RECORDS, 4 * beside.records);
    for (let seen = 0; seen < records && piece.length < bytes; seen++) {
      const found = scanner.next();
      if (found === 'end') {
        this.#scanner = undefined;
        this.#isThrough = true;
        break;
      }
      if (found === 'record' && scanner.isPut) {
        const { key } = scanner;
        if (this.#index.isAt(key, this.#number, scanner.from)) piece.addStored(key, scanner.value);
      }
    }
    return piece.records > 0 ? piece : undefined;
  }

  /** After a failure: begins the segment anew, later. */
  pause(): void {
    this.#scanner = undefined;
    this.#isThrough = false;
    this.#notBefore = this.#clock.now() + PAUSE_MS;
  }

  /** The oldest segment is dead. */
  forget(): void {
    this.#scanner = undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.#scanner = undefined;
  }
}
