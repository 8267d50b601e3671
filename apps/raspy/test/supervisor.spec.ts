import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import type { ExitCode } from '@raspy/runtime';
import { runTool } from '@raspy/runtime/cli';
import type { ChildPort, SpawnChild } from '@raspy/runtime/supervisor';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

const containing = (text: string): string => expect.stringContaining(text) as string;

/** Hosts of processes of their own, played in this one. */
class PlayedHosts {
  readonly started: {
    readonly host: TestHost;
    readonly gone: () => void;
    readonly end: (how: string) => void;
  }[] = [];
  readonly transport = new MemoryNetwork({ clock: systemClock });

  readonly spawn: SpawnChild = ({ args, output }): ChildPort => {
    let toParent: (message: unknown) => void = () => undefined;
    let toChild: (message: unknown) => void = () => undefined;
    let tellEnd: (how: string) => void = () => undefined;
    let gone: () => void = () => undefined;
    const host = new TestHost({
      argv: args,
      parent: {
        send: (message) => {
          toParent(structuredClone(message));
          return Promise.resolve();
        },
        onMessage: (handler) => (toChild = handler),
        gone: new Promise((resolve) => (gone = resolve)),
      },
    });
    let ended = false;
    const end = (how: string): void => {
      if (!ended) tellEnd(how);
      ended = true;
    };
    void runTool(raspyTool({ transport: this.transport }), host).then((code) => {
      for (const line of host.stderr.lines) output(`${line}\n`);
      end(`exit code ${code}`);
    });
    this.started.push({ host, gone, end });
    return {
      pid: 4_000_000 + this.started.length,
      send: (message) => toChild(structuredClone(message)),
      kill: (signal) => {
        host.signal(signal);
        if (signal === 'SIGKILL') end(signal);
      },
      onMessage: (handler) => (toParent = handler),
      onEnd: (handler) => (tellEnd = handler),
    };
  };
}

let folder: string;
let hosts: PlayedHosts;
let home: TestHost;
let ended: Promise<ExitCode>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-supervisor-'));
  hosts = new PlayedHosts();
});
afterEach(async () => {
  home.signal('SIGTERM');
  await ended;
  await rm(folder, { recursive: true });
});

const config = (): string => join(folder, 'raspy.yaml');
const where = (): string[] => [`--data-dir=${join(folder, 'data')}`, `--config=${config()}`];
const tool = () => raspyTool({ transport: hosts.transport, spawnHost: hosts.spawn, cwd: folder });

async function start(yaml: string, ...argv: string[]): Promise<void> {
  await writeFile(config(), yaml);
  home = new TestHost({
    argv: ['start', '--hostname=pi', ...where(), ...argv],
    env: { RASPY_WEB_PORT: '0' },
  });
  ended = runTool(tool(), home);
  await Promise.race([home.stdout.until(/ready/), ended]);
}
async function raspy(...argv: string[]): Promise<{ code: ExitCode; out: string[]; err: string }> {
  const host = new TestHost({ argv: [...argv, ...where()], env: { RASPY_WEB_PORT: '0' } });
  const code = await runTool(tool(), host);
  return { code, out: host.stdout.lines, err: host.stderr.text };
}
async function onBus(...argv: string[]): Promise<string[]> {
  const host = new TestHost({ argv });
  await runTool(tool(), host);
  return host.stdout.lines;
}
/** The servers, as `raspy status --json` has them. */
async function servers(): Promise<Record<string, Record<string, unknown>>> {
  const { out } = await raspy('status', '--json');
  const { servers: list } = JSON.parse(out[0]!) as { servers: { name: string }[] };
  return Object.fromEntries(list.map((server) => [server.name, server]));
}

const HOME = `
servers:
  tank:
    kind: devices
    isolate: true
    devices:
      - { name: lamp, oid: fake.lamp, config: { initialPercent: 40 } }
      - { name: still, oid: fake.lamp }
  air:
    kind: devices
    devices: [{ name: temp, oid: fake.cyclic }]
`;

