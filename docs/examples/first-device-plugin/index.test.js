import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { checkDriver, VirtualClock } from '@raspy/devices/testing';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDriver, plugin } from './index.js';

test('the driver keeps the contract', async () => {
  assert.deepEqual(await checkDriver(loadDriver, { commands: [{ name: 'forget' }] }), []);
});

test('it measures again and again', async () => {
  const clock = new VirtualClock();
  const host = new DeviceHost({ registry: new DeviceRegistry(plugin.drivers), clock });
  host.add({ name: 'board', oid: 'board.load', config: { everySeconds: 10 } });
  await host.opened('board');
  let readings = 0;
  host.changes$.subscribe(({ value }) => {
    if (value === 'load') readings++;
  });
  await clock.advanceByAsync(60_000);
  assert.equal(readings, 7); // at once, and after each ten seconds
  assert.equal(host.get('board', 'load').quality, 'good');
  await host.close();
});
