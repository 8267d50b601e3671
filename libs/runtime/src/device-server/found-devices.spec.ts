import { VirtualClock } from '@raspy/clock';
import {
  defineDeviceType,
  definePlugin,
  DeviceHost,
  type DeviceDriver,
  type DeviceFinder,
  type FoundDevice,
} from '@raspy/devices';
import { BehaviorSubject, NEVER, Subject, throwError } from 'rxjs';
import { z } from 'zod';
import { DeviceBench, relay, relayType } from '../../test/device-bench.js';
import { silentLogger, type Logger } from '../log/logger.js';
import { FoundDevices } from './found-devices.js';

const probeType = defineDeviceType({
  oid: 'bus.probe',
  title: 'Probe',
  config: z.object({ id: z.string() }),
  values: { level: { schema: z.number() } },
  commands: {},
});
const probeDriver: DeviceDriver<typeof probeType> = {
  type: probeType,
  pollSeconds: 7,
  addressOf: ({ id }) => id,
  open: () => ({ values$: NEVER, commands: {}, poll: () => undefined, close: () => undefined }),
};
const relayDriver: DeviceDriver<typeof relayType> = {
  type: relayType,
  open: () => {
    throw new Error('never driven');
  },
};

/** Hardware with the address `id`, found under that name. */
function probe(id: string, more: Partial<FoundDevice> = {}): FoundDevice {
  return { device: { name: id, oid: 'bus.probe', config: { id } }, address: id, ...more };
}