it('raspy status tells how each server is, and ends with 3 when no home runs', async () => {
  await start(HOME);
  const { code, out } = await raspy('status');
  expect(code).toBe(0);
  expect(out).toEqual([
    expect.stringMatching(/^raspy \d.* on .*data \(pid 4711, \d+ MiB\)$/),
    '',
    expect.stringMatching(/^SERVER +KIND +STATE +PROCESS +MEMORY +SINCE +RESTARTS +LAST END$/),
    expect.stringMatching(/^broker +broker +ready +in this process +\d+ s +0 +-$/),
    expect.stringMatching(/^tank +devices +ready +4000001 +- +\d+ s +0 +-$/),
    expect.stringMatching(/^air +devices +ready +in this process +\d+ s +0 +-$/),
    expect.stringMatching(/^core +core +ready +in this process +\d+ s +0 +-$/),
    expect.stringMatching(/^web +web +ready +in this process +\d+ s +0 +-$/),
  ]);
  expect((await onBus('device', 'ls')).map((line) => line.split(' ')[0])).toEqual([
    'DEVICE',
    'pi.air.temp',
    'pi.core.clock',
    'pi.core.clock',
    'pi.tank.lamp',
    'pi.tank.still',
  ]);
  home.signal('SIGINT');
  await ended;
  expect(await raspy('status')).toMatchObject({ code: 3, err: containing('no home runs on') });
});

it('a host that dies comes back at once, and nothing else is disturbed', async () => {
  await start(HOME);
  const before = await servers();
  hosts.started[0]!.end('SIGKILL');
  hosts.started[0]!.host.signal('SIGTERM');
  while ((await servers())['tank']!['state'] !== 'ready')
    await new Promise((resolve) => setImmediate(resolve));
  const after = await servers();
  expect(after['tank']).toMatchObject({ restarts: 1, reason: 'its process ended: SIGKILL', pid: 4_000_002 });
  expect(after['air']).toEqual(before['air']);
  expect(home.stderr.text).toContain('tank has ended, and is started again now');
});

