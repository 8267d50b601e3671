import type { Clock } from '@raspy/clock';
import type { SavedSafety } from '@raspy/devices';
import type { KeyState } from '@raspy/mdp-protocol';
import { openLogStore, type LogStore } from '@raspy/storage-log';
import type { Frames } from '@raspy/wire';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import type { Logger } from '../log/logger.js';
import { NO_CHANGES, type DeviceOverlay } from './device-overlay.js';
import { decodeReply, encodeReply } from './kept-reply.js';
import type { ServerMemory } from './server-memory.js';

/** What a {@link HostMemory} is told. */
export interface HostMemoryOptions {
  /** Its own; the folder that it is in must be there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys of commands that are remembered; the oldest are forgotten first. @default 10000 */
  readonly maxKeys?: number;
}

/** A reply above this is not kept: a repeat is told that the outcome is not known. */
const MAX_REPLY_BYTES = 65_536;
const SEGMENT_BYTES = 1024 * 1024;
/** A change of configuration, one record of all: so it is there as a whole or not at all. */
const CHANGES = 'c';

/**
 * What a device server must know after a restart, in one log: which keyed commands it acted on, what its guarded outputs
 * did, and what was changed of its devices.
 */
export class HostMemory implements ServerMemory {
  readonly isNew: boolean;
  readonly #log: LogStore;
  readonly #maxKeys: number;
  /** By key, in the order of their beginning; `undefined` while the outcome is not known. */
  readonly #replies: Map<string, Frames | undefined>;
  readonly #safety: Map<string, SavedSafety>;
  #changes: DeviceOverlay;

  private constructor(log: LogStore, read: Read, maxKeys: number) {
    this.#log = log;
    this.#maxKeys = maxKeys;
    this.#replies = read.replies;
    this.#safety = read.safety;
    this.#changes = read.changes ?? NO_CHANGES;
    this.isNew = log.size === 0;
  }

  /** @throws EnvironmentError (rejects) when the folder cannot be used; what was damaged is left out and said loudly */
  static async open(options: HostMemoryOptions): Promise<HostMemory> {
    const { folder, clock, logger, maxKeys = 10_000 } = options;
    const read: Read = { replies: new Map(), safety: new Map(), changes: undefined };
    try {
      const log = await openLogStore({
        folder,
        clock,
        segmentBytes: SEGMENT_BYTES,
        readCacheBytes: 0,
        replay: (event) => {
          if (event.type === 'damage') {
            logger.error('what this server remembers is damaged: a keyed command may be acted on again', {
              file: event.segment,
              bytes: event.bytes,
            });
          } else if (event.type === 'put') take(read, event.key, event.value);
          else forget(read, event.key);
        },
      });
      return new HostMemory(log, read, maxKeys);
    } catch (error) {
      throw new EnvironmentError(`the memory of the devices cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  get changes(): DeviceOverlay {
    return this.#changes;
  }

  /** @throws LogStoreError (rejects) */
  async keepChanges(changes: DeviceOverlay): Promise<void> {
    await this.#log.commit([{ put: CHANGES, value: json(changes) }]);
    this.#changes = changes;
  }

  async begin(key: string): Promise<KeyState> {
    if (this.#replies.has(key)) {
      const reply = this.#replies.get(key);
      return reply === undefined ? { state: 'unknown' } : { state: 'done', reply };
    }
    await this.#log.commit([{ put: keyOf(key), value: encodeReply(undefined) }]);
    this.#replies.set(key, undefined);
    this.#forgetOldest();
    return { state: 'new' };
  }

  async finish(key: string, reply: Frames): Promise<void> {
    const encoded = encodeReply(reply);
    if (encoded.length > MAX_REPLY_BYTES) return;
    // From now on a repeat is answered, even if the disk does not take it: this process knows the outcome.
    this.#replies.set(key, reply);
    await this.#log.commit([{ put: keyOf(key), value: encoded }]);
  }

  load(device: string): SavedSafety | undefined {
    return this.#safety.get(device);
  }

  async save(device: string, saved: SavedSafety): Promise<void> {
    await this.#log.commit([{ put: `s${latin1(device)}`, value: json(saved) }]);
    this.#safety.set(device, saved);
  }

  get bytesWritten(): number {
    return this.#log.statistics().bytesWritten;
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #forgetOldest(): void {
    for (const oldest of this.#replies.keys()) {
      if (this.#replies.size <= this.#maxKeys) return;
      this.#replies.delete(oldest);
      this.#log.note([{ delete: keyOf(oldest) }]);
    }
  }
}

interface Read {
  readonly replies: Map<string, Frames | undefined>;
  readonly safety: Map<string, SavedSafety>;
  changes: DeviceOverlay | undefined;
}

function take(read: Read, key: string, value: Buffer): void {
  const rest = utf8(key.slice(1));
  if (key === CHANGES) read.changes = JSON.parse(String(value)) as DeviceOverlay;
  else if (key.startsWith('k')) read.replies.set(rest, decodeReply(value));
  else if (key.startsWith('s')) read.safety.set(rest, JSON.parse(String(value)) as SavedSafety);
}

function forget(read: Read, key: string): void {
  if (key.startsWith('k')) read.replies.delete(utf8(key.slice(1)));
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function keyOf(key: string): string {
  return `k${latin1(key)}`;
}

/** Keys of the log are texts whose characters are bytes. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
