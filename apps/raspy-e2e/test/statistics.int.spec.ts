import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { freePort, Workbench, type Running } from './processes.js';
import { until } from './supervised-home.js';

/** `describe`, skipped with a reason where a program of Debian's is missing; not in CI, where it has to be there. */
function describeWith(program: string, name: string, tests: () => void): void {
  const found = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
  if (!found) process.stderr.write(`${program} is not installed: what needs it is skipped\n`);
  (found || process.env['CI'] === 'true' ? describe : describe.skip)(name, tests);
}

const COMMUNITY = 'reef-keepers';
/** The modules of SMIv2 itself, which Debian does not bring. */
const SMI = path.join(path.dirname(createRequire(__filename).resolve('net-snmp')), 'lib/mibs');

describe('the statistics of a home of real processes', () => {
  const bench = new Workbench();
  let folder: string;
  let port: number;
  let home: Running;

  beforeEach(async () => {
    folder = bench.folder();
    port = await freePort();
    writeFileSync(
      path.join(folder, 'raspy.yaml'),
      [
        'hostname: pi',
        'isolate: true',
        'log-level: info',
        'metrics: 127.0.0.1:0',
        'snmp: 127.0.0.1:0',
        `snmp-community: ${COMMUNITY}`,
        '',
      ].join('\n'),
    );
    home = bench.app('raspy', [
      'start',
      `--broker-port=${port}`,
      `--data-dir=${folder}/data`,
      `--config=${folder}/raspy.yaml`,
    ]);
    await home.until(() => /ready on/.test(home.stdout) && /SNMP is answered/.test(home.stderr));
  });
  afterEach(() => bench.cleanUp());

  /** What a line of its log tells. */
  const logged = (message: string): Record<string, unknown> => {
    const line = home.stderr.split('\n').find((one) => one.includes(message))!;
    return JSON.parse(line) as Record<string, unknown>;
  };
  const metrics = async (): Promise<string> =>
    (await fetch(String(logged('metrics are told')['url']))).text();
  const snmpAddress = (): string => {
    const { host, port: snmp } = logged('SNMP is answered');
    return `${String(host)}:${String(snmp)}`;
  };
  async function run(program: string, args: readonly string[]) {
    const running = bench.start(program, args);
    const code = await running.end();
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  it('tell of a device server in a process of its own, and of its death and return', async () => {
    const heater = 'raspy_devices_up{server="pi.fake",device="heater"} 1';
    await until(async () => (await metrics()).includes(heater));
    expect(await metrics()).toContain(
      'raspy_requests_duration_seconds_bucket{server="pi.fake",service="devices",le="+Inf"}',
    );
    const status = await run(process.execPath, [
      path.resolve(__dirname, '../../raspy/bin/raspy.mjs'),
      'status',
      '--json',
      `--data-dir=${folder}/data`,
    ]);
    const { servers } = JSON.parse(status.stdout) as { servers: { name: string; pid?: number }[] };
    const { pid } = servers.find(({ name }) => name === 'fake')!;
    process.kill(pid!, 'SIGKILL');
    await until(async () =>
      (await metrics()).includes('raspy_servers_restarts{server="pi.home",service="fake",kind="fake"} 1'),
    );
    await until(async () => (await metrics()).includes(heater));
  });

  describeWith('promtool', "Debian's promtool", () => {
    it('finds nothing to say about a scrape of the home', async () => {
      await until(async () => (await metrics()).includes('pi.fake'));
      const checked = bench.start('promtool', ['check', 'metrics']);
      checked.write(await metrics());
      expect(await checked.end()).toBe(0);
      expect(checked.stdout + checked.stderr).toBe('');
    });
  });

  describeWith('snmpwalk', "Debian's snmpwalk and snmptranslate", () => {
    it('name what the agent tells by the file that raspy mib prints', async () => {
      await until(async () => (await metrics()).includes('pi.fake'));
      const file = await run(process.execPath, [
        path.resolve(__dirname, '../../raspy/bin/raspy.mjs'),
        'mib',
        `--broker-port=${port}`,
      ]);
      expect(file).toMatchObject({ code: 0, stderr: '' });
      writeFileSync(path.join(folder, 'RASPY-MIB.txt'), file.stdout);
      const withMib = ['-M', `${folder}:${SMI}`, '-m', 'RASPY-MIB'];
      const walk = await run('snmpwalk', [
        ...withMib,
        ...['-v2c', '-c', COMMUNITY, '-r1', '-t5', snmpAddress(), 'RASPY-MIB::raspy'],
      ]);
      expect(walk).toMatchObject({ code: 0, stderr: '' });
      expect(walk.stdout).toMatch(/^RASPY-MIB::raspyBrokerRequestsValue64\.1 = Counter64: [1-9]\d*$/m);
      expect(walk.stdout).toMatch(/^RASPY-MIB::raspyDevicesUpLabelDevice\.\d+ = STRING: heater$/m);
      const translated = await run('snmptranslate', [
        ...withMib,
        '-On',
        'RASPY-MIB::raspyBrokerRequestsValue64',
      ]);
      expect(translated).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\.1\.3\.6\.1\.4\.1\.\d/) as string,
        stderr: '',
      });
      const stranger = await run('snmpwalk', ['-v2c', '-c', 'public', '-r0', '-t1', snmpAddress(), '.1.3']);
      expect(stranger.code).not.toBe(0);
    });
  });
});

describe('raspy-broker --metrics', () => {
  const bench = new Workbench();
  afterEach(() => bench.cleanUp());

  it('tells of the broker alone', async () => {
    const broker = bench.app('raspy-broker', [
      '--broker-port=0',
      `--data-dir=${bench.folder()}`,
      '--hostname=pi',
      '--metrics=127.0.0.1:0',
    ]);
    await broker.until(() => /ready/.test(broker.stdout) && /metrics are told/.test(broker.stderr));
    const [, url] = /"url":"([^"]+)"/.exec(broker.stderr)!;
    const answer = await fetch(url!);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('raspy_broker_queued{server="pi.broker"} 0\n');
  });
});
