import { BehaviorSubject, map, Observable, Subject } from 'rxjs';
import { z } from 'zod';
import {
  CommandRefusedError,
  defineDeviceType,
  type DeviceDriver,
  type DeviceSession,
  type DriverContext,
} from '../index.js';
import { checkDriver, driverTests, type CheckDriverOptions } from './index.js';

/** A pump with a display inside: all that a session can have. */
const pumpType = defineDeviceType({
  oid: 'test.pump',
  title: 'Pump',
  config: z.object({ step: z.number().positive().default(1) }),
  values: {
    power: { schema: z.number().min(0).max(100), access: 'readwrite', maxChangePerSecond: 10 },
    mode: { schema: z.enum(['quiet', 'fast']), access: 'write' },
  },
  commands: { picture: { title: 'Take a picture', bytes: true } },
  subdevices: {
    display: defineDeviceType({
      oid: 'test.pump-display',
      title: 'Display',
      config: z.object({}),
      values: { lit: { schema: z.boolean(), access: 'readwrite' } },
      commands: { flash: { title: 'Flash' } },
    }),
  },
  safety: { output: 'power', failSafe: 20 },
});

type Session = DeviceSession<typeof pumpType>;
interface Parts {
  readonly session: Session;
  readonly power: BehaviorSubject<number>;
  readonly written: string[];
}

/** A driver without fault, or with the one that `change` makes. */
function driver(
  change: (parts: Parts, context: DriverContext) => object = () => ({}),
  written: string[] = [],
): DeviceDriver<typeof pumpType> {
  return {
    type: pumpType,
    open(_, context) {
      const power = new BehaviorSubject(0);
      const lit = new BehaviorSubject(false);
      const session: Session = {
        values$: power.pipe(map((value) => ({ name: 'power', value }))),
        commands: { picture: () => ({ result: { wide: 1 }, bytes: [Uint8Array.of(1)] }) },
        write: {
          power: (value) => {
            written.push(`power ${value}`);
            power.next(value);
          },
          mode: (value) => void written.push(`mode ${value}`),
        },
        subdevices: {
          display: {
            values$: lit.pipe(map((value) => ({ name: 'lit', value }))),
            commands: { flash: () => void written.push('flash') },
            write: {
              lit: (value) => {
                written.push(`lit ${value}`);
                lit.next(value);
              },
            },
          },
        },
        configure: () => true,
        close: () => undefined,
      };
      return { ...session, ...change({ session, power, written }, context) };
    },
  };
}
const options: CheckDriverOptions = {
  commands: [
    { name: 'picture' },
    { name: 'flash', subdevice: 'display' },
    { name: 'set', args: { power: 3 } },
  ],
};
const writeTo = ({ session }: Parts, write: object): object => ({ write: { ...session.write, ...write } });
const display = ({ session }: Parts, changes: object): object => ({
  subdevices: { display: { ...session.subdevices!.display, ...changes } },
});

it('checkDriver finds nothing wrong with a driver without fault, and has tried everything', async () => {
  const written: string[] = [];
  expect(await checkDriver(driver(undefined, written), options)).toEqual([]);
  expect(written).toEqual([
    ...['flash', 'power 3'],
    ...['power 0', 'power 100', 'mode quiet', 'mode fast', 'lit false', 'lit true'],
    ...['power 100', 'power 0', 'power 0', 'power 20'],
  ]);
});

it('checkDriver sets what it is told to set', async () => {
  const written: string[] = [];
  const writes = { power: [7], mode: [], 'display.lit': [true] };
  expect(await checkDriver(driver(undefined, written), { writes })).toEqual([]);
  expect(written).toEqual(['power 7', 'lit true', ...['power 7', 'power 0', 'power 7', 'power 20']]);
});

