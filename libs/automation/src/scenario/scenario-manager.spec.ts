import { ScenarioRig } from '../../test/scenario-rig.js';

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

it('fills until the level is right, but three minutes at most, in five lines', async () => {
  const rig = await ScenarioRig.started();
  await rig.manager.add(filling);
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
});
