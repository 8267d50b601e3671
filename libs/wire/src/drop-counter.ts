import type { Millis } from '@raspy/clock';

/** Reports of one cause come no closer together than this. */
const REPORT_EVERY_MS: Millis = 1_000;

/** What was dropped for one cause since the report before. */
export interface DropReport<C extends string, D> {
  readonly cause: C;
  readonly count: number;
  /** Of the latest. */
  readonly detail: D;
}

interface Drops<D> {
  total: number;
  unreported: number;
  reportAt: Millis;
  detail: D;
}

/**
 * Counts what a machine drops, by cause, and tells when its owner is to hear of it: the first at once, then once a second
 * for each cause, so that a flood of rubbish is no flood of reports.
 */
export class DropCounter<C extends string, D> {
  readonly #drops = new Map<C, Drops<D>>();
  #nextReport: Millis = Infinity;

  /** Counts one. @returns what is to be reported now, if anything */
  count(now: Millis, cause: C, detail: D): DropReport<C, D> | undefined {
    let drops = this.#drops.get(cause);
    if (drops === undefined) {
      drops = { total: 0, unreported: 0, reportAt: now, detail };
      this.#drops.set(cause, drops);
    }
    drops.total++;
    drops.unreported++;
    drops.detail = detail;
    if (now >= drops.reportAt) return report(now, cause, drops);
    this.#nextReport = Math.min(this.#nextReport, drops.reportAt);
    return undefined;
  }

  /** When {@link DropCounter.due} has something to tell. */
  get nextReport(): Millis {
    return this.#nextReport;
  }

  /** What was only counted so far and is to be reported now. */
  due(now: Millis): DropReport<C, D>[] {
    if (now < this.#nextReport) return [];
    this.#nextReport = Infinity;
    const reports: DropReport<C, D>[] = [];
    for (const [cause, drops] of this.#drops) {
      if (drops.unreported === 0) continue;
      if (now >= drops.reportAt) reports.push(report(now, cause, drops));
      else this.#nextReport = Math.min(this.#nextReport, drops.reportAt);
    }
    return reports;
  }

  /** How many there were of each cause; causes that never came up are absent. */
  totals(): Partial<Record<C, number>> {
    const totals: Partial<Record<C, number>> = {};
    for (const [cause, { total }] of this.#drops) totals[cause] = total;
    return totals;
  }
}

function report<C extends string, D>(now: Millis, cause: C, drops: Drops<D>): DropReport<C, D> {
  const { unreported: count, detail } = drops;
  drops.unreported = 0;
  drops.reportAt = now + REPORT_EVERY_MS;
  return { cause, count, detail };
}
