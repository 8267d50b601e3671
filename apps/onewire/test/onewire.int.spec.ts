import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MdpClient, serviceClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { devicesService, runServer } from '@raspy/runtime';
import { TestHost, TestProcess } from '@raspy/runtime/testing';
import { onewireDefinition } from '../src/definition.js';

const BIN = join(__dirname, '../bin/raspy-onewire.mjs');
const GOOD = '4b 01 4b 46 7f ff 05 10 e1 : crc=e1 YES\n4b 01 4b 46 7f ff 05 10 e1 t=20687\n';
let folder: string;
let chips: string;
let broker: RunningBroker;
let client: MdpClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-onewire-'));
  chips = join(folder, 'devices');
  await mkdir(join(folder, 'sys/w1_bus_master1'), { recursive: true });
  await mkdir(chips);
  await symlink('../sys/w1_bus_master1', join(chips, 'w1_bus_master1'));
  broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
  client = new MdpClient({ endpoint: broker.endpoint });
});
afterEach(async () => {
  TestProcess.killAll();
  await client.close();
  await broker.close();
  await rm(folder, { recursive: true });
});

/** A chip as the kernel shows it: a link to a folder of its bus master. */
async function plug(id: string, text = GOOD): Promise<void> {
  const target = join(folder, 'sys/w1_bus_master1', id);
  await mkdir(target);
  await writeFile(join(target, 'w1_slave'), text);
  await symlink(`../sys/w1_bus_master1/${id}`, join(chips, id));
}
const settings = (...more: string[]): string[] => [
  `--broker-port=${broker.endpoint.split(':').at(-1)!}`,
  `--data-dir=${folder}`,
  '--hostname=pi',
  ...more,
];
const devices = () => serviceClient(devicesService, client, 'pi.onewire.devices');
const ask = async (...body: string[]): Promise<string[]> =>
  (await client.request('pi.onewire.devices', body)).map((frame) => Buffer.from(frame).toString());

/** Runs a server while something is done. */
async function running(argv: string[], work: (host: TestHost) => Promise<void>): Promise<void> {
  const host = new TestHost({ argv });
  const ended = runServer(onewireDefinition, host);
  await host.stdout.until(/^raspy-onewire ready as pi\.onewire on tcp:\/\/127\.0\.0\.1:\d+ \(pid 4711\)\n$/);
  await work(host);
  host.signal('SIGINT');
  expect(await ended).toBe(0);
}

it('D17: lists chips, which are links to folders, by the ids that the kernel has for them', async () => {
  await plug('28-0316a2795eff');
  await plug('10-000802da8f1d', '');
  await plug('7f-000000000001');
  await running(settings(`--devices-dir=${chips}`), async () => {
    expect(await ask('list_keys')).toEqual(['10-000802da8f1d|28-0316a2795eff|7f-000000000001', '200']);
    for (;;) {
      const reading = (await devices().get('28-0316a2795eff', 'temperature')) as { quality: string };
      if (reading.quality === 'good') break;
    }
    expect(await devices().get('28-0316a2795eff', 'temperature')).toMatchObject({
      value: 20.6875,
      unit: '°C',
    });
    // An unknown family is listed, too.
    expect(await devices().info('7f-000000000001')).toMatchObject({ note: 'chip of the unknown family 7f' });
  });
});

it('has no chips', async () => {
  await running(settings(`--devices-dir=${chips}`), async () => {
    expect(await ask('list_keys')).toEqual(['', '200']);
  });
});

it('D17: answers 500 while the folder cannot be read, says why, and goes on looking', async () => {
  await running(settings(`--devices-dir=${folder}/later`), async (host) => {
    expect(await ask('list_keys')).toEqual(['500']);
    expect(await ask('dance')).toEqual(['dance', '501']);
    expect(host.stderr.text).toContain(`${folder}/later cannot be read: there is no such folder`);
    await plug('28-0316a2795eff');
    await symlink(chips, join(folder, 'later'));
    for (;;) if ((await ask('list_keys'))[0] === '28-0316a2795eff') break;
  });
});

it('keeps the names of those that are configured', async () => {
  await plug('28-0316a2795eff');
  await plug('28-000000000001');
  const config = join(folder, 'raspy.yaml');
  const device = '{ name: tank, oid: sensor.temperature, config: { id: 28-0316a2795eff } }';
  await writeFile(config, `devices:\n  - ${device}\n`);
  await running(settings(`--devices-dir=${chips}`, `--config=${config}`), async () => {
    expect(await ask('list_keys')).toEqual(['28-000000000001|tank', '200']);
  });
});

it('refuses an address that is none, before it starts', async () => {
  const host = new TestHost({ argv: settings('--owserver=pi:none') });
  expect(await runServer(onewireDefinition, host)).toBe(2);
  expect(host.stderr.text).toContain(
    '--owserver: "pi:none" will not do: give HOST:PORT, e.g. 127.0.0.1:4304',
  );
});

it('is a program of its own', async () => {
  await plug('28-0316a2795eff');
  const server = new TestProcess(BIN, settings(`--devices-dir=${chips}`));
  await server.until(/^raspy-onewire ready as pi\.onewire on /m);
  expect(await devices().listKeys()).toEqual(['28-0316a2795eff']);
  expect(await server.end('SIGTERM')).toBe(0);
});
