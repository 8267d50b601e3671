import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MdpClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { runServer } from '@raspy/runtime';
import { TestHost, TestProcess } from '@raspy/runtime/testing';
import { frameText } from '@raspy/wire';
import { titanicDefinition } from '../src/definition.js';

const BIN = join(__dirname, '../bin/raspy-titanic.mjs');
let folder: string;
let broker: RunningBroker;
let client: MdpClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-titanic-'));
  broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*' });
  client = new MdpClient({ endpoint: broker.endpoint });
});
afterAll(async () => {
  await client.close();
  await broker.close();
  await rm(folder, { recursive: true });
});
afterEach(() => TestProcess.killAll());
const settings = (): string[] => [
  `--broker-port=${broker.endpoint.split(':').at(-1)!}`,
  `--data-dir=${folder}`,
  '--hostname=pi',
];
const ask = async (service: string, ...body: string[]): Promise<string[]> =>
  (await client.request(service, body)).map(frameText);

it('serves titanic.* beside a broker, keeps what it was given, and leaves in good order', async () => {
  const first = new TestHost({ argv: settings() });
  let ended = runServer(titanicDefinition, first);
  await first.stdout.until(/^raspy-titanic ready as pi\.titanic on tcp:\/\/127\.0\.0\.1:\d+ \(pid 4711\)\n$/);
  const [status, id] = await ask('titanic.request', 'pi.sleeper', 'hello');
  expect(status).toBe('200');
  expect(await ask('titanic.store', 'set', 'scenario', 'main', 'Conf', '{}')).toEqual([
    ...['scenario', 'main', 'Conf'],
    '200',
  ]);
  expect(await ask('pi.titanic.mmi', 'status')).toEqual(['200']);
  first.signal('SIGTERM');
  expect(await ended).toBe(0);

  const second = new TestHost({ argv: settings() });
  ended = runServer(titanicDefinition, second);
  await second.stdout.until(/ready/);
  expect(await ask('titanic.reply', id!)).toEqual(['300']);
  expect(await ask('titanic.store', 'get', 'scenario', 'main', 'Conf')).toContain('{}');
  second.signal('SIGTERM');
  expect(await ended).toBe(0);
});

it('is a program that tells its settings', async () => {
  const program = new TestProcess(BIN, ['--help']);
  expect(await program.ended).toBe(0);
  expect(program.stdout.text).toContain('--titanic-max-attempts');
  expect(program.stdout.text).toContain('--clock-trust');
});

it('takes the place of one that was killed, and refuses to be a second one', async () => {
  const first = new TestProcess(BIN, settings());
  await first.until(/ready/);
  const [, id] = await ask('titanic.request', 'pi.sleeper', 'kept');
  expect(await first.end('SIGKILL')).toBe('SIGKILL');
  const second = new TestProcess(BIN, settings());
  await second.until(/ready/);
  expect(await ask('titanic.reply', id!)).toEqual(['300']);

  const third = new TestProcess(BIN, settings());
  expect(await third.ended).toBe(3);
  expect(third.stderr.text).toContain('in use by another RasPy process');
  expect(await second.end('SIGTERM')).toBe(0);
});
