import { KvClient } from '@raspy/kv-clone';
import { MdpClient } from '@raspy/mdp-protocol';
import { frameText } from '@raspy/wire';
import { freePort, Workbench, type Running } from './processes.js';
import { until } from './supervised-home.js';
import { treeValue } from './tree-value.js';

const TIMING = ['--heartbeat-ms=300', '--liveness=5'];
const HEATER = '/device/pi.fake/heater/on';

/** Holds the heater for as long as it lives, by leases of two seconds. */
const HOLDS = {
  name: 'holds',
  mode: 'background',
  entries: { heater: { kind: 'device', service: 'pi.fake.devices', device: 'heater' } },
  code: `await hold(entries.heater, { on: true }, { lease: '2 s', atMost: '1 h' });
await until(() => false);`,
};

/** Scenarios of a home whose processes are real, and are killed. */
describe('the scenarios of a home', () => {
  const bench = new Workbench();
  const closers: (() => Promise<unknown>)[] = [];
  let port: number;
  let dataDir: string;
  let client: MdpClient;
  let tree: KvClient;

  beforeEach(async () => {
    port = await freePort();
    dataDir = bench.folder();
    await app('raspy-broker');
    await app('raspy-fake');
    const endpoint = `tcp://127.0.0.1:${port}`;
    client = new MdpClient({ endpoint, timeoutMs: 10_000 });
    tree = new KvClient({ endpoint });
    closers.push(
      () => client.close(),
      () => tree.close(),
    );
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    await bench.cleanUp();
  });

  async function app(bin: 'raspy-broker' | 'raspy-core' | 'raspy-fake', ...more: string[]): Promise<Running> {
    const running = bench.app(bin, [
      `--broker-port=${port}`,
      `--data-dir=${dataDir}`,
      '--hostname=pi',
      ...TIMING,
      ...more,
    ]);
    await running.until(() => running.stdout.includes('ready'));
    return running;
  }
  const core = (...more: string[]): Promise<Running> => app('raspy-core', '--clock-trust=always', ...more);

  /** @returns the JSON of a reply with 200 */
  async function ask(service: string, ...body: string[]): Promise<unknown> {
    const reply = (await client.request(`pi.core.${service}`, body)).map(frameText);
    if (reply.at(-1) !== '200') throw new Error(reply.join(' '));
    return reply.length > 1 ? (JSON.parse(reply[0]!) as unknown) : undefined;
  }
  const add = (scenario: object): Promise<unknown> => ask('scenarios', 'add', JSON.stringify(scenario));
  const status = async (name: string) => (await ask('scenario', 'status', name)) as Record<string, unknown>;

  const value = (key: string, fits?: (json: unknown) => boolean) => treeValue(tree, key, fits);
  const heaterIs = (on: boolean) =>
    value(HEATER, (reading) => (reading as { readonly value: unknown }).value === on);

  it('keep the heater on while core lives, and kill -9 of core switches it off; it goes on when core is back', async () => {
    const first = await core();
    await add(HOLDS);
    await heaterIs(true);
    first.kill('SIGKILL');
    await first.end();
    await heaterIs(false);
    await core();
    await heaterIs(true);
  });

  it('let go of the heater at once when they are stopped, deleted, or core ends', async () => {
    const running = await core();
    await add(HOLDS);
    await heaterIs(true);
    await ask('scenario', 'stop', 'holds');
    await heaterIs(false);
    await ask('scenario', 'run', 'holds');
    await heaterIs(true);
    await ask('scenarios', 'delete', 'holds');
    await heaterIs(false);
    await add(HOLDS);
    await heaterIs(true);
    running.kill('SIGTERM');
    expect(await running.end()).toBe(0);
    await heaterIs(false);
  });

  it('are fired by a value of a device, see it, and tell what they did', async () => {
    await core();
    await add({
      name: 'dim',
      mode: 'fired',
      entries: {
        level: { kind: 'value', key: '/device/pi.fake/lamp/level', type: 'number', unit: '%' },
        lamp: { kind: 'device', service: 'pi.fake.devices', device: 'lamp' },
      },
      fires: [{ entry: 'level', above: 80 }],
      code: `await publish('saw', fired.value);
await entries.lamp.command('level', { percent: 30 });
const dimmed: boolean = await until(() => entries.level.value === 30, { timeout: '10 s' });
await publish('dimmed', dimmed);`,
    });
    await client.request('pi.fake.devices', ['exec', 'lamp', 'level', '{"percent":90}']);
    expect(await value('/scenario/dim/saw')).toBe(90);
    expect(await value('/scenario/dim/dimmed')).toBe(true);
    const trace = (await ask('scenario', 'trace', 'dim')) as { kind: string; text: string }[];
    expect(trace.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['fired', 'saw', 'sent']));
    expect(trace.find(({ kind }) => kind === 'sent')?.text).toBeDefined();
  });

  it('that spin are cut and quarantined, while another goes on', async () => {
    await core();
    await add(HOLDS);
    await add({ name: 'spins', mode: 'background', code: 'for (;;) {}' });
    await value('/device/pi.fake/heater/on', (reading) => (reading as { value: unknown }).value === true);
    await until(async () => (await status('spins'))['state'] === 'quarantined');
    expect((await status('spins'))['reason']).toContain('budget');
    expect(await status('holds')).toMatchObject({ state: 'running', runs: 1 });
    // A lease is two seconds: it was renewed meanwhile.
    expect(await value(HEATER)).toMatchObject({ value: true });
  });

  it('are all there and do nothing in safe mode', async () => {
    const first = await core();
    await add(HOLDS);
    await heaterIs(true);
    first.kill('SIGTERM');
    await first.end();
    await core('--safe-mode');
    expect(await ask('scenario', 'info')).toEqual(['holds']);
    expect(await status('holds')).toMatchObject({ state: 'off', safeMode: true });
    await expect(ask('scenario', 'run', 'holds')).rejects.toThrow('safe mode');
    await heaterIs(false);
  });

  it('keep their variables over kill -9', async () => {
    const counts = {
      name: 'counts',
      mode: 'background',
      code: `const runs = (variables.get('runs') ?? 0) + 1;
await variables.set('runs', runs);
await publish('runs', runs);
await until(() => false);`,
    };
    const first = await core();
    await add(counts);
    await value('/scenario/counts/runs', (runs) => runs === 1);
    first.kill('SIGKILL');
    await first.end();
    await core();
    await value('/scenario/counts/runs', (runs) => runs === 2);
  });
});
