import { ScenarioRig } from '../../test/scenario-rig.js';
import { MAX_VARIABLES_BYTES } from './variables.js';

const LEVEL = '/device/pi.fake/tank/level';
const entries = {
  level: { kind: 'value', key: LEVEL, type: 'number', unit: '%' },
  pump: { kind: 'device', service: 'pi.fake.devices', device: 'pump' },
} as const;
const filling = {
  name: 'filling',
  mode: 'fired',
  entries,
  fires: [{ entry: 'level', below: 20, hysteresis: 2 }],
  code: `
const pump = await hold(entries.pump, { on: true });
const full = await until(() => entries.level.isGood && entries.level.value >= 80, { timeout: '3 min' });
await pump.release();
if (!full) log.warn('not full after three minutes');
await publish('full', full);`,
};
const holding = {
  name: 'holding',
  mode: 'background',
  entries,
  code: "await hold(entries.pump, { on: true }); await sleep('30 min');",
};
const begun = async (...scenarios: readonly object[]): Promise<ScenarioRig> => {
  const rig = await ScenarioRig.started();
  for (const scenario of scenarios) await rig.manager.add(scenario);
  await rig.pass(10);
  return rig;
};

it('fills until the level is right, but three minutes at most, in five lines', async () => {
  const rig = await begun(filling);
  rig.home.tell(LEVEL, 50, { unit: '%' });
  rig.home.tell(LEVEL, 15, { unit: '%' });
  await rig.pass(10);
  expect(rig.home.isOn('pump')).toBe(true);
  await rig.pass(100_000);
  rig.home.tell(LEVEL, 81, { unit: '%' });
  await rig.pass(10);
  expect(rig.home.isOn('pump')).toBe(false);
  expect(rig.published('filling/full')).toEqual([true]);
  rig.home.tell(LEVEL, 15, { unit: '%' });
  await rig.pass(179_000);
  expect(rig.home.isOn('pump')).toBe(true);
  await rig.pass(1_500);
  expect(rig.home.isOn('pump')).toBe(false);
  expect(rig.published('filling/full')).toEqual([true, false]);
  expect(rig.log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn filling: not full after three minutes',
  ]);
  expect(rig.traced('filling', 'fired')).toEqual(['condition by level at 15', 'condition by level at 15']);
  expect(rig.traced('filling', 'saw')).toContain('level 81 %');
  expect(rig.traced('filling', 'sent')).toEqual([
    'pump set {"on":true}: done',
    'given back',
    'full = true',
    'pump set {"on":true}: done',
    'given back',
    'full = false',
  ]);
  expect(rig.traced('filling', 'ended')).toEqual(['returned', 'returned']);
});

it('waits in a loop for each time anew, and leaves no timer behind', async () => {
  const code = `
const came = [];
while (came.length < 4) {
  const { value } = entries.level;
  came.push(await until(() => entries.level.value !== value, { timeout: '1 min' }));
}
await publish('came', came);
await until(() => false);`;
  const rig = await begun({ name: 'waiting', mode: 'background', entries: { level: entries.level }, code });
  for (const level of [1, 2]) {
    await rig.pass(50_000);
    rig.home.tell(LEVEL, level, { unit: '%' });
  }
  await rig.pass(119_000);
  expect(rig.published('waiting/came')).toEqual([]);
  await rig.pass(1_000);
  expect(rig.published('waiting/came')).toEqual([[true, true, false, false]]);
  expect(rig.clock.nextAt).toBe(Infinity);
});

