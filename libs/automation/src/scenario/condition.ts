import { z } from 'zod';
import type { Millis } from '@raspy/clock';
import { DURATION_FORM, durationMs } from './duration.js';
import type { HomeReading } from './ports.js';

/** A span of time as it is written in a definition. */
export const durationSchema = z
  .union([z.number(), z.string().max(40)])
  .refine((text) => durationMs(text) !== undefined, { error: `is ${DURATION_FORM}` });

const entry = z.string().max(40).meta({ title: 'Entry' });
const held = {
  for: durationSchema.optional().meta({ title: 'For', description: 'How long it has to hold: 5 minutes' }),
  atStart: z.boolean().default(false).meta({
    title: 'Also when it holds at the first reading',
    description: 'Else only when it begins to hold',
  }),
};
const hysteresis = z.number().min(0).default(0).meta({ title: 'Hysteresis' });

/** Conditions on a value by the key that tells them apart. */
export const valueConditionSchemas = {
  below: z.strictObject({ entry, below: z.number().meta({ title: 'Below' }), hysteresis, ...held }),
  above: z.strictObject({ entry, above: z.number().meta({ title: 'Above' }), hysteresis, ...held }),
  equals: z.strictObject({
    entry,
    equals: z.number().meta({ title: 'Equals' }),
    tolerance: z.number().min(0).default(0).meta({ title: 'Tolerance' }),
    ...held,
  }),
  is: z.strictObject({
    entry,
    is: z.union([z.boolean(), z.string().max(1000), z.number()]).meta({ title: 'Is' }),
    ...held,
  }),
  changed: z.strictObject({ entry, changed: z.literal(true).meta({ title: 'Changed' }) }),
};

export type ValueCondition = z.output<(typeof valueConditionSchemas)[keyof typeof valueConditionSchemas]>;

/**
 * Whether it holds now: `unknown` while there is no good reading; `waiting` while it holds, but not yet for long enough.
 * A condition of change never holds for long: it is `no` once there was a reading.
 */
export type ConditionState = 'unknown' | 'no' | 'waiting' | 'yes';

/** The condition fires: it began to hold, or has held for as long as it has to. */
export interface ConditionEffect {
  readonly type: 'fire';
  /** The reading by which it holds. */
  readonly reading: HomeReading;
}

/**
 * One condition on one value. It fires at an edge alone: once each time it begins to hold, or has then held for its
 * time. Readings that are not good, or were restored, fire nothing, and what is held has to be held anew after them.
 * A condition that holds at the first good reading has not begun to hold: it fires only with `atStart`.
 */
export class ConditionMachine {
  readonly #condition: ValueCondition;
  readonly #holdMs: Millis;
  /** As last known; a reading that is not good does not change it. */
  #holds: boolean | undefined;
  #known = false;
  #fired = false;
  #since: Millis | undefined;
  #reading: HomeReading | undefined;
  #baseline: HomeReading['value'] | undefined;

  constructor(condition: ValueCondition) {
    this.#condition = condition;
    this.#holdMs = ('for' in condition ? durationMs(condition.for) : undefined) ?? 0;
  }

  /** When `tick` is to be called; `Infinity` while nothing is waited for. */
  get nextDeadline(): Millis {
    return this.#since === undefined ? Infinity : this.#since + this.#holdMs;
  }

  get state(): ConditionState {
    if (!this.#known) return 'unknown';
    if (this.#since !== undefined) return 'waiting';
    return this.#holds === true ? 'yes' : 'no';
  }

  /** @param reading - `undefined`: the value is gone */
  read(now: Millis, reading: HomeReading | undefined): readonly ConditionEffect[] {
    const due = this.tick(now);
    if (reading?.quality !== 'good' || reading.restored === true || !this.#fits(reading)) {
      this.#known = false;
      this.#since = undefined;
      return due;
    }
    this.#known = true;
    this.#reading = reading;
    if ('changed' in this.#condition) return this.#change(reading);
    const first = this.#holds === undefined;
    this.#holds = this.#evaluate(reading.value);
    if (!this.#holds) {
      this.#fired = false;
      this.#since = undefined;
    } else if (first && 'atStart' in this.#condition && !this.#condition.atStart) {
      this.#fired = true;
    } else if (!this.#fired) {
      this.#since ??= now;
    }
    return [...due, ...this.tick(now)];
  }

  tick(now: Millis): readonly ConditionEffect[] {
    if (now < this.nextDeadline) return [];
    this.#since = undefined;
    this.#fired = true;
    return [{ type: 'fire', reading: this.#reading! }];
  }

  #change(reading: HomeReading): readonly ConditionEffect[] {
    const value = JSON.stringify(reading.value);
    const first = this.#baseline === undefined;
    const same = this.#baseline === value;
    this.#baseline = value;
    this.#holds = false;
    return first || same ? [] : [{ type: 'fire', reading }];
  }

  #fits({ value }: HomeReading): boolean {
    return 'is' in this.#condition || 'changed' in this.#condition || Number.isFinite(value);
  }

  #evaluate(value: HomeReading['value']): boolean {
    const condition = this.#condition;
    const number = value as number;
    const band = this.#holds === true && 'hysteresis' in condition ? condition.hysteresis : 0;
    if ('below' in condition) return band > 0 ? number < condition.below + band : number < condition.below;
    if ('above' in condition) return band > 0 ? number > condition.above - band : number > condition.above;
    if ('equals' in condition) return Math.abs(number - condition.equals) <= condition.tolerance;
    return 'is' in condition && value === condition.is;
  }
}
