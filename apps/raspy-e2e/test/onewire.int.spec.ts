import { KvClient } from '@raspy/kv-clone';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { freePort, Workbench, type Running } from './processes.js';
import { until, type Ended } from './supervised-home.js';
import { treeValue } from './tree-value.js';

const hasOwserver = spawnSync('owserver', ['--version'], { stdio: 'ignore' }).error === undefined;
// In CI it has to be there.
const withOwserver = hasOwserver || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasOwserver) process.stderr.write('owserver is not installed: what needs it is skipped\n');

/** Chips of which it makes up values that never change, and two whose temperature moves between 20 and 20.5 °C. */
const CHIPS = ['--tester=DS2423,DS2413', '--fake=28,28', '--temperature_low=20', '--temperature_high=20.5'];
/** Its output says 1, whatever is written to it. */
const SWITCH = '3a-0001c53a0000';

withOwserver('a home with a real owserver', () => {
  const bench = new Workbench();
  let folder: string;
  let port: number;
  let owPort: number;
  let owserver: Running;
  let tree: KvClient;

  beforeEach(async () => {
    folder = bench.folder();
    port = await freePort();
    owPort = randomInt(33_000, 60_000);
    await startOwserver();
    writeFileSync(
      path.join(folder, 'raspy.yaml'),
      [
        'hostname: pi',
        'isolate: false',
        'servers:',
        '  water:',
        '    kind: devices',
        '    plugins: [raspy-plugin-onewire]',
        `    plugin-options: { onewire: { owserver: '127.0.0.1:${owPort}', scanSeconds: 1 } }`,
        `    devices: [{ name: valve, oid: actuator.switch, pollSeconds: 1, config: { id: ${SWITCH}, channel: A } }]`,
        '',
      ].join('\n'),
    );
    const home = bench.app('raspy', [
      'start',
      `--broker-port=${port}`,
      `--data-dir=${folder}/data`,
      `--config=${folder}/raspy.yaml`,
    ]);
    await home.until(() => home.stdout.includes('pi.water.devices'));
    tree = new KvClient({ endpoint: `tcp://127.0.0.1:${port}` });
  });
  afterEach(async () => {
    await tree.close();
    await bench.cleanUp();
  });

  async function startOwserver(): Promise<void> {
    owserver = bench.start('owserver', [...CHIPS, '--foreground', '-p', `127.0.0.1:${owPort}`]);
    await until(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = createConnection({ host: '127.0.0.1', port: owPort });
          socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
          socket.once('connect', () => socket.destroy());
        }),
    );
  }
  async function raspy(...args: string[]): Promise<Ended> {
    const running = bench.app('raspy', [...args, `--broker-port=${port}`, '--config=/dev/null']);
    const code = await running.end();
    return { code, stdout: running.stdout, stderr: running.stderr };
  }
  const temperatureIs = (quality: 'good' | 'bad', thermometer: string) =>
    treeValue(
      tree,
      `/device/pi.water/${thermometer}/temperature`,
      (reading) => reading['quality'] === quality,
    );
  const keys = async (): Promise<string[]> =>
    (await raspy('request', 'pi.water.devices', 'list_keys', '--json')).stdout.match(
      /[0-9a-f]{2}-[0-9a-f]{12}|valve/g,
    ) ?? [];

  it('lists, watches and reads its chips, tells the tree, and switches what is configured', async () => {
    const found = await keys();
    // The switch is configured, and has its name.
    expect(found).toHaveLength(4);
    expect(found).toEqual(
      expect.arrayContaining(['valve', expect.stringMatching(/^1d-/), expect.stringMatching(/^28-/)]),
    );
    const thermometer = found.find((name) => name.startsWith('28-'))!;
    await temperatureIs('good', thermometer);
    expect((await raspy('device', 'get', thermometer, 'temperature')).stdout).toMatch(/^2[01](\.\d+)? °C\n$/);
    await treeValue(tree, '/device/pi.water/valve/on', ({ value }) => value === true);
    const listed = (await raspy('device', 'ls')).stdout;
    expect(listed).toMatch(/2[01](\.\d+)? °C +good/);
    expect(listed).toMatch(new RegExp(`pi\\.water\\.${thermometer} \\* +sensor\\.temperature +temperature`));
    expect(listed).toMatch(/pi\.water\.valve +actuator\.switch +on +true/);

    const watch = bench.app('raspy', ['device', 'watch', '--json', `--broker-port=${port}`]);
    await watch.until(() => watch.stdout.includes(thermometer));
    const told = await raspy('kv', 'get', `/device/pi.water/${thermometer}/temperature`);
    expect(JSON.parse(told.stdout)).toMatchObject({ unit: '°C', quality: 'good' });

    expect(await raspy('device', 'set', 'valve', 'on=true')).toMatchObject({ code: 0 });
    // It is on whatever it is told, as a relay whose contacts have welded: that is seen, and said.
    await raspy('device', 'set', 'valve', 'on=false');
    await treeValue(tree, '/event/pi.water/valve/safety', (event) =>
      JSON.stringify(event).includes('"disobeyed"'),
    );
  });

  it('has bad readings while the server is gone, and good ones when it is back', async () => {
    const [thermometer] = (await keys()).filter((name) => name.startsWith('28-')) as [string];
    await temperatureIs('good', thermometer);
    owserver.kill('SIGKILL');
    await owserver.end();
    await temperatureIs('bad', thermometer);
    const { stdout } = await raspy('device', 'get', thermometer, 'temperature', '--json');
    expect(stdout).toContain('is it running there?');
    await startOwserver();
    // It makes up other chips by the same chance: the identities are the same.
    await temperatureIs('good', thermometer);
  });
});
