import { Aquarium } from '../../test/aquarium.js';
import { rejection, thrown } from '../../test/probe.js';
import { CommandRefusedError, type SavedSafety } from '../index.js';
import { volatileMemory } from '../safety/safety-memory.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a heater, as its type ships', () => {
  let tank: Aquarium;
  beforeEach(async () => {
    tank = new Aquarium();
    await tank.add('heater', 'actuator.heater');
  });
  afterEach(() => tank.host.close());

  it('is driven off before anything else when it is opened', () => {
    expect(tank.calls).toEqual(['heater off']);
    expect(tank.host.list()[0]!.safety).toMatchObject({ state: 'ok', wanted: false, actual: false });
  });

  it('the controller is killed while the heater is on: it is off when the lease ends, and that is said', async () => {
    expect(await tank.set('heater', true, MINUTE)).toEqual({ lease: 'lease-1', leaseMs: MINUTE });
    expect(tank.outputs.get('heater')).toBe(true);
    await tank.pass(MINUTE - 1);
    expect(tank.outputs.get('heater')).toBe(true);
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
    expect(tank.events).toMatchObject([
      { type: 'tripped', rule: 'lease', device: 'heater', severity: 'warning' },
    ]);
    expect(tank.lines).toContainEqual('warn safety: tripped');
    expect(thrown(() => tank.host.renew('lease-1', MINUTE)).code).toBe('UNKNOWN_LEASE');
    // Nothing latches: a controller that comes back goes on.
    await tank.set('heater', true, MINUTE);
    expect(tank.outputs.get('heater')).toBe(true);
  });

  it('stays on while its lease is renewed, and no longer than its longest time on', async () => {
    await tank.set('heater', true, 2 * MINUTE);
    await tank.pass(6 * HOUR - MINUTE, MINUTE, () => tank.host.renew('lease-1', 2 * MINUTE));
    expect(tank.outputs.get('heater')).toBe(true);
    await tank.pass(MINUTE);
    expect(tank.outputs.get('heater')).toBe(false);
    expect(tank.events.at(-1)).toMatchObject({ rule: 'maxOn', latched: true });
    expect(await rejection(tank.set('heater', true, MINUTE))).toMatchObject({
      code: 'SAFETY_REFUSED',
      rule: 'maxOn',
    });
    const { result } = await tank.host.execute('heater', 'acknowledge');
    expect(result).toMatchObject({ state: 'ok', latched: false });
    await tank.set('heater', true, MINUTE);
    expect(tank.outputs.get('heater')).toBe(true);
  });

  it('is not obeyed without a lease, nor for longer than a lease may be', async () => {
    expect(await rejection(tank.set('heater', true))).toMatchObject({
      code: 'SAFETY_REFUSED',
      rule: 'lease',
      message: expect.stringContaining('give leaseMs') as string,
    });
    expect((await rejection(tank.set('heater', true, HOUR))).code).toBe('SAFETY_REFUSED');
    expect((await rejection(tank.set('heater', true, -1))).code).toBe('INVALID_ARGUMENT');
    expect(tank.calls).toEqual(['heater off']);
    await tank.set('heater', false);
    expect(tank.calls).toEqual(['heater off', 'heater off']);
  });

  it('goes off when its lease is given back, or somebody else switches it off', async () => {
    await tank.set('heater', true, MINUTE);
    tank.host.release('lease-1');
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
    await tank.set('heater', true, MINUTE);
    await tank.set('heater', false);
    expect(thrown(() => tank.host.release('lease-2')).code).toBe('UNKNOWN_LEASE');
  });

  it('the clock steps an hour: nothing changes', async () => {
    await tank.set('heater', true, MINUTE);
    tank.clock.stepWall(HOUR);
    await tank.pass(MINUTE - 1);
    expect(tank.outputs.get('heater')).toBe(true);
    tank.clock.stepWall(-2 * HOUR);
    expect(tank.outputs.get('heater')).toBe(true);
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
  });

  it('is driven off although a command hangs', async () => {
    await tank.set('heater', true, 5_000);
    tank.write = () => new Promise(() => undefined);
    void rejection(tank.set('heater', true, 5_000));
    await tank.pass(1);
    tank.write = () => undefined;
    await tank.pass(5_999);
    expect(tank.outputs.get('heater')).toBe(false);
    // The command is given up by then, and its end is not waited for any more.
    await tank.pass(20_000);
    expect(tank.outputs.get('heater')).toBe(false);
  });

  it('that cannot be driven off is tried again for ever, and said loudly', async () => {
    await tank.set('heater', true, 5_000);
    tank.write = () => Promise.reject(new Error('bus'));
    await tank.pass(10 * MINUTE, 1_000);
    expect(tank.events).toContainEqual(
      expect.objectContaining({ type: 'driveFailed', severity: 'critical', device: 'heater' }),
    );
    expect(tank.lines).toContainEqual('error safety: driveFailed');
    tank.write = () => undefined;
    await tank.pass(31_000);
    expect(tank.outputs.get('heater')).toBe(false);
    expect(tank.events.at(-1)).toMatchObject({ type: 'driven' });
  });

  it('that reports to be on though it was switched off is switched off again, and said', async () => {
    tank.reports = false;
    await tank.set('heater', true, 5_000);
    tank.calls.length = 0;
    await tank.pass(5_000);
    expect(tank.calls).toEqual(['heater off']);
    expect(tank.host.get('heater', 'on').value).toBe(false);
  });

  it('is off before its device is closed, reset, reconfigured or removed', async () => {
    for (const end of ['reset', 'remove'] as const) {
      await tank.set('heater', true, MINUTE);
      tank.calls.length = 0;
      if (end === 'reset') await tank.host.execute('heater', 'reset');
      else await tank.host.remove('heater');
      expect(tank.calls.slice(0, 2)).toEqual(['heater off', 'heater closed']);
    }
    await tank.add('heater', 'actuator.heater');
    await tank.set('heater', true, MINUTE);
    tank.calls.length = 0;
    await tank.host.close();
    expect(tank.calls).toEqual(['heater off', 'heater closed']);
    expect(tank.clock.nextAt).toBe(Infinity);
  });

  it('is off when it is disabled, and stays so until it is enabled', async () => {
    await tank.set('heater', true, MINUTE);
    const { result } = await tank.host.execute('heater', 'disable', { reason: 'the tank is cleaned' });
    expect(result).toMatchObject({ state: 'disabled', reason: expect.stringContaining('cleaned') as string });
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
    expect((await rejection(tank.set('heater', true, MINUTE))).message).toContain('cleaned');
    await tank.host.execute('heater', 'enable');
    await tank.set('heater', true, MINUTE);
    expect(tank.outputs.get('heater')).toBe(true);
  });
});

