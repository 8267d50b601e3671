import { readFileSync } from 'node:fs';
import { Workbench, type Running } from './processes.js';
import { SupervisedHome, until, type ServerStatus } from './supervised-home.js';

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
  let home: SupervisedHome;
  const left: number[] = [];

  afterEach(async () => {
    await bench.cleanUp();
    // Hosts that a failed test has left: they end by themselves, save those that hang.
    for (const pid of left.splice(0)) if (isHost(pid)) process.kill(pid, 'SIGKILL');
  });

  function write(tank: string): void {
    home.configure(`  tank:
    kind: devices
    isolate: true
    plugins: [raspy-plugin-crash, raspy-plugin-fake]
    devices:
${tank}
  air:
    kind: devices
    devices: [{ name: temp, oid: fake.cyclic, config: { intervalMs: 200 } }]
`);
  }
  const BOMB = '      - { name: bomb, oid: crash.bomb }';
  const LAMPS = `      - { name: lamp, oid: fake.lamp, config: { initialPercent: 40 } }
      - { name: still, oid: fake.lamp }`;

  function install(): void {
    home = new SupervisedHome(bench, 'raspy-plugin-crash', PLUGIN);
  }
  async function start(brokerPort?: string): Promise<void> {
    await home.start(brokerPort);
    for (const { pid } of await home.servers()) if (pid !== undefined) left.push(pid);
  }
  async function server(name: string, state?: string, before?: number): Promise<ServerStatus> {
    const found = await home.server(
      name,
      (one) => (state === undefined || one.state === state) && (before === undefined || one.pid !== before),
    );
    if (found.pid !== undefined) left.push(found.pid);
    return found;
  }
  /** Asks for something that never comes. */
  const order = (command: string): Running =>
    bench.app('raspy', [
      'device',
      'exec',
      'bomb',
      command,
      `--broker-port=${home.port}`,
      '--timeout-ms=60000',
    ]);

  it('one that is killed is back, and everything else goes on', async () => {
    install();
    write(LAMPS);
    await start();
    const [broker, tank, air] = await home.servers();
    const watch = bench.app('raspy', [
      'device',
      'watch',
      'temp',
      '--every-ms=100',
      `--broker-port=${home.port}`,
    ]);
    await watch.until(() => watch.stdout.includes('temp'));
    process.kill(tank!.pid!, 'SIGKILL');
    const back = await server('tank', 'ready', tank!.pid);
    expect(back).toMatchObject({ restarts: 1, reason: 'its process ended: SIGKILL' });
    const { length } = watch.stdout;
    await watch.until(() => watch.stdout.length > length);
    expect(await server('broker')).toMatchObject({ since: broker!.since, restarts: 0 });
    expect(await server('air')).toMatchObject({ since: air!.since, restarts: 0 });
    expect((await home.onBus('device', 'get', 'lamp', 'level')).stdout).toBe('40 %\n');
  });

  it('one that dies at each start is quarantined, and the others live; a reload that mends it brings it back', async () => {
    install();
    write('      - { name: bomb, oid: crash.bomb, config: { atStart: true } }');
    await start();
    expect(await server('tank', 'quarantined')).toMatchObject({ restarts: 4 });
    const { code, stdout } = await home.raspy('status', ...home.where);
    expect(code).toBe(1);
    expect(stdout).toMatch(/tank +devices +quarantined, next try in \d+ (?:min|s)/);
    expect(home.process.stderr).toContain('tank keeps dying and is quarantined');
    expect(home.process.stderr).toContain('boom');
    expect((await home.onBus('device', 'get', 'temp')).code).toBe(0);
    write(BOMB);
    expect((await home.raspy('reload', ...home.where)).code).toBe(0);
    await server('tank', 'ready');
    expect((await home.onBus('device', 'ls')).stdout).toContain('pi.tank.bomb');
  });

  it('a supervisor that is killed leaves no host behind, and the next one starts without ado', async () => {
    install();
    write(LAMPS);
    await start();
    const { pid } = await server('tank');
    home.process.kill('SIGKILL');
    await home.process.end();
    await until(() => !isHost(pid!));
    expect((await home.raspy('status', ...home.where)).code).toBe(3);
    await start(home.port);
    expect(await server('tank')).toMatchObject({ state: 'ready', restarts: 0 });
  });

  it('a host that hangs does not outlive its supervisor for long: the next one ends it', async () => {
    install();
    write(BOMB);
    await start();
    const { pid } = await server('tank');
    order('block');
    await until(() => isBusy(pid!));
    home.process.kill('SIGKILL');
    await home.process.end();
    expect(isHost(pid!)).toBe(true);
    await start(home.port);
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
      await until(
        async () => / devices +8 +1 /.test((await home.onBus('service', 'ls')).stdout.replaceAll('.', ' ')),
        300,
      );
    const asked = performance.now();
    const { code, stdout } = await home.raspy('stop', ...home.where);
    expect(code).toBe(0);
    expect(stdout).toMatch(told);
    // Its deadline is 1.5 s; the rest is for the command to start, on a busy machine.
    expect(performance.now() - asked).toBeLessThan(8_000);
    expect(await home.process.end()).toBe(0);
    expect(isHost(pid!)).toBe(false);
  });

  it('a reload touches the one device that differs, and with a mistake nothing', async () => {
    install();
    write(LAMPS);
    await start();
    const [, tank] = await home.servers();
    await home.onBus('device', 'exec', 'still', 'level', '{"percent":77}');
    const since = (await home.onBus('kv', 'get', '/device/pi.tank')).stdout;
    write(LAMPS.replace('40', '60'));
    expect(await home.raspy('reload', ...home.where)).toMatchObject({
      code: 0,
      stdout: 'tank: its devices; changed lamp\n',
    });
    await until(async () => (await home.onBus('device', 'get', 'lamp', 'level')).stdout === '60 %\n', 300);
    expect((await home.onBus('device', 'get', 'still', 'level')).stdout).toBe('77 %\n');
    expect((await home.onBus('kv', 'get', '/device/pi.tank')).stdout).toBe(since);
    write(LAMPS.replace('fake.lamp', 'fake.lmap'));
    const wrong = await home.raspy('reload', ...home.where);
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
