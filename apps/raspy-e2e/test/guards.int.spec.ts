import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installPlugin } from './plugin-folder.js';
import { Workbench, type Running } from './processes.js';

interface ServerStatus {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly restarts: number;
}

/**
 * Hardware that anybody can look at from outside: a relay is a file with 0 or 1 in it, as a pin of the kernel is; a dosing
 * pump adds a line to a file for each dose.
 */
const PLUGIN = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { definePlugin, deriveDeviceType } from '@raspy/devices';
import { doserActuator, heaterActuator } from '@raspy/devices/types';
import { BehaviorSubject, map } from 'rxjs';
import { z } from 'zod';
const config = z.object({ file: z.string() });
const relay = (file) => {
  const on = new BehaviorSubject(existsSync(file) && readFileSync(file, 'utf8') === '1');
  return {
    values$: on.pipe(map((value) => ({ name: 'on', value }))),
    write: { on: (value) => { writeFileSync(file, value ? '1' : '0'); on.next(value); } },
    close: () => on.complete(),
  };
};
export const plugin = definePlugin({
  name: 'files',
  drivers: [
    {
      type: deriveDeviceType(heaterActuator, { config }),
      open: ({ file }) => ({ ...relay(file), commands: {} }),
    },
    {
      type: deriveDeviceType(doserActuator, { config }),
      open: ({ file }) => ({
        ...relay(file + '.pump'),
        commands: { dose: ({ ml }) => { appendFileSync(file, ml + '\\n'); return { ml }; } },
      }),
    },
  ],
});
`;

describe('a guarded output, seen from outside', () => {
  const bench = new Workbench();
  let folder: string;
  let home: Running;
  let port: string;

  beforeEach(async () => {
    folder = bench.folder();
    installPlugin(folder, 'raspy-plugin-files', PLUGIN);
    writeFileSync(
      path.join(folder, 'raspy.yaml'),
      `hostname: pi
plugins-dir: ${folder}
servers:
  tank:
    kind: devices
    plugins: [raspy-plugin-files]
    devices:
      - { name: heater, oid: actuator.heater, config: { file: ${folder}/heater } }
      - { name: doser, oid: actuator.doser, config: { file: ${folder}/doses } }
`,
    );
    home = bench.app('raspy', ['start', '--broker-port=0', ...where()]);
    await home.until(() => /ready on tcp:.*:(\d+) /.test(home.stdout));
    port = /ready on tcp:.*:(\d+) /.exec(home.stdout)![1]!;
    await ready();
  });
  afterEach(() => bench.cleanUp());

  const where = (): string[] => [
    `--data-dir=${path.join(folder, 'data')}`,
    `--config=${path.join(folder, 'raspy.yaml')}`,
  ];
  const heater = (): string => readFileSync(path.join(folder, 'heater'), 'utf8');
  async function raspy(
    ...args: string[]
  ): Promise<{ code: number | string; stdout: string; stderr: string }> {
    const running = bench.app('raspy', args);
    const code = await running.end();
    return { code, stdout: running.stdout, stderr: running.stderr };
  }
  const device = (...args: string[]) =>
    raspy('device', ...args, `--broker-port=${port}`, '--config=/dev/null', '--timeout-ms=20000');
  async function servers(): Promise<readonly ServerStatus[]> {
    return (JSON.parse((await raspy('status', '--json', ...where())).stdout) as { servers: ServerStatus[] })
      .servers;
  }
  /** The device server, once it serves with another process than this. */
  async function ready(before?: number): Promise<ServerStatus> {
    for (;;) {
      const tank = (await servers()).find(({ name }) => name === 'tank')!;
      if (tank.state === 'ready' && tank.pid !== undefined && tank.pid !== before) return tank;
    }
  }
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  async function heat(seconds: number): Promise<void> {
    expect(await device('set', 'heater', 'on=true', `--lease-seconds=${seconds}`)).toMatchObject({ code: 0 });
    expect(heater()).toBe('1');
  }

  it('lives in a process of its own, and its heater is off', async () => {
    expect(heater()).toBe('0');
    expect((await ready()).pid).not.toBe(home.pid);
    const refused = await device('set', 'heater', 'on=true');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('"heater" is guarded: it is only obeyed with a lease');
    expect(heater()).toBe('0');
  });

  it('the controller is gone: the heater is off when its lease ends', async () => {
    await heat(2);
    await until(() => heater() === '0');
    const event = await raspy('kv', 'get', '/event/pi.tank/heater/safety', `--broker-port=${port}`);
    expect(JSON.parse(event.stdout)).toMatchObject({ type: 'tripped', rule: 'lease', device: 'heater' });
  });

  it('its host is killed with the heater on: it is back at once, and the heater off; the broker goes on', async () => {
    const { pid } = await ready();
    await heat(100);
    process.kill(pid!, 'SIGKILL');
    await until(() => heater() === '0');
    expect(await ready(pid)).toMatchObject({ restarts: 1 });
    expect((await servers()).find(({ name }) => name === 'broker')).toMatchObject({ restarts: 0 });
    await heat(100);
  });

  it('broker, supervisor and all else of the home are killed with the heater on: its host makes it safe', async () => {
    await heat(100);
    home.kill('SIGKILL');
    await until(() => heater() === '0');
  });

  it('the home is stopped with the heater on: it is off by then', async () => {
    await heat(100);
    expect(await raspy('stop', ...where())).toMatchObject({ code: 0 });
    expect(heater()).toBe('0');
    expect(await home.end()).toBe(0);
  });

  it('a keyed dose is given once, and the budget of the day is known, though the host was killed', async () => {
    const doses = (): string[] => {
      const file = path.join(folder, 'doses');
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    };
    const dose = (key: string) => device('exec', 'doser', 'dose', '{"ml":10}', `--key=${key}`);
    for (const key of ['a', 'b', 'c', 'd']) expect(await dose(key)).toMatchObject({ code: 0 });
    const { pid } = await ready();
    process.kill(pid!, 'SIGKILL');
    await ready(pid);
    expect(await dose('a')).toMatchObject({ code: 0, stdout: '{"ml":10}\n' });
    expect(doses()).toHaveLength(4);
    expect(await dose('e')).toMatchObject({ code: 0 });
    const refused = await dose('f');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/"doser" is guarded: 10 is more than what is left: 0 of 50/);
    expect(doses()).toHaveLength(5);
  });
});