describe('what a run holds', () => {
  it.each([
    ['stopped', (rig: ScenarioRig) => rig.manager.stop('holding')],
    ['disabled', (rig: ScenarioRig) => rig.manager.enable('holding', false)],
    ['deleted', (rig: ScenarioRig) => rig.manager.delete('holding')],
    [
      'cut for its budget',
      async (rig: ScenarioRig) => {
        await Promise.resolve();
        rig.engine.fail('budget');
      },
    ],
    [
      'lost with its thread',
      async (rig: ScenarioRig) => {
        await Promise.resolve();
        rig.engine.fail('lost');
      },
    ],
    ['changed', (rig: ScenarioRig) => rig.manager.update({ ...holding, code: '' })],
    ['closed with the manager', (rig: ScenarioRig) => rig.manager.close()],
  ])('is given back when it is %s, before anything begins', async (_, end) => {
    const rig = await begun(holding);
    const history: string[] = [];
    rig.home.switched = (device, on) => history.push(`${device} ${on ? 'on' : 'off'}`);
    expect(rig.home.isOn('pump')).toBe(true);
    rig.home.latencyMs = 100;
    const ended = end(rig);
    await rig.pass(200);
    await ended;
    expect(history[0]).toBe('pump off');
  });

  it('is renewed at a third of its time, and given back when its time is over', async () => {
    const rig = await begun({
      ...holding,
      code: `const pump = await hold(entries.pump, { on: true }, { atMost: '5 min', lease: '30 s' });
await until(() => !pump.isHeld);
await publish('over', pump.reason);`,
    });
    await rig.pass(299_000);
    expect([rig.home.isOn('pump'), rig.home.renewals]).toEqual([true, 29]);
    expect(rig.manager.status('holding').holds).toMatchObject([{ entry: 'pump' }]);
    await rig.pass(1_000);
    expect(rig.home.isOn('pump')).toBe(false);
    expect(rig.published('holding/over')).toEqual(['its time is over']);
  });

  it('is lost, and said to be, when nobody renews it or its server has forgotten it', async () => {
    const code = `const pump = await hold(entries.pump, { on: true }, { lease: '30 s' });
await until(() => !pump.isHeld);
await publish('over', [pump.reason, now() > 0, uptime()]);
return;`;
    const rig = await begun({ ...holding, code });
    rig.home.trouble = () => new Error('nobody answers');
    await rig.pass(31_000);
    expect(rig.home.isOn('pump')).toBe(false);
    expect(rig.published('holding/over')).toEqual([['its lease could not be renewed in time', true, 30_000]]);
    expect(rig.log.filter((line) => line.includes('was not renewed'))).toHaveLength(2);
    expect(rig.log.filter((line) => line.includes('could not be given back'))).toHaveLength(1);
    rig.home.trouble = () => undefined;
    rig.manager.run('holding');
    await rig.pass(10);
    rig.home.allSafe();
    await rig.pass(10_000);
    expect(rig.published('holding/over').at(-1)).toEqual([
      'its lease has ended at the device server',
      true,
      expect.any(Number) as number,
    ]);
  });

  it('is given back also when the lease comes after the end', async () => {
    const rig = await begun();
    rig.home.latencyMs = 1_000;
    await rig.manager.add(holding);
    await rig.pass(500);
    const stopped = rig.manager.stop('holding');
    await rig.pass(1_000);
    expect(rig.home.isOn('pump')).toBe(true);
    await rig.pass(1_000);
    await stopped;
    expect([rig.home.isOn('pump'), rig.home.leases]).toEqual([false, 0]);
  });

  it('keeps nothing from ending when nobody answers at all', async () => {
    const rig = await begun(holding);
    rig.home.latencyMs = Infinity;
    const stopped = rig.manager.stop('holding');
    await rig.pass(5_000);
    await stopped;
    expect(rig.manager.status('holding').state).toBe('idle');
    expect(rig.log.some((line) => line.includes('run out by themselves'))).toBe(true);
    await rig.pass(60_000);
    expect(rig.home.isOn('pump')).toBe(false);
  });

  it('is off within a lease when core dies, and on again when core is back', async () => {
    const rig = await begun(holding);
    await rig.crash({}, async () => {
      expect(rig.home.isOn('pump')).toBe(true);
      await rig.pass(60_000);
      expect(rig.home.isOn('pump')).toBe(false);
    });
    expect(rig.home.isOn('pump')).toBe(true);
  });
});

