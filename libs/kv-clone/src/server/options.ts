import { OptionCheck } from '@raspy/wire';
import { DEFAULT_ENTRY_LIMITS, type EntryLimits } from '../limits.js';
import { KvOptionError } from '../option-error.js';

/** What a key/value server can be told; every member has a default. */
export interface KvServerOptions extends Partial<EntryLimits> {
  /** Keys at a time; an update that would make one more is dropped. @default 1,000,000 */
  readonly maxKeys?: number;
  /** Bytes of all keys and bodies, and 36 for each entry; an update beyond is dropped. @default 268,435,456 (256 MiB) */
  readonly maxTotalBytes?: number;
  /** Bytes of an update's properties. @default 1,024 */
  readonly maxPropertiesBytes?: number;
  /** Milliseconds between keep-alives, on both wires, whether or not updates flow. @default 1,000 */
  readonly hugzMs?: number;
  /** A changed entry is on disk after so many milliseconds at the latest, where the disk keeps up. @default 500 */
  readonly flushMs?: number;
  /** Whether the 3-frame collector takes sequences of 4 bytes, as the original packed them (D1). @default false */
  readonly legacy4?: boolean;
  /** Snapshots under way at a time, those that wait for the peer's own included. @default 1,000 */
  readonly maxSnapshots?: number;
  /** Of one peer; one is sent at a time. @default 8 */
  readonly maxSnapshotsPerPeer?: number;
  /**
   * Bytes of entries that changed while a snapshot needs them as they were, for all snapshots together. Beyond, the
   * snapshot that needs most ends early; its client asks again. @default 67,108,864 (64 MiB)
   */
  readonly maxKeptBytes?: number;
  /**
   * Sequences begin above it and above what the storage knows: for a storage that was lost, as simple clients ignore
   * sequences below those that they saw. Up to 2^52. @default 0
   */
  readonly minimumSeq?: number;
}

/** {@link KvServerOptions} with nothing left open. */
export type ResolvedKvServerOptions = Required<KvServerOptions>;

const DEFAULTS: ResolvedKvServerOptions = {
  ...DEFAULT_ENTRY_LIMITS,
  maxKeys: 1_000_000,
  maxTotalBytes: 268_435_456,
  maxPropertiesBytes: 1_024,
  hugzMs: 1_000,
  flushMs: 500,
  legacy4: false,
  maxSnapshots: 1_000,
  maxSnapshotsPerPeer: 8,
  maxKeptBytes: 67_108_864,
  minimumSeq: 0,
};

/** @throws KvOptionError with every mistake */
export function resolveKvServerOptions(options: KvServerOptions): ResolvedKvServerOptions {
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULTS && value !== undefined);
  const resolved = { ...DEFAULTS, ...Object.fromEntries(given) } as ResolvedKvServerOptions;
  const check = new OptionCheck(KvOptionError);
  check.count('maxKeyBytes', resolved.maxKeyBytes, 1);
  check.require(
    resolved.maxKeyBytes <= 65_535,
    `maxKeyBytes is ${resolved.maxKeyBytes}, must be at most 65535`,
  );
  for (const name of [
    'maxBodyBytes',
    'maxKeys',
    'maxTotalBytes',
    'maxSnapshots',
    'maxSnapshotsPerPeer',
  ] as const) {
    check.count(name, resolved[name], 1);
  }
  check.count('maxPropertiesBytes', resolved.maxPropertiesBytes, 0);
  check.count('maxKeptBytes', resolved.maxKeptBytes, 0);
  check.count('minimumSeq', resolved.minimumSeq, 0);
  check.require(resolved.minimumSeq <= 2 ** 52, `minimumSeq is ${resolved.minimumSeq}, must be at most 2^52`);
  check.millis('hugzMs', resolved.hugzMs);
  check.millis('flushMs', resolved.flushMs);
  check.done();
  return resolved;
}