describe('a heater that depends on a probe', () => {
  let tank: Aquarium;
  beforeEach(async () => {
    tank = new Aquarium();
    await tank.add('water', 'sensor.temperature');
    await tank.add('heater', 'actuator.heater', {
      safety: { onlyWhile: [{ device: 'water', value: 'temperature', below: 27.5 }] },
    });
  });
  afterEach(() => tank.host.close());

  /** Heats, with a thermostat that renews its lease. */
  async function heat(): Promise<void> {
    tank.temperature(25);
    await tank.set('heater', true, 2 * MINUTE);
    expect(tank.outputs.get('heater')).toBe(true);
  }
  const control = (): unknown => tank.host.renew('lease-1', 2 * MINUTE);

  it('is not switched on before there is a reading', async () => {
    expect(await rejection(tank.set('heater', true, MINUTE))).toMatchObject({ rule: 'input' });
    tank.temperature(25);
    await tank.set('heater', true, MINUTE);
  });

  it('the sensor sticks at 25.0: the heater goes off though its controller goes on', async () => {
    await heat();
    await tank.pass(29 * MINUTE, MINUTE, () => {
      tank.temperature(25);
      control();
    });
    expect(tank.outputs.get('heater')).toBe(true);
    await tank.pass(MINUTE, MINUTE, () => tank.temperature(25));
    expect(tank.host.get('water', 'temperature').quality).toBe('suspect');
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
    expect(tank.events.at(-1)).toMatchObject({ type: 'tripped', rule: 'input', device: 'heater' });
  });

  it.each<[string, (tank: Aquarium) => void]>([
    ['says 85 °C at once', ({ water }) => water.next({ name: 'temperature', value: 85 })],
    ['says nothing', () => undefined],
    ['cannot be read', ({ water }) => water.next({ name: 'temperature', bad: 'CRC error' })],
    ['is lost', ({ water }) => water.error(new Error('gone'))],
  ])('goes off when the probe %s', async (_, fail) => {
    await heat();
    fail(tank);
    await tank.pass(6 * MINUTE, MINUTE, () => {
      try {
        control();
      } catch {
        // It has gone off, and the lease with it.
      }
    });
    expect(tank.outputs.get('heater')).toBe(false);
  });

  it('goes off above what is deadly, whatever its controller says', async () => {
    await heat();
    await tank.pass(2_000);
    tank.temperature(27.6);
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
    expect(tank.events.at(-1)).toMatchObject({ rule: 'interlock' });
  });

  it('goes off when the probe is removed: what it said last is nothing to go by', async () => {
    await heat();
    await tank.host.remove('water');
    await tank.pass(1);
    expect(tank.outputs.get('heater')).toBe(false);
    expect(tank.events.at(-1)).toMatchObject({ type: 'tripped', rule: 'input', device: 'heater' });
    expect(await rejection(tank.set('heater', true, MINUTE))).toMatchObject({ rule: 'input' });
  });

  it('knows at once what a condition says that is added while it runs', async () => {
    await tank.host.remove('heater');
    await tank.add('spare', 'actuator.heater');
    tank.temperature(25);
    await tank.set('spare', true, MINUTE);
    const onlyWhile = (below: number) => ({
      name: 'spare',
      oid: 'actuator.heater',
      safety: { onlyWhile: [{ device: 'water', value: 'temperature', below }] },
    });
    await tank.host.configure(onlyWhile(30));
    await tank.pass(1);
    expect(tank.outputs.get('spare')).toBe(true);
    await tank.host.configure(onlyWhile(20));
    await tank.pass(1);
    expect(tank.outputs.get('spare')).toBe(false);
  });

  it('cannot be used while a condition names what is not there, and that is told', async () => {
    await tank.add('spare', 'actuator.heater', {
      safety: { onlyWhile: [{ device: 'watter', value: 'temperature' }] },
    });
    expect(tank.host.danglingConditions()).toMatchObject([{ path: 'spare: safety.onlyWhile[0]' }]);
    expect((await rejection(tank.set('spare', true, MINUTE))).code).toBe('SAFETY_REFUSED');
  });
});

