import { VirtualClock } from '@raspy/clock';
import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { SharedBuses } from '../src/buses/shared-buses.js';
import { deviceDrivers } from '../src/devices/drivers.js';
import { KernelBus } from '../src/kernel/kernel-bus.js';
import { SimulatedKernel } from './simulated-kernel.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

it('two hundred thermometers, some of them broken: each tells of itself, and the others are good', async () => {
  const clock = new VirtualClock();
  const kernel = new SimulatedKernel(clock);
  const buses = new SharedBuses(({ log }) => [
    new KernelBus({ devicesDir: kernel.folder, clock, log, files: kernel }),
  ]);
  const host = new DeviceHost({ registry: new DeviceRegistry(deviceDrivers(buses)), clock, log: silent });
  const ids = Array.from({ length: 200 }, (_, n) =>
    kernel.plug(`28-${(n + 1).toString(16).padStart(12, '0')}`, {
      truth: (now) => 20 + n / 100 + now / 60_000,
      master: `w1_bus_master${1 + (n % 4)}`,
    }),
  );
  for (const id of ids) host.add({ name: id, oid: 'sensor.temperature', config: { id }, pollSeconds: 60 });
  await host.opened();
  await clock.advanceByAsync(55_000);
  expect(ids.filter((id) => host.get(id, 'temperature').quality !== 'good')).toEqual([]);

  const [weak, torn, gone] = ids.slice(40, 43) as [(typeof ids)[0], (typeof ids)[0], (typeof ids)[0]];
  kernel.fault(weak, ...Array<'weak'>(20).fill('weak'));
  kernel.fault(torn, ...Array<'torn'>(20).fill('torn'));
  kernel.unplug(gone);
  await clock.advanceByAsync(60_000);
  const reason = (id: string): string | undefined => host.get(id, 'temperature').reason;
  expect(reason(weak)).toContain('127.94');
  expect(reason(torn)).toContain('torn');
  expect(reason(gone)).toContain('it is not on the bus');
  const broken = new Set([weak, torn, gone]);
  for (const id of ids.filter((one) => !broken.has(one))) {
    expect(host.get(id, 'temperature')).toMatchObject({ quality: 'good' });
    expect(Number(host.get(id, 'temperature').value)).toBeGreaterThan(20.9);
  }

  const end = { isClosed: false };
  void host.close().then(() => (end.isClosed = true));
  while (!end.isClosed) await clock.advanceByAsync(1_000);
  expect(clock.nextAt).toBe(Infinity);
});
