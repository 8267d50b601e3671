import { KvClient } from '@raspy/kv-clone';
import { MdpClient, MdpWorker } from '@raspy/mdp-protocol';
import { SettingsClient } from '@raspy/titanic-store';
import { frameText, textFrame } from '@raspy/wire';
import { freePort, Workbench, type Running } from './processes.js';
import { treeValue } from './tree-value.js';

const TIMING = ['--heartbeat-ms=300', '--liveness=5'];

/** Jobs of a home whose processes are real, and are killed. */
describe('the jobs of a home', () => {
  const bench = new Workbench();
  const closers: (() => Promise<unknown>)[] = [];
  let port: number;
  let dataDir: string;
  let client: MdpClient;

  beforeEach(async () => {
    port = await freePort();
    dataDir = bench.folder();
    client = new MdpClient({ endpoint: `tcp://127.0.0.1:${port}`, timeoutMs: 10_000 });
    closers.push(() => client.close());
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
  const core = (): Promise<Running> => app('raspy-core', '--clock-trust=always', '--time-zone=UTC');

  /** @returns the JSON of a reply with 200 */
  async function cron(...body: string[]): Promise<Record<string, unknown>> {
    const reply = (await client.request('pi.core.cron', body)).map(frameText);
    if (reply.at(-1) !== '200') throw new Error(reply.join(' '));
    return (reply.length > 1 ? JSON.parse(reply[0]!) : {}) as Record<string, unknown>;
  }

  it('tell the tree when they come, and send commands', async () => {
    await app('raspy-broker');
    await app('raspy-fake');
    await core();
    const tree = new KvClient({ endpoint: `tcp://127.0.0.1:${port}` });
    closers.push(() => tree.close());
    const command = { service: 'pi.fake.devices', device: 'lamp', name: 'level', args: { percent: 77 } };
    await cron('add', JSON.stringify({ name: 'blink', when: { everySeconds: 1 }, does: { command } }));
    const event = (await treeValue(tree, '/event/cron/blink')) as Record<string, unknown>;
    expect(event).toMatchObject({ why: 'due', run: expect.any(String) as string });
    expect(event['at']).toBeGreaterThanOrEqual(event['due'] as number);
    await treeValue(tree, '/device/pi.fake/lamp/level', (reading) => reading['value'] === 77);
    expect(await cron('info', 'blink')).toMatchObject({ last: { why: 'due' } });
  });

  it('do what was missed once, and not again after kill -9 between the command and its answer', async () => {
    await app('raspy-broker');
    // What the store has when the power comes back: a dose of five minutes ago.
    const when = { at: new Date(Date.now() - 300_000).toISOString() };
    const command = { service: 'pi.slow.devices', device: 'pump', name: 'dose', args: { ml: 5 } };
    const job = { name: 'dose', when, missed: 'once', does: { command } };
    const memory = { memory: { settled: Date.now() - 600_000 }, of: JSON.stringify({ enabled: true, when }) };
    const store = new SettingsClient(client);
    await store.set('cron', 'jobs', 'dose', textFrame(JSON.stringify(job)));
    await store.set('cron', 'memory', 'dose', textFrame(JSON.stringify(memory)));

    const got: string[][] = [];
    let came = (): void => undefined;
    const first = new Promise<void>((resolve) => (came = resolve));
    const pump = new MdpWorker({
      endpoint: `tcp://127.0.0.1:${port}`,
      service: 'pi.slow.devices',
      concurrency: 4,
      heartbeatIntervalMs: 300,
      heartbeatLiveness: 5,
      // The first is never answered.
      handle: (body) => {
        got.push(body.map(frameText));
        came();
        return got.length === 1
          ? new Promise(() => undefined)
          : Promise.resolve(['null', '200'].map(textFrame));
      },
    });
    closers.push(() => pump.close({ deadlineMs: 100 }));

    const killed = await core();
    await first;
    killed.kill('SIGKILL');
    await killed.end();
    const again = await core();
    expect(again.stderr).toContain('nobody knows whether a run of a job was done');
    expect(await cron('info', 'dose')).toMatchObject({
      last: { outcome: 'unknown', why: 'missed', due: Date.parse(when.at) },
      held: 'no run any more',
    });
    expect(await cron('run', 'dose')).toMatchObject({ outcome: 'done', why: 'by hand' });
    expect(got).toHaveLength(2);
    again.kill('SIGTERM');
    expect(await again.end()).toBe(0);
  });
});
