import { framesBytes, type Frames } from '@raspy/wire';

/** What a store knows of a key. */
export type KeyState =
  /** Never seen, and from now on begun: the command may be acted on. */
  | { readonly state: 'new' }
  /** The reply of the first time, status included. */
  | { readonly state: 'done'; readonly reply: Frames }
  /** Begun before, and how it ended is not known: after a restart, or because the reply was not kept. */
  | { readonly state: 'unknown' };

/**
 * Remembers which commands were acted on, by the `key` of their options frame (PROTOCOLS §7.1). One that outlives a
 * restart records the key durably before `begin` returns, and the reply durably before `finish` does.
 *
 * A service handler never asks for a key that it is working on: repeats that come meanwhile wait for the first.
 */
export interface IdempotencyStore {
  /** Says what is known of the key and, when that is nothing, records it as begun. */
  begin(key: string): KeyState | Promise<KeyState>;
  /** Records the reply to a key that was begun. */
  finish(key: string, reply: Frames): void | Promise<void>;
}

/** How much a {@link memoryIdempotency} keeps. */
export interface MemoryIdempotencyOptions {
  /** So many keys; the one not used for longest is forgotten first. @default 1000 */
  readonly maxKeys?: number;
  /**
   * So many bytes of replies. Beyond it the oldest replies are forgotten, their keys are not: a repeat is then told
   * that the outcome is unknown rather than acted on. @default 1048576
   */
  readonly maxReplyBytes?: number;
}

/** A store in memory, which forgets everything with the process. */
export function memoryIdempotency(options: MemoryIdempotencyOptions = {}): IdempotencyStore {
  return new MemoryIdempotency(options.maxKeys ?? 1_000, options.maxReplyBytes ?? 1_048_576);
}

class MemoryIdempotency implements IdempotencyStore {
  readonly #maxKeys: number;
  readonly #maxReplyBytes: number;
  /** In the order of use; a key without reply is begun, or its reply was too much to keep. */
  readonly #replies = new Map<string, Frames | undefined>();
  #bytes = 0;

  constructor(maxKeys: number, maxReplyBytes: number) {
    this.#maxKeys = maxKeys;
    this.#maxReplyBytes = maxReplyBytes;
  }

  begin(key: string): KeyState {
    const seen = this.#replies.has(key);
    const reply = this.#replies.get(key);
    this.#put(key, reply);
    if (!seen) return { state: 'new' };
    return reply === undefined ? { state: 'unknown' } : { state: 'done', reply };
  }

  finish(key: string, reply: Frames): void {
    this.#put(key, reply);
  }

  /** Makes the key the last used one. */
  #put(key: string, reply: Frames | undefined): void {
    this.#forgetReply(key);
    this.#replies.delete(key);
    this.#replies.set(key, reply);
    this.#bytes += reply === undefined ? 0 : framesBytes(reply);
    for (const oldest of this.#replies.keys()) {
      if (this.#replies.size <= this.#maxKeys) break;
      this.#forgetReply(oldest);
      this.#replies.delete(oldest);
    }
    for (const oldest of this.#replies.keys()) {
      if (this.#bytes <= this.#maxReplyBytes) break;
      this.#forgetReply(oldest);
    }
  }

  #forgetReply(key: string): void {
    const reply = this.#replies.get(key);
    if (reply === undefined) return;
    this.#bytes -= framesBytes(reply);
    this.#replies.set(key, undefined);
  }
}
