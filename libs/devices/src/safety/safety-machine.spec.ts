import { good, levelRules, rulesOf, SafetyWorld } from '../../test/safety-world.js';
import { SafetyMachine } from './safety-machine.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

let world: SafetyWorld;
beforeEach(() => {
  world = new SafetyWorld();
});

describe('the start', () => {
  it('drives the output before anything else is done', () => {
    world.add('pump', rulesOf());
    expect(world.driven()).toEqual([]);
    world.open('pump');
    expect(world.drives).toEqual([
      {
        type: 'drive',
        device: 'pump',
        value: false,
        rule: 'boot',
        reason: 'its device was opened',
        urgent: true,
        at: world.now,
      },
    ]);
    expect(world.state('pump')).toEqual({
      output: 'on',
      wanted: false,
      actual: false,
      failSafe: false,
      state: 'ok',
      latched: false,
    });
  });

  it('refuses to be active before it is open and its first state is reached', () => {
    world.silent.add('pump');
    world.add('pump', rulesOf());
    expect(world.refused('pump', true)).toBe('boot: its device is not open: ask again when it is');
    world.open('pump');
    expect(world.refused('pump', true)).toBe(
      'boot: it is being driven to false (its device was opened): ask again when it is there',
    );
    world.set('pump', false);
    world.must('pump', true);
  });

  it('begins active one after the other, in the order in which they were added', () => {
    for (const device of ['a', 'b', 'c']) world.add(device, rulesOf({ boot: 'on' }));
    world.pass(10 * SECOND);
    for (const device of ['c', 'b', 'a']) world.open(device);
    const begin = world.now;
    world.pass(2 * SECOND);
    expect(world.drives.map(({ device, value, at }) => [device, value, at - begin])).toEqual([
      ['c', false, 0],
      ['c', true, 0],
      ['b', false, 0],
      ['a', false, 0],
      ['a', true, 500],
      ['b', true, 1_000],
    ]);
    expect(world.drives.map(({ urgent }) => urgent)).toEqual([true, false, true, true, false, false]);
  });

  it('begins as it was, and an amount as it was', () => {
    world.begin('lamp', levelRules({ boot: 'last' }));
    expect(world.driven()).toEqual(['lamp 0 boot']);
    world.must('lamp', 40);
    const saved = world.save('lamp');
    world.restart();
    world.begin('lamp', levelRules({ boot: 'last' }), saved);
    expect(world.driven()).toEqual(['lamp 0 boot', 'lamp 40 boot']);
    // An orderly end is none of its own doing, a command is.
    world.run(world.machine.shutdown(world.now));
    expect(world.hardware.get('lamp')).toBe(0);
    expect(world.save('lamp').saved).toMatchObject({ output: 40 });
    world.open('lamp');
    expect(world.save('lamp').saved).toMatchObject({ output: 0 });
  });

  it('begins active where the fail-safe state is, at once', () => {
    world.begin('circulation', rulesOf({ failSafe: true }));
    expect(world.driven()).toEqual(['circulation true boot']);
    world.begin('air', rulesOf({ failSafe: true, boot: 'off' }));
    expect(world.driven()).toEqual(['air false boot']);
  });

  it('waits for its rules, and gives way to whatever is asked of it', () => {
    const rules = rulesOf(
      { boot: 'on', minOffMs: MINUTE },
      { onlyWhile: [{ device: 'tank', value: 'level' }] },
    );
    world.begin('pump', rules);
    expect(world.state('pump')).toMatchObject({
      state: 'ok',
      rule: 'boot',
      reason: 'it is to begin with true: it must stay off for 60 s more',
      offUntilInMs: MINUTE,
    });
    world.pass(HOUR);
    expect(world.state('pump').reason).toBe(
      'it is to begin with true: tank.level has no reading: it must be good',
    );
    expect(world.driven()).toEqual(['pump false boot']);
    world.input('tank', 'level', good(3));
    expect(world.driven()).toEqual(['pump true boot']);

    world.begin('other', rules);
    world.must('other', false);
    world.pass(HOUR);
    expect(world.driven()).toEqual(['other false boot']);
  });
});

