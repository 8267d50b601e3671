import {
  BATCH_HEADER_BYTES,
  DELETE,
  HAS_NEXT,
  HAS_PREVIOUS,
  KIND_MASK,
  MAX_KEY_BYTES,
  PUT,
  RECORD_HEADER_BYTES,
  recordCheck,
  RecordField,
} from './format.js';
import { LogStoreError } from './log-error.js';
import { MOST_BYTES } from './log-options.js';

/** One change of a store. A key's characters are its bytes: 1 to 1,024 of up to U+00FF. */
export type LogChange =
  /** The pieces of a list are stored one behind the other; all are read before the call returns. */
  { readonly put: string; readonly value: Uint8Array | readonly Uint8Array[] } | { readonly delete: string };

const FIRST_BYTES = 2 ** 16;
/** A buffer that has become larger is not kept for the next batch. */
const KEPT_BYTES = 2 ** 22;

/** The records that one flush writes, encoded as they will stand in the segment, behind room for the batch's header. */
export class Batch {
  /** Where it will be written. */
  segment = 0;
  /** With the room for the header. */
  length = BATCH_HEADER_BYTES;
  /** The calls that wait for it. */
  commits = 0;
  /** It is to be written soon, rather than when its notes are due. */
  isUrgent = false;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  readonly #keys: string[] = [];
  readonly #starts: number[] = [];
  /** Which records are notes. */
  readonly #notes: number[] = [];
  #promise: Promise<void> | undefined;
  #resolve: () => void = ignore;
  #reject: (error: LogStoreError) => void = ignore;

  get records(): number {
    return this.#keys.length;
  }

  /** How many records are notes. */
  get notes(): number {
    return this.#notes.length;
  }

  /** The records and the room before them; a view. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  /** Empties it. */
  reset(segment: number): void {
    this.segment = segment;
    this.length = BATCH_HEADER_BYTES;
    this.commits = 0;
    this.isUrgent = false;
    this.#keys.length = 0;
    this.#starts.length = 0;
    this.#notes.length = 0;
    this.#promise = undefined;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /**
   * Adds all of `changes`, or nothing.
   * @returns why nothing was added
   */
  add(
    changes: readonly LogChange[],
    maxRecordBytes: number,
    isNote: boolean,
  ): LogStoreError | RangeError | undefined {
    const { length } = this;
    const records = this.#keys.length;
    let error: LogStoreError | RangeError | undefined;
    for (const [at, change] of changes.entries()) {
      const place = (at > 0 ? HAS_PREVIOUS : 0) | (at < changes.length - 1 ? HAS_NEXT : 0);
      error =
        'put' in change
          ? this.#append(PUT | place, change.put, change.value, maxRecordBytes)
          : this.#append(DELETE | place, change.delete, [], maxRecordBytes);
      if (error === undefined && this.length - length > MOST_BYTES) {
        error = new LogStoreError(
          'LOG_TOO_LARGE',
          `changes of one call may have ${MOST_BYTES} bytes: split them`,
        );
      }
      if (error !== undefined) {
        this.length = length;
        this.#keys.length = records;
        this.#starts.length = records;
        return error;
      }
    }
    if (isNote) for (let index = records; index < this.#keys.length; index++) this.#notes.push(index);
    return undefined;
  }

  /** Adds a put that was stored before. */
  addStored(key: string, value: Buffer): void {
    this.#append(PUT, key, value, MOST_BYTES);
  }

  /** Adds all of another batch, those who wait for it included, or its notes alone; the other is left to be reset. */
  take(other: Batch, what: 'all' | 'notes'): void {
    const isNote = new Set(other.#notes);
    other.eachRecord((key, _isPut, start, bytes, index) => {
      if (what === 'notes' && !isNote.has(index)) return;
      if (isNote.has(index)) this.#notes.push(this.#keys.length);
      const value = other.#buffer.subarray(start + RECORD_HEADER_BYTES + key.length, start + bytes);
      this.#append(other.#buffer[start + RecordField.KIND]!, key, value, MOST_BYTES);
    });
    if (what === 'notes') return;
    this.commits += other.commits;
    this.isUrgent ||= other.isUrgent;
    this.#promise = other.#promise;
    this.#resolve = other.#resolve;
    this.#reject = other.#reject;
  }

  /** @param each - `start` counts from the room for the header */
  eachRecord(each: (key: string, isPut: boolean, start: number, bytes: number, index: number) => void): void {
    for (let index = 0; index < this.#keys.length; index++) {
      const start = this.#starts[index]!;
      const end = this.#starts[index + 1] ?? this.length;
      const isPut = (this.#buffer[start + RecordField.KIND]! & KIND_MASK) === PUT;
      each(this.#keys[index]!, isPut, start, end - start, index);
    }
  }

  /** Settles when it was written, or was not; one promise for all who wait. */
  done(): Promise<void> {
    this.#promise ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#promise;
  }

  settle(error?: LogStoreError): void {
    if (this.#promise === undefined) return;
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }

  #append(
    kind: number,
    key: string,
    value: Uint8Array | readonly Uint8Array[],
    maxRecordBytes: number,
  ): LogStoreError | RangeError | undefined {
    const pieces = ArrayBuffer.isView(value) ? undefined : value;
    let valueBytes = 0;
    if (ArrayBuffer.isView(value)) valueBytes = value.length;
    else for (const piece of value) valueBytes += piece.length;
    const keyBytes = key.length;
    if (keyBytes < 1 || keyBytes > MAX_KEY_BYTES) {
      return new RangeError(`a key has ${keyBytes} bytes, must have 1 to ${MAX_KEY_BYTES}`);
    }
    if (keyBytes + valueBytes > maxRecordBytes) {
      return new LogStoreError(
        'LOG_TOO_LARGE',
        `a record has ${keyBytes + valueBytes} bytes, and ${maxRecordBytes} are allowed: ` +
          'split it, or open the log with larger maxRecordBytes',
      );
    }
    const start = this.length;
    const end = start + RECORD_HEADER_BYTES + keyBytes + valueBytes;
    if (end > this.#buffer.length) this.#grow(end);
    const buffer = this.#buffer;
    let at = start + RECORD_HEADER_BYTES;
    for (let index = 0; index < keyBytes; index++) {
      const character = key.charCodeAt(index);
      if (character > 0xff) {
        return new RangeError('a key has a character above U+00FF; its characters must be bytes');
      }
      buffer[at++] = character;
    }
    if (pieces === undefined) buffer.set(value as Uint8Array, at);
    else {
      for (const piece of pieces) {
        buffer.set(piece, at);
        at += piece.length;
      }
    }
    buffer.writeUInt16LE(keyBytes, start + RecordField.KEY_BYTES);
    buffer[start + RecordField.KIND] = kind;
    buffer.writeUInt32LE(valueBytes, start + RecordField.VALUE_BYTES);
    buffer.writeUInt32LE(recordCheck(buffer, start, end, this.segment), start);
    this.#keys.push(key);
    this.#starts.push(start);
    this.length = end;
    return undefined;
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(2 * this.#buffer.length, bytes + 2 ** 26)));
    this.#buffer.copy(grown, 0, 0, this.length);
    this.#buffer = grown;
  }
}

function ignore(): void {
  // Nobody waits.
}
