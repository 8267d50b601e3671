/** What a client has done since it was made; plain numbers that only grow, and a few that tell how it stands. */
export interface KvClientStatistics {
  /** Updates received, those that changed nothing included. */
  readonly updates: number;
  readonly hugz: number;
  /** Updates that the snapshot had told already: normal after joining. */
  readonly late: number;
  /** Updates and items of keys that are not under the subtree: discarded. */
  readonly outside: number;
  /** Messages discarded because they were none, by port. */
  readonly malformedUpdates: number;
  readonly malformedReplies: number;
  /** Well-formed answers that nobody waited for, snapshot items without a body included. */
  readonly unexpectedReplies: number;
  /** Snapshots received whole. */
  readonly snapshots: number;
  /** Times that no frame of a snapshot came for `snapshotTimeoutMs`. */
  readonly snapshotTimeouts: number;
  /** Times that a new snapshot was needed: sequences missing, */
  readonly gaps: number;
  /** or going backwards, */
  readonly backwards: number;
  /** or another count of updates than the server's, */
  readonly countMismatches: number;
  /** or a count that the server no longer knew, */
  readonly tooFarBack: number;
  /** or three questions for the count without an answer, */
  readonly countsUnanswered: number;
  /** or silence, */
  readonly silences: number;
  /** or a lost connection. */
  readonly linksLost: number;
  /** Counts that were right. */
  readonly countsRight: number;
  /** Times that another run of the server was met, as far as servers tell it. */
  readonly restarts: number;
  /** Updates handed to the socket, repetitions of `keepAlive` included. */
  readonly sent: number;
  /** Updates that a later one of the same key replaced while they waited. */
  readonly superseded: number;
  /** Updates whose time to live passed while they waited. */
  readonly expiredPending: number;
  /** Updates with `ifOffline: 'fail'` that were lost with the connection after they had been taken. */
  readonly abandoned: number;
  /** Times that the socket was full and took nothing. */
  readonly refused: number;
  /** Conditional updates sent. */
  readonly conditionals: number;
  /** Keys in the picture. */
  readonly entries: number;
  /** Keys with an update that waits in the client. */
  readonly pending: number;
  /** Conditional updates under way. */
  readonly conditionalsPending: number;
  /** Keys that are repeated. */
  readonly keptAlive: number;
  /** Whether updates of this client leave at once. */
  readonly collectorLinked: boolean;
}

/** The names that tell how it stands, rather than count. */
type Gauges = 'entries' | 'pending' | 'conditionalsPending' | 'keptAlive' | 'collectorLinked';

/** The counters behind {@link KvClientStatistics}. */
export type ClientCounters = { -readonly [Name in Exclude<keyof KvClientStatistics, Gauges>]: number };

/** Counters at zero. */
export function clientCounters(): ClientCounters {
  return {
    updates: 0,
    hugz: 0,
    late: 0,
    outside: 0,
    malformedUpdates: 0,
    malformedReplies: 0,
    unexpectedReplies: 0,
    snapshots: 0,
    snapshotTimeouts: 0,
    gaps: 0,
    backwards: 0,
    countMismatches: 0,
    tooFarBack: 0,
    countsUnanswered: 0,
    silences: 0,
    linksLost: 0,
    countsRight: 0,
    restarts: 0,
    sent: 0,
    superseded: 0,
    expiredPending: 0,
    abandoned: 0,
    refused: 0,
    conditionals: 0,
  };
}
