import {
  CommandRefusedError,
  DEVICE_NAME_PATTERN,
  defineDeviceType,
  type DeviceConfig,
  type DeviceDriver,
} from '@raspy/devices';
import { KvClient, startKvServer, type RunningKvServer } from '@raspy/kv-clone';
import { BehaviorSubject, filter, firstValueFrom, map, scan } from 'rxjs';
import { z } from 'zod';
import { DeviceBench } from '../../test/device-bench.js';
import type { DeviceServer } from './device-server.js';

const valveType = defineDeviceType({
  oid: 'test.valve',
  title: 'Valve',
  config: z.object({ percent: z.number().default(0) }),
  values: { opening: { schema: z.number(), unit: '%' } },
  commands: {
    open: { title: 'Open', args: z.object({ percent: z.number().min(0).max(100) }) },
    refuse: { title: 'Refuses' },
    fail: { title: 'Fails' },
  },
});
const valve: DeviceDriver<typeof valveType> = {
  type: valveType,
  open: ({ percent }) => {
    const opening = new BehaviorSubject(percent);
    return {
      values$: opening.pipe(map((value) => ({ name: 'opening', value }))),
      commands: {
        open: (args) => {
          opening.next(args.percent);
          return { opened: args.percent };
        },
        refuse: () => {
          throw new CommandRefusedError('the tank is empty');
        },
        fail: () => {
          throw new Error('broken pipe');
        },
      },
      close: () => opening.complete(),
    };
  },
};

let bench: DeviceBench;

beforeEach(async () => {
  bench = new DeviceBench([valve]);
  await bench.open();
});
afterEach(() => bench.close());

const start = (...names: string[]): Promise<DeviceServer> =>
  bench.start(names.map((name) => ({ name, oid: 'test.valve' })));
const ask = (...body: string[]): Promise<string[]> => bench.ask(...body);

it('D21: tells the names of its devices sorted, joined by |, in one frame, also when there are none', async () => {
  await start('b', 'a');
  expect(await ask('list_keys')).toEqual(['a|b', '200']);
  await bench.stop();
  await start();
  expect(await ask('list_keys')).toEqual(['', '200']);
});

it('echoes an action that it does not know, with 501', async () => {
  await start();
  expect(await ask('dance')).toEqual(['dance', '501']);
});

it('lists, describes and reads its devices', async () => {
  await start('inlet');
  expect(await bench.devices.list()).toMatchObject([{ name: 'inlet', oid: 'test.valve', state: 'open' }]);
  expect(await bench.devices.info('inlet')).toMatchObject({
    name: 'inlet',
    commands: { open: { title: 'Open' } },
  });
  expect(await bench.devices.get('inlet', 'opening')).toMatchObject({ value: 0, unit: '%', quality: 'good' });
  expect(await bench.devices.get('inlet')).toMatchObject({ opening: { value: 0 } });
});

it('executes commands', async () => {
  await start('inlet');
  expect(await ask('exec', 'inlet', 'open', '{"percent":30}')).toEqual(['{"opened":30}', '200']);
  expect(await bench.devices.get('inlet', 'opening')).toMatchObject({ value: 30 });
});

it.each([
  [['get', 'nobody'], 'there is no device "nobody"', '404'],
  [['info', 'nobody'], 'there is no device "nobody"', '404'],
  [['exec', 'nobody', 'open'], 'there is no device "nobody"', '404'],
  [['get', 'inlet', 'colour'], '"inlet" has no value "colour"', '404'],
  [['exec', 'inlet', 'dance'], '"inlet" has no command "dance"', '501'],
  [['exec', 'inlet', 'open', '{"percent":300}'], 'wrong arguments for "open" of "inlet": percent', '400'],
  [['exec', 'inlet', 'open', '{'], 'argument "args"', '400'],
  [['get'], 'argument "device" is missing', '400'],
  [['exec', 'inlet', 'refuse'], 'the tank is empty', '500'],
  [['exec', 'inlet', 'fail'], '"fail" of "inlet" failed', '500'],
])('answers %j with a reason and a status', async (body, reason, status) => {
  await start('inlet');
  const reply = await ask(...body);
  expect(reply).toHaveLength(2);
  expect(reply[0]).toContain(reason);
  expect(reply[1]).toBe(status);
});

