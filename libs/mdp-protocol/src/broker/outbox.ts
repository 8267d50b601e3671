import type { Millis } from '@raspy/clock';
import { DropCounter, peerText, type DropReport, type Effect, type Frame, type Frames } from '@raspy/wire';
import type { BrokerEvent, DropCause } from './events.js';
import type { BrokerSignal } from './signals.js';

/** What a broker machine wants done. */
export type BrokerEffect = Effect<'frontend', BrokerEvent | BrokerSignal>;

/** Of whom and for what the latest drop was. */
interface DropDetail {
  readonly peer: Frame | undefined;
  readonly service: string | undefined;
  readonly error: string | undefined;
}

/** Collects what one step wants done; counts drops, and reports them at a limited rate. */
export class Outbox {
  #effects: BrokerEffect[] = [];
  readonly #drops = new DropCounter<DropCause, DropDetail>();

  send(frames: Frames): void {
    this.#effects.push({ type: 'send', port: 'frontend', frames });
  }

  open(): void {
    this.#effects.push({ type: 'open', port: 'frontend' });
  }

  event(event: BrokerEvent | BrokerSignal): void {
    this.#effects.push({ type: 'event', event });
  }

  /** The effects of this step, in order. */
  take(): readonly BrokerEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  drop(now: Millis, cause: DropCause, peer?: Frame, service?: string, error?: string): void {
    this.#report(this.#drops.count(now, cause, { peer, service, error }));
  }

  /** When drops that were only counted are to be reported. */
  get nextReport(): Millis {
    return this.#drops.nextReport;
  }

  /** Reports what was only counted so far and is due. */
  reportDrops(now: Millis): void {
    for (const report of this.#drops.due(now)) this.#report(report);
  }

  droppedByCause(): Partial<Record<DropCause, number>> {
    return this.#drops.totals();
  }

  #report(report: DropReport<DropCause, DropDetail> | undefined): void {
    if (report === undefined) return;
    const { cause, count, detail } = report;
    const { peer, service, error } = detail;
    this.event({
      type: 'dropped',
      cause,
      count,
      peer: peerText(peer),
      ...(service !== undefined && { service }),
      ...(error !== undefined && { error }),
    });
  }
}
