import { concatMap, type Observable } from 'rxjs';
import { KvValueError } from '../errors.js';
import type { KvChange, KvEntry } from './entries.js';
import type { KvCodec } from './kv-codec.js';
import type { KvGetOptions, KvSetIfOptions, KvSetOptions } from './options.js';

/** An entry with its value. */
export interface TypedKvEntry<T> extends KvEntry {
  readonly value: T;
}

/** What {@link TypedKv.watch} tells: as {@link KvChange}, with values. */
export type TypedKvChange<T> =
  /** Everything as it is, but entries that are `invalid`: these follow, one by one. */
  | { readonly type: 'snapshot'; readonly entries: readonly TypedKvEntry<T>[]; readonly seq: bigint }
  | { readonly type: 'set'; readonly entry: TypedKvEntry<T>; readonly value: T; readonly healed: boolean }
  | Extract<KvChange, { type: 'delete' }>
  /** The key has a value now that is none of the type; what it was before is no longer true. */
  | {
      readonly type: 'invalid';
      readonly key: string;
      readonly reason: KvValueError;
      readonly entry: KvEntry;
    };

/** As much of a `KvClient` as typed access needs. */
export interface UntypedKv {
  get(key: string, options?: KvGetOptions): Promise<KvEntry | undefined>;
  watch(subtree?: string): Observable<KvChange>;
  set(key: string, value: Uint8Array, options?: KvSetOptions): void;
  setIf(key: string, value: Uint8Array, expectedSeq: bigint, options?: KvSetIfOptions): Promise<bigint>;
}

/** A client's values through a codec. It has no life of its own: closing the client ends it. */
export class TypedKv<T> {
  readonly #client: UntypedKv;
  readonly #codec: KvCodec<T>;

  constructor(client: UntypedKv, codec: KvCodec<T>) {
    this.#client = client;
    this.#codec = codec;
  }

  /** As `KvClient.get`. @throws as that, and {@link KvValueError} (rejects) when the value is none of the type */
  async get(key: string, options?: KvGetOptions): Promise<TypedKvEntry<T> | undefined> {
    const entry = await this.#client.get(key, options);
    return entry === undefined ? undefined : this.#typed(entry);
  }

  /** As `KvClient.watch`; a value that is none of the type is told as `invalid` and ends nothing. */
  watch(subtree?: string): Observable<TypedKvChange<T>> {
    return this.#client.watch(subtree).pipe(concatMap((change) => this.#changes(change)));
  }

  /** As `KvClient.set`. @throws as that, and {@link KvValueError} when the value is none of the type */
  set(key: string, value: T, options?: KvSetOptions): void {
    this.#client.set(key, this.#encode(key, value), options);
  }

  /**
   * As `KvClient.setIf`; async, so that a mistake in the value rejects as all others do.
   * @throws as that, and {@link KvValueError} (rejects) when the value is none of the type
   */
  async setIf(key: string, value: T, expectedSeq: bigint, options?: KvSetIfOptions): Promise<bigint> {
    return this.#client.setIf(key, this.#encode(key, value), expectedSeq, options);
  }

  #changes(change: KvChange): TypedKvChange<T>[] {
    if (change.type === 'delete') return [change];
    if (change.type === 'set') {
      const read = this.#read(change.entry);
      if ('type' in read) return [read];
      return [{ type: 'set', entry: read, value: read.value, healed: change.healed }];
    }
    const entries: TypedKvEntry<T>[] = [];
    const invalid: TypedKvChange<T>[] = [];
    for (const entry of change.entries) {
      const read = this.#read(entry);
      if ('type' in read) invalid.push(read);
      else entries.push(read);
    }
    return [{ type: 'snapshot', entries, seq: change.seq }, ...invalid];
  }

  #read(entry: KvEntry): TypedKvEntry<T> | Extract<TypedKvChange<T>, { type: 'invalid' }> {
    try {
      return this.#typed(entry);
    } catch (error) {
      const reason = valueError(entry.key, error);
      return { type: 'invalid', key: entry.key, reason, entry };
    }
  }

  #typed(entry: KvEntry): TypedKvEntry<T> {
    try {
      return { ...entry, value: this.#codec.decode(entry.body) };
    } catch (error) {
      throw valueError(entry.key, error);
    }
  }

  #encode(key: string, value: T): Uint8Array {
    try {
      return this.#codec.encode(value);
    } catch (error) {
      throw valueError(key, error);
    }
  }
}

/** What a codec threw, with the key; whatever else than a KvValueError a codec of others throws is its cause. */
function valueError(key: string, error: unknown): KvValueError {
  if (error instanceof KvValueError) {
    return error.key === key ? error : new KvValueError(key, error.mistakes, { cause: error.cause });
  }
  return new KvValueError(key, [error instanceof Error ? error.message : 'its codec failed'], {
    cause: error,
  });
}
