import { execPath } from 'node:process';
import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { checkDriver } from '@raspy/devices/testing';
import { plugin } from './index.js';

const [driver] = plugin.drivers;
const program = (code: string): object => ({ command: execPath, args: ['-e', code] });
const PRINTS = program('process.stdout.write(Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3]))');

let host: DeviceHost;
beforeEach(() => {
  host = new DeviceHost({ registry: new DeviceRegistry([driver!]) });
});
afterEach(() => host.close());

async function camera(config: object): Promise<void> {
  host.add({ name: 'cam', oid: 'media.camera', config: config as Record<string, unknown> });
  await host.opened('cam');
}
async function photo(): Promise<unknown> {
  try {
    return await host.execute('cam', 'photo');
  } catch (error) {
    return (error as Error).message;
  }
}

it('takes a photo: what the command prints comes back as bytes', async () => {
  await camera(PRINTS);
  expect(await photo()).toEqual({
    result: { bytes: 6, at: expect.any(Number) as number },
    bytes: [Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3])],
  });
  expect(host.get('cam', 'photos')).toMatchObject({ value: 1, quality: 'good' });
});

it.each<[string, object, RegExp]>([
  [
    'fails',
    program('console.error("no cameras available"); process.exit(7)'),
    /ended with 7; it said: no cameras/,
  ],
  ['prints nothing', program(''), /printed no picture/],
  [
    'prints too much',
    { ...program('process.stdout.write(Buffer.alloc(3e6))'), maxMegabytes: 1 },
    /more than 1000000/,
  ],
  [
    'takes too long',
    { ...program('setInterval(() => 0, 1000)'), timeoutSeconds: 1 },
    /no photo within 1000 ms/,
  ],
])('says why there is no photo when the command %s', async (_, config, message) => {
  await camera(config);
  expect(await photo()).toMatch(message);
});

it('involves no shell', async () => {
  await camera({ ...PRINTS, args: ['-e', 'process.stdout.write(process.argv[1])', '$(id); `id` && id'] });
  expect((await host.execute('cam', 'photo')).bytes.map(String)).toEqual(['$(id); `id` && id']);
});

it('is failed while there is no such command, with what to do', async () => {
  await camera({ command: 'rpicam-none' });
  expect(host.list()[0]).toMatchObject({
    state: 'failed',
    reason: 'there is no command "rpicam-none": install it, or set "command" to one that takes photos',
  });
});

it('keeps the contract', async () => {
  expect(await checkDriver(driver!, { config: PRINTS as Record<string, unknown> })).toEqual([]);
});
