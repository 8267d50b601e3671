import type { LogFile, LogFiles } from '../../src/log-files.js';
import { openStore } from '../../src/open-store.js';
import type { LogStoreOptions, ReplayEvent } from '../../src/log-options.js';
import type { LogStore } from '../../src/log-store.js';

interface Content {
  bytes: Buffer;
  /** What a loss of power leaves for sure. */
  synced: Buffer;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A folder in memory that fails, waits and loses power when it is told to. */
export class MemoryFiles implements LogFiles {
  readonly folder = '/memory';
  files = new Map<string, Content>();
  /** Of all files; a write beyond it stores what fits, and fails. */
  capacity = Infinity;
  /** What calls of these names fail with. */
  readonly failures = new Map<keyof LogFiles | keyof LogFile, Error>();
  /** Syncs of files wait for it. */
  gate: Promise<void> = Promise.resolve();
  writes = 0;
  /** Of whole files. */
  reads = 0;
  syncs = 0;
  /** Told what is called, in order. */
  calls: string[] = [];
  #synced = new Set<string>();

  get usedBytes(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  make(): Promise<void> {
    return this.#do('make', () => undefined);
  }

  list(): Promise<readonly string[]> {
    return this.#do('list', () => [...this.files.keys()]);
  }

  size(name: string): Promise<number> {
    return this.#do('size', () => this.content(name).bytes.length);
  }

  read(name: string): Promise<Buffer> {
    this.reads++;
    return this.#do('read', () => Buffer.from(this.content(name).bytes));
  }

  open(name: string, isNew: boolean): Promise<LogFile> {
    return this.#do('open', () => {
      if (isNew) {
        if (this.files.has(name)) throw systemError('EEXIST');
        this.calls.push(`begin ${name}`);
        this.files.set(name, { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) });
      }
      return this.#file(this.content(name));
    });
  }

  remove(name: string): Promise<void> {
    return this.#do('remove', () => {
      this.content(name);
      this.calls.push(`remove ${name}`);
      this.files.delete(name);
    });
  }

  copy(from: string, to: string): Promise<void> {
    return this.#do('copy', () => {
      const { bytes } = this.content(from);
      if (this.usedBytes + bytes.length > this.capacity) throw systemError('ENOSPC');
      this.files.set(to, { bytes, synced: bytes });
    });
  }

  sync(): Promise<void> {
    return this.#do('sync', () => {
      this.#synced = new Set(this.files.keys());
    });
  }

  content(name: string): Content {
    const content = this.files.get(name);
    if (content === undefined) throw systemError('ENOENT');
    return content;
  }

  /** What a program finds that is started after a loss of power now. @param random - from 0 to below 1 */
  afterPowerCut(random: () => number): MemoryFiles {
    const after = new MemoryFiles();
    for (const [name, { bytes, synced }] of this.files) {
      // The name of a file that was just made may be lost.
      if (!this.#synced.has(name) && random() < 0.5) continue;
      const length = synced.length + Math.floor(random() * (Math.max(0, bytes.length - synced.length) + 1));
      const left = Buffer.alloc(length);
      // Pages come to the disk in any order.
      for (let at = 0; at < length; at += 64) {
        if (random() < 0.7) bytes.copy(left, at, at, Math.min(at + 64, length));
      }
      synced.copy(left);
      after.files.set(name, { bytes: left, synced: Buffer.from(left) });
      after.#synced.add(name);
    }
    return after;
  }

  #file(content: Content): LogFile {
    return {
      write: (pieces, position) => {
        this.writes++;
        const given = Buffer.concat(pieces);
        const room = this.capacity - this.usedBytes + content.bytes.length - position;
        const taken = given.subarray(0, Math.max(0, Math.min(room, given.length)));
        const bytes = Buffer.alloc(Math.max(content.bytes.length, position + taken.length));
        content.bytes.copy(bytes);
        taken.copy(bytes, position);
        content.bytes = bytes;
        return this.#do('write', () => {
          if (taken.length < given.length) throw systemError('ENOSPC');
        });
      },
      read: (position, bytes) =>
        this.#do('read', () => Buffer.from(content.bytes.subarray(position, position + bytes))),
      truncate: (bytes) =>
        this.#do('truncate', () => {
          content.bytes = content.bytes.subarray(0, bytes);
        }),
      sync: async () => {
        await this.gate;
        this.syncs++;
        const error = this.failures.get('sync');
        if (error !== undefined) throw error;
        content.synced = Buffer.from(content.bytes);
      },
      close: () => this.#do('close', () => undefined),
    };
  }

  /** A turn later, as the system would. */
  #do<T>(name: keyof LogFiles | keyof LogFile, what: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          const error = this.failures.get(name);
          if (error !== undefined) throw error;
          resolve(what());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }
}

/** A store with small segments. */
export function openIn(files: LogFiles, options: Partial<LogStoreOptions> = {}): Promise<LogStore> {
  return openStore(files, { folder: files.folder, segmentBytes: 4_096, ...options });
}

export async function contents(store: LogStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const key of store.keys()) found.set(key, (await store.get(key))!.toString('latin1'));
  return found;
}

/** What a log holds, as `replay` tells it. */
export function replayed(): { events: string[]; replay: (event: ReplayEvent) => void } {
  const events: string[] = [];
  const replay = (event: ReplayEvent): void => {
    if (event.type === 'put') events.push(`${event.key}=${event.value.toString('latin1')}`);
    else if (event.type === 'delete') events.push(`-${event.key}`);
    else events.push(`damage ${event.segment} ${event.bytes}`);
  };
  return { events, replay };
}

/** Resolves when `holds` does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** Repeatable numbers from 0 to below 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
