import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MdpClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { runServer } from '@raspy/runtime';
import { TestHost, TestProcess } from '@raspy/runtime/testing';
import { coreDefinition } from '../src/definition.js';

const BIN = join(__dirname, '../bin/raspy-core.mjs');
let folder: string;
let broker: RunningBroker;
let client: MdpClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-core-'));
  broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
  client = new MdpClient({ endpoint: broker.endpoint });
});
afterAll(async () => {
  await client.close();
  await broker.close();
  await rm(folder, { recursive: true });
});
afterEach(() => TestProcess.killAll());

it('serves beside a broker without a settings store, says that no job runs, and leaves in good order', async () => {
  const host = new TestHost({
    argv: [`--broker-port=${broker.endpoint.split(':').at(-1)!}`, `--data-dir=${folder}`, '--hostname=pi'],
  });
  const ended = runServer(coreDefinition, host);
  await host.stdout.until(/^raspy-core ready as pi\.core on tcp:\/\/127\.0\.0\.1:\d+ \(pid 4711\)\n$/);
  const [reason, status] = (await client.request('pi.core.cron', ['list_keys'])).map((frame) =>
    Buffer.from(frame).toString(),
  );
  expect(reason).toContain('the jobs were not read from the settings store yet, and none runs');
  expect(status).toBe('500');
  expect(
    (await client.request('pi.core.mmi', ['status'])).map((frame) => Buffer.from(frame).toString()),
  ).toEqual(['500']);
  await host.stderr.until(/no job runs before the settings store was read/);
  host.signal('SIGTERM');
  expect(await ended).toBe(0);
});

it('is a program that tells its settings, and refuses those that make no sense', async () => {
  const program = new TestProcess(BIN, ['--help']);
  expect(await program.ended).toBe(0);
  for (const flag of ['--latitude', '--longitude', '--time-zone', '--clock-trust']) {
    expect(program.stdout.text).toContain(flag);
  }
  const wrong = new TestProcess(BIN, ['--latitude=91', '--time-zone=Europe/Pairs']);
  expect(await wrong.ended).toBe(2);
  expect(wrong.stderr.text).toContain('--latitude: "91" will not do: give a number from -90 to 90');
  expect(wrong.stderr.text).toContain(
    '--time-zone: "Europe/Pairs" will not do: give a time zone such as Europe/Paris',
  );
});
