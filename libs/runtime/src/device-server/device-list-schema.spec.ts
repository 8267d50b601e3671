import { defineDeviceType, type DeviceDriver } from '@raspy/devices';
import { NEVER } from 'rxjs';
import { z } from 'zod';
import { deviceListSchema } from './device-list-schema.js';

const type = defineDeviceType({
  oid: 'test.probe',
  title: 'Probe',
  config: z.object({ pin: z.int() }),
  values: { level: { schema: z.number() } },
  commands: {},
});
const driver: DeviceDriver<typeof type> = {
  type,
  open: () => ({ values$: NEVER, commands: {}, close: () => undefined }),
};
const schema = deviceListSchema([driver]);

async function mistakes(value: unknown): Promise<string[]> {
  const { issues = [] } = await schema['~standard'].validate(value);
  return issues.map(({ message, path = [] }) => `${path.map(String).join('.')}: ${message}`);
}

it('takes a list of devices as it is', async () => {
  const list = [{ name: 'a', oid: 'test.probe', config: { pin: 4 } }];
  expect(await schema['~standard'].validate(list)).toEqual({ value: list });
  expect(await schema['~standard'].validate([])).toEqual({ value: [] });
});

it('finds every mistake in every device, inside its configuration too', async () => {
  expect(
    await mistakes([
      { name: 'a', oid: 'test.probe' },
      { name: 'a', oid: 'test.probe', config: { pin: 'four' } },
      { name: 'b', oid: 'test.none' },
      null,
      7,
    ]),
  ).toEqual([
    expect.stringMatching(/^0\.config\.pin: /),
    expect.stringMatching(/^1\.config\.pin: /),
    '2.oid: no driver for "test.none": give one of test.probe',
    expect.stringMatching(/^3: /),
    expect.stringMatching(/^4: /),
    '1.name: "a" stands twice: names are unique in a server',
  ]);
});

it('does not miss drivers that may come with plugins which are missing', async () => {
  const partial = deviceListSchema([driver], { partial: true });
  const { issues = [] } = await partial['~standard'].validate([
    { name: 'a', oid: 'test.none' },
    { name: 'b', oid: 'test.probe', config: { pin: 'x' } },
  ]);
  expect(issues.map(({ path }) => path)).toEqual([[1, 'config', 'pin']]);
});

it('wants a list', async () => {
  expect(await mistakes({ a: 1 })).toEqual([': must be a list: one "- name: …" for each device']);
});