describe('a scenario that fails', () => {
  it('begins again, is quarantined the third time, and says so; others are not touched', async () => {
    const rig = await begun(holding, {
      ...holding,
      name: 'bad',
      code: "await sleep('1 s'); throw new Error('no');",
    });
    await rig.pass(30_000);
    expect(rig.manager.status('bad')).toMatchObject({
      state: 'quarantined',
      reason: 'error: no (line 1, column 36)',
      runs: 3,
      lastEnd: { failed: true },
    });
    expect(rig.log.filter((line) => line.startsWith('error bad'))).toHaveLength(1);
    expect(rig.manager.status('holding')).toMatchObject({ state: 'running', runs: 1 });
    rig.manager.run('bad');
    expect(rig.manager.status('bad').state).toBe('running');
    await rig.pass(30_000);
    await rig.manager.enable('bad', true);
    expect(rig.manager.status('bad').state).toBe('running');
    await rig.pass(30_000);
    await rig.manager.update({ ...holding, name: 'bad', code: '' });
    await rig.pass(1);
    expect(rig.manager.status('bad')).toMatchObject({ state: 'idle' });
  });

  it('waits, and tells for how long', async () => {
    const rig = await begun({ ...holding, name: 'bad', code: "await sleep('40 s'); throw new Error('no');" });
    await rig.pass(40_000);
    expect(rig.manager.status('bad')).toMatchObject({ state: 'waiting to restart', restartsInMs: 990 });
  });

  it('is not run at all in safe mode, which is said', async () => {
    const rig = await begun(holding);
    await rig.crash({ safeMode: true });
    await rig.pass(60_000);
    expect(rig.manager.status('holding')).toMatchObject({
      state: 'off',
      safeMode: true,
      enabled: true,
      runs: 0,
    });
    expect(() => rig.manager.run('holding')).toThrow(/safe mode/);
    expect([rig.log, rig.home.watched]).toEqual([['warn -: safe mode: no scenario runs'], 0]);
  });
});

describe('after a power cut', () => {
  const cut = (afterRestart: string) => ({
    ...filling,
    policy: { afterRestart },
    code: "await publish('run', [fired.why, fired.again ?? null, fired.payload ?? null]); await sleep('1 h');",
  });
  it.each([
    ['leave', []],
    ['restart', [['start', 'after a restart', null]]],
    ['resume', [['by hand', 'after a restart', 'x']]],
  ])('a fired run is treated by its policy: %s', async (policy, again) => {
    const rig = await begun(cut(policy));
    rig.manager.run('filling', 'x');
    await rig.pass(10);
    await rig.crash();
    expect(rig.published('filling/run')).toEqual([['by hand', null, 'x'], ...again]);
    await rig.pass(3_700_000);
    await rig.crash();
    expect(rig.published('filling/run')).toHaveLength(1 + again.length);
  });

  it('a run that core ended itself counts as one that was cut off', async () => {
    const rig = await begun(cut('resume'));
    rig.manager.run('filling', 'x');
    await rig.pass(10);
    await rig.manager.close();
    expect(rig.store.json('filling', 'run')).toMatchObject({ why: 'by hand', payload: 'x' });
    await rig.crash();
    expect(rig.published('filling/run')).toHaveLength(2);
    await rig.manager.stop('filling');
    await rig.pass(10);
    expect(rig.store.json('filling', 'run')).toBeUndefined();
  });

  it('restored readings are stale and fire nothing', async () => {
    const rig = await begun({
      ...filling,
      fires: [
        { entry: 'level', below: 20, atStart: true },
        { entry: 'level', changed: true },
      ],
    });
    rig.home.tell(LEVEL, 10, { unit: '%', restored: true });
    await rig.pass(10);
    rig.home.tell(LEVEL, 12, { unit: '%', quality: 'stale' });
    await rig.pass(10);
    expect(rig.manager.status('filling')).toMatchObject({
      runs: 0,
      fires: [{ state: 'unknown' }, { state: 'unknown' }],
    });
    rig.home.tell(LEVEL, 12, { unit: '%' });
    await rig.pass(10);
    expect(rig.manager.status('filling')).toMatchObject({
      runs: 1,
      lastFiring: { entry: 'level', value: 12 },
    });
  });
});