describe('raspy reload', () => {
  it('changes single devices, in a process of their own or not, and touches no other', async () => {
    await start(HOME);
    await onBus('device', 'exec', 'still', 'level', '{"percent":77}');
    await writeFile(
      config(),
      HOME.replace('initialPercent: 40', 'initialPercent: 60')
        .replace('[{ name: temp, oid: fake.cyclic }]', '[{ name: humid, oid: fake.cyclic }]')
        .concat('  new: { kind: fake }\n'),
    );
    expect(await raspy('reload')).toEqual({
      code: 0,
      out: ['tank: its devices; changed lamp', 'air: its devices; removed temp; added humid', 'new: started'],
      err: '',
    });
    expect(await onBus('device', 'get', 'pi.tank.lamp', 'level')).toEqual(['60 %']);
    expect(await onBus('device', 'get', 'still', 'level')).toEqual(['77 %']);
    expect(hosts.started).toHaveLength(1);
    expect(await raspy('reload')).toMatchObject({ out: ['no server has changed'] });
    expect((await raspy('reload', '--json')).out).toEqual(['{"actions":[],"needsRestart":[]}']);
  });

  it('changes nothing when there is a mistake, and tells all of them', async () => {
    await start(HOME);
    const before = await servers();
    await writeFile(
      config(),
      HOME.replace('initialPercent: 40', 'initialPercent: 400')
        .replace('fake.cyclic', 'fake.cylic')
        .concat('  new: { kind: devices, plugins: [raspy-plugin-missing], devices: [] }\n'),
    );
    const { code, err } = await raspy('reload');
    expect(code).toBe(2);
    expect(err).toContain('raspy: 2 settings are wrong');
    expect(err).toContain('raspy.yaml:7:');
    expect(err).toContain('no driver for "fake.cylic"');
    await writeFile(
      config(),
      HOME.concat('  new: { kind: devices, plugins: [raspy-plugin-missing], devices: [] }\n'),
    );
    expect(await raspy('reload')).toMatchObject({
      code: 2,
      err: containing('plugins of new: raspy-plugin-missing: PLUGIN_NOT_FOUND: it is not installed'),
    });
    expect(await servers()).toEqual(before);
    expect(await onBus('device', 'get', 'pi.tank.lamp', 'level')).toEqual(['40 %']);
  });

  it('tells what has to wait, and restarts a server of which more has changed', async () => {
    await start(HOME);
    await writeFile(
      config(),
      `kv-flush-ms: 900\nheartbeat-ms: 4000\n${HOME.replace('isolate: true', 'isolate: false')}`,
    );
    expect(await raspy('reload')).toMatchObject({
      code: 0,
      out: [
        'tank: restarted',
        'needs a restart of the home (raspy stop, raspy start): broker: heartbeat-ms',
        'needs a restart of the home (raspy stop, raspy start): broker: kv-flush-ms',
      ],
    });
    expect((await servers())['tank']).toMatchObject({ isolated: false, state: 'ready' });
  });

  it('is what SIGHUP means, unless a terminal goes away', async () => {
    await start(HOME, '--log-level=info');
    await writeFile(config(), HOME.replace('initialPercent: 40', 'initialPercent: 60'));
    home.signal('SIGHUP');
    await home.stderr.until(/"reloaded"/);
    expect(await onBus('device', 'get', 'pi.tank.lamp', 'level')).toEqual(['60 %']);
    await writeFile(config(), 'nonsense: 1');
    home.signal('SIGHUP');
    await home.stderr.until(/nothing was reloaded: .*nonsense: no such setting/);
  });

  it('gives a server with missing plugins another chance', async () => {
    const missing = '  heat: { kind: devices, plugins: [raspy-plugin-missing], devices: [] }\n';
    await start(HOME + missing);
    const { code, out } = await raspy('status');
    expect(code).toBe(1);
    expect(out.at(-3)).toMatch(
      /^heat +devices +failed +.*raspy-plugin-missing: PLUGIN_NOT_FOUND: it is not installed/,
    );
    await writeFile(config(), HOME + missing.replace('raspy-plugin-missing', ''));
    expect(await raspy('reload')).toMatchObject({ code: 0, out: ['heat: restarted'] });
    expect((await raspy('status')).code).toBe(0);
  });
});

it('raspy stop ends the home in order, and says what it has stopped', async () => {
  await start(HOME);
  expect(await raspy('stop')).toEqual({
    code: 0,
    out: [
      'tank: stopped',
      'air: stopped',
      'core: stopped',
      'web: stopped',
      'broker: stopped',
      'the home has ended (pid 4711)',
    ],
    err: '',
  });
  expect(await ended).toBe(0);
  expect(await raspy('stop')).toMatchObject({ code: 3, err: containing('no home runs on') });
});

it('runs the servers that are named, Titanic apart from its broker too', async () => {
  await start(HOME, '--servers=broker,titanic,air');
  expect(Object.keys(await servers())).toEqual(['broker', 'titanic', 'air']);
  expect((await onBus('service', 'ls')).some((line) => line.startsWith('titanic.submit'))).toBe(true);
  expect(await raspy('start', '--servers=wbe')).toMatchObject({
    code: 2,
    err: containing('--servers: there is no server "wbe": there are'),
  });
});

it('a home without a broker is one as well, and two on one data folder are none', async () => {
  await start(HOME, '--servers=broker');
  const first = [home, ended] as const;
  const other = new TestHost({
    argv: [
      'start',
      '--hostname=pi',
      '--servers=air',
      `--data-dir=${join(folder, 'two')}`,
      `--config=${config()}`,
    ],
    env: {},
  });
  const otherEnded = runTool(tool(), other);
  await other.stdout.until(/pi\.air\.temp/);
  const third = await raspy('start', '--servers=tank');
  expect(third).toMatchObject({
    code: 3,
    err: containing(`the data folder ${join(folder, 'data')} is in use`),
  });
  other.signal('SIGTERM');
  expect(await otherEnded).toBe(0);
  [home, ended] = first;
});

