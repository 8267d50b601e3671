import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { VirtualClock } from '@raspy/clock';
import { SnmpCounter, SnmpInteger, StatisticsManager } from '../src/index.js';
import {
  DEFAULT_BASE,
  mibFile,
  startSnmpAgent,
  type RunningSnmpAgent,
  type SnmpAgentOptions,
} from '../src/snmp/index.js';
import { describeWith, run } from './debian-tools.js';
import { sample } from './sample.js';

const user = { name: 'keeper', authPassword: 'under the stone', privPassword: 'behind the pump' };
const v3 = [
  '-v3',
  '-l',
  'authPriv',
  '-u',
  user.name,
  '-a',
  'SHA',
  '-A',
  user.authPassword,
  '-x',
  'AES',
  '-X',
  user.privPassword,
];
const v2 = ['-v2c', '-c', 'secret'];
/** The modules of SMIv2 itself, which Debian does not bring. */
const smi = join(dirname(require.resolve('net-snmp')), 'lib/mibs');

describeWith('snmpwalk', "Debian's snmpwalk, snmpget, snmpset and snmptranslate", () => {
  let agent: RunningSnmpAgent | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'raspy-mib-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await agent?.close();
    agent = undefined;
  });

  async function start(options: Partial<SnmpAgentOptions> = {}): Promise<RunningSnmpAgent> {
    agent = await startSnmpAgent({ managers: sample(), community: 'secret', users: [user], ...options });
    return agent;
  }

  function ask(program: string, access: readonly string[], ...args: string[]) {
    const { host, port } = agent!;
    return run(program, ['-On', '-r0', '-t2', ...access, `${host}:${port}`, ...args]);
  }

  function withMib(managers: SnmpAgentOptions['managers']): readonly string[] {
    writeFileSync(join(folder, 'RASPY-MIB.txt'), mibFile({ managers }));
    return ['-M', `${folder}:${smi}`, '-m', 'RASPY-MIB', '-Pe'];
  }

  it('walk the same objects by v2c and v3, by GETNEXT and GETBULK', async () => {
    await start();
    const walks = [
      await ask('snmpwalk', v2, DEFAULT_BASE),
      await ask('snmpwalk', v3, DEFAULT_BASE),
      await ask('snmpbulkwalk', v2, DEFAULT_BASE),
      await ask('snmpbulkwalk', [...v3, '-Cr50'], DEFAULT_BASE),
    ];
    for (const { code, stdout } of walks) {
      expect(code).toBe(0);
      expect(objects(stdout)).toEqual(objects(walks[0]!.stdout));
    }
    expect(objects(walks[0]!.stdout)).toHaveLength(7 + 14 * 4 + 3 + 2);
  });

  it('name every object by the MIB file, and find no mistake in it', async () => {
    const manager = sample({ server: 'pi.fake' });
    await start({ managers: manager });
    const mib = withMib(manager);
    const { stdout, stderr } = await run('snmptranslate', [...mib, '-Tp', 'RASPY-MIB::raspy']);
    expect(stderr).toBe('');
    expect(stdout).toContain('Counter64 raspyBrokerBytesSentValue64(3)');
    const { host, port } = agent!;
    const walk = await run('snmpwalk', [...mib, '-r0', ...v2, `${host}:${port}`, DEFAULT_BASE]);
    expect(walk.stderr).toBe('');
    expect(walk.stdout).not.toMatch(/enterprises|Wrong Type/);
    expect(walk.stdout).toContain('RASPY-MIB::raspyTankTemperatureValue.1 = STRING: 24.75 celsius');
    expect(walk.stdout).toContain('RASPY-MIB::raspyBrokerBytesSentValue.1 = Counter32: 5 bytes');
    expect(walk.stdout).toContain('RASPY-MIB::raspyBrokerBytesSentValue64.1 = Counter64: 4294967301 bytes');
    expect(walk.stdout).toContain('RASPY-MIB::raspyBrokerRequestsLabelServer.1 = STRING: pi.fake');
    expect(walk.stdout).toContain('RASPY-MIB::raspyBrokerRequestDurationValueCount.1 = Counter64: 4\n');
    expect(walk.stdout).toContain('RASPY-MIB::raspyMemoryFreeValue.1 = INTEGER: 2147483647 bytes');
    expect(walk.stdout).toContain('RASPY-MIB::raspyBrokerQueuedValue.1 = INTEGER: -3');
  });

  it('get scalars, and tell what is not there', async () => {
    await start();
    const scalar = `${DEFAULT_BASE}.1.${sample().get('broker.bytesSent')!.number}`;
    const { stdout } = await ask(
      'snmpget',
      v3,
      `${scalar}.1.0`,
      `${scalar}.2.0`,
      `${scalar}.3.0`,
      '1.3.6.1.2.1.1.1.0',
    );
    expect(
      stdout
        .split('\n')
        .slice(0, 4)
        .map((line) => line.replace(/.* = /, '')),
    ).toEqual([
      'Counter32: 5',
      'Counter64: 4294967301',
      'No Such Object available on this agent at this OID',
      'STRING: "RasPy"',
    ]);
    expect((await ask('snmpwalk', v2, '1.3.6.1.2.1.1')).stdout).toContain('Timeticks');
  });

  it('cannot set anything', async () => {
    await start();
    const { code, stderr } = await ask('snmpset', v3, `${DEFAULT_BASE}.1.1.1.0`, 'i', '5');
    expect(code).not.toBe(0);
    expect(stderr).toContain('notWritable');
  });

  it('are not answered without the right community, user, password or encryption, nor by v1', async () => {
    await start();
    const refused = [
      ['-v2c', '-c', 'public'],
      ['-v1', '-c', 'secret'],
      ['-v3', '-l', 'noAuthNoPriv', '-u', ''],
      ['-v3', '-l', 'noAuthNoPriv', '-u', 'keeper'],
      ['-v3', '-l', 'authNoPriv', '-u', 'keeper', '-a', 'SHA', '-A', user.authPassword],
      ['-v3', '-l', 'noAuthNoPriv', '-u', 'nobody'],
      v3.map((part) => (part === user.authPassword ? 'wrong password' : part)),
      v3.map((part) => (part === user.privPassword ? 'wrong password' : part)),
    ];
    for (const access of refused) {
      const { code, stdout } = await ask('snmpget', ['-r0', '-t0.3', ...access], '1.3.6.1.2.1.1.1.0');
      expect({ access, code, stdout }).toEqual({ access, code: 1, stdout: '' });
    }
    expect(agent!.counts().answered).toBe(0);
    expect(agent!.counts().refused).toBeGreaterThan(0);
    expect((await ask('snmpget', v3, '1.3.6.1.2.1.1.1.0')).code).toBe(0);
  });

  it('are answered by who they are allowed to ask alone: no community, no v2c', async () => {
    await start({ managers: sample(), users: [{ ...user, auth: 'sha256' }] });
    await agent!.close();
    agent = await startSnmpAgent({ managers: sample(), users: [{ ...user, auth: 'sha256' }] });
    expect((await ask('snmpget', ['-r0', '-t0.3', ...v2], '1.3.6.1.2.1.1.1.0')).code).toBe(1);
    const access = v3.map((part) => (part === 'SHA' ? 'SHA-256' : part));
    expect((await ask('snmpget', access, '1.3.6.1.2.1.1.1.0')).stdout).toContain('RasPy');
  });

  it('see rows come, keep their number and go, and new values after a second', async () => {
    const clock = new VirtualClock();
    const manager = new StatisticsManager({ clock });
    const item = manager.add(new SnmpCounter({ oid: 'a', doc: 'A.', number: 1, labels: ['x'] }));
    item.labels('one').add();
    item.labels('two').add(2);
    const queued = manager.add(new SnmpInteger({ oid: 'q', doc: 'Q.', number: 2 }));
    manager.beforeRead(() => queued.set(queued.value! + 1));
    await start({ managers: manager, clock });
    const walk = async () =>
      (await ask('snmpwalk', v2, `${DEFAULT_BASE}.1`)).stdout
        .split('\n')
        .filter((line) => !line.includes('No more variables') && /\.1\.3\.1\.2\.|\.1\.2\.1\.0/.test(line))
        .map((line) => line.replace(`.${DEFAULT_BASE}.1.`, ''));
    expect(await walk()).toEqual([
      '1.3.1.2.1 = Counter32: 1',
      '1.3.1.2.2 = Counter32: 2',
      '2.1.0 = INTEGER: 1',
    ]);
    item.forget('one');
    item.labels('three').add(3);
    expect(await walk()).toHaveLength(3);
    clock.advanceBy(1_000);
    expect(await walk()).toEqual([
      '1.3.1.2.2 = Counter32: 2',
      '1.3.1.2.3 = Counter32: 3',
      '2.1.0 = INTEGER: 2',
    ]);
  });

  it('know after a long silence what time it is for the agent', async () => {
    const clock = new VirtualClock();
    await start({ clock });
    expect((await ask('snmpget', v3, '1.3.6.1.2.1.1.1.0')).code).toBe(0);
    clock.advanceBy(86_400_000);
    expect((await ask('snmpget', v3, '1.3.6.1.2.1.1.1.0')).code).toBe(0);
    expect(agent!.counts()).toMatchObject({ answered: 2, refused: 0 });
    expect((await ask('snmpget', [...v3, '-Z', '1,10'], '1.3.6.1.2.1.1.1.0')).stdout).toContain('RasPy');
    expect(agent!.counts()).toMatchObject({ answered: 3, refused: 1 });
  });
});

/** Lines of a walk without its end. */
function objects(walk: string): string[] {
  return walk.split('\n.').filter((line) => !line.includes('No more variables'));
}
