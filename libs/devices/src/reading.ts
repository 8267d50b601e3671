/**
 * How far a reading can be trusted: `good`; `stale`, nothing newer came in time; `suspect`, it came but is hard to
 * believe; `bad`, it does not tell what is now.
 */
export type ReadingQuality = 'good' | 'stale' | 'suspect' | 'bad';

/** What is known of one value of one device. Immutable; a newer one takes its place. */
export interface Reading<V = unknown> {
  /** The last value that had the declared form, also when it is no longer good; `null` while there was none. */
  readonly value: V | null;
  /** What the device itself said, where the configuration has a calibration; `value` is made of it. */
  readonly raw?: number;
  /** Unit of measurement; absent for plain numbers, texts and the like. */
  readonly unit?: string;
  /** Unix milliseconds: when `value` was measured, or when the device was added while there was none. */
  readonly at: number;
  readonly quality: ReadingQuality;
  /** Why the quality is not `good`, for people; absent when it is. */
  readonly reason?: string;
}