describe('raspy host', () => {
  it('runs one device server of the file, for another service manager', async () => {
    await start(HOME, '--servers=broker');
    const alone = new TestHost({ argv: ['host', 'tank', '--hostname=pi', ...where()], env: {} });
    const aloneEnded = runTool(tool(), alone);
    await alone.stdout.until(/^raspy host ready as pi\.tank on tcp:\/\/127\.0\.0\.1:5514 \(pid 4711\)\n/);
    expect(await onBus('device', 'get', 'lamp', 'level')).toEqual(['40 %']);
    alone.signal('SIGTERM');
    expect(await aloneEnded).toBe(0);
    expect(await raspy('host', 'nobody')).toMatchObject({
      code: 2,
      err: containing('there is no server "nobody"'),
    });
    expect(await raspy('host', 'broker')).toMatchObject({ code: 2, err: containing('is no device server') });
    expect(await raspy('host', 'tank', '--supervised')).toMatchObject({
      code: 2,
      err: containing('--supervised is for hosts that raspy start runs'),
    });
  });

  it('ends in order when its supervisor is gone', async () => {
    await start(HOME);
    const [tank] = hosts.started;
    tank!.gone();
    await home.stderr.until(/tank has ended, and is started again now: its process ended: exit code 0/);
  });

  it('ends at once when its supervisor goes before it has said what to serve', async () => {
    await start('');
    let gone: () => void = () => undefined;
    const sent: unknown[] = [];
    const orphan = new TestHost({
      argv: ['host', 'tank', '--supervised'],
      parent: {
        send: (message) => {
          sent.push(message);
          return Promise.resolve();
        },
        onMessage: () => undefined,
        gone: new Promise((resolve) => (gone = resolve)),
      },
    });
    const orphanEnded = runTool(tool(), orphan);
    gone();
    expect(await orphanEnded).toBe(0);
    expect(sent).toEqual([{ type: 'hello' }]);
  });

  it('tells its supervisor why it cannot start, and makes outputs safe without a bus', async () => {
    await start('');
    const played = async (mode: 'serve' | 'safe', oid: string) => {
      const sent: { type: string }[] = [];
      let toChild: (message: unknown) => void = () => undefined;
      let heard: () => void = () => undefined;
      const child = new TestHost({
        argv: ['host', 'tank', '--supervised'],
        parent: {
          send: (message) => {
            sent.push(message as { type: string });
            heard();
            return Promise.resolve();
          },
          onMessage: (handler) => (toChild = handler),
          gone: new Promise(() => undefined),
        },
      });
      const childEnded = runTool(raspyTool({ transport: hosts.transport }), child);
      const until = async (type: string): Promise<void> => {
        while (!sent.some((message) => message.type === type))
          await new Promise<void>((resolve) => (heard = resolve));
      };
      await until('hello');
      const settings = {
        ...(home.machine as object),
        plugins: [],
        pluginsDir: '',
        logLevel: 'silent',
        hostname: 'pi',
      };
      const server = { name: 'tank', settings, devices: [{ name: 'lamp', oid }] };
      toChild({ type: 'begin', mode, settings: server });
      return { sent, until, toChild, childEnded, child };
    };
    const wrong = await played('safe', 'no.such');
    expect(await wrong.childEnded).toBe(1);
    expect(wrong.sent.at(-1)).toMatchObject({ type: 'failed', failure: { code: 'INVALID_CONFIG' } });
    const safe = await played('safe', 'fake.lamp');
    await safe.until('ready');
    safe.toChild({ type: 'ping' });
    await safe.until('pong');
    safe.toChild({ type: 'stop', deadlineMs: 500 });
    expect(await safe.childEnded).toBe(0);
    expect((await onBus('service', 'ls')).some((line) => line.startsWith('pi.tank'))).toBe(false);
  });
});
