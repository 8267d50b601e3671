import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Observable, Subject, throwError } from 'rxjs';
import { asleepDriver } from '../../test/asleep.js';
import { probeType } from '../../test/probe.js';
import type { DeviceDriver, DeviceSession, DeviceUpdate, DriverContext } from '../index.js';
import { checkDriver } from './index.js';

type Session = DeviceSession<typeof probeType>;
const config = { probe: 'x' };

/** A driver without fault: both values at once, one of them again each second. */
function driver(change: (session: Session, context: DriverContext) => unknown = (session) => session) {
  const good: DeviceDriver<typeof probeType> = {
    type: probeType,
    open: (_, context) => {
      const { clock } = context;
      const values$ = new Observable<DeviceUpdate<typeof probeType>>((subscriber) => {
        let cancel = (): void => undefined;
        const tick = (): void => {
          subscriber.next({ name: 'temperature', value: 20 });
          cancel = clock.schedule(clock.now() + 1_000, tick);
        };
        subscriber.next({ name: 'mode', value: 'idle' });
        tick();
        return () => cancel();
      });
      const commands = { blink: () => undefined, calibrate: () => undefined };
      return change({ values$, commands, close: () => undefined }, context) as Session;
    },
  };
  return good;
}
const merged = (values$: Session['values$'], more: unknown): Session['values$'] =>
  new Observable((subscriber) => {
    subscriber.next(more as DeviceUpdate<typeof probeType>);
    return values$.subscribe(subscriber);
  });

describe('checkDriver', () => {
  it('finds nothing wrong with a driver without fault', async () => {
    expect(
      await checkDriver(driver(), {
        config,
        commands: [{ name: 'blink' }, { name: 'calibrate', args: { reference: 1 } }],
      }),
    ).toEqual([]);
  });

  it('leaves a driver the time that processes and disks take, although its clock is virtual', async () => {
    const slow = driver(async (session) => {
      await promisify(execFile)(process.execPath, ['-e', '0']);
      return session;
    });
    expect(await checkDriver(slow, { config })).toEqual([]);
  });

  it.each<[string, DeviceDriver, string | RegExp]>([
    ['that is none', {} as DeviceDriver, 'a driver is { type, open }'],
    ['that cannot open', driver(() => Promise.reject(new Error('no bus'))), 'open: no bus'],
    ['that never opens', driver(() => new Promise(() => undefined)), 'open did not end within 10 s'],
    [
      'whose session lacks handlers',
      driver((s) => ({ ...s, commands: {} })),
      'open: its driver returned a session',
    ],
    [
      'with a handler too many',
      driver((s) => ({ ...s, commands: { ...s.commands, sing: () => undefined } })),
      'the type does not declare the command "sing"',
    ],
    [
      'that says nothing',
      driver((s) => ({ ...s, values$: new Subject() })),
      'value "temperature" never came',
    ],
    [
      'that sends a value of the wrong form',
      driver((s) => ({ ...s, values$: merged(s.values$, { name: 'mode', value: 'fast' }) })),
      'value "mode" is bad',
    ],
    [
      'that sends a value out of range',
      driver((s) => ({ ...s, values$: merged(s.values$, { name: 'temperature', value: 999 }) })),
      'value "temperature" is suspect: 999 (999 is outside -55 to 125)',
    ],
    [
      'that sends an unknown value',
      driver((s) => ({ ...s, values$: merged(s.values$, { name: 'colour', value: 1 }) })),
      'an update is none: the type has no value "colour"',
    ],
    [
      'whose values fail',
      driver((s) => ({ ...s, values$: throwError(() => new Error('x')) })),
      'values$ failed: x',
    ],
    ['whose poll fails', driver((s) => ({ ...s, poll: () => Promise.reject(new Error('x')) })), 'poll: x'],
    [
      'whose command fails',
      driver((s) => ({ ...s, commands: { ...s.commands, blink: () => Promise.reject(new Error('x')) } })),
      'command "blink": x',
    ],
    ['that cannot close', driver((s) => ({ ...s, close: () => Promise.reject(new Error('x')) })), 'close: x'],
    [
      'that leaves a timer',
      driver((s, { clock }) => {
        clock.schedule(1e9, () => undefined);
        return s;
      }),
      'a timer is left after close',
    ],
  ])('tells of a driver %s', async (_, broken, complaint) => {
    const wrong = await checkDriver(broken, { config, commands: [{ name: 'blink' }] });
    expect(wrong).toContainEqual(expect.stringContaining(complaint as string));
  });

  it('tells of a value that gets stale when nobody can poll it', async () => {
    const once = driver((s) => ({ ...s, values$: merged(new Subject(), { name: 'temperature', value: 1 }) }));
    const wrong = await checkDriver(once, { config, silentValues: ['mode'] });
    expect(wrong).toEqual([expect.stringContaining('value "temperature" is stale')]);
    const pollable = driver((s) => ({
      ...s,
      values$: merged(new Subject(), { name: 'temperature', value: 1 }),
      poll: () => undefined,
    }));
    expect(await checkDriver(pollable, { config, silentValues: ['mode'] })).toEqual([]);
  });

  it('tells of a configuration or a command that does not fit', async () => {
    expect(await checkDriver(driver())).toEqual([expect.stringContaining('config.probe')]);
    expect(await checkDriver(driver(), { config, commands: [{ name: 'sing' }] })).toEqual([
      'command "sing": the type does not declare it',
    ]);
  });

  it('tells of a driver that can be opened once only', async () => {
    let opened = 0;
    const once = driver((session) => (++opened === 1 ? session : Promise.reject(new Error('in use'))));
    expect(await checkDriver(once, { config })).toEqual(['open: in use']);
  });

  it('lets a value be silent that need not come', async () => {
    expect(await checkDriver(asleepDriver)).toEqual(['value "level" never came']);
    expect(await checkDriver(asleepDriver, { silentValues: ['level'] })).toEqual([]);
  });
});
