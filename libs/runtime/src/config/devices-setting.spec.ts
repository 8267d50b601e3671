import { defineDeviceType, type DeviceDriver } from '@raspy/devices';
import { NEVER } from 'rxjs';
import { z } from 'zod';
import { devicesSetting } from './devices-setting.js';

const type = defineDeviceType({
  oid: 'test.probe',
  title: 'Probe',
  config: z.object({}),
  values: { level: { schema: z.number() } },
  commands: {},
});
const driver: DeviceDriver<typeof type> = {
  type,
  open: () => ({ values$: NEVER, commands: {}, close: () => undefined }),
};
const machine = { hostname: 'pi', homeDir: '/home/pi', env: {} };

it('is checked by the drivers of the server, which are loaded only then', async () => {
  let loaded = 0;
  const setting = devicesSetting(() => Promise.resolve([driver]).finally(() => loaded++), 'a probe');
  expect(setting.fallback(machine)).toBeUndefined();
  expect(setting.fallbackText(machine)).toBe('a probe');
  expect(loaded).toBe(0);
  expect(await setting.read([{ name: 'a', oid: 'test.probe' }], machine)).toMatchObject({
    value: [{ name: 'a' }],
  });
  expect(await setting.read([{ name: 'a', oid: 'test.none' }], machine)).toMatchObject([
    { path: [0, 'oid'] },
  ]);
});