it.each<[string, object, string]>([
  ['looser than its type', { maxOnMs: 100 * HOUR }, 'safety.maxOnMs'],
  ['of the wrong form', { maxOnMs: 'long' }, 'safety.maxOnMs'],
  ['against itself', { boot: 'on' }, 'safety.boot'],
  ['about itself', { notWhile: [{ device: 'heater', value: 'on', is: true }] }, 'safety.notWhile[0]'],
])('a safety configuration %s is refused', (_, safety, path) => {
  const tank = new Aquarium();
  const error = thrown(() => tank.host.add({ name: 'heater', oid: 'actuator.heater', safety }));
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', mistakes: [{ path }] });
});

it('safety of a device without a guarded output is refused', () => {
  const tank = new Aquarium();
  const error = thrown(() => tank.host.add({ name: 'w', oid: 'sensor.temperature', safety: { maxOnMs: 5 } }));
  expect(error).toMatchObject({ mistakes: [{ path: 'safety' }] });
});

it('two pumps that exclude each other are never on together', async () => {
  const tank = new Aquarium();
  const not = (device: string) => ({ safety: { notWhile: [{ device, value: 'on', is: true }] } });
  await tank.add('fill', 'actuator.pump', not('drain'));
  await tank.add('drain', 'actuator.pump', not('fill'));
  await tank.set('fill', true);
  expect(await rejection(tank.set('drain', true))).toMatchObject({ rule: 'interlock' });
  await tank.set('fill', false);
  await tank.set('drain', true);
  expect(tank.outputs).toEqual(new Map([['fill', false], ['drain', true]])); // oxfmt-ignore
  await tank.host.close();
});

