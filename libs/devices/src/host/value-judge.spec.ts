import { z } from 'zod';
import { ValueJudge } from './value-judge.js';

const schema = z.number();

describe('a number that changes faster than is believable', () => {
  const judge = (): ValueJudge => new ValueJudge({ schema, maxChangePerSecond: 0.5 });

  it('is suspect, until enough time has passed since the last good one', () => {
    const tank = judge();
    expect(tank.judge(0, 25)).toEqual({ quality: 'good' });
    expect(tank.judge(2_000, 85)).toEqual({
      quality: 'suspect',
      reason: '25 to 85 within 2 s is more than 0.5 a second',
    });
    expect(tank.judge(4_000, 25.5).quality).toBe('good');
    expect(tank.judge(6_000, 30).quality).toBe('suspect');
    expect(tank.judge(12_999, 30).quality).toBe('suspect');
    expect(tank.judge(13_000, 30).quality).toBe('good');
  });

  it('may come twice within a moment', () => {
    const tank = judge();
    tank.judge(0, 25);
    expect(tank.judge(1, 25.5).quality).toBe('good');
    expect(tank.judge(1, 26.1).quality).toBe('suspect');
  });

  it('is judged afresh when the device was opened anew', () => {
    const tank = judge();
    tank.judge(0, 25);
    tank.begin();
    expect(tank.judge(10, 60).quality).toBe('good');
  });
});

describe('a value that never changes', () => {
  it('is suspect after its time, and good as soon as it moves', () => {
    const probe = new ValueJudge({ schema, stuckAfterMs: 60_000 });
    expect(probe.judge(0, 25).quality).toBe('good');
    expect(probe.judge(59_999, 25).quality).toBe('good');
    expect(probe.judge(60_000, 25)).toEqual({
      quality: 'suspect',
      reason: 'it has been 25 for 60 s: the sensor may be stuck',
    });
    expect(probe.judge(61_000, 25.1).quality).toBe('good');
    expect(probe.judge(120_000, 25.1).quality).toBe('good');
    expect(probe.judge(121_000, 25.1).quality).toBe('suspect');
  });

  it('is not stuck because nothing came: that is stale', () => {
    const probe = new ValueJudge({ schema, stuckAfterMs: 60_000 });
    probe.judge(0, 25);
    expect(probe.judge(59_000, 26).quality).toBe('good');
    expect(probe.judge(100_000, 26).quality).toBe('good');
  });
});

it('outside its range it is suspect, and no measure for what comes next', () => {
  const probe = new ValueJudge({ schema, range: [-55, 125], maxChangePerSecond: 5 });
  probe.judge(0, 25);
  expect(probe.judge(1_000, 200)).toEqual({ quality: 'suspect', reason: '200 is outside -55 to 125' });
  expect(probe.judge(2_000, 26).quality).toBe('good');
});