describe('leases', () => {
  const heater = rulesOf({ leaseRequired: true, maxLeaseMs: 2 * MINUTE });

  it('is active only with one, and no longer than it is renewed', () => {
    world.begin('heater', heater);
    world.driven();
    expect(world.refused('heater', true)).toBe(
      'lease: it is only obeyed with a lease: give leaseMs, at most 120000',
    );
    expect(world.refused('heater', true, { leaseMs: HOUR })).toBe(
      'lease: a lease of 3600000 ms is too long: give at most 120000, and renew it in time',
    );
    expect(world.refused('heater', true, { leaseMs: 2 * MINUTE + 1 })).toMatch('is too long');
    expect(world.refused('heater', true, { leaseMs: 0 })).toMatch('must be a positive number');
    expect(world.refused('heater', true, { leaseMs: NaN })).toMatch('must be a positive number');

    const decision = world.ask('heater', true, { leaseMs: MINUTE });
    expect(decision).toMatchObject({ allowed: true, value: true, lease: { id: 'lease-1', ms: MINUTE } });
    world.pass(50 * SECOND);
    expect(world.state('heater').lease).toEqual({ endsInMs: 10 * SECOND });
    expect(world.machine.renew(world.now, 'lease-1', MINUTE)).toMatchObject({
      found: true,
      allowed: true,
      device: 'heater',
      lease: { id: 'lease-1', ms: MINUTE },
    });
    expect(world.machine.renew(world.now, 'lease-1', HOUR)).toMatchObject({
      found: true,
      allowed: false,
      rule: 'lease',
      reason: 'a lease of 3600000 ms is too long: give at most 120000, and renew it in time',
    });
    expect(world.machine.renew(world.now, 'another', MINUTE)).toEqual({ found: false, effects: [] });
    world.pass(MINUTE - 1);
    expect(world.driven()).toEqual([]);
    world.pass(1);
    expect(world.driven()).toEqual(['heater false lease']);
    expect(world.told()).toEqual(['tripped lease']);
    expect(world.state('heater')).toMatchObject({ state: 'tripped', rule: 'lease', latched: false });
    expect(world.machine.renew(world.now, 'lease-1', MINUTE).found).toBe(false);
  });

  it('has ended also if nobody has ticked', () => {
    world.begin('heater', heater);
    const lease = world.must('heater', true, { leaseMs: MINUTE });
    world.now += MINUTE;
    const late = world.machine.renew(world.now, lease, MINUTE);
    expect(late.found).toBe(false);
    expect(late.effects).toContainEqual(
      expect.objectContaining({ type: 'drive', value: false, rule: 'lease' }),
    );
  });

  it('is given back', () => {
    world.begin('heater', heater);
    world.driven();
    const lease = world.must('heater', true, { leaseMs: MINUTE });
    const released = world.machine.release(world.now, lease);
    expect(released).toMatchObject({ found: true, device: 'heater' });
    world.run(released.effects);
    expect(world.driven()).toEqual(['heater false lease']);
    expect(world.told()).toEqual(['released lease']);
    expect(world.state('heater')).toMatchObject({ state: 'ok', wanted: false });
    expect(world.machine.release(world.now, lease)).toEqual({ found: false, effects: [] });
  });

  it('ends when it is switched off, or somebody else asks', () => {
    world.begin('heater', heater);
    const first = world.must('heater', true, { leaseMs: MINUTE });
    const second = world.must('heater', true, { leaseMs: MINUTE });
    expect(second).not.toBe(first);
    expect(world.machine.renew(world.now, first, MINUTE).found).toBe(false);
    world.must('heater', false);
    expect(world.machine.renew(world.now, second, MINUTE).found).toBe(false);
    expect(world.state('heater').lease).toBeUndefined();
  });

  it('is kept by whoever has it', () => {
    world.begin('lamp', levelRules({ leaseRequired: true }));
    const lease = world.must('lamp', 10, { leaseMs: MINUTE });
    expect(world.ask('lamp', 20, { leaseId: lease })).toMatchObject({ lease: { id: lease, ms: MINUTE } });
    world.pass(30 * SECOND);
    expect(world.ask('lamp', 30, { leaseId: lease, leaseMs: MINUTE })).toMatchObject({
      lease: { id: lease },
    });
    world.pass(45 * SECOND);
    expect(world.hardware.get('lamp')).toBe(30);
    expect(world.refused('lamp', 40, { leaseId: 'stolen' })).toMatch('lease: this lease has ended');
    world.pass(15 * SECOND);
    expect(world.hardware.get('lamp')).toBe(0);
    expect(world.refused('lamp', 40, { leaseId: lease })).toMatch('lease: this lease has ended');
  });

  it('may be taken where none is needed, and ends as any', () => {
    world.begin('lamp', rulesOf());
    world.must('lamp', true, { leaseMs: MINUTE });
    world.pass(MINUTE);
    expect(world.hardware.get('lamp')).toBe(false);
    world.must('lamp', true, { leaseMs: MINUTE });
    world.must('lamp', true);
    world.pass(HOUR);
    expect(world.hardware.get('lamp')).toBe(true);
  });

  it('switches off for a while what is on otherwise', () => {
    world.begin('circulation', rulesOf({ failSafe: true }));
    world.must('circulation', false, { leaseMs: 10 * MINUTE });
    expect(world.hardware.get('circulation')).toBe(false);
    world.pass(10 * MINUTE);
    expect(world.hardware.get('circulation')).toBe(true);
  });
});

