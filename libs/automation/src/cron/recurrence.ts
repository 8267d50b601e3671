import type { Millis } from '@raspy/clock';

/** When something comes again, by the wall clock. Pure: it knows nothing of the present. */
export interface Recurrence {
  /** The first instant after `after`, which is not one itself; `undefined` when there is none any more. */
  next(after: Millis): Millis | undefined;
  /** The last instant before `before`, which is not one itself; `undefined` when there was none. */
  previous(before: Millis): Millis | undefined;
}

/** One instant, once. */
export class OneShot implements Recurrence {
  constructor(readonly at: Millis) {}

  next(after: Millis): Millis | undefined {
    return after < this.at ? this.at : undefined;
  }

  previous(before: Millis): Millis | undefined {
    return before > this.at ? this.at : undefined;
  }
}
