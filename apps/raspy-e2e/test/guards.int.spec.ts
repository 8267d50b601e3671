import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Workbench } from './processes.js';
import { SupervisedHome, until, type Ended, type ServerStatus } from './supervised-home.js';

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
  let home: SupervisedHome;

  beforeEach(async () => {
    home = new SupervisedHome(bench, 'raspy-plugin-files', PLUGIN);
    const { folder } = home;
    home.configure(`  tank:
    kind: devices
    plugins: [raspy-plugin-files]
    devices:
      - { name: heater, oid: actuator.heater, config: { file: ${folder}/heater } }
      - { name: doser, oid: actuator.doser, config: { file: ${folder}/doses } }
`);
    await home.start();
    await ready();
  });
  afterEach(() => bench.cleanUp());

  const heater = (): string => readFileSync(path.join(home.folder, 'heater'), 'utf8');
  const device = (...args: string[]): Promise<Ended> => home.onBus('device', ...args, '--timeout-ms=20000');
  /** The device server, once it serves with another process than this. */
  const ready = (before?: number): Promise<ServerStatus> =>
    home.server('tank', ({ state, pid }) => state === 'ready' && pid !== undefined && pid !== before);
  async function heat(seconds: number): Promise<void> {
    expect(await device('set', 'heater', 'on=true', `--lease-seconds=${seconds}`)).toMatchObject({ code: 0 });
    expect(heater()).toBe('1');
  }

  it('lives in a process of its own, and its heater is off', async () => {
    expect(heater()).toBe('0');
    expect((await ready()).pid).not.toBe(home.process.pid);
    const refused = await device('set', 'heater', 'on=true');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('"heater" is guarded: it is only obeyed with a lease');
    expect(heater()).toBe('0');
  });

  it('the controller is gone: the heater is off when its lease ends', async () => {
    await heat(5);
    await until(() => heater() === '0');
    const event = await home.onBus('kv', 'get', '/event/pi.tank/heater/safety');
    expect(JSON.parse(event.stdout)).toMatchObject({ type: 'tripped', rule: 'lease', device: 'heater' });
  });

  it('its host is killed with the heater on: it is back at once, and the heater off; the broker goes on', async () => {
    const { pid } = await ready();
    await heat(100);
    process.kill(pid!, 'SIGKILL');
    await until(() => heater() === '0');
    expect(await ready(pid)).toMatchObject({ restarts: 1 });
    expect((await home.servers()).find(({ name }) => name === 'broker')).toMatchObject({ restarts: 0 });
    await heat(100);
  });

  it('broker, supervisor and all else of the home are killed with the heater on: its host makes it safe', async () => {
    await heat(100);
    home.process.kill('SIGKILL');
    await until(() => heater() === '0');
  });

  it('the home is stopped with the heater on: it is off by then', async () => {
    await heat(100);
    expect(await home.raspy('stop', ...home.where)).toMatchObject({ code: 0 });
    expect(heater()).toBe('0');
    expect(await home.process.end()).toBe(0);
  });

  it('a keyed dose is given once, and the budget of the day is known, though the host was killed', async () => {
    const doses = (): string[] => {
      const file = path.join(home.folder, 'doses');
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
