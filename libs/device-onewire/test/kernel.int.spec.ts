import { systemClock } from '@raspy/clock';
import { KernelBus } from '../src/kernel/kernel-bus.js';
import { idOf } from './fake-bus.js';
import { RECORDED, RecordedSysfs } from './recorded-sysfs.js';

const GOOD = idOf('28-000000000001');
const OTHER = idOf('28-000000000002');
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let sysfs: RecordedSysfs;
let bus: KernelBus;

beforeEach(() => {
  sysfs = new RecordedSysfs(['w1_bus_master1', 'w1_bus_master2']);
  bus = new KernelBus({ devicesDir: sysfs.devicesDir, clock: systemClock, log: silent });
});
afterEach(async () => {
  await bus.close();
  sysfs.remove();
});

it('finds chips, which are links to folders, and no bus masters', async () => {
  sysfs.plug(GOOD, RECORDED.good);
  sysfs.plug('3a-000000000003', '');
  expect(await bus.scan()).toEqual([{ id: GOOD }, { id: '3a-000000000003' }]);
  expect(await bus.temperature(GOOD)).toMatchObject({ celsius: 20.6875 });
});

it.each(['crcNo', 'shorted', 'torn', 'empty'] as const)(
  'has no temperature of a file that is %s',
  async (kind) => {
    sysfs.plug(GOOD, RECORDED[kind]);
    await expect(bus.temperature(GOOD)).rejects.toMatchObject({ code: 'GARBLED' });
    sysfs.write(GOOD, RECORDED.good);
    expect(await bus.temperature(GOOD)).toMatchObject({ celsius: 20.6875 });
  },
);

it('notices that a chip is gone, and back', async () => {
  sysfs.plug(GOOD, RECORDED.good);
  await bus.scan();
  sysfs.unplug(GOOD);
  await expect(bus.temperature(GOOD)).rejects.toMatchObject({ code: 'ABSENT' });
  expect(await bus.scan()).toEqual([]);
  sysfs.plug(GOOD, RECORDED.good);
  expect(await bus.temperature(GOOD)).toMatchObject({ celsius: 20.6875 });
});

it('says why a folder cannot be read', async () => {
  await bus.close();
  bus = new KernelBus({ devicesDir: `${sysfs.root}/nowhere`, clock: systemClock, log: silent });
  await expect(bus.scan()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('there is no such folder') as string,
  });
});

it('goes on with other chips while a file hangs, and blocks nothing of its process', async () => {
  sysfs.plugHanging(GOOD);
  sysfs.plug(OTHER, RECORDED.good, 'w1_bus_master2');
  const hanging = bus.temperature(GOOD);
  for (let i = 0; i < 20; i++) expect(await bus.temperature(OTHER)).toMatchObject({ celsius: 20.6875 });
  let turns = 0;
  for (; turns < 1_000; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(turns).toBe(1_000);
  sysfs.release(GOOD);
  await expect(hanging).rejects.toMatchObject({ code: 'GARBLED' });
});

it('does not take files that somebody has copied for a kernel that can be told to measure', async () => {
  sysfs.plug(GOOD, RECORDED.good);
  sysfs.plug(OTHER, RECORDED.good);
  expect((await bus.convert([GOOD, OTHER])).size).toBe(0);
  expect(await bus.thermometer(GOOD)).toEqual({});
});
