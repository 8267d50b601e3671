import type { Millis } from '@raspy/clock';
import type { Effect, Frame, Frames } from '@raspy/wire';
import type { BrokerEvent, DropCause } from './events.js';
import { peerText } from './events.js';

/** What a broker machine wants done. */
export type BrokerEffect = Effect<'frontend', BrokerEvent>;

/** Events of one cause come no closer together than this. */
const REPORT_EVERY_MS: Millis = 1_000;

interface DropRecord {
  total: number;
  unreported: number;
  reportAt: Millis;
  peer: Frame | undefined;
  service: string | undefined;
}

/** Collects what one step wants done; counts drops, and reports them at a limited rate. */
export class Outbox {
  #effects: BrokerEffect[] = [];
  readonly #drops = new Map<DropCause, DropRecord>();
  #nextReport: Millis = Infinity;

  send(frames: Frames): void {
    this.#effects.push({ type: 'send', port: 'frontend', frames });
  }

  open(): void {
    this.#effects.push({ type: 'open', port: 'frontend' });
  }

  event(event: BrokerEvent): void {
    this.#effects.push({ type: 'event', event });
  }

  /** The effects of this step, in order. */
  take(): readonly BrokerEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  drop(now: Millis, cause: DropCause, peer?: Frame, service?: string): void {
    let record = this.#drops.get(cause);
    if (record === undefined) {
      record = { total: 0, unreported: 0, reportAt: now, peer, service };
      this.#drops.set(cause, record);
    }
    record.total++;
    record.unreported++;
    record.peer = peer;
    record.service = service;
    if (now >= record.reportAt) this.#report(now, cause, record);
    else this.#nextReport = Math.min(this.#nextReport, record.reportAt);
  }

  /** When drops that were only counted are to be reported. */
  get nextReport(): Millis {
    return this.#nextReport;
  }

  /** Reports what was only counted so far and is due. */
  reportDrops(now: Millis): void {
    if (now < this.#nextReport) return;
    this.#nextReport = Infinity;
    for (const [cause, record] of this.#drops) {
      if (record.unreported === 0) continue;
      if (now >= record.reportAt) this.#report(now, cause, record);
      else this.#nextReport = Math.min(this.#nextReport, record.reportAt);
    }
  }

  droppedByCause(): Partial<Record<DropCause, number>> {
    const totals: Partial<Record<DropCause, number>> = {};
    for (const [cause, { total }] of this.#drops) totals[cause] = total;
    return totals;
  }

  #report(now: Millis, cause: DropCause, record: DropRecord): void {
    const { unreported: count, peer, service } = record;
    this.event({
      type: 'dropped',
      cause,
      count,
      peer: peerText(peer),
      ...(service !== undefined && { service }),
    });
    record.unreported = 0;
    record.peer = undefined;
    record.reportAt = now + REPORT_EVERY_MS;
  }
}
