import type { Millis } from '@raspy/clock';
import type { ValueDefinition } from '../device-type.js';
import type { ReadingQuality } from '../reading.js';

/** Quality of a value that has just come, and why. */
export interface Judgement {
  readonly quality: ReadingQuality;
  readonly reason?: string;
}

const GOOD: Judgement = { quality: 'good' };

/** Judges what comes of one value by the limits that its type declares; knows what came before. */
export class ValueJudge {
  readonly #definition: ValueDefinition;
  /** The last number that was believed, and when it came. */
  #believed: { readonly value: number; readonly at: Millis } | undefined;
  /** Since when the same value comes. */
  #same: { readonly text: string; readonly since: Millis } | undefined;

  constructor(definition: ValueDefinition) {
    this.#definition = definition;
  }

  /** What came before says nothing any more: the device was opened anew. */
  begin(): void {
    this.#believed = undefined;
    this.#same = undefined;
  }

  /** @param now - on the monotonic clock, so that a clock that is set makes nothing suspect */
  judge(now: Millis, value: unknown): Judgement {
    const reason = this.#outside(value) ?? this.#tooFast(now, value) ?? this.#stuck(now, value);
    if (reason !== undefined) return { quality: 'suspect', reason };
    if (typeof value === 'number') this.#believed = { value, at: now };
    return GOOD;
  }

  #outside(value: unknown): string | undefined {
    const { range } = this.#definition;
    if (range === undefined || typeof value !== 'number') return undefined;
    const [low, high] = range;
    return value >= low && value <= high ? undefined : `${value} is outside ${low} to ${high}`;
  }

  #tooFast(now: Millis, value: unknown): string | undefined {
    const { maxChangePerSecond } = this.#definition;
    const before = this.#believed;
    if (maxChangePerSecond === undefined || typeof value !== 'number' || before === undefined)
      return undefined;
    const seconds = (now - before.at) / 1_000;
    // A value that is told twice in a moment has no speed; a second is granted to any.
    if (Math.abs(value - before.value) <= maxChangePerSecond * Math.max(1, seconds)) return undefined;
    return `${before.value} to ${value} within ${Math.round(seconds)} s is more than ${maxChangePerSecond} a second`;
  }

  #stuck(now: Millis, value: unknown): string | undefined {
    const { stuckAfterMs } = this.#definition;
    if (stuckAfterMs === undefined) return undefined;
    const text = JSON.stringify(value);
    if (this.#same?.text !== text) this.#same = { text, since: now };
    return now - this.#same.since >= stuckAfterMs
      ? `it has been ${text} for ${Math.round((now - this.#same.since) / 1_000)} s: the sensor may be stuck`
      : undefined;
  }
}
