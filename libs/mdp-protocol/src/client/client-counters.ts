/** What a client has done since it was made; plain numbers that only grow, and three that tell how it stands. */
export interface MdpClientStatistics {
  /** Requests put on the wire, retries included. */
  readonly sent: number;
  /** Final replies that were matched to their request. */
  readonly replies: number;
  readonly partials: number;
  readonly retries: number;
  readonly timeouts: number;
  readonly aborted: number;
  /** Requests that failed because their connection ended. */
  readonly lost: number;
  /** Replies to nobody: their request had timed out or was aborted. */
  readonly late: number;
  /** Replies discarded because version, service or envelope was not that of the request. */
  readonly mismatched: number;
  /** Messages discarded because they were none. */
  readonly malformed: number;
  /** How requests travel: all over one connection, or one at a time over each of a few; or not yet. */
  readonly mode: 'down' | 'probing' | 'pipelining' | 'lanes';
  /** Requests that wait in the client. */
  readonly queued: number;
  /** Requests sent and not settled. */
  readonly inFlight: number;
}

/** The counters behind {@link MdpClientStatistics}. */
export type ClientCounters = {
  -readonly [Name in Exclude<keyof MdpClientStatistics, 'mode' | 'queued' | 'inFlight'>]: number;
};

/** Counters at zero. */
export function clientCounters(): ClientCounters {
  return {
    sent: 0,
    replies: 0,
    partials: 0,
    retries: 0,
    timeouts: 0,
    aborted: 0,
    lost: 0,
    late: 0,
    mismatched: 0,
    malformed: 0,
  };
}
