import { appendFile, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '@raspy/clock';

/** Who changed what; plain JSON, never with what was sent: that may be a password. */
export interface AuditEntry {
  /** Unix milliseconds. */
  readonly at: Millis;
  /** The user; of nobody who is logged in the empty text. */
  readonly who: string;
  /** Where it came from. */
  readonly address: string;
  /** By which token it was done, if it was by one. */
  readonly token?: string;
  /** What was asked, e.g. `POST /api/v1/devices/pi.fake/lamp/commands/set`. */
  readonly what: string;
  /** The status of the answer. */
  readonly status: number;
  /** For what was not done: why. */
  readonly code?: string;
}

/** What an {@link AuditLog} is told. */
export interface AuditLogOptions {
  readonly folder: string;
  /** Of one file; then it is put aside. @default 1 MiB */
  readonly maxBytes?: number;
  /** Files put aside that stay. @default 4 */
  readonly keep?: number;
  /** Called when something could not be written: what was to be done is done all the same. */
  readonly onError?: (error: unknown) => void;
}

/** Entries that are told at most, and remembered. */
export const MAX_TOLD = 1_000;

/** A file that only grows, of who changed what: a line of JSON each. Old ones are put aside, and go in the end. */
export class AuditLog {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #onError: (error: unknown) => void;
  readonly #recent: AuditEntry[] = [];
  #bytes = 0;
  #last: Promise<void> = Promise.resolve();

  constructor({ folder, maxBytes = 1_048_576, keep = 4, onError = () => undefined }: AuditLogOptions) {
    this.#path = join(folder, 'audit.log');
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#onError = onError;
  }

  /** Reads what there is. */
  async open(): Promise<void> {
    for (const path of [`${this.#path}.1`, this.#path]) {
      const text = await readFile(path, 'utf8').catch(() => '');
      for (const line of text.split('\n')) {
        const entry = entryOf(line);
        if (entry !== undefined) this.#remember(entry);
      }
    }
    this.#bytes = await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Resolves when it is written. Never rejects: a full disk must not keep anybody from switching a heater off. */
  add(entry: AuditEntry): Promise<void> {
    this.#remember(entry);
    this.#last = this.#last.then(() => this.#append(`${JSON.stringify(entry)}\n`)).catch(this.#onError);
    return this.#last;
  }

  /** The latest first. */
  latest(limit: number): AuditEntry[] {
    return this.#recent.slice(-limit).reverse();
  }

  #remember(entry: AuditEntry): void {
    this.#recent.push(entry);
    if (this.#recent.length > MAX_TOLD) this.#recent.shift();
  }

  async #append(line: string): Promise<void> {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) await this.#putAside();
    await appendFile(this.#path, line, { mode: 0o600 });
    this.#bytes += bytes;
  }

  async #putAside(): Promise<void> {
    for (let number = this.#keep - 1; number >= 1; number--) {
      await renameIfThere(`${this.#path}.${number}`, `${this.#path}.${number + 1}`);
    }
    await rename(this.#path, `${this.#path}.1`);
    this.#bytes = 0;
  }
}

/** @throws Error (rejects) for any other reason: what comes next would write over what is still there */
async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ENOENT') throw error;
  }
}

function entryOf(line: string): AuditEntry | undefined {
  try {
    const value = JSON.parse(line) as Partial<AuditEntry> | null;
    return typeof value?.at === 'number' && typeof value.what === 'string'
      ? (value as AuditEntry)
      : undefined;
  } catch {
    // Half a line of a power cut.
    return undefined;
  }
}
