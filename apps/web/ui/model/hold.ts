/** A lease that this page renews until a time, or until it is closed. */
export interface Hold {
  readonly server: string;
  readonly device: string;
  readonly lease: string;
  readonly leaseMs: number;
  /** When it is given back: unix milliseconds. */
  readonly until: number;
  /** When it was granted or renewed last. */
  readonly renewedAt: number;
}

/** How long a lease is asked for: what is left of the override, or the longest that the guard allows. */
export function leaseFor(leftMs: number, maxLeaseMs = Infinity): number {
  return Math.max(1, Math.round(Math.min(leftMs, maxLeaseMs)));
}

/** When the lease is to be renewed: after a third of its time, so that two renewals may fail; `Infinity` when it lasts to the end. */
export function renewAt({ renewedAt, leaseMs, until }: Hold): number {
  return renewedAt + leaseMs >= until ? Infinity : renewedAt + leaseMs / 3;
}

/** What the choice of times offers, milliseconds. */
export const OVERRIDES_MS: readonly number[] = [60_000, 600_000, 1_800_000, 3_600_000, 10_800_000];