describe('time', () => {
  it('re-sending on does not extend max-on', () => {
    world.begin('pump', rulesOf({ maxOnMs: 10 * MINUTE }));
    world.driven();
    for (let minute = 0; minute < 10; minute++) {
      world.must('pump', true);
      world.pass(MINUTE);
    }
    expect(world.driven()).toEqual(['pump false maxOn']);
    expect(world.hardware.get('pump')).toBe(false);
    expect(world.state('pump')).toMatchObject({
      state: 'tripped',
      rule: 'maxOn',
      reason: 'it has been on for 10 min, as long as it may',
    });
    world.must('pump', true);
    expect(world.state('pump').state).toBe('ok');
  });

  it('does not become active again while it may not be off yet', () => {
    world.begin('pump', rulesOf({ maxOnMs: MINUTE }));
    world.silent.add('pump');
    world.must('pump', true);
    world.pass(MINUTE);
    expect(world.refused('pump', true)).toMatch('maxOn: it is being driven to false');
  });

  it('changing an amount neither extends max-on nor waits for min-off', () => {
    world.begin('fan', levelRules({ maxOnMs: MINUTE, minOffMs: 10 * SECOND }));
    world.pass(10 * SECOND);
    world.must('fan', 20);
    world.pass(59 * SECOND);
    world.must('fan', 80);
    world.pass(SECOND);
    expect(world.hardware.get('fan')).toBe(0);
  });

  it('must stay off for long enough, from the start of the host on', () => {
    world.begin('chiller', rulesOf({ minOffMs: 5 * MINUTE }));
    const early = world.ask('chiller', true);
    expect(early).toMatchObject({
      allowed: false,
      rule: 'minOff',
      reason: 'it must stay off for 5 min more',
      retryAfterMs: 5 * MINUTE,
    });
    world.pass(5 * MINUTE - 42 * SECOND);
    expect(world.refused('chiller', true)).toBe('minOff: it must stay off for 42 s more');
    world.pass(42 * SECOND);
    world.must('chiller', true);
    world.must('chiller', true);
    world.must('chiller', false);
    world.pass(5 * MINUTE - 1);
    expect(world.refused('chiller', true)).toBe('minOff: it must stay off for 1 s more');
    world.pass(1);
    world.must('chiller', true);
  });

  it('is off only from when that is known', () => {
    world.begin('chiller', rulesOf({ minOffMs: MINUTE }));
    world.pass(MINUTE);
    world.must('chiller', true);
    world.machine.request(world.now, 'chiller', false);
    expect(world.refused('chiller', true)).toBe(
      'minOff: it must be off for 60 s, and is not known to be off',
    );
    world.pass(MINUTE);
    world.set('chiller', false);
    expect(world.refused('chiller', true)).toBe('minOff: it must stay off for 60 s more');
  });

  it('keeps its duty in any window', () => {
    world.begin('pump', rulesOf({ duty: { onMs: 10 * MINUTE, windowMs: HOUR } }));
    world.must('pump', true);
    world.pass(6 * MINUTE);
    world.must('pump', false);
    world.pass(30 * MINUTE);
    expect(world.state('pump').dutyLeftMs).toBe(4 * MINUTE);
    world.must('pump', true);
    world.pass(4 * MINUTE);
    expect(world.hardware.get('pump')).toBe(false);
    expect(world.told()).toEqual(['tripped duty']);
    const refused = world.ask('pump', true);
    expect(refused).toMatchObject({ allowed: false, rule: 'duty', retryAfterMs: 20 * MINUTE + 1 });
    expect((refused as { reason: string }).reason).toBe(
      'it was on for 10 min within 60 min, as long as it may: it must stay off for 21 min more',
    );
    world.pass(20 * MINUTE + 1);
    world.must('pump', true);
    // The first six minutes leave the window as fast as it is on.
    world.pass(6 * MINUTE - 2);
    expect(world.hardware.get('pump')).toBe(true);
    world.pass(2);
    expect(world.hardware.get('pump')).toBe(false);
  });
});