it('refuses to start with a device that is configured wrongly, and leaves nothing behind', async () => {
  const wrong = bench.start([
    { name: 'a', oid: 'test.valve' },
    { name: 'b', oid: 'test.none' },
  ]);
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  expect(bench.broker.services()).toEqual([]);
});

it('takes a new list of devices without closing those that stay', async () => {
  await start('inlet', 'outlet');
  await bench.devices.exec('inlet', 'open', { percent: 30 });
  const thing = (name: string, percent?: number): DeviceConfig => ({
    name,
    oid: 'test.valve',
    ...(percent !== undefined && { config: { percent } }),
  });
  // The second one counts on what the first one leaves.
  const [first, second] = await Promise.all([
    bench.server!.applyDevices([thing('inlet'), thing('drain', 5), { ...thing('bad'), oid: 'no.such' }]),
    bench.server!.applyDevices([thing('inlet'), thing('drain', 7)]),
  ]);
  expect(first).toMatchObject({ added: ['drain'], removed: ['outlet'], changed: [] });
  expect(first.failed).toHaveProperty('bad');
  expect(second).toEqual({ added: [], removed: [], changed: ['drain'], failed: {} });
  expect(await ask('list_keys')).toEqual(['drain|inlet', '200']);
  expect(await bench.devices.get('inlet', 'opening')).toMatchObject({ value: 30 });
  expect(await bench.devices.get('drain', 'opening')).toMatchObject({ value: 7 });
});

it('names devices as the bus allows', () => {
  expect(DEVICE_NAME_PATTERN.test('a|b')).toBe(false);
});

describe('the key/value tree', () => {
  const tree = (): Promise<RunningKvServer> => startKvServer({ transport: bench.network });
  const watcher = (): KvClient => new KvClient({ transport: bench.network, subtree: 'device' });

  /** Resolves once the picture, as `watch` tells it, is as it should be. */
  function until(client: KvClient, holds: (values: ReadonlyMap<string, string>) => boolean) {
    return firstValueFrom(
      client.watch().pipe(
        scan((values, change) => {
          const entries =
            change.type === 'snapshot' ? change.entries : change.type === 'set' ? [change.entry] : [];
          for (const { key, body } of entries) values.set(key, Buffer.from(body).toString());
          if (change.type === 'delete') values.delete(change.key);
          return values;
        }, new Map<string, string>()),
        filter(holds),
      ),
    );
  }

  it('is told every reading, and that the server lives', async () => {
    const kv = await tree();
    const client = watcher();
    await start('gate');
    const values = await until(client, ({ size }) => size === 3);
    expect(JSON.parse(values.get('/device/pi.tank')!)).toMatchObject({ since: expect.any(Number) as number });
    expect(JSON.parse(values.get('/device/pi.tank/gate')!)).toEqual({
      oid: 'test.valve',
      title: 'Valve',
      state: 'open',
    });
    expect(JSON.parse(values.get('/device/pi.tank/gate/opening')!)).toMatchObject({
      value: 0,
      unit: '%',
      quality: 'good',
    });
    await bench.devices.exec('gate', 'open', { percent: 40 });
    await until(client, (now) => now.get('/device/pi.tank/gate/opening')?.includes('"value":40') === true);
    await bench.stop();
    const left = await until(client, ({ size }) => size === 2);
    expect([...left.keys()].sort()).toEqual(['/device/pi.tank/gate', '/device/pi.tank/gate/opening']);
    await client.close();
    await kv.close();
  });

  it('is told everything anew when it comes back, empty', async () => {
    const first = await tree();
    await start('gate');
    await first.close();
    const second = await tree();
    const client = watcher();
    await until(client, ({ size }) => size === 3);
    await client.close();
    await second.close();
  });
});