it('outputs that begin active begin one after the other', async () => {
  const tank = new Aquarium({ staggerMs: 1_000 });
  for (const name of ['a', 'b', 'c']) tank.host.add({ name, oid: 'actuator.pump', safety: { boot: 'on' } });
  await tank.pass(10);
  const on = (): number => [...tank.outputs.values()].filter(Boolean).length;
  expect(on()).toBe(1);
  await tank.pass(1_000);
  expect(on()).toBe(2);
  await tank.pass(1_000);
  expect(on()).toBe(3);
  await tank.host.close();
});

it('an output that begins active is safe though its device is removed while it is being opened', async () => {
  const tank = new Aquarium();
  let open: () => void = () => undefined;
  tank.opening = () => new Promise<void>((resolve) => (open = resolve));
  tank.host.add({ name: 'a', oid: 'actuator.pump', safety: { boot: 'on' } });
  await tank.pass(1);
  const removed = tank.host.remove('a');
  await tank.pass(1);
  open();
  await tank.pass(2_000, 10);
  await removed;
  expect(tank.outputs.get('a')).toBe(false);
  expect(tank.calls.at(-1)).toBe('a closed');
  await tank.host.close();
});

describe('a doser', () => {
  it('gives no more than its budget, across a restart too', async () => {
    const tank = new Aquarium({ memory: volatileMemory() });
    await tank.add('doser', 'actuator.doser');
    const dose = (ml: number) => tank.host.execute('doser', 'dose', { ml });
    for (let dosed = 0; dosed < 40; dosed += 10) await dose(10);
    expect(await rejection(dose(11))).toMatchObject({ code: 'SAFETY_REFUSED', rule: 'budget' });
    await tank.host.close();
    tank.restart();
    await tank.add('doser', 'actuator.doser');
    await dose(10);
    expect(await rejection(dose(1))).toMatchObject({
      rule: 'budget',
      retryAfterMs: expect.any(Number) as number,
    });
    await tank.pass(24 * HOUR);
    await dose(10);
    await tank.host.close();
  });

  it('counts what may have been given, and not what was refused', async () => {
    const tank = new Aquarium();
    await tank.add('doser', 'actuator.doser');
    const dose = (ml: number) => tank.host.execute('doser', 'dose', { ml });
    tank.dose = () => {
      throw new Error('no answer');
    };
    await rejection(dose(10));
    tank.dose = () => {
      throw new CommandRefusedError('the bottle is empty');
    };
    await rejection(dose(10));
    expect(tank.host.list()[0]!.safety).toMatchObject({
      budgets: [{ command: 'dose', argument: 'ml', left: 40 }],
    });
    await tank.host.close();
  });

  describe('whose budget is put on record slowly', () => {
    /** A dose is asked for, and its record waits until it is told to end. */
    async function waiting() {
      let end: () => void = () => undefined;
      const memory = {
        load: () => undefined,
        save: () => new Promise<void>((resolve) => (end = resolve)),
      };
      const tank = new Aquarium({ memory });
      await tank.add('doser', 'actuator.doser');
      const dosed = rejection(tank.host.execute('doser', 'dose', { ml: 5 }));
      await tank.pass(1);
      return { tank, dosed, end: () => end() };
    }
    const left = (tank: Aquarium) => tank.host.list()[0]!.safety!.budgets![0]!.left;

    it('gives nothing when it is disabled meanwhile', async () => {
      const { tank, dosed, end } = await waiting();
      await tank.host.execute('doser', 'disable');
      end();
      expect(await dosed).toMatchObject({ code: 'SAFETY_REFUSED', rule: 'disabled' });
      expect(tank.calls).not.toContain('doser dosed 5');
      expect(left(tank)).toBe(50);
    });

    it('gives nothing when its session is lost meanwhile', async () => {
      const { tank, dosed, end } = await waiting();
      tank.lose('doser');
      end();
      expect(await dosed).toMatchObject({ code: 'SAFETY_REFUSED' });
      expect(tank.calls).not.toContain('doser dosed 5');
      expect(left(tank)).toBe(50);
    });

    it('gives nothing when that takes too long, and obeys what comes after', async () => {
      const { tank, dosed } = await waiting();
      await tank.pass(10_000, 1_000);
      expect(await dosed).toMatchObject({
        code: 'SAFETY_REFUSED',
        message: expect.stringContaining('record') as string,
      });
      expect(tank.calls).not.toContain('doser dosed 5');
      await tank.set('doser', false);
    });
  });

  it('does not give what cannot be put on record', async () => {
    const memory = { load: () => undefined, save: () => Promise.reject(new Error('disk full')) };
    const tank = new Aquarium({ memory });
    await tank.add('doser', 'actuator.doser');
    expect(await rejection(tank.host.execute('doser', 'dose', { ml: 5 }))).toMatchObject({
      code: 'SAFETY_REFUSED',
      message: expect.stringContaining('record') as string,
    });
    expect(tank.calls).toEqual(['doser off']);
    expect(tank.lines).toContainEqual('error what is known of a guarded output could not be saved');
    await tank.host.close();
  });
});

