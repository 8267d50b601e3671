import fc from 'fast-check';
import { ConditionMachine, valueConditionSchemas } from './condition.js';
import type { HomeReading } from './ports.js';

const good = (value: HomeReading['value']): HomeReading => ({ value, at: 0, quality: 'good' });
const machine = (condition: object): ConditionMachine => {
  const key = Object.keys(condition).find((each) => each in valueConditionSchemas) as 'below';
  return new ConditionMachine(valueConditionSchemas[key].parse({ entry: 'x', ...condition }));
};
/** When it fires: readings one second apart; `?` is one that is not good, `R` a restored one. */
function fires(condition: object, values: readonly (number | string | boolean)[]): readonly number[] {
  const of = machine(condition);
  return values.flatMap((value, index) => {
    const now = index * 1000;
    const reading: HomeReading =
      value === '?'
        ? { ...good(5), quality: 'stale' }
        : value === 'R'
          ? { ...good(5), restored: true }
          : good(value);
    return [...of.tick(now), ...of.read(now, reading)].map(() => index);
  });
}

describe('a condition', () => {
  it('fires at each edge alone, with its hysteresis', () => {
    expect(fires({ below: 20 }, [25, 19, 18, 21, 19])).toEqual([1, 4]);
    expect(fires({ below: 20, hysteresis: 2 }, [25, 19, 21, 19, 22, 19])).toEqual([1, 5]);
    expect(fires({ above: 20, hysteresis: 2 }, [15, 21, 19, 21, 18, 21])).toEqual([1, 5]);
    expect(fires({ equals: 20, tolerance: 1 }, [25, 20.5, 19, 22, 21])).toEqual([1, 4]);
    expect(fires({ is: true }, [false, true, true, false, true])).toEqual([1, 4]);
    expect(fires({ changed: true }, ['a', 'a', 'b', 'b', 'a'])).toEqual([2, 4]);
  });

  it('does not begin to hold at the first reading, unless that counts', () => {
    expect(fires({ below: 20 }, [10, 10, 25, 10])).toEqual([3]);
    expect(fires({ below: 20, atStart: true }, [10, 10])).toEqual([0]);
  });

  it('has to hold for its time, anew after a reading that is not good', () => {
    expect(fires({ below: 20, for: '3 s' }, [25, 19, 19, 19, 19, 19])).toEqual([4]);
    expect(fires({ below: 20, for: '3 s' }, [25, 19, 19, 25, 19, 19, 19, 19])).toEqual([7]);
    expect(fires({ below: 20, for: '3 s' }, [25, 19, 19, '?', 19, 19, 19, 19])).toEqual([7]);
    expect(fires({ below: 20, for: '3 s' }, [25, 19, 19, 'R', 19, 19, 19, 19])).toEqual([7]);
  });

  it('does not fire again because a reading was not good for a while', () => {
    expect(fires({ below: 20 }, [25, 19, '?', 19, 'R', 19])).toEqual([1]);
    expect(fires({ changed: true }, [1, '?', 1, '?', 2])).toEqual([4]);
  });

  it('tells how it stands', () => {
    const of = machine({ above: 20, for: 1000 });
    expect(of.state).toBe('unknown');
    of.read(0, good(10));
    expect(of.state).toBe('no');
    of.read(1, good(30));
    expect(of.state).toBe('waiting');
    expect(of.nextDeadline).toBe(1001);
    expect(of.tick(1001)).toEqual([{ type: 'fire', reading: good(30) }]);
    expect(of.state).toBe('yes');
    of.read(1002, undefined);
    expect(of.state).toBe('unknown');
    of.read(1003, good('no number'));
    expect(of.state).toBe('unknown');
  });

  it('fires as often as a simple model of it, and never by a reading that is not good', () => {
    const steps = fc.array(
      fc.record({
        after: fc.integer({ min: 1, max: 4 }),
        value: fc.integer({ min: 0, max: 10 }),
        quality: fc.constantFrom('good', 'good', 'good', 'stale', 'bad', 'suspect', 'gone', 'restored'),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 6 }),
        fc.boolean(),
        (walk, hysteresis, holdMs, atStart) => {
          const of = machine({ below: 5, hysteresis, for: holdMs, atStart });
          let now = 0;
          let actual = 0;
          // The model keeps a list of all instants: the state of each millisecond since it last began to hold.
          let holds: boolean | undefined;
          let armed = false;
          let heldFor = -1;
          let expected = 0;
          for (const { after, value, quality } of walk) {
            for (let i = 0; i < after; i++) {
              now += 1;
              actual += of.tick(now).length;
              if (heldFor >= 0) heldFor += 1;
              if (armed && heldFor >= holdMs) {
                expected += 1;
                armed = false;
                heldFor = -1;
              }
            }
            const reading: HomeReading | undefined =
              quality === 'gone'
                ? undefined
                : quality === 'restored'
                  ? { ...good(value), restored: true }
                  : { value, at: 0, quality };
            actual += of.read(now, reading).length;
            if (quality !== 'good') {
              heldFor = -1;
              continue;
            }
            const was = holds;
            holds = value < 5 || (was === true && value < 5 + hysteresis);
            if (!holds) {
              armed = false;
              heldFor = -1;
            } else {
              if (was !== true) armed = was === false || atStart;
              if (armed && heldFor < 0) heldFor = 0;
              if (armed && heldFor >= holdMs) {
                expected += 1;
                armed = false;
                heldFor = -1;
              }
            }
          }
          expect(actual).toBe(expected);
        },
      ),
    );
  });
});
