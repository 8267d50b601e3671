/** What a Titanic has counted since it started. */
export interface TitanicCounters {
  /** Requests that were stored and answered `200`. */
  accepted: number;
  /** Submissions that named a key which was there. */
  repeatedKeys: number;
  /** Requests that were answered otherwise. */
  refused: number;
  /** Attempts that were sent. */
  attempts: number;
  failedAttempts: number;
  /** Requests whose reply was stored. */
  done: number;
  /** Requests that became dead letters. */
  died: number;
  expired: number;
  /** Requests that their submitters closed. */
  closed: number;
  /** Commits that failed. */
  storageFailures: number;
}

/** The counters, and how much is kept. */
export interface TitanicStatistics extends Readonly<TitanicCounters> {
  /** Requests in whatever state; only those of which nothing but the key is kept are not among them. */
  readonly kept: number;
  /** Of their bodies and replies. */
  readonly bytes: number;
  /** For a worker, or for those before them. */
  readonly waiting: number;
  /** Attempts under way. */
  readonly running: number;
  /** For their time, or for a clock that can be trusted. */
  readonly held: number;
  readonly dead: number;
  readonly closedKeys: number;
}

/** All at 0. */
export function newCounters(): TitanicCounters {
  return {
    accepted: 0,
    repeatedKeys: 0,
    refused: 0,
    attempts: 0,
    failedAttempts: 0,
    done: 0,
    died: 0,
    expired: 0,
    closed: 0,
    storageFailures: 0,
  };
}