describe('what a scenario sees', () => {
  it('are readings that are what they were declared to be, and not too old', async () => {
    const rig = await begun({
      name: 'sees',
      mode: 'background',
      entries: { level: { ...entries.level, maxAge: '1 min' } },
      code: `let last;
for (;;) {
  await until(() => entries.level.quality + entries.level.reason !== last);
  last = entries.level.quality + entries.level.reason;
  await publish('seen', [entries.level.value, entries.level.quality, entries.level.reason, entries.level.unit]);
}`,
    });
    const seen = () => rig.published('sees/seen').at(-1);
    expect(seen()).toEqual([null, 'bad', 'no reading yet', '%']);
    const tell = async (...args: Parameters<typeof rig.home.tell>) => {
      rig.home.tell(...args);
      await rig.pass(10);
      return seen();
    };
    expect(await tell(LEVEL, 50, { unit: '%' })).toEqual([50, 'good', null, '%']);
    await rig.pass(61_000);
    expect(seen()).toEqual([50, 'stale', 'nothing came for 60 s', '%']);
    expect(await tell(LEVEL, 50, { unit: 'cm' })).toEqual([50, 'bad', 'it is in cm, not in %', 'cm']);
    expect(await tell(LEVEL, 'much', { unit: '%' })).toEqual(['much', 'bad', 'it is no number', '%']);
    expect(await tell(LEVEL, 'x'.repeat(20_000))).toEqual([null, 'bad', 'it is too long', '%']);
    rig.home.forget(LEVEL);
    await rig.pass(10);
    expect(seen()).toEqual([null, 'bad', 'no reading yet', '%']);
  });

  it('are times, other scenarios and their moments', async () => {
    const rig = await begun(
      {
        name: 'clock',
        mode: 'fired',
        entries: {
          often: { kind: 'cron', when: { everySeconds: 60 } },
          other: { kind: 'scenario', name: 'other' },
        },
        fires: [{ entry: 'often' }],
        code: "await publish('why', [fired.why, fired.entry]); await entries.other.start({ a: 1 });",
      },
      {
        name: 'other',
        mode: 'fired',
        code: "await publish('payload', fired.payload); await sleep('5 s');",
      },
      {
        name: 'after',
        mode: 'fired',
        entries: { other: { kind: 'scenario', name: 'other' } },
        fires: [{ entry: 'other', when: 'ended' }],
        code: "await publish('why', [fired.entry, fired.value]); await scenarios.stop('other');",
      },
    );
    await rig.pass(66_000);
    expect(rig.published('clock/why')).toEqual([['time', 'often']]);
    expect(rig.published('other/payload')).toEqual([{ a: 1 }]);
    expect(rig.published('after/why')).toEqual([['other', 'ended']]);
    await rig.manager.delete('other');
    await rig.pass(60_000);
    expect(rig.manager.status('clock')).toMatchObject({
      lastEnd: { text: expect.stringMatching(/^error: there is no scenario "other" \(line 1, /) as string },
      troubles: ['the entry "other" is the scenario "other", which does not exist'],
    });
  });
});

describe('what a scenario may do', () => {
  const tried = async (code: string, more: object = {}): Promise<unknown> => {
    const rig = await begun({
      name: 'tries',
      mode: 'fired',
      entries: {
        ...entries,
        service: { kind: 'service', service: 'pi.doser' },
        target: { kind: 'setting', value: 25, unit: '°C' },
      },
      code: `try { ${code} } catch (error) { await publish('error', error.code ?? error.message); }`,
      ...more,
    });
    rig.manager.run('tries');
    await rig.pass(100_000);
    return rig.published('tries/error').at(-1) ?? rig;
  };

  it.each([
    ["await sleep('soon')", 'BAD_ARGUMENT'],
    ["await entries.pump.command('')", 'BAD_ARGUMENT'],
    ["await hold(entries.pump, { on: true }, { lease: '1 ms' })", 'BAD_ARGUMENT'],
    ['await hold(entries.pump, { on: false })', 'NO_LEASE'],
    ['for (let i = 0; i < 40; i++) await hold(entries.pump, { on: true })', 'TOO_MUCH'],
    ["await hold('level', { on: true })", 'UNKNOWN_ENTRY'],
    ["await hold('constructor', { on: true })", 'UNKNOWN_ENTRY'],
    ["await publish('../x', 1)", 'BAD_ARGUMENT'],
    ['await request(entries.service, [])', 'BAD_ARGUMENT'],
    ["await request(entries.pump, ['x'])", 'UNKNOWN_ENTRY'],
    ["await scenarios.start('tries')", 'UNKNOWN_ENTRY'],
    ["await cron.run('job')", 'NOT_PERMITTED'],
    ["await variables.set('__proto__', 1)", 'BAD_ARGUMENT'],
    [
      `for (const name of 'abc') await variables.set(name, name.repeat(${MAX_VARIABLES_BYTES / 2}))`,
      'TOO_MUCH',
    ],
    [`await variables.set('x', 'x'.repeat(${MAX_VARIABLES_BYTES}))`, 'MESSAGE_TOO_LARGE'],
    ['await until(true)', 'until takes a function: await until(() => entries.level.value > 20)'],
    ['await until(async () => true)', 'the condition of until has to answer at once'],
    ['entries.nothing', 'there is no entry "nothing": there are level, pump, service, target'],
    ["await until(() => false, { timeout: 'x' })", 'BAD_ARGUMENT'],
  ])('not %s', async (code, error) => {
    expect(await tried(code)).toBe(error);
  });

  it('not command a device without the permission; a refusal of the house is an error in the code', async () => {
    const only = { permissions: { commands: [] } };
    expect(await tried('await entries.pump.set({ on: true })', only)).toBe('NOT_PERMITTED');
    const rig = await begun({ ...filling, code: 'await entries.pump.set({ on: true });', fires: [] });
    rig.home.trouble = () => Object.assign(new Error('not now'), { code: 'SAFETY_REFUSED' });
    rig.manager.run('filling');
    await rig.pass(10);
    expect(rig.manager.status('filling').lastEnd?.text).toMatch(/^error: not now \(line 1, /);
    expect(rig.home.commands[0]).toMatchObject({ options: { trace: 'scenario filling' } });
  });

  it('commands with a lease that runs out, durable requests, jobs, variables, settings and logs', async () => {
    const rig = (await tried(
      `await entries.pump.set({ on: true }, { lease: '10 s' });
await request(entries.service, ['dose', '5'], { durable: true, expiresAfter: '1 h' });
await cron.add({ name: 'job' }); await cron.update({ name: 'job' }); await cron.enable('job');
await cron.disable('job'); await cron.run('job'); await cron.remove('job');
await variables.set('count', (variables.get('count') ?? 0) + 1);
await variables.set('gone', 1); await variables.delete('gone');
log.info('target', entries.target.value, entries.target.unit, { a: 1 }, new Error('x'));
await sleep('20 s');
await entries.pump.command('poll');`,
      { permissions: { cron: true } },
    )) as ScenarioRig;
    expect(rig.home.isOn('pump')).toBe(false);
    expect(rig.home.requests).toMatchObject([
      { service: 'pi.doser', frames: ['dose', '5'], options: { durable: true, expiresAfterMs: 3_600_000 } },
    ]);
    expect(rig.home.cronCalls.map(([action]) => action)).toEqual([
      'add',
      'update',
      'enable',
      'enable',
      'run',
      'remove',
    ]);
    expect(rig.store.json('tries', 'variables')).toEqual({ count: 1 });
    expect(rig.log).toEqual(['info tries: target 25 °C {"a":1} x']);
    await rig.crash();
    rig.manager.run('tries');
    await rig.pass(60_000);
    expect(rig.store.json('tries', 'variables')).toEqual({ count: 2 });
  });

  it('not fill the log, which says how much was left out', async () => {
    const rig = (await tried(
      "for (let i = 0; i < 500; i++) log.warn('line ' + i); await sleep('61 s'); log.info('end');",
    )) as ScenarioRig;
    expect(rig.log.length).toBeLessThan(110);
    expect(rig.log.some((line) => /it says too much: \d+ lines were left out/.test(line))).toBe(true);
    expect(rig.manager.trace('tries').length).toBeLessThanOrEqual(200);
  });
});

describe('the manager', () => {
  it('reads the store when it can, says once that it cannot, and refuses changes until then', async () => {
    const rig = new ScenarioRig();
    rig.store.isDown = true;
    const started = rig.manager.start();
    await rig.pass(20_000);
    expect(rig.log).toEqual([
      'error -: no scenario runs yet: the settings store did not do it: the store is down; it is tried again until it can',
    ]);
    await expect(rig.manager.add(filling)).rejects.toMatchObject({ code: 'SCENARIO_STORE' });
    rig.store.isDown = false;
    await rig.pass(60_000);
    await started;
    expect(rig.manager.isReady).toBe(true);
    expect(rig.log.at(-1)).toBe('info -: the scenarios could be read now');
  });

  it('ends while it waits for the store', async () => {
    const rig = new ScenarioRig();
    rig.store.isDown = true;
    const started = rig.manager.start();
    await rig.pass(10);
    await rig.manager.close();
    await started;
    expect(rig.manager.isReady).toBe(false);
    await expect(rig.manager.add(filling)).rejects.toMatchObject({ code: 'SCENARIO_STORE' });
  });

  it('changes nothing that runs by what is wrong, or not taken by the store', async () => {
    const rig = await begun(holding);
    await expect(rig.manager.update({ ...holding, mode: 'x' })).rejects.toMatchObject({
      code: 'INVALID_SCENARIO',
    });
    await expect(rig.manager.update({ ...holding, code: 'a b' })).rejects.toMatchObject({
      code: 'SCENARIO_CODE',
      message: expect.stringMatching(/line 1, column 3/) as string,
    });
    await expect(rig.manager.add(holding)).rejects.toMatchObject({ code: 'DUPLICATE_SCENARIO' });
    await expect(rig.manager.update(filling)).rejects.toMatchObject({ code: 'UNKNOWN_SCENARIO' });
    rig.store.isDown = true;
    for (const change of [
      rig.manager.update({ ...holding, code: '' }),
      rig.manager.delete('holding'),
      rig.manager.add(filling),
    ]) {
      await expect(change).rejects.toMatchObject({ code: 'SCENARIO_STORE' });
    }
    expect(rig.manager.names).toEqual(['holding']);
    expect(rig.manager.status('holding')).toMatchObject({ state: 'running', runs: 1 });
    // What is dangerous is not kept going by a store that is down.
    await expect(rig.manager.enable('holding', false)).rejects.toMatchObject({ code: 'SCENARIO_STORE' });
    expect([rig.home.isOn('pump'), rig.manager.status('holding').state]).toEqual([false, 'off']);
  });

  it('keeps whether a scenario is enabled', async () => {
    const rig = await begun(holding);
    await rig.manager.enable('holding', false);
    expect(() => rig.manager.run('holding')).toThrow(/enable it first/);
    await rig.crash();
    expect(rig.manager.status('holding')).toMatchObject({ state: 'off', enabled: false });
    await rig.manager.enable('holding', true);
    await rig.pass(10);
    expect(rig.home.isOn('pump')).toBe(true);
    expect(rig.manager.info('holding').definition?.enabled).toBe(true);
    expect(rig.manager.list()).toHaveLength(1);
  });

  it('shows what is broken in the store, and runs the others', async () => {
    const rig = await begun(holding, filling);
    rig.store.values.set('scenario.filling.code', Buffer.from('"meddled"'));
    await rig.crash();
    expect(rig.manager.status('filling')).toMatchObject({
      state: 'broken',
      reason: expect.stringMatching(/together/) as string,
    });
    expect(rig.log[0]).toMatch(/^error filling: cannot run/);
    expect(() => rig.manager.run('filling')).toThrow(/cannot be used/);
    expect(rig.manager.info('filling').definition).toBeUndefined();
    await rig.manager.stop('filling');
    expect(rig.manager.status('holding').state).toBe('running');
    await rig.manager.update(filling);
    expect(rig.manager.status('filling').state).toBe('idle');
    rig.store.values.set('scenario.filling.conf', Buffer.from('{"mode":"odd"}'));
    await rig.crash();
    expect(rig.manager.status('filling').reason).toMatch(/mode/);
    await rig.manager.delete('filling');
    expect(rig.manager.names).toEqual(['holding']);
  });

  it('has no more scenarios than it may, and leaves no watch behind', async () => {
    const rig = await ScenarioRig.started({ maxScenarios: 1 });
    await rig.manager.add(filling);
    await expect(rig.manager.add(holding)).rejects.toMatchObject({ code: 'TOO_MANY_SCENARIOS', limit: 1 });
    expect(rig.home.watched).toBe(1);
    await rig.manager.delete('filling');
    expect([rig.home.watched, rig.clock.nextAt]).toEqual([0, Infinity]);
    expect(rig.engine.running).toBe(0);
  });
});