describe('conditions', () => {
  const onlyWarm = { onlyWhile: [{ device: 'tank-water', value: 'temperature', below: 26 }] };

  it('is active only while they hold and are known', () => {
    world.begin('heater', rulesOf({}, onlyWarm));
    expect(world.refused('heater', true)).toBe(
      'input: tank-water.temperature has no reading: it must be good',
    );
    world.input('tank-water', 'temperature', {
      value: 25,
      quality: 'stale',
      reason: 'nothing came for 60 s',
    });
    expect(world.refused('heater', true)).toBe(
      'input: tank-water.temperature is stale (nothing came for 60 s): it must be good',
    );
    world.input('tank-water', 'temperature', good(27));
    expect(world.refused('heater', true)).toBe(
      'interlock: tank-water.temperature is 27: it must be below 26',
    );
    world.input('tank-water', 'temperature', good(25));
    world.must('heater', true);
    world.driven();
    world.input('tank-water', 'temperature', good(26));
    expect(world.driven()).toEqual(['heater false interlock']);
    expect(world.told()).toEqual(['tripped interlock']);
    world.input('tank-water', 'temperature', good(24));
    expect(world.driven()).toEqual([]); // it is not switched on again by itself
    world.must('heater', true);
    world.input('tank-water', 'temperature', { value: 24, quality: 'bad' });
    expect(world.driven()).toEqual(['heater false input']);
  });

  it('an interlock trips the one that is on', () => {
    world.begin('stirrer', rulesOf());
    world.begin('top-off', rulesOf({}, { notWhile: [{ device: 'stirrer', value: 'on', is: true }] }));
    world.must('top-off', true);
    world.driven();
    world.must('stirrer', true);
    expect(world.driven()).toEqual(['top-off false interlock']);
    expect(world.state('top-off').reason).toBe('stirrer.on is true: it must not be true');
    expect(world.refused('top-off', true)).toBe('interlock: stirrer.on is true: it must not be true');
  });

  it('takes what another output is to be, was set to and reports for true, if one of them forbids', () => {
    world.begin('valve', rulesOf());
    world.begin('pump', rulesOf({}, { onlyWhile: [{ device: 'valve', value: 'on', is: true }] }));
    world.begin('dry', rulesOf({}, { notWhile: [{ device: 'valve', value: 'on', is: true }] }));
    world.machine.request(world.now, 'valve', true);
    expect(world.refused('pump', true)).toBe('interlock: valve.on is false: it must be true');
    expect(world.refused('dry', true)).toBe('interlock: valve.on is true: it must not be true');
    world.set('valve', true);
    world.input('valve', 'on', good(false));
    expect(world.refused('pump', true)).toBe('interlock: valve.on is false: it must be true');
    world.input('valve', 'on', good(true));
    world.must('pump', true);
    world.input('valve', 'on', { value: true, quality: 'suspect' });
    expect(world.hardware.get('pump')).toBe(false);
    world.input('valve', 'on', good(true));
    world.must('pump', true);
    world.lose('valve');
    expect(world.state('pump')).toMatchObject({ wanted: false, rule: 'input' });
    expect(world.refused('dry', true)).toMatch('input: valve.on is not known, since its device is not open');
    world.broken.add('valve');
    world.open('valve');
    expect(world.refused('dry', true)).toMatch('input: valve.on is not known');
  });

  it('forgets what it knew of a device that is removed', () => {
    world.begin('valve', rulesOf());
    world.begin('pump', rulesOf({}, { onlyWhile: [{ device: 'valve', value: 'on', is: false }] }));
    world.must('pump', true);
    world.run(world.machine.remove(world.now, 'valve'));
    expect(world.hardware.get('pump')).toBe(false);
    expect(world.state('pump').reason).toBe('valve.on has no reading: it must be good');
  });
});