it.each<[string, (parts: Parts, context: DriverContext) => object, string]>([
  [
    'that cannot be set to its highest value',
    (parts) =>
      writeTo(parts, { power: (value: number) => (value > 50 ? Promise.reject(new Error('x')) : 1) }),
    'set "power" to 100: x',
  ],
  [
    'whose value that is set alone fails',
    (parts) => writeTo(parts, { mode: () => Promise.reject(new Error('x')) }),
    'set "mode" to "quiet": x',
  ],
  [
    'that refuses to be set',
    (parts) =>
      display(parts, {
        write: { lit: () => Promise.reject(new CommandRefusedError('it is off')) },
      }),
    'set "display.lit" to false: it is off',
  ],
  [
    'that never ends to be set',
    (parts) => writeTo(parts, { mode: () => new Promise(() => undefined) }),
    'set "mode" to "quiet" did not end within 10 s',
  ],
  [
    'whose output does not go to its fail-safe state',
    (parts) => writeTo(parts, { power: (value: number) => parts.power.next(value === 20 ? 99 : value) }),
    'value "power" is 99 2000 ms after it was set to 20',
  ],
  [
    'with a write handler too many',
    (parts) => writeTo(parts, { colour: () => undefined }),
    'the type has no value "colour" that can be set',
  ],
  [
    'with a handler of its sub-device too many',
    (parts) => display(parts, { commands: { flash: () => undefined, sing: () => undefined } }),
    'the type does not declare the command "display.sing"',
  ],
  [
    'whose sub-device says nothing',
    (parts) => display(parts, { values$: new Subject() }),
    'value "display.lit" never came',
  ],
  [
    'whose sub-device fails',
    (parts) => display(parts, { values$: new Observable((subscriber) => subscriber.error(new Error('x'))) }),
    'values$ of "display" failed: x',
  ],
  [
    'whose command of a sub-device fails',
    (parts) => display(parts, { commands: { flash: () => Promise.reject(new Error('x')) } }),
    'command "display.flash": x',
  ],
  [
    'whose picture has no bytes',
    () => ({ commands: { picture: () => 'a picture' } }),
    'command "picture": it must return { result?, bytes }',
  ],
  [
    'that does not say whether it took a configuration',
    () => ({ configure: () => undefined }),
    'configure: it must return whether the session took it',
  ],
  [
    'that cannot take a configuration',
    () => ({ configure: () => Promise.reject(new Error('x')) }),
    'configure: x',
  ],
  [
    'that is spoilt by a configuration',
    ({ power }) => ({
      configure: () => {
        power.next(1_000);
        return true;
      },
    }),
    'value "power" is bad',
  ],
  [
    'that goes on after it is closed',
    ({ power }, { clock }) => {
      const tick = (): void => {
        power.next(power.value);
        clock.schedule(clock.now() + 1_000, tick);
      };
      tick();
      return {};
    },
    'values go on coming after close',
  ],
])('checkDriver tells of a driver %s', async (_, change, complaint) => {
  expect(await checkDriver(driver(change), options)).toContainEqual(expect.stringContaining(complaint));
});

it('checkDriver says of values that begin anew with each subscriber only that a timer is left', async () => {
  const cold = driver(({ session }, { clock }) => {
    clock.schedule(1e9, () => undefined);
    return {
      values$: new Observable((subscriber) => {
        let cancel = (): void => undefined;
        const inner = session.values$.subscribe(subscriber);
        const tick = (): void => {
          subscriber.next({ name: 'power', value: 0 });
          cancel = clock.schedule(clock.now() + 1_000, tick);
        };
        tick();
        return () => {
          cancel();
          inner.unsubscribe();
        };
      }),
    };
  });
  expect(await checkDriver(cold)).toEqual(['a timer is left after close']);
});

it('checkDriver knows no sub-device that the type does not have', async () => {
  expect(await checkDriver(driver(), { commands: [{ name: 'x', subdevice: 'radio' }] })).toEqual([
    'the type has no sub-device "radio"',
  ]);
});

it('checkDriver opens a device twice on one clock', async () => {
  const clocks = new WeakSet<object>();
  const once = driver((_, { clock }) => {
    if (clocks.has(clock)) throw new Error('it is open already');
    clocks.add(clock);
    return {};
  });
  expect(await checkDriver(once)).toEqual(['open: it is open already']);
});

describe('driverTests', () => {
  it('lists what checkDriver does, each to be run alone', async () => {
    const tests = driverTests(driver(), options);
    expect(tests.map(({ name }) => name)).toEqual([
      'declares a type that can travel, and takes the configuration',
      'opens, reports its values, and closes',
      'executes its commands',
      'sets its values',
      'drives its outputs to their safe states, and reports them',
      'takes another configuration while it is open',
      'can be opened again after it was closed',
    ]);
    for (const { run } of tests) await expect(run()).resolves.toBeUndefined();
  });

  it('fails with what is wrong, and only where it is wrong', async () => {
    const mute = driver((parts) => ({
      ...display(parts, { values$: new Subject() }),
      values$: new Subject(),
    }));
    const outcomes = await Promise.allSettled(driverTests(mute).map(({ run }) => run()));
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
    expect(outcomes[1]).toMatchObject({
      reason: { message: 'value "power" never came\nvalue "display.lit" never came' },
    });
  });

  it('has one test of what is no driver, or is configured wrongly', async () => {
    for (const wrong of [driverTests({} as DeviceDriver), driverTests(driver(), { config: { step: 0 } })]) {
      expect(wrong).toHaveLength(1);
      await expect(wrong[0]!.run()).rejects.toThrow(/a driver is \{ type, open \}|config\.step/);
    }
    await expect(driverTests(driver(), { changedConfig: { step: 'x' } })[0]!.run()).rejects.toThrow('step');
  });
});
