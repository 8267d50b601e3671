import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MdpClient, serviceClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { devicesService, runServer } from '@raspy/runtime';
import { TestHost, TestProcess } from '@raspy/runtime/testing';
import { fakeDefinition } from '../src/definition.js';

const BIN = join(__dirname, '../bin/raspy-fake.mjs');
let folder: string;
let broker: RunningBroker;
let client: MdpClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-fake-'));
  broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
  client = new MdpClient({ endpoint: broker.endpoint });
});
afterAll(async () => {
  await client.close();
  await broker.close();
  await rm(folder, { recursive: true });
});
afterEach(() => TestProcess.killAll());
const settings = (...more: string[]): string[] => [
  `--broker-port=${broker.endpoint.split(':').at(-1)!}`,
  `--data-dir=${folder}`,
  '--hostname=pi',
  ...more,
];
const devices = (service = 'pi.fake.devices') => serviceClient(devicesService, client, service);

it('has a small home when no file says which devices', async () => {
  const host = new TestHost({ argv: settings() });
  const ended = runServer(fakeDefinition, host);
  await host.stdout.until(/^raspy-fake ready as pi\.fake on tcp:\/\/127\.0\.0\.1:\d+ \(pid 4711\)\n$/);
  expect(await devices().listKeys()).toEqual([
    'camera',
    'heater',
    'lamp',
    'pump',
    'reef',
    'reef-temperature',
    'tv',
    'tv.channel',
    'tv.volume',
    'water-level',
    'water-temperature',
  ]);
  expect(await devices().exec('lamp', 'level', { percent: 15 })).toMatchObject({ result: { percent: 15 } });
  expect(await devices().get('lamp', 'level')).toMatchObject({ value: 15, unit: '%', quality: 'good' });
  host.signal('SIGINT');
  expect(await ended).toBe(0);
  // Its goodbye travels by a real socket.
  while (broker.services().length > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('has the devices of its file, and tells every mistake in them with its line', async () => {
  const config = join(folder, 'raspy.yaml');
  await writeFile(
    config,
    'devices:\n  - { name: probe, oid: fake.linear, config: { start: 7, slopePerSecond: 0 } }\n',
  );
  const host = new TestHost({ argv: settings(`--config=${config}`) });
  const ended = runServer(fakeDefinition, host);
  await host.stdout.until(/ready/);
  expect(await devices().get('probe', 'value')).toMatchObject({ value: 7 });
  host.signal('SIGINT');
  expect(await ended).toBe(0);

  await writeFile(
    config,
    'devices:\n  - name: probe\n    oid: fake.linear\n    config: { start: x }\n  - name: b\n',
  );
  const wrong = new TestHost({ argv: settings(`--config=${config}`) });
  expect(await runServer(fakeDefinition, wrong)).toBe(2);
  expect(wrong.stderr.lines.slice(1, 3)).toEqual([
    expect.stringContaining(`${config}:4:22, devices.0.config.start: `),
    expect.stringContaining(`${config}:5:5, devices.1.oid: `),
  ]);
});

describe('raspy-fake', () => {
  it('is started before its broker, waits, and then serves', async () => {
    const early = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
    const { endpoint } = early;
    await early.close();
    const fake = new TestProcess(BIN, [
      `--broker-port=${endpoint.split(':').at(-1)!}`,
      `--data-dir=${folder}`,
    ]);
    await fake.stderr.until(/waiting for the broker/);
    expect(fake.stdout.text).toBe('');
    const late = await startBroker({ endpoint });
    await fake.until(/^raspy-fake ready /);
    expect(await fake.end('SIGTERM')).toBe(0);
    await late.close();
  });

  it('refuses to start under a name that lives, and ends with 3', async () => {
    const first = new TestProcess(BIN, settings());
    await first.until(/ready/);
    // On another machine, as it were: on this one the data folder is taken, too.
    const elsewhere = settings().map((flag) =>
      flag.startsWith('--data-dir=') ? `--data-dir=${join(folder, 'elsewhere')}` : flag,
    );
    const second = new TestProcess(BIN, elsewhere);
    expect(await second.ended).toBe(3);
    expect(second.stderr.text).toMatch(
      /another server is alive under the name pi\.fake .*--hostname or --service\n$/,
    );
    expect(second.stdout.text).toBe('');
    expect(await devices().listKeys()).toHaveLength(11);
    expect(await first.end('SIGINT')).toBe(0);
  });

  it('takes the place of one that was killed within seconds', async () => {
    const first = new TestProcess(BIN, settings());
    await first.until(/ready/);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    const second = new TestProcess(BIN, settings());
    await second.until(/ready/);
    expect(await devices().listKeys()).toHaveLength(11);
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('ends at once when it is asked to while it waits', async () => {
    const fake = new TestProcess(BIN, ['--broker-port=1', `--data-dir=${folder}`]);
    await fake.stderr.until(/waiting/);
    expect(await fake.end('SIGINT')).toBe(0);
    expect(fake.stdout.text).toBe('');
  });
});
