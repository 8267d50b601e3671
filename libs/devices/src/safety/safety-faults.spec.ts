import { good, levelRules, rulesOf, SafetyWorld } from '../../test/safety-world.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let world: SafetyWorld;
beforeEach(() => {
  world = new SafetyWorld();
});

const heater = rulesOf(
  { leaseRequired: true, maxLeaseMs: 2 * MINUTE, maxOnMs: 6 * HOUR, latch: ['disobeyed', 'maxOn'] },
  { onlyWhile: [{ device: 'tank-water', value: 'temperature', below: 28 }] },
);

describe('a tank', () => {
  beforeEach(() => {
    world.begin('heater', heater);
    world.input('tank-water', 'temperature', good(25));
    world.told();
  });

  it('the controller is killed while the heater is on', () => {
    const lease = world.must('heater', true, { leaseMs: 2 * MINUTE });
    world.driven();
    for (let round = 0; round < 5; round++) {
      world.pass(MINUTE);
      expect(world.machine.renew(world.now, lease, 2 * MINUTE)).toMatchObject({ allowed: true });
    }
    const killed = world.now;
    world.pass(HOUR);
    expect(world.drives.map(({ value, rule, at, urgent }) => [value, rule, at - killed, urgent])).toEqual([
      [false, 'lease', 2 * MINUTE, true],
    ]);
    expect(world.events).toMatchObject([{ type: 'tripped', severity: 'warning', rule: 'lease' }]);
  });

  it('the sensor sticks at 25.0 (its reading becomes suspect)', () => {
    world.must('heater', true, { leaseMs: 2 * MINUTE });
    world.driven();
    const reason = 'it has been 25 for 3600 s: the sensor may be stuck';
    world.input('tank-water', 'temperature', { value: 25, quality: 'suspect', reason });
    expect(world.driven()).toEqual(['heater false input']);
    expect(world.state('heater').reason).toBe(
      `tank-water.temperature is suspect (${reason}): it must be good`,
    );
    expect(world.refused('heater', true, { leaseMs: MINUTE })).toMatch(
      'input: tank-water.temperature is suspect',
    );
  });

  it('the clock steps an hour', () => {
    const doser = rulesOf({ budgets: [{ command: 'dose', argument: 'ml', max: 50, windowMs: DAY }] });
    world.begin('doser', doser);
    world.machine.spend(world.now, 'doser', 'dose', { ml: 50 });
    world.must('heater', true, { leaseMs: 2 * MINUTE });
    const before = world.state('heater');
    // The wall clock is asked for by nobody but those who save.
    const wall = 1_800_000_000_000;
    for (const step of [HOUR, -HOUR, -30 * DAY]) {
      world.machine.save(world.now, wall + step, 'heater');
      world.machine.save(world.now, wall + step, 'doser');
    }
    expect(world.state('heater')).toEqual(before);
    expect(world.state('doser').budgets).toEqual([{ command: 'dose', argument: 'ml', left: 0 }]);
    world.pass(2 * MINUTE - 1);
    expect(world.hardware.get('heater')).toBe(true);
    world.pass(1);
    expect(world.hardware.get('heater')).toBe(false);
  });
});

