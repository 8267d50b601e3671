import type { TemperatureSample } from '../bus.js';

/** What is thought of a sample: it is believed, or it takes another measurement. */
export type Verdict =
  | { readonly believed: true }
  | {
      readonly believed: false;
      readonly reason: string;
      /** Whether it is wrong, and not merely to be confirmed. */
      readonly isFault: boolean;
    };

/** Milliseconds. */
type Millis = number;

/** What thermometers of these families can measure. */
const LOWEST_CELSIUS = -55;
const HIGHEST_CELSIUS = 125;
/** A temperature at which a sensor without a measurement, or with a broken cable, may seem to be is believed this near to the last one. */
const NEAR_CELSIUS = 10;
/** For how long the last temperature tells where the next one may be. */
const CONTEXT_MS = 15 * 60_000;
/** More within one measurement is looked at twice. */
const JUMP_CELSIUS = 5;
/** Two measurements in a row that are this near are of one opinion. */
const AGREE_CELSIUS = 1;

/** Temperatures that are read where none was measured, and what they come of. */
const TELLTALES: readonly { readonly celsius: number; readonly reason: string }[] = [
  { celsius: 85, reason: 'exactly 85 °C: the sensor had just got power and has not measured' },
  { celsius: 0, reason: 'exactly 0 °C, far from the last temperature: the data line may be shorted' },
];

const BELIEVED: Verdict = { believed: true };

/**
 * Judges what one thermometer says, by what it said before. A sample is believed, or asks for another measurement; it never
 * happens that a temperature is believed that was left over from an earlier measurement, was there before any, or was made
 * up by a cable, as far as that can be told from outside. Pure: the time comes with the sample.
 */
export class TemperatureJudge {
  /** What was read last, believed or not. */
  #seen: { readonly text: string; readonly celsius: number } | undefined;
  #believed: { readonly celsius: number; readonly at: Millis } | undefined;
  /** Whether what was read last has been read twice in a row. */
  #doubted = false;

  /** The thermometer was away: what it holds now may be of any time, and where it is may be anywhere. */
  forget(): void {
    this.lose();
    this.#believed = undefined;
  }

  /** It was told to measure, and nobody has read what came of it: what it holds next may be of then. */
  lose(): void {
    this.#seen = undefined;
    this.#doubted = false;
  }

  /**
   * @param now - monotonic
   * @param othersMoved - whether another thermometer that got the same command to measure has measured something new, so that
   * the command was understood
   */
  judge(now: Millis, sample: TemperatureSample, othersMoved = false): Verdict {
    const reason = this.#impossible(sample) ?? this.#telltale(now, sample);
    const isOld = this.#isOld(sample, othersMoved);
    const jumped = this.#jumped(now, sample);
    const before = this.#seen;
    this.#seen = { text: textOf(sample), celsius: sample.celsius };
    if (reason !== undefined) return { believed: false, reason, isFault: true };
    if (isOld !== undefined) return { believed: false, reason: isOld, isFault: sample.measured === false };
    // What is far from the last temperature is believed when it is measured twice.
    if (jumped !== undefined && Math.abs(sample.celsius - before!.celsius) > AGREE_CELSIUS) {
      return { believed: false, reason: jumped, isFault: false };
    }
    this.#believed = { celsius: sample.celsius, at: now };
    return BELIEVED;
  }

  /** Whether this shows that the command to measure was understood; to be asked before it is judged. */
  vouches(now: Millis, sample: TemperatureSample): boolean {
    const isSound = this.#impossible(sample) === undefined && this.#telltale(now, sample) === undefined;
    return isSound && this.#moved(sample);
  }

  #moved(sample: TemperatureSample): boolean {
    return this.#seen !== undefined && this.#seen.text !== textOf(sample);
  }

  #impossible({ celsius, scratchpad }: TemperatureSample): string | undefined {
    if (scratchpad !== undefined && isPowerOn(scratchpad)) {
      return 'the sensor had just got power and has not measured (85 °C)';
    }
    if (celsius > 127.9 && celsius < 128) return 'too little power to measure (127.94 °C)';
    if (celsius === -127) return 'nothing was measured (-127 °C): look at the cable';
    if (celsius === -62.5) return 'nothing was measured (-62.5 °C): look at the cable';
    if (celsius >= LOWEST_CELSIUS && celsius <= HIGHEST_CELSIUS) return undefined;
    return `${celsius} °C is outside of what it can measure: look at the cable`;
  }

  #telltale(now: Millis, { celsius, scratchpad }: TemperatureSample): string | undefined {
    const telltale = TELLTALES.find((one) => one.celsius === celsius);
    if (telltale === undefined) return undefined;
    // Its memory tells by itself; 0 of a shorted line has been refused before it came here.
    if (scratchpad !== undefined && (celsius === 0 || tellsPowerOn(scratchpad))) return undefined;
    const near = this.#context(now);
    return near !== undefined && Math.abs(near - celsius) <= NEAR_CELSIUS ? undefined : telltale.reason;
  }

  /** A command to measure can get lost, and what is read then is of before. What is read twice in a row was measured anew. */
  #isOld(sample: TemperatureSample, othersMoved: boolean): string | undefined {
    if (sample.measured === false) return 'it did not measure when it was told to; this is of before';
    if (this.#seen === undefined) {
      this.#doubted = false;
      return 'it may have been measured before: what it held last is not known';
    }
    if (this.#moved(sample) || othersMoved || this.#doubted) {
      this.#doubted = false;
      return undefined;
    }
    this.#doubted = true;
    return 'it may not have measured: this is what it said before';
  }

  #jumped(now: Millis, { celsius }: TemperatureSample): string | undefined {
    const last = this.#context(now);
    if (last === undefined || Math.abs(celsius - last) <= JUMP_CELSIUS) return undefined;
    return `${last} to ${celsius} °C is a long way for one measurement`;
  }

  #context(now: Millis): number | undefined {
    const believed = this.#believed;
    return believed !== undefined && now - believed.at <= CONTEXT_MS ? believed.celsius : undefined;
  }
}

function textOf({ celsius, scratchpad }: TemperatureSample): string {
  return scratchpad === undefined ? String(celsius) : Buffer.from(scratchpad).toString('hex');
}

/** 85 °C with a sixth byte that no measurement of 85 °C leaves; chips of twelve bits alone have it. */
function isPowerOn(scratchpad: Uint8Array): boolean {
  return (
    tellsPowerOn(scratchpad) && scratchpad[0] === 0x50 && scratchpad[1] === 0x05 && scratchpad[6] === 0x0c
  );
}

/** Whether the memory of this chip differs between 85 °C measured and 85 °C from the start: DS18S20 has the same for both. */
function tellsPowerOn(scratchpad: Uint8Array): boolean {
  return !(scratchpad[0] === 0xaa && scratchpad[1] === 0x00);
}