describe('a server whose plugin finds devices', () => {
  const bench = new DeviceBench([]);
  let there: BehaviorSubject<readonly FoundDevice[]>;
  let warnings: string[];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void warnings.push(`${message}: ${String(fields?.['reason'])}`),
  };

  beforeEach(async () => {
    there = new BehaviorSubject<readonly FoundDevice[]>([]);
    warnings = [];
    const finder: DeviceFinder = { open: () => ({ found$: there, close: () => undefined }) };
    const drivers = [probeDriver as DeviceDriver, relayDriver as DeviceDriver];
    bench.plugins = [definePlugin({ name: 'bus', drivers, finder })];
    await bench.open();
  });
  afterEach(() => bench.close());

  const keys = async (): Promise<string | undefined> => (await bench.ask('list_keys'))[0];
  const configured = (name: string, id: string) => ({ name, oid: 'bus.probe', config: { id } });

  it('has them by the names that they are found under, and says so', async () => {
    there.next([probe('b'), probe('a', { note: 'a DS18B20' })]);
    await bench.start([]);
    expect(await bench.ask('list_keys')).toEqual(['a|b', '200']);
    expect(await bench.devices.list()).toMatchObject([
      { name: 'a', found: true, note: 'a DS18B20' },
      { name: 'b' },
    ]);
    expect(await bench.devices.info('a')).toMatchObject({ config: { id: 'a' }, pollSeconds: 7 });
  });

  it('sees them come and go', async () => {
    await bench.start([]);
    expect(await keys()).toBe('');
    there.next([probe('a')]);
    expect(await keys()).toBe('a');
    there.next([probe('b')]);
    expect(await keys()).toBe('b');
  });

  it('has a configured one in their place, from its settings or added later, until it is removed', async () => {
    there.next([probe('a'), probe('b')]);
    await bench.start([configured('tank', 'a')]);
    expect(await keys()).toBe('b|tank');
    await bench.devices.add(configured('pond', 'b'));
    expect(await keys()).toBe('pond|tank');
    await bench.devices.config('pond', { config: { id: 'c' } });
    expect(await keys()).toBe('b|pond|tank');
    await bench.devices.remove('tank');
    expect(await keys()).toBe('a|b|pond');
    await bench.server!.applyDevices([configured('sump', 'a')]);
    expect(await keys()).toBe('b|pond|sump');
  });

  it('keeps what was found when adding in its place fails', async () => {
    there.next([probe('a')]);
    await bench.start([]);
    await expect(bench.devices.add({ ...configured('tank', 'a'), pollSeconds: -5 })).rejects.toThrow(
      'pollSeconds',
    );
    expect(await keys()).toBe('a');
  });

  it('does not touch what was found for one that is wrong under its name', async () => {
    there.next([probe('a')]);
    await bench.start([]);
    const removed = jest.spyOn(DeviceHost.prototype, 'remove');
    await expect(bench.devices.add({ ...configured('a', 'a'), pollSeconds: -5 })).rejects.toThrow(
      'pollSeconds',
    );
    expect(removed).not.toHaveBeenCalled();
    removed.mockRestore();
    expect(await keys()).toBe('a');
  });

  it('tells another note of what was found', async () => {
    there.next([probe('a', { note: 'one' })]);
    await bench.start([]);
    there.next([probe('a', { note: 'other' })]);
    await keys();
    expect(await bench.devices.list()).toMatchObject([{ name: 'a', note: 'other' }]);
  });

  it('keeps one that is configured where it was found, also over a restart', async () => {
    there.next([probe('a')]);
    await bench.start([]);
    await bench.devices.config('a', { pollSeconds: 60 });
    expect(await bench.devices.list()).toEqual([expect.not.objectContaining({ found: true })]);
    await bench.stop();
    there.next([]);
    await bench.start([]);
    expect(await bench.devices.info('a')).toMatchObject({ pollSeconds: 60 });
  });

  it('does not remove what would be found again', async () => {
    there.next([probe('a')]);
    await bench.start([]);
    expect(await bench.ask('remove', 'a')).toEqual([
      '"a" is not configured, but found: unplug it, or add a device of its address, which takes its place',
      '400',
    ]);
  });

  it('makes outputs safe before it waits for a finder that does not end', async () => {
    const { relays } = bench;
    let doneWhenAsked: string[] | undefined;
    const finder: DeviceFinder = {
      open: () => ({
        found$: there,
        close: () => {
          doneWhenAsked = [...relays.done];
          return Promise.reject(new Error('no'));
        },
      }),
    };
    bench.plugins = [definePlugin({ name: 'bus', drivers: [relays.driver], finder })];
    await bench.start([relay('pump')]);
    relays.done.length = 0;
    await bench.stop();
    expect(doneWhenAsked).toContain('pump off');
    expect(doneWhenAsked?.at(-1)).toBe('pump closed');
  });

  it('names by its address one whose name is taken', async () => {
    there.next([probe('a', { device: { name: 'tank', oid: 'bus.probe', config: { id: 'a' } } }), probe('b')]);
    await bench.start([configured('tank', 'x')]);
    expect(await keys()).toBe('a|b|tank');
  });

  it('does not drive what nobody has configured', async () => {
    there.next([probe('a'), { device: relay('relay'), address: 'r' }]);
    await bench.start([], logger);
    there.next([probe('b'), { device: relay('relay'), address: 'r' }]);
    expect(await keys()).toBe('b');
    expect(warnings).toEqual([expect.stringContaining('what is only found is not driven')]);
  });

  it('answers 500 alone while nobody can look, but for those that are configured', async () => {
    bench.plugins = [
      definePlugin({
        name: 'bus',
        drivers: [probeDriver],
        finder: {
          open: () => ({ found$: throwError(() => new Error('no folder')), close: () => undefined }),
        },
      }),
    ];
    await bench.start([], logger);
    expect(await bench.ask('list_keys')).toEqual(['500']);
    expect(await bench.ask('list')).toEqual(['[]', '200']);
    expect(warnings).toEqual(['devices cannot be looked for: no folder']);
    await bench.devices.add(configured('tank', 'a'));
    expect(await bench.ask('list_keys')).toEqual(['tank', '200']);
  });
});

