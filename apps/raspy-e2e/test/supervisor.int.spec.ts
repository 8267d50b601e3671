import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installPlugin } from './plugin-folder.js';
import { Workbench, type Running } from './processes.js';

interface ServerStatus {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly since: number;
  readonly restarts: number;
  readonly reason?: string;
}

/** A plugin that does harm to the process that it is in. */
const PLUGIN = `
import { defineDeviceType, definePlugin } from '@raspy/devices';
import { NEVER } from 'rxjs';
import { z } from 'zod';
const type = defineDeviceType({
  oid: 'crash.bomb',
  title: 'Bomb',
  config: z.object({ atStart: z.boolean().default(false) }),
  values: { level: { schema: z.number() } },
  commands: { hang: { title: 'Never ends' }, block: { title: 'Never gives the thread back' } },
});
export const plugin = definePlugin({
  name: 'crash',
  drivers: [
    {
      type,
      open: ({ atStart }) => {
        if (atStart) setImmediate(() => { throw new Error('boom'); });
        return {
          values$: NEVER,
          commands: { hang: () => new Promise(() => undefined), block: () => { for (;;); } },
          close: () => undefined,
        };
      },
    },
  ],
});
`;

describe('a home with a host in a process of its own', () => {
  const bench = new Workbench();
  let folder: string;
  let home: Running;
  let port: string;
  const left: number[] = [];

  afterEach(async () => {
    await bench.cleanUp();
    // Hosts that a failed test has left: they end by themselves, save those that hang.
    for (const pid of left.splice(0)) if (isHost(pid)) process.kill(pid, 'SIGKILL');
  });

  const dataDir = (): string => path.join(folder, 'data');
  const where = (): string[] => [`--data-dir=${dataDir()}`, `--config=${path.join(folder, 'raspy.yaml')}`];

  function write(tank: string, more = ''): void {
    writeFileSync(
      path.join(folder, 'raspy.yaml'),
      `hostname: pi
plugins-dir: ${folder}
servers:
  tank:
    kind: devices
    isolate: true
    plugins: [raspy-plugin-crash, raspy-plugin-fake]
    devices:
${tank}
  air:
    kind: devices
    devices: [{ name: temp, oid: fake.cyclic, config: { intervalMs: 200 } }]
${more}`,
    );
  }
  const BOMB = '      - { name: bomb, oid: crash.bomb }';
  const LAMPS = `      - { name: lamp, oid: fake.lamp, config: { initialPercent: 40 } }
      - { name: still, oid: fake.lamp }`;

  /** A folder in which the plugin is installed. */
  function install(): void {
    folder = bench.folder();
    installPlugin(folder, 'raspy-plugin-crash', PLUGIN);
  }
  async function start(brokerPort = '0'): Promise<void> {
    home = bench.app('raspy', ['start', `--broker-port=${brokerPort}`, ...where()]);
    await home.until(() => /ready on tcp:.*:(\d+) /.test(home.stdout));
    port = /ready on tcp:.*:(\d+) /.exec(home.stdout)![1]!;
    for (const { pid } of await servers()) if (pid !== undefined) left.push(pid);
  }
  async function raspy(
    ...args: string[]
  ): Promise<{ code: number | string; stdout: string; stderr: string }> {
    const running = bench.app('raspy', args);
    const code = await running.end();
    return { code, stdout: running.stdout, stderr: running.stderr };
  }
  async function servers(): Promise<readonly ServerStatus[]> {
    const { stdout } = await raspy('status', '--json', ...where());
    return (JSON.parse(stdout) as { servers: ServerStatus[] }).servers;
  }
  async function server(name: string, state?: string): Promise<ServerStatus> {
    for (;;) {
      const found = (await servers()).find((one) => one.name === name)!;
      if (found.pid !== undefined) left.push(found.pid);
      if (state === undefined || found.state === state) return found;
    }
  }
  const onBus = (...args: string[]) => raspy(...args, `--broker-port=${port}`, '--config=/dev/null');
  /** Asks for something that never comes. */
  const order = (command: string): Running =>
    bench.app('raspy', ['device', 'exec', 'bomb', command, `--broker-port=${port}`, '--timeout-ms=60000']);
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
  };

  it('one that is killed is back, and everything else goes on', async () => {
    install();
    write(LAMPS);
    await start();
    const [broker, tank, air] = await servers();
    const watch = bench.app('raspy', ['device', 'watch', 'temp', '--every-ms=100', `--broker-port=${port}`]);
    await watch.until(() => watch.stdout.includes('temp'));
    process.kill(tank!.pid!, 'SIGKILL');
    const back = await (async () => {
      for (;;) {
        const found = await server('tank', 'ready');
        if (found.pid !== tank!.pid) return found;
      }
    })();
    expect(back).toMatchObject({ restarts: 1, reason: 'its process ended: SIGKILL' });
    const { length } = watch.stdout;
    await watch.until(() => watch.stdout.length > length);
    expect(await server('broker')).toMatchObject({ since: broker!.since, restarts: 0 });
    expect(await server('air')).toMatchObject({ since: air!.since, restarts: 0 });
    expect((await onBus('device', 'get', 'lamp', 'level')).stdout).toBe('40 %\n');
  });

  it('one that dies at each start is quarantined, and the others live; a reload that mends it brings it back', async () => {
    install();
    write('      - { name: bomb, oid: crash.bomb, config: { atStart: true } }');
    await start();
    expect(await server('tank', 'quarantined')).toMatchObject({ restarts: 4 });
    const { code, stdout } = await raspy('status', ...where());
    expect(code).toBe(1);
    expect(stdout).toMatch(/tank +devices +quarantined, next try in \d+ (?:min|s)/);
    expect(home.stderr).toContain('tank keeps dying and is quarantined');
    expect(home.stderr).toContain('boom');
    expect((await onBus('device', 'get', 'temp')).code).toBe(0);
    write(BOMB);
    expect((await raspy('reload', ...where())).code).toBe(0);
    await server('tank', 'ready');
    expect((await onBus('device', 'ls')).stdout).toContain('pi.tank.bomb');
  });

  it('a supervisor that is killed leaves no host behind, and the next one starts without ado', async () => {
    install();
    write(LAMPS);
    await start();
    const { pid } = await server('tank');
    home.kill('SIGKILL');
    await home.end();
    await until(() => !isHost(pid!));
    expect((await raspy('status', ...where())).code).toBe(3);
    await start(port);
    expect(await server('tank')).toMatchObject({ state: 'ready', restarts: 0 });
  });

  it('a host that hangs does not outlive its supervisor for long: the next one ends it', async () => {
    install();
    write(BOMB);
    await start();
    const { pid } = await server('tank');
    order('block');
    await until(() => isBusy(pid!));
    home.kill('SIGKILL');
    await home.end();
    expect(isHost(pid!)).toBe(true);
    await start(port);
    expect(isHost(pid!)).toBe(false);
    await server('tank', 'ready');
  });

  it.each([
    ['hang', /^tank: (?:stopped|terminated)$/m],
    ['block', /^tank: killed$/m],
  ])('raspy stop keeps its deadline while a command is under way: %s', async (command, told) => {
    install();
    write(BOMB);
    await start();
    const { pid } = await server('tank');
    order(command);
    if (command === 'block') await until(() => isBusy(pid!));
    else
      await until(async () =>
        / devices +8 +1 /.test((await onBus('service', 'ls')).stdout.replaceAll('.', ' ')),
      );
    const asked = performance.now();
    const { code, stdout } = await raspy('stop', ...where());
    expect(code).toBe(0);
    expect(stdout).toMatch(told);
    // Its deadline is 1.5 s; the rest is for the command to start, on a busy machine.
    expect(performance.now() - asked).toBeLessThan(8_000);
    expect(await home.end()).toBe(0);
    expect(isHost(pid!)).toBe(false);
  });

  it('a reload touches the one device that differs, and with a mistake nothing', async () => {
    install();
    write(LAMPS);
    await start();
    const [, tank] = await servers();
    await onBus('device', 'exec', 'still', 'level', '{"percent":77}');
    const since = (await onBus('kv', 'get', '/device/pi.tank')).stdout;
    write(LAMPS.replace('40', '60'));
    expect(await raspy('reload', ...where())).toMatchObject({
      code: 0,
      stdout: 'tank: its devices; changed lamp\n',
    });
    await until(async () => (await onBus('device', 'get', 'lamp', 'level')).stdout === '60 %\n');
    expect((await onBus('device', 'get', 'still', 'level')).stdout).toBe('77 %\n');
    expect((await onBus('kv', 'get', '/device/pi.tank')).stdout).toBe(since);
    write(LAMPS.replace('fake.lamp', 'fake.lmap'));
    const wrong = await raspy('reload', ...where());
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /raspy\.yaml:9:\d+, servers\.tank\.devices\.0\.oid: no driver for "fake\.lmap"/,
    );
    expect(await server('tank')).toMatchObject({ pid: tank!.pid, since: tank!.since, state: 'ready' });
  });
});

/** Whether a process is a host, and has not ended. */
function isHost(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--supervised');
  } catch {
    return false;
  }
}

/** Whether it has used a second of processor time more than a host does that starts. */
const busyFrom = new Map<number, number>();
function isBusy(pid: number): boolean {
  const [, , , , , , , , , , , , , user] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  const first = busyFrom.get(pid) ?? Number(user);
  busyFrom.set(pid, first);
  return Number(user) - first >= 100;
}