it('is put on record when something happens, not at each renewal of a lease', async () => {
  let saves = 0;
  const memory = {
    load: () => undefined,
    save: () => {
      saves++;
      return Promise.resolve();
    },
  };
  const tank = new Aquarium({ memory });
  await tank.add('heater', 'actuator.heater');
  await tank.set('heater', true, 2 * MINUTE);
  await tank.pass(11_000);
  const before = saves;
  await tank.pass(HOUR, MINUTE, () => tank.host.renew('lease-1', 2 * MINUTE));
  expect(saves).toBe(before);
  await tank.set('heater', false);
  await tank.pass(11_000);
  expect(saves).toBe(before + 1);
  await tank.host.close();
});

it('a trip that holds, and being disabled, outlive the host', async () => {
  const saved = new Map<string, SavedSafety>();
  const memory = {
    load: (device: string) => saved.get(device),
    save: (device: string, state: SavedSafety) => {
      saved.set(device, JSON.parse(JSON.stringify(state)) as SavedSafety);
      return Promise.resolve();
    },
  };
  const tank = new Aquarium({ memory });
  await tank.add('a', 'actuator.pump', { safety: { maxOnMs: MINUTE, latch: ['maxOn'] } });
  await tank.add('b', 'actuator.pump');
  await tank.set('a', true);
  await tank.host.execute('b', 'disable');
  await tank.pass(MINUTE);
  // Killed: nothing is said to the host any more, but what was saved a while after it happened.
  await tank.pass(11_000);
  tank.restart();
  await tank.add('a', 'actuator.pump', { safety: { maxOnMs: MINUTE, latch: ['maxOn'] } });
  await tank.add('b', 'actuator.pump');
  expect(tank.host.list().map(({ safety }) => safety!.state)).toEqual(['tripped', 'disabled']);
  expect((await rejection(tank.set('a', true))).code).toBe('SAFETY_REFUSED');
  await tank.host.close();
});
