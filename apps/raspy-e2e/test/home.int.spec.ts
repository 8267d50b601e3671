import { MdpClient } from '@raspy/mdp-protocol';
import { frameText } from '@raspy/wire';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, Workbench, type Running } from './processes.js';

describe('a home', () => {
  const bench = new Workbench();
  let port: number;
  let dataDir: string;
  let home: Running;
  let client: MdpClient;

  beforeAll(async () => {
    port = await freePort();
    dataDir = path.join(bench.folder(), 'data');
    home = bench.app('raspy', ['start', `--broker-port=${port}`, `--data-dir=${dataDir}`, '--hostname=pi']);
    await home.until(() => home.stdout.includes('pi.fake.devices') && /°C/.test(home.stdout));
    client = new MdpClient({ endpoint: `tcp://127.0.0.1:${port}`, timeoutMs: 10_000 });
  });

  afterAll(async () => {
    await client.close();
    await bench.cleanUp();
  });

  /** A command against this home. @returns its output, parsed where it is JSON lines */
  async function raspy(
    ...args: string[]
  ): Promise<{ code: number | string; stdout: string; stderr: string }> {
    const running = bench.app('raspy', [...args, `--broker-port=${port}`]);
    const code = await running.end();
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  it('answers discovery with every service, sorted, status last', async () => {
    const { code, stdout } = await raspy('request', 'mmi.discovery', '.*', '--json');
    expect(code).toBe(0);
    for (const service of ['broker', 'fake']) {
      for (const part of ['mmi', 'statistics']) expect(stdout).toContain(`pi.${service}.${part}`);
    }
    expect(stdout).toContain('pi.fake.devices');
  });

  it('lists services and devices, reads a value and carries out a command', async () => {
    const services = await raspy('service', 'ls');
    expect(services.stdout).toMatch(/pi\.fake\.devices/);
    const devices = await raspy('device', 'ls', '--json');
    expect(devices.code).toBe(0);
    expect(devices.stdout).toContain('"lamp"');
    const on = await raspy('request', 'pi.fake.devices', 'exec', 'lamp', 'level', '{"percent":40}');
    expect(on.code).toBe(0);
    const level = await raspy('device', 'get', 'pi.fake.lamp', 'level', '--json');
    expect(level.stdout).toContain('40');
  });

  it('answers what PROTOCOLS §7 says of every server', async () => {
    for (const [service, action, last] of [
      ['pi.fake.mmi', 'status', '200'],
      ['pi.broker.mmi', 'status', '200'],
      ['pi.fake.mmi', 'nonsense', '501'],
      ['pi.fake.statistics', 'list_keys', '200'],
      ['pi.broker.statistics', 'all', '200'],
      ['pi.fake.devices', 'nonsense', '501'],
      ['mmi.echo', 'x', '501'],
    ] as const) {
      const reply = (await client.request(service, [action])).map(frameText);
      expect([service, action, reply.at(-1)]).toEqual([service, action, last]);
    }
    const [keys] = (await client.request('pi.fake.devices', ['list_keys'])).map(frameText);
    expect(keys).toMatch(/[\w.-]+\|[\w.-]+/);
  });

  it('refuses a second server of the same name', async () => {
    const second = bench.app('raspy-fake', [
      `--broker-port=${port}`,
      '--hostname=pi',
      `--data-dir=${bench.folder()}`,
    ]);
    expect(await second.end()).toBe(3);
    expect(second.stderr).toContain('pi.fake');
    const { stdout } = await raspy('request', 'pi.fake.mmi', 'status');
    expect(stdout).toContain('200');
  });

  it('refuses a port in use with one clear message and exit code 3, and stays up itself', async () => {
    const second = bench.app('raspy-broker', [`--broker-port=${port}`, `--data-dir=${bench.folder()}`]);
    expect(await second.end()).toBe(3);
    expect(second.stdout).toBe('');
    expect(second.stderr).toContain(String(port));
    expect(home.ended).toBeUndefined();
  });

  it('takes a device server in a process of its own, and notices when it is killed', async () => {
    const other = bench.app('raspy-fake', [
      `--broker-port=${port}`,
      '--hostname=other',
      `--data-dir=${bench.folder()}`,
    ]);
    await other.until(() => other.stdout.includes('\n'));
    expect((await raspy('request', 'other.fake.mmi', 'status')).stdout).toContain('200');
    other.kill('SIGTERM');
    expect(await other.end()).toBe(0);
    expect((await raspy('request', 'mmi.service', 'other.fake.mmi')).stdout).toContain('404');
  });

  // The last: there is no home after it.
  it('ends within two seconds of Ctrl-C, with exit code 0, leaving nothing but its data directory', async () => {
    const asked = Date.now();
    home.kill('SIGINT');
    expect(await home.end()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(2_000);
    expect(readdirSync(path.dirname(dataDir))).toEqual(['data']);
    const after = await raspy('service', 'ls', '--timeout-ms=200');
    expect(after.code).not.toBe(0);
    expect(after.stderr).not.toBe('');
  });
});

describe('two device servers of one name', () => {
  const bench = new Workbench();
  afterEach(() => bench.cleanUp());

  it('one that was suspended while another came gives way with exit code 3 when it wakes', async () => {
    const beats = ['--heartbeat-ms=300', '--liveness=3', '--hostname=pi'];
    const broker = bench.app('raspy-broker', [...beats, '--broker-port=0', `--data-dir=${bench.folder()}`]);
    await broker.until(() => broker.stdout.includes('\n'));
    const port = /:(\d+) /.exec(broker.stdout)![1]!;
    const fake = (): Running =>
      bench.app('raspy-fake', [...beats, `--broker-port=${port}`, `--data-dir=${bench.folder()}`]);
    const first = fake();
    await first.until(() => first.stdout.includes('\n'));
    first.kill('SIGSTOP');
    // It waits until the first one has expired.
    const second = fake();
    await second.until(() => second.stdout.includes('\n'));
    first.kill('SIGCONT');
    expect(await first.end()).toBe(3);
    expect(first.stderr).toContain('another server is alive under the name pi.fake');
    expect(second.ended).toBeUndefined();
    const ask = bench.app('raspy', ['request', 'pi.fake.mmi', 'status', `--broker-port=${port}`]);
    expect(await ask.end()).toBe(0);
  });
});

describe('what cannot start', () => {
  const bench = new Workbench();
  afterEach(() => bench.cleanUp());

  it('an unwritable data directory: exit code 3, before anything is bound', async () => {
    const file = path.join(bench.folder(), 'a-file');
    writeFileSync(file, '');
    const broker = bench.app('raspy-broker', ['--broker-port=0', `--data-dir=${path.join(file, 'data')}`]);
    expect(await broker.end()).toBe(3);
    expect(broker.stdout).toBe('');
    expect(broker.stderr).toContain('data');
  });

  it('unknown and wrong settings: exit code 2, all mistakes at once, with line and fix', async () => {
    const config = path.join(bench.folder(), 'raspy.yaml');
    writeFileSync(config, 'broker-port: ninety\nhartbeat-ms: 500\n');
    const broker = bench.app('raspy-broker', [`--config=${config}`, '--liveness=0', '--nonsense=1']);
    expect(await broker.end()).toBe(2);
    for (const part of ['broker-port', 'hartbeat-ms', 'liveness', 'nonsense'])
      expect(broker.stderr).toContain(part);
    expect(broker.stderr).toMatch(/raspy\.yaml:2|line 2/);
  });

  it.each(['raspy', 'raspy-broker', 'raspy-fake'] as const)('%s --help is for a person', async (bin) => {
    const help = bench.app(bin, ['--help']);
    expect(await help.end()).toBe(0);
    expect(help.stdout).toContain('--');
    expect(help.stderr).toBe('');
  });
});