describe('a search', () => {
  const clock = new VirtualClock();
  let logged: string[];
  let found: FoundDevices;
  const note = (message: string): void => void logged.push(message);
  const logger: Logger = { ...silentLogger, info: note, warn: note, error: note };

  function search(...finders: DeviceFinder[]): void {
    logged = [];
    found = new FoundDevices({ finders, clock, logger, maxDevices: 3 });
    found.open();
  }
  afterEach(() => found.close());
  const addresses = (): string[] => {
    let latest: readonly FoundDevice[] = [];
    found.found$.subscribe((devices) => (latest = devices)).unsubscribe();
    return latest.map(({ address }) => address);
  };

  it('that fails is begun again, later each time, and told once for each reason', async () => {
    const opened: number[] = [];
    let session = new Subject<readonly FoundDevice[]>();
    search({
      open: () => {
        opened.push(clock.now());
        session = new Subject();
        return { found$: session, close: () => undefined };
      },
    });
    await clock.advanceByAsync(0);
    for (const wait of [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      session.error(new Error('no server'));
      await clock.advanceByAsync(wait);
    }
    expect(opened.map((at) => at - opened[0]!)).toEqual([0, 2_000, 6_000, 14_000, 30_000, 60_000, 90_000]);
    expect(logged).toEqual(['devices cannot be looked for']);
    expect(found.troubles).toEqual(['no server']);
    session.next([probe('a')]);
    expect(found.troubles).toEqual([]);
    expect(logged).toEqual(['devices cannot be looked for', 'devices can be looked for again']);
    // What was found stays while nobody can look: it tells by itself how it is.
    session.error(new Error('gone'));
    expect(addresses()).toEqual(['a']);
  });

  it('that throws, or finds rubbish, harms no other', async () => {
    search(
      {
        open: () => {
          throw new Error('broken');
        },
      },
      {
        open: () => ({
          found$: new BehaviorSubject([
            null,
            1,
            { device: {} },
            probe('a'),
            { ...probe('b'), note: 1 },
          ] as never),
          close: () => Promise.reject(new Error('never')),
        }),
      },
      { open: () => ({ found$: new BehaviorSubject('nothing' as never), close: () => undefined }) },
      {
        open: () => ({
          found$: new BehaviorSubject(['a', 'c', 'd', 'e', 'f'].map((id) => probe(id))),
          close: () => undefined,
        }),
      },
    );
    await found.looked();
    expect(addresses()).toEqual(['a', 'c', 'd']);
    expect(logged.filter((message) => message.startsWith('a plugin finds'))).toHaveLength(3);
  });

  it('that hangs when it is opened is told of, closed when it comes after all, and begun again', async () => {
    const opening: ((session: unknown) => void)[] = [];
    const closed: number[] = [];
    search({ open: () => new Promise((resolve) => opening.push(resolve as (session: unknown) => void)) });
    await clock.advanceByAsync(30_000);
    expect(found.troubles).toEqual(['it did not open within 30 s']);
    await clock.advanceByAsync(2_000);
    expect(opening).toHaveLength(2);
    opening[0]!({ found$: NEVER, close: () => void closed.push(0) });
    opening[1]!({ found$: new BehaviorSubject([probe('a')]), close: () => void closed.push(1) });
    await clock.advanceByAsync(0);
    expect(closed).toEqual([0]);
    expect(addresses()).toEqual(['a']);
    expect(found.troubles).toEqual([]);
  });

  it('that hangs when it is closed is left to itself after a while', async () => {
    search({ open: () => ({ found$: NEVER, close: () => new Promise(() => undefined) }) });
    await clock.advanceByAsync(0);
    const closing = found.close();
    await clock.advanceByAsync(2_000);
    await closing;
    expect(logged).toEqual(['a search for devices did not end properly']);
  });

  it('that is slow to open is closed when nobody waits any more', async () => {
    let open: (session: unknown) => void = () => undefined;
    let closed = false;
    search({ open: () => new Promise((resolve) => (open = resolve as typeof open)) });
    await found.close();
    open({ found$: NEVER, close: () => (closed = true) });
    await clock.advanceByAsync(0);
    expect(closed).toBe(true);
  });
});