describe('hardware that cannot be driven', () => {
  it('a drive to safe that fails is tried again for ever and said loudly', () => {
    world.begin('heater', rulesOf({ latch: ['lease'] }));
    world.must('heater', true, { leaseMs: MINUTE });
    world.told();
    world.driven();
    world.broken.add('heater');
    const end = world.now + MINUTE;
    world.pass(MINUTE + 10 * MINUTE);
    const pauses = world.drives.map(({ at }) => at - end);
    expect(pauses.slice(0, 8)).toEqual([0, 1, 3, 7, 15, 31, 61, 91].map((seconds) => seconds * SECOND));
    expect(
      world.drives.every(({ value, rule, urgent }) => value === false && rule === 'lease' && urgent),
    ).toBe(true);
    const failed = world.events.filter(({ type }) => type === 'driveFailed');
    expect(failed).toHaveLength(world.drives.length);
    expect(failed.every(({ severity }) => severity === 'critical')).toBe(true);
    expect(failed[1]!.reason).toBe(
      'driving it to false: it failed, 2 times now (its lease ended and was not renewed); it is tried again after 2 s',
    );
    expect(world.state('heater')).not.toHaveProperty('actual');
    world.run(world.machine.acknowledge(world.now, 'heater'));
    expect(world.refused('heater', true, { leaseMs: MINUTE })).toMatch(
      /^lease: it is being driven to false, which failed \d+ times \(its lease ended/,
    );
    expect(world.state('heater')).toMatchObject({ state: 'ok', rule: 'lease' });
    world.told();
    world.broken.clear();
    world.pass(30 * SECOND);
    expect(world.told()).toEqual(['driven lease']);
    expect(world.state('heater')).toMatchObject({ actual: false });
    world.driven();
    world.pass(HOUR);
    expect(world.driven()).toEqual([]);
  });

  it('tries again at once when people or the host want it to be safe', () => {
    world.begin('heater', rulesOf());
    world.must('heater', true);
    world.broken.add('heater');
    world.run(world.machine.shutdown(world.now, 'heater'));
    world.pass(20 * SECOND);
    world.driven();
    world.run(world.machine.disable(world.now, 'heater'));
    world.run(world.machine.shutdown(world.now));
    expect(world.driven()).toEqual(['heater false disabled', 'heater false shutdown']);
    expect(world.refused('heater', true)).toMatch(
      'shutdown: its device is being closed, reset or configured',
    );
  });

  it('is driven to its fail-safe state when a command fails, since nobody knows what it did', () => {
    world.begin('lamp', levelRules());
    world.must('lamp', 20);
    world.driven();
    world.broken.add('lamp');
    world.ask('lamp', 50);
    expect(world.told()).toEqual(['driveFailed disobeyed', 'driveFailed disobeyed']);
    expect(world.state('lamp')).toMatchObject({ state: 'tripped', wanted: 0, latched: false });
    world.broken.clear();
    world.pass(SECOND);
    expect(world.driven()).toEqual(['lamp 0 disobeyed', 'lamp 0 disobeyed']);
    world.must('lamp', 50);
    expect(world.state('lamp').state).toBe('ok');
  });

  it('is driven to its fail-safe state when it cannot begin active', () => {
    world.silent.add('lamp');
    world.begin('lamp', rulesOf({ boot: 'on' }));
    world.set('lamp', false);
    world.broken.add('lamp');
    world.set('lamp', true);
    world.broken.clear();
    world.set('lamp', false);
    world.pass(HOUR);
    expect(world.driven()).toEqual(['lamp false boot', 'lamp true boot', 'lamp false disobeyed']);
  });

  it('takes what is not answered for a minute for failed', () => {
    world.silent.add('pump');
    world.begin('pump', rulesOf());
    world.pass(MINUTE - 1);
    expect(world.drives).toHaveLength(1);
    world.pass(1 + SECOND);
    expect(world.told()).toEqual(['driveFailed boot']);
    expect(world.drives).toHaveLength(2);
  });

  it('drives again what something else overtook', () => {
    world.begin('pump', rulesOf());
    world.machine.request(world.now, 'pump', true, { leaseMs: MINUTE });
    world.pass(MINUTE); // it is driven to false, while the write to true is under way
    world.driven();
    world.set('pump', true);
    expect(world.driven()).toEqual(['pump false disobeyed']);
    expect(world.hardware.get('pump')).toBe(false);
  });

  it('drives again when something was done late', () => {
    world.begin('pump', rulesOf());
    world.driven();
    world.run(world.machine.uncertain(world.now, 'pump'));
    expect(world.driven()).toEqual(['pump false disobeyed']);
    world.must('pump', true);
    world.run(world.machine.uncertain(world.now, 'pump'));
    expect(world.driven()).toEqual(['pump true disobeyed']);
    expect(world.hardware.get('pump')).toBe(true);
  });
});

describe('an output that does not obey', () => {
  it('is driven again, with growing pauses, until it reports what it was set to', () => {
    world.begin('heater', rulesOf());
    world.must('heater', true);
    world.must('heater', false);
    world.driven();
    const begin = world.now;
    world.input('heater', 'on', good(true)); // its relay sticks
    world.pass(4 * SECOND);
    world.input('heater', 'on', good(true));
    expect(world.driven()).toEqual([]);
    world.pass(SECOND);
    expect(world.events).toMatchObject([
      {
        type: 'disobeyed',
        severity: 'critical',
        reason: 'it was set to false and reports true; it is driven again',
      },
    ]);
    world.pass(2 * MINUTE);
    expect(world.drives.map(({ at }) => (at - begin) / SECOND)).toEqual([5, 10, 15, 20, 28, 44, 74, 104]);
    expect(world.state('heater')).toMatchObject({ actual: false, onForMs: 125 * SECOND });
    world.told();
    world.input('heater', 'on', good(false));
    expect(world.told()).toEqual(['obeys disobeyed']);
    world.driven();
    world.pass(HOUR);
    expect(world.driven()).toEqual([]);
  });

  it('is not blamed for what it reported before it was set, nor while that is not good', () => {
    world.begin('pump', rulesOf());
    world.input('pump', 'on', good(false));
    world.must('pump', true);
    world.pass(HOUR);
    world.input('pump', 'on', { value: false, quality: 'stale' });
    world.pass(HOUR);
    world.input('pump', 'on', good(false));
    world.input('pump', 'on', good(true));
    world.pass(HOUR);
    expect(world.told()).toEqual([]);
  });

  it('is found out also when it is set to the same again and again', () => {
    world.begin('pump', rulesOf());
    world.must('pump', true);
    world.input('pump', 'on', good(false));
    for (let second = 0; second < 5; second++) {
      world.pass(SECOND);
      world.must('pump', true);
    }
    expect(world.told()).toEqual(['disobeyed disobeyed']);
  });

  it('trips where that holds until it is acknowledged', () => {
    world.begin('pump', rulesOf({ latch: ['disobeyed'] }));
    world.must('pump', true);
    world.input('pump', 'on', good(false));
    world.pass(5 * SECOND);
    expect(world.hardware.get('pump')).toBe(false);
    expect(world.told()).toEqual(['disobeyed disobeyed', 'tripped disobeyed']);
    expect(world.refused('pump', true)).toMatch(
      'disobeyed: it tripped (it was set to true and reports false)',
    );
  });

  it('is not switched on again before it has been off for long enough', () => {
    world.begin('chiller', rulesOf({ minOffMs: MINUTE }));
    world.pass(MINUTE);
    world.must('chiller', true);
    world.input('chiller', 'on', good(false));
    world.pass(5 * SECOND);
    expect(world.hardware.get('chiller')).toBe(false);
    expect(world.state('chiller')).toMatchObject({ state: 'tripped', rule: 'disobeyed', latched: false });
  });

  it('may differ a little where it is an amount', () => {
    world.begin('lamp', levelRules());
    world.must('lamp', 80);
    for (const [reported, obeys] of [
      [79.6, true],
      [61, true],
      [59, false],
      [80, true],
      [0, false],
    ] as const) {
      world.input('lamp', 'level', good(reported));
      expect([reported, world.machine.nextDeadline]).toEqual([
        reported,
        obeys ? Infinity : world.now + 5_000,
      ]);
    }
  });

  it('counts as active when nobody asked for it', () => {
    world.begin('pump', rulesOf({ maxOnMs: 3 * SECOND, latch: ['maxOn'] }));
    world.driven();
    world.input('pump', 'on', good(true));
    world.pass(3 * SECOND);
    expect(world.told()).toEqual(['tripped maxOn']);
    expect(world.driven()).toEqual(['pump false maxOn']);
    world.run(world.machine.acknowledge(world.now, 'pump'));
    expect(world.refused('pump', true)).toBe(
      'maxOn: it has been on for 3 s, as long as it may: it must be off first',
    );
    world.input('pump', 'on', good(false));
    world.must('pump', true);
  });

  it('acts by itself where its type says so, within its limits', () => {
    world.begin('doser', rulesOf({ selfActing: true, maxOnMs: MINUTE }));
    world.driven();
    world.input('doser', 'on', good(true));
    world.pass(50 * SECOND);
    expect(world.told()).toEqual([]);
    world.pass(10 * SECOND);
    expect(world.driven()).toEqual(['doser false maxOn']);
    world.told();
    world.input('doser', 'on', good(true));
    world.pass(5 * SECOND);
    expect(world.told()).toEqual(['disobeyed disobeyed']);
  });

  it('is driven off by an interlock though nobody asked for it', () => {
    const config = { notWhile: [{ device: 'lid', value: 'open', is: true }] };
    world.begin('doser', rulesOf({ selfActing: true }, config));
    world.input('lid', 'open', good(false));
    world.input('doser', 'on', good(true));
    world.driven();
    world.input('lid', 'open', good(true));
    expect(world.driven()).toEqual(['doser false interlock']);
    expect(world.told()).toEqual(['tripped interlock']);
  });
});

describe('sessions', () => {
  it('goes on with what was wanted, if its lease stands and its rules allow it', () => {
    world.begin('heater', rulesOf({ leaseRequired: true }));
    const lease = world.must('heater', true, { leaseMs: MINUTE });
    world.driven();
    world.lose('heater');
    expect(world.events).toMatchObject([{ type: 'unreachable', severity: 'critical', device: 'heater' }]);
    expect(world.state('heater')).not.toHaveProperty('actual');
    world.pass(30 * SECOND);
    expect(world.machine.renew(world.now, lease, MINUTE)).toMatchObject({ allowed: true });
    world.open('heater');
    expect(world.driven()).toEqual(['heater true boot']);
  });

  it('is safe when its lease ended meanwhile', () => {
    world.begin('heater', rulesOf({ leaseRequired: true }));
    world.must('heater', true, { leaseMs: MINUTE });
    world.lose('heater');
    world.driven();
    world.told();
    world.pass(MINUTE);
    expect(world.driven()).toEqual([]);
    expect(world.events[0]!.reason).toMatch('its device is not open, so that it cannot be driven');
    world.open('heater');
    expect(world.driven()).toEqual(['heater false boot']);
  });

  it('does not go on where it must stay off between, since it may have been off', () => {
    world.begin('chiller', rulesOf({ minOffMs: MINUTE }));
    world.pass(MINUTE);
    world.must('chiller', true);
    world.lose('chiller');
    world.driven();
    world.open('chiller');
    expect(world.driven()).toEqual(['chiller false minOff']);
    expect(world.refused('chiller', true)).toMatch('minOff: it must stay off for 60 s more');
  });

  it('counts as active while it is lost, if it was', () => {
    world.begin('pump', rulesOf({ duty: { onMs: 10 * MINUTE, windowMs: HOUR } }));
    world.must('pump', true, { leaseMs: MINUTE });
    world.lose('pump');
    world.pass(11 * MINUTE);
    world.open('pump');
    expect(world.refused('pump', true)).toMatch('duty:');
    world.begin('other', rulesOf({ duty: { onMs: 10 * MINUTE, windowMs: HOUR } }));
    world.lose('other');
    world.lose('other');
    world.pass(11 * MINUTE);
    world.open('other');
    world.must('other', true);
  });

  it('is reset: safe before, and safe after', () => {
    world.begin('pump', rulesOf());
    world.must('pump', true, { leaseMs: MINUTE });
    world.driven();
    world.run(world.machine.shutdown(world.now, 'pump'));
    world.lose('pump');
    world.open('pump');
    expect(world.driven()).toEqual(['pump false shutdown', 'pump false boot']);
    world.must('pump', true);
  });

  it('a write that fails because the session ended leaves it safe', () => {
    world.begin('pump', rulesOf());
    world.machine.request(world.now, 'pump', true);
    world.lose('pump');
    world.run(world.machine.applied(world.now, 'pump', true, false));
    expect(world.state('pump')).toMatchObject({ state: 'tripped', rule: 'disobeyed', wanted: false });
    world.run(world.machine.uncertain(world.now, 'pump'));
    world.driven();
    world.open('pump');
    expect(world.driven()).toEqual(['pump false boot']);
  });
});

describe('other rules', () => {
  it('end what they do not allow', () => {
    world.begin('pump', rulesOf());
    world.must('pump', true);
    world.driven();
    world.run(world.machine.change(world.now, 'pump', rulesOf({}, { maxOnMs: HOUR })));
    expect(world.driven()).toEqual([]);
    world.run(world.machine.change(world.now, 'pump', rulesOf({}, { leaseRequired: true })));
    expect(world.driven()).toEqual(['pump false lease']);
    world.must('pump', true, { leaseMs: MINUTE });
    world.run(
      world.machine.change(world.now, 'pump', rulesOf({}, { leaseRequired: true, maxLeaseMs: SECOND })),
    );
    world.pass(SECOND);
    expect(world.driven()).toEqual(['pump false lease']);
    world.run(world.machine.change(world.now, 'pump', rulesOf({}, { failSafe: true })));
    expect(world.driven()).toEqual(['pump true shutdown']);
  });

  it('count what was before', () => {
    const duty = { onMs: 10 * MINUTE, windowMs: HOUR };
    world.begin('pump', rulesOf({ duty }));
    world.must('pump', true);
    world.pass(4 * MINUTE);
    world.must('pump', false);
    world.pass(MINUTE);
    world.must('pump', true);
    world.pass(MINUTE);
    world.run(
      world.machine.change(world.now, 'pump', rulesOf({ duty }, { duty: { ...duty, onMs: 7 * MINUTE } })),
    );
    expect(world.state('pump').dutyLeftMs).toBe(2 * MINUTE);
    world.pass(2 * MINUTE);
    expect(world.told()).toEqual(['tripped duty']);
  });
});

describe('commands with a budget', () => {
  const dose = { command: 'dose', argument: 'ml', maxAtOnce: 10, max: 25, windowMs: DAY };
  const spend = (ml: unknown) => world.machine.spend(world.now, 'doser', 'dose', { ml });

  it('get what is left of it', () => {
    world.begin('doser', rulesOf({ budgets: [dose] }));
    expect(spend(10)).toEqual({
      allowed: true,
      spent: true,
      effects: [{ type: 'changed', device: 'doser' }],
    });
    expect(spend(11)).toMatchObject({ allowed: false, rule: 'budget' });
    world.pass(HOUR);
    expect(spend(10)).toMatchObject({ allowed: true });
    expect(spend(10)).toMatchObject({ allowed: false, rule: 'budget', retryAfterMs: 23 * HOUR });
    expect(world.state('doser').budgets).toEqual([{ command: 'dose', argument: 'ml', left: 5 }]);
    world.machine.refund(world.now, 'doser', 'dose', { ml: 10 });
    expect(spend(10)).toMatchObject({ allowed: true });
    expect(world.machine.spend(world.now, 'doser', 'calibrate', {})).toEqual({
      allowed: true,
      spent: false,
      effects: [],
    });
  });

  it('are not obeyed while the output is out of use', () => {
    const config = { notWhile: [{ device: 'lid', value: 'open', is: true }] };
    world.begin('doser', rulesOf({ budgets: [dose], minOffMs: MINUTE }, config));
    expect(spend(1)).toMatchObject({ allowed: false, rule: 'input' });
    world.input('lid', 'open', good(false));
    expect(spend(1)).toMatchObject({ allowed: true });
    world.run(world.machine.disable(world.now, 'doser'));
    expect(spend(1)).toMatchObject({ allowed: false, rule: 'disabled' });
    world.begin('doser', rulesOf({ budgets: [dose], minOffMs: MINUTE, selfActing: true }));
    expect(spend(1)).toMatchObject({ allowed: false, rule: 'minOff' });
    world.pass(MINUTE);
    expect(spend(1)).toMatchObject({ allowed: true });
  });
});

describe('a restart', () => {
  const dose = { command: 'dose', argument: 'ml', max: 50, windowMs: DAY };
  const rules = rulesOf({ budgets: [dose], duty: { onMs: HOUR, windowMs: DAY }, latch: ['duty'] });
  const wall = 1_800_000_000_000;
  const left = () => world.state('pump').budgets![0]!.left;

  it('keeps what was used, a trip that holds, and what is disabled', () => {
    world.begin('pump', rules);
    world.machine.spend(world.now, 'pump', 'dose', { ml: 20 });
    world.must('pump', true);
    world.pass(HOUR);
    world.run(world.machine.disable(world.now, 'pump', 'cleaning'));
    const { saved } = world.save('pump', wall);
    expect(JSON.stringify(saved).length).toBeLessThan(400);
    world.restart();
    world.now = 5; // the monotonic clock begins anew
    world.begin('pump', rules, { saved, wallNow: wall + 4 * HOUR });
    expect(world.state('pump')).toMatchObject({
      state: 'disabled',
      reason: 'cleaning',
      dutyLeftMs: 0,
      latched: true,
    });
    expect(left()).toBe(30);
    world.run(world.machine.enable(world.now, 'pump'));
    expect(world.refused('pump', true)).toMatch('duty: it tripped');
    world.pass(19 * HOUR - 1);
    expect(left()).toBe(30);
    world.pass(1);
    expect(left()).toBe(50);
    world.run(world.machine.acknowledge(world.now, 'pump'));
    world.pass(HOUR);
    world.must('pump', true);
  });

  it.each([
    ['the clock cannot be trusted', { wallNow: wall + 12 * HOUR, trusted: false }],
    ['the clock went back', { wallNow: wall - HOUR }],
    ['the clock is absurd', { wallNow: wall + 401 * DAY }],
    ['nobody knows the time', {}],
  ])('counts as if no time had passed when %s', (_, clock) => {
    world.begin('pump', rules);
    world.machine.spend(world.now, 'pump', 'dose', { ml: 20 });
    const { saved } = world.save('pump', wall);
    world.restart();
    world.begin('pump', rules, { saved, ...clock });
    world.pass(DAY - 1);
    expect(left()).toBe(30);
    world.pass(1);
    expect(left()).toBe(50);
  });

  it('counts what was on as on until it is driven', () => {
    world.begin('pump', rules);
    world.must('pump', true);
    world.pass(10 * MINUTE);
    const { saved } = world.save('pump', wall);
    world.restart();
    world.begin('pump', rules, { saved, wallNow: wall + 20 * MINUTE });
    expect(world.state('pump').dutyLeftMs).toBe(30 * MINUTE);
  });

  it('does not begin by itself what was disabled or tripped, not even when that ends', () => {
    const active = rulesOf({ boot: 'on', maxOnMs: HOUR, latch: ['maxOn'] });
    world.begin('pump', active);
    world.pass(HOUR);
    world.run(world.machine.disable(world.now, 'pump'));
    const pump = world.save('pump');
    world.begin('circulation', rulesOf({ failSafe: true, boot: 'off' }));
    world.run(world.machine.disable(world.now, 'circulation'));
    const circulation = world.save('circulation');
    world.restart();
    world.driven();
    world.begin('pump', active, pump);
    world.begin('circulation', rulesOf({ failSafe: true, boot: 'off' }), circulation);
    world.run(world.machine.enable(world.now, 'pump'));
    world.run(world.machine.acknowledge(world.now, 'pump'));
    world.run(world.machine.enable(world.now, 'circulation'));
    world.pass(HOUR);
    expect(world.driven()).toEqual(['pump false boot', 'circulation true boot']);
  });

  it('says so when what was saved cannot be read', () => {
    for (const saved of [7, 'x', {}, { version: 2 }, { version: 1, wall: 'now' }]) {
      world.begin('pump', rules, { saved });
      expect(world.told()).toEqual(['memoryLost']);
    }
    world.begin('pump', rules, { saved: undefined });
    world.begin('lamp', levelRules({ boot: 'last' }), world.save('pump'));
    expect(world.told()).toEqual([]);
    expect(world.hardware.get('lamp')).toBe(0);
  });
});
