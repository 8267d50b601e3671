import { systemClock } from '@raspy/clock';
import { DeviceBench, relay } from '../../../test/device-bench.js';
import { FakeTree } from '../../../test/fake-tree.js';
import { BusHome } from './bus-home.js';

const RELAY = { service: 'pi.tank.devices', device: 'pump' };
const bench = new DeviceBench();
let tree: FakeTree;
let home: BusHome;
const signal = new AbortController().signal;
const trace = 'scenario test';

beforeEach(async () => {
  await bench.open();
  await bench.start([relay('pump')]);
  tree = new FakeTree();
  bench.relays.done.length = 0;
  const cron = {} as BusHome['cron'];
  home = new BusHome({ client: bench.client, tree: tree.asClient, clock: systemClock, cron });
});
afterEach(async () => {
  home.close();
  await bench.close();
});

const on = (leaseMs?: number) =>
  home.command(RELAY, 'set', { on: true }, { signal, trace, ...(leaseMs !== undefined && { leaseMs }) });

it('commands a device, under a lease where one is asked for', async () => {
  const { lease } = await on(30_000);
  expect(lease).toEqual({ id: expect.any(String) as string, leaseMs: 30_000 });
  await home.renew(RELAY, lease!.id, 30_000);
  await home.release(RELAY, lease!.id);
  expect(bench.relays.done).toEqual(['pump on', 'pump off']);
});

it('knows of a lease that it has ended', async () => {
  const { lease } = await on(30_000);
  await home.release(RELAY, lease!.id);
  await expect(home.renew(RELAY, lease!.id, 1_000)).rejects.toMatchObject({ code: 'UNKNOWN_LEASE' });
  await expect(home.release(RELAY, lease!.id)).rejects.toMatchObject({ code: 'UNKNOWN_LEASE' });
});

it('says why a device refused, and that nobody serves it', async () => {
  await expect(home.command(RELAY, 'refuse', {}, { signal, trace })).rejects.toMatchObject({
    message: expect.stringContaining('the tank is empty') as string,
    code: '500',
  });
  const gone = { service: 'pi.gone.devices', device: 'x' };
  await expect(home.command(gone, 'set', {}, { signal, trace })).rejects.toMatchObject({ code: 'NO_WORKER' });
  await expect(home.renew(gone, 'x', 1_000)).rejects.toMatchObject({ code: 'NO_WORKER' });
});

it('sends requests, once or by Titanic', async () => {
  const [names, status] = await home.request('pi.tank.devices', ['list_keys'], { durable: false, signal });
  expect([names, status]).toEqual(['pump', '200']);
  await expect(
    home.request('pi.tank.devices', ['list_keys'], { durable: true, signal }),
  ).rejects.toBeDefined();
});

it('publishes JSON, and reads the tree', async () => {
  await home.publish('/scenario/test/level', { cm: 3 });
  expect(tree.sent).toEqual([['/scenario/test/level', '{"cm":3}']]);
  tree.put('/x', '7');
  const told: unknown[] = [];
  home.watch('/x', (reading) => told.push(reading?.value));
  expect(told).toEqual([7]);
});

it('describes what it knows', async () => {
  tree.put('/device/pi.tank', {});
  tree.put('/device/pi.tank/pump', { oid: 'test.relay', state: 'open' });
  tree.put('/device/pi.tank/water/level', { value: 3, unit: 'cm', at: 1, quality: 'good' });
  expect(await home.describe(RELAY)).toEqual({ type: 'test.relay' });
  expect(await home.describe({ key: '/device/pi.tank/water/level' })).toEqual({ type: 'number', unit: 'cm' });
  expect(await home.describe({ key: '/none' })).toBeUndefined();
  expect(await home.describe({ ...RELAY, device: 'none' })).toBeUndefined();
});
