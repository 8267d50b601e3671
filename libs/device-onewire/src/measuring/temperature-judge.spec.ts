import fc from 'fast-check';
import type { TemperatureSample } from '../bus.js';
import { TemperatureJudge, type Verdict } from './temperature-judge.js';

/** What a DS18B20 holds after it has measured. */
function memory(celsius: number, byte6?: number): Uint8Array {
  const raw = Math.round(celsius * 16);
  const low = raw & 0xff;
  return Uint8Array.from([
    low,
    (raw >> 8) & 0xff,
    0x4b,
    0x46,
    0x7f,
    0xff,
    byte6 ?? 0x10 - (low & 0x0f),
    0x10,
    0,
  ]);
}
const shown = (celsius: number): TemperatureSample => ({ celsius, scratchpad: memory(celsius) });
const told = (celsius: number): TemperatureSample => ({ celsius });

let judge: TemperatureJudge;
let now: number;

beforeEach(() => {
  judge = new TemperatureJudge();
  now = 1_000_000;
});

const says = (sample: TemperatureSample, othersMoved = false): Verdict =>
  judge.judge((now += 1_000), sample, othersMoved);
function reason(sample: TemperatureSample): string | undefined {
  const verdict = says(sample);
  return verdict.believed ? undefined : verdict.reason;
}
/** It has measured before, and was believed. */
function used(celsius: number, sample = shown): void {
  says(sample(celsius - 0.0625));
  expect(says(sample(celsius))).toEqual({ believed: true });
}

describe('what was left over from before', () => {
  it('is the first reading, perhaps', () => {
    expect(reason(shown(20))).toBe('it may have been measured before: what it held last is not known');
    expect(says(shown(20.0625))).toEqual({ believed: true });
  });

  it('is what says the same as before, perhaps: it is believed when it says so twice', () => {
    used(20);
    expect(reason(shown(20))).toBe('it may not have measured: this is what it said before');
    expect(says(shown(20))).toEqual({ believed: true });
    expect(says(shown(20)).believed).toBe(false);
    expect(says(shown(20.5))).toEqual({ believed: true });
  });

  it('is not what says the same as before when others were told to measure with it, and did', () => {
    used(20);
    expect(says(shown(20), true)).toEqual({ believed: true });
  });

  it('is what comes after a measurement that nobody has read', () => {
    used(20);
    judge.lose();
    expect(says(shown(21)).believed).toBe(false);
    expect(says(shown(21.5)).believed).toBe(true);
  });

  it('is not vouched against by what shows no measurement', () => {
    expect(judge.vouches(now, shown(20))).toBe(false);
    used(20);
    expect(judge.vouches(now, shown(20.5))).toBe(true);
    expect(judge.vouches(now, shown(20))).toBe(false);
    expect(judge.vouches(now, { celsius: 85, scratchpad: memory(85, 0x0c) })).toBe(false);
    expect(judge.vouches(now, told(127.94))).toBe(false);
    expect(judge.vouches(now, told(0))).toBe(false);
  });

  it('is what the back end saw not being measured', () => {
    used(20);
    const sample: TemperatureSample = { ...shown(21), measured: false };
    expect(reason(sample)).toBe('it did not measure when it was told to; this is of before');
    expect(reason(sample)).toBe('it did not measure when it was told to; this is of before');
  });

  it('is the first reading of one that was away', () => {
    used(20);
    judge.forget();
    expect(reason(shown(21))).toBe('it may have been measured before: what it held last is not known');
    expect(reason(shown(21))).toBe('it may not have measured: this is what it said before');
    expect(says(shown(21)).believed).toBe(true);
  });
});

describe('85 °C of one that has just got power', () => {
  it('is told by its memory', () => {
    used(84);
    const powerOn: TemperatureSample = { celsius: 85, scratchpad: memory(85, 0x0c) };
    for (let i = 0; i < 5; i++) expect(reason(powerOn)).toContain('has not measured (85 °C)');
  });

  it('is not what its memory tells to be measured', () => {
    used(20);
    expect(reason(shown(85))).toBe('20 to 85 °C is a long way for one measurement');
    expect(says(shown(85)).believed).toBe(false);
    expect(says(shown(85)).believed).toBe(true);
  });

  it.each<[string, (celsius: number) => TemperatureSample]>([
    ['whose memory is not shown', told],
    [
      'whose memory says the same for both',
      (celsius) => ({
        celsius,
        scratchpad: Uint8Array.from([0xaa, 0, 0x4b, 0x46, 0xff, 0xff, 0x0c, 0x10, 0]),
      }),
    ],
  ])('is what is far from the last temperature, of one %s', (_, sample) => {
    used(20, told);
    for (let i = 0; i < 5; i++) expect(reason(sample(85))).toContain('exactly 85 °C');
    judge.forget();
    for (let i = 0; i < 5; i++) expect(reason(sample(85))).toContain('exactly 85 °C');
  });

  it('is not what is near to the last temperature', () => {
    used(84, told);
    expect(says(told(85)).believed).toBe(true);
  });

  it('is what comes long after the last temperature', () => {
    used(84, told);
    now += 16 * 60_000;
    expect(reason(told(85))).toContain('exactly 85 °C');
  });
});

it('is nothing that a cable makes up', () => {
  used(2, told);
  expect(says(told(0)).believed).toBe(true);
  judge.forget();
  used(20, told);
  for (const celsius of [0, 127.94, 127.9375, -127, -62.5, 130, -56, Number.NaN]) {
    for (let i = 0; i < 4; i++) expect(says(told(celsius)).believed).toBe(false);
  }
});

it('is what is far from the last temperature only when it is measured twice', () => {
  used(20);
  expect(reason(shown(30))).toBe('20 to 30 °C is a long way for one measurement');
  expect(says(shown(30.25)).believed).toBe(true);
  expect(says(shown(10)).believed).toBe(false);
  expect(says(shown(15)).believed).toBe(false);
  expect(says(shown(14.5)).believed).toBe(true);
});

it('never believes anything at first, nor what cannot be', () => {
  const sample = fc.record({
    celsius: fc.oneof(fc.double({ min: -130, max: 130 }), fc.constantFrom(85, 0, 127.9375, -127, -62.5)),
    bytes: fc.option(fc.uint8Array({ minLength: 9, maxLength: 9 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(sample), (samples) => {
      const fresh = new TemperatureJudge();
      samples.forEach(({ celsius, bytes }, index) => {
        const { believed } = fresh.judge(index, { celsius, ...(bytes && { scratchpad: bytes }) });
        if (believed) expect(index > 0 && celsius >= -55 && celsius <= 125).toBe(true);
      });
    }),
  );
});