describe('people', () => {
  it('disable leaves the pump off, not running', () => {
    world.begin('pump', rulesOf());
    world.must('pump', true, { leaseMs: MINUTE });
    world.driven();
    world.run(world.machine.disable(world.now, 'pump', 'hands in the tank'));
    expect(world.driven()).toEqual(['pump false disabled']);
    expect(world.hardware.get('pump')).toBe(false);
    expect(world.state('pump')).toMatchObject({
      state: 'disabled',
      rule: 'disabled',
      reason: 'hands in the tank',
    });
    expect(world.refused('pump', true)).toBe('disabled: it is disabled (hands in the tank): enable it first');
    world.must('pump', false);
    world.run(world.machine.enable(world.now, 'pump'));
    expect(world.hardware.get('pump')).toBe(false);
    world.run(world.machine.enable(world.now, 'pump'));
    world.must('pump', true);
    expect(world.told()).toEqual(['disabled disabled', 'enabled']);
  });

  it('keeps in its fail-safe state what is disabled', () => {
    world.begin('circulation', rulesOf({ failSafe: true }));
    world.must('circulation', false);
    world.run(world.machine.disable(world.now, 'circulation'));
    expect(world.hardware.get('circulation')).toBe(true);
    expect(world.refused('circulation', false)).toMatch('disabled: it is disabled (by a person)');
    world.must('circulation', true);
  });

  it('holds a trip until it is acknowledged', () => {
    world.begin('heater', rulesOf({ maxOnMs: HOUR, latch: ['maxOn'] }));
    world.must('heater', true);
    world.pass(HOUR);
    expect(world.events).toMatchObject([
      { type: 'tripped', severity: 'critical', rule: 'maxOn', latched: true },
    ]);
    world.told();
    expect(world.refused('heater', true)).toBe(
      'maxOn: it tripped (it has been on for 60 min, as long as it may) and stays so until it is acknowledged',
    );
    world.must('heater', false);
    expect(world.state('heater')).toMatchObject({ state: 'tripped', latched: true });
    world.driven();
    world.run(world.machine.acknowledge(world.now, 'heater'));
    world.run(world.machine.acknowledge(world.now, 'heater'));
    expect(world.told()).toEqual(['acknowledged maxOn']);
    expect(world.driven()).toEqual([]);
    expect(world.state('heater').state).toBe('ok');
    world.must('heater', true);
  });
});

describe('a machine that is asked oddly', () => {
  it('refuses what it does not guard', () => {
    expect(world.ask('nobody', true)).toMatchObject({ allowed: false, rule: 'shutdown' });
    expect(world.machine.spend(world.now, 'nobody', 'dose', {})).toMatchObject({ allowed: false });
    expect(world.machine.state(world.now, 'nobody')).toBeUndefined();
    expect(world.machine.save(world.now, 0, 'nobody')).toBeUndefined();
    for (const call of [
      'opened',
      'lost',
      'uncertain',
      'disable',
      'enable',
      'acknowledge',
      'remove',
      'shutdown',
    ] as const) {
      expect(world.machine[call](world.now, 'nobody')).toEqual([]);
    }
    expect(world.machine.applied(world.now, 'nobody', true, false)).toEqual([]);
    expect(world.machine.change(world.now, 'nobody', rulesOf())).toEqual([]);
    expect(world.machine.refund(world.now, 'nobody', 'dose', {})).toEqual([]);
    expect(world.machine.input(world.now, 'nobody', 'on', good(true))).toEqual([]);
    expect(world.machine.nextDeadline).toBe(Infinity);
  });

  it('refuses what is no value', () => {
    world.begin('pump', rulesOf());
    world.begin('lamp', levelRules());
    expect(world.refused('pump', 1)).toBe('input: 1 is no value for it: it is a boolean');
    expect(world.refused('lamp', NaN)).toBe('input: NaN is no value for it: it is a number');
    expect(world.refused('lamp', true)).toMatch('input: true is no value');
  });

  it('wants to know what time it is', () => {
    expect(() => new SafetyMachine({ newLeaseId: () => '' }).tick(NaN)).toThrow(
      new RangeError('now must be a number of milliseconds, not NaN'),
    );
  });
});
