import fc from 'fast-check';
import { ScenarioRig } from '../../../test/scenario-rig.js';
import { TankModel } from '../../../test/tank-model.js';
import { THERMOSTAT } from './thermostat.js';

const WATER = '/device/pi.onewire/tank/temperature';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LEASE = MINUTE;
/** How often the probe is read. No multiple of the minute after which the program looks by itself. */
const STEP = 110_000;

const mapping = {
  enabled: true,
  entries: { water: { key: WATER }, heater: { service: 'pi.fake.devices', device: 'heater' } },
};

/** What befalls the house for a while. */
type Fault =
  | 'bad'
  | 'stale'
  | 'frozen'
  | '85'
  | '0'
  | 'silent'
  | 'commands'
  | 'releases'
  | 'crash'
  | 'power cut';
const FAULTS: readonly Fault[] = [
  'bad',
  'stale',
  'frozen',
  '85',
  '0',
  'silent',
  'commands',
  'releases',
  'crash',
  'power cut',
];

class Tank {
  readonly rig: ScenarioRig;
  readonly model: TankModel;
  fault: Fault | undefined;
  frozenAt = 0;
  lowest = Infinity;
  highest = -Infinity;

  private constructor(rig: ScenarioRig) {
    this.rig = rig;
    this.model = new TankModel(rig.clock, rig.home);
  }

  static async begun(): Promise<Tank> {
    const tank = new Tank(await ScenarioRig.started());
    await tank.rig.manager.import(THERMOSTAT, mapping);
    return tank;
  }

  begin(fault: Fault): void {
    this.fault = fault;
    this.frozenAt = this.model.celsius;
    this.rig.home.trouble = (what) =>
      (fault === 'commands' && what === 'command') || (fault === 'releases' && what !== 'command')
        ? new Error('nobody answers')
        : undefined;
  }

  end(): void {
    this.fault = undefined;
    this.rig.home.trouble = () => undefined;
  }

  read(): void {
    const { home } = this.rig;
    this.model.advance();
    this.lowest = Math.min(this.lowest, this.model.celsius);
    this.highest = Math.max(this.highest, this.model.celsius);
    const value = Math.round(this.model.celsius * 16) / 16;
    const unit = '°C';
    if (this.fault === 'silent') return;
    if (this.fault === 'bad') home.tell(WATER, value, { unit, quality: 'bad', reason: 'CRC' });
    else if (this.fault === 'stale') home.tell(WATER, value, { unit, quality: 'stale', reason: 'old' });
    else if (this.fault === 'frozen') home.tell(WATER, Math.round(this.frozenAt * 16) / 16, { unit });
    else if (this.fault === '85') home.tell(WATER, 85, { unit });
    else if (this.fault === '0') home.tell(WATER, 0, { unit });
    else home.tell(WATER, value, { unit });
  }

  /** @param each - called after each reading */
  async live(ms: number, each: () => void = () => undefined): Promise<void> {
    const end = this.rig.clock.now() + ms;
    while (this.rig.clock.now() < end) {
      this.read();
      await this.rig.pass(Math.min(STEP, end - this.rig.clock.now()));
      each();
    }
  }
}

it('keeps the temperature in bounds for 30 days of faults and power cuts, and never heats what it does not see', async () => {
  const tank = await Tank.begun();
  const { rig, model } = tank;
  const faults = fc.sample(
    fc.record({
      fault: fc.constantFrom(...FAULTS),
      hours: fc.integer({ min: 5, max: 9 }),
      minutes: fc.integer({ min: 1, max: 180 }),
    }),
    { numRuns: 400, seed: 7 },
  );
  const sound = { lowest: Infinity, highest: -Infinity };
  const met = new Set<Fault>();
  for (const { fault, hours, minutes } of faults) {
    if (rig.clock.now() > 30 * DAY) break;
    met.add(fault);
    // What three hours can cost, and what a stuck probe heats too much, is made good in four.
    await tank.live(4 * HOUR);
    await tank.live((hours - 4) * HOUR, () => {
      sound.lowest = Math.min(sound.lowest, model.celsius);
      sound.highest = Math.max(sound.highest, model.celsius);
    });
    if (fault === 'crash' || fault === 'power cut') {
      if (fault === 'power cut') rig.home.allSafe();
      await rig.crash({}, async () => {
        await tank.live(LEASE);
        expect(rig.home.isOn('heater')).toBe(false);
        await tank.live(minutes * MINUTE);
        expect(rig.home.isOn('heater')).toBe(false);
      });
      continue;
    }
    tank.begin(fault);
    await tank.live(4 * MINUTE);
    const unseen = !['frozen', 'commands', 'releases'].includes(fault);
    await tank.live(minutes * MINUTE, () => {
      if (unseen) expect(rig.home.isOn('heater')).toBe(false);
    });
    tank.end();
  }
  expect(rig.clock.now()).toBeGreaterThan(30 * DAY);
  expect(met.size).toBe(FAULTS.length);
  expect(sound.lowest).toBeGreaterThan(24.5);
  expect(sound.highest).toBeLessThan(25.3);
  // A probe that is stuck at too low a value heats until it is seen that this has no effect.
  expect(tank.highest).toBeLessThan(26);
  expect(tank.lowest).toBeGreaterThan(22);
  expect(model.longestOnMs.heater).toBeLessThanOrEqual(2 * HOUR + LEASE);
  expect(rig.manager.status('thermostat')).toMatchObject({ state: 'running', troubles: [] });
}, 120_000);

describe('the thermostat', () => {
  const SECOND = '/device/pi.onewire/second/temperature';
  const begun = async (entries: Record<string, object> = {}) => {
    const rig = await ScenarioRig.started();
    await rig.manager.import(THERMOSTAT, {
      enabled: true,
      entries: { ...mapping.entries, ...entries },
    });
    const tell = async (celsius: number, key = WATER): Promise<unknown[]> => {
      rig.home.tell(key, celsius, { unit: '°C' });
      await rig.pass(10);
      return [rig.home.isOn('heater'), rig.published('thermostat/alarm').at(-1)];
    };
    return { rig, tell };
  };

  it('heats between its limits, with its hysteresis, and is off for its time', async () => {
    const { rig, tell } = await begun();
    expect(await tell(24.8)).toEqual([false, null]);
    expect(await tell(24.7)).toEqual([true, null]);
    expect(await tell(24.9)).toEqual([true, null]);
    expect(await tell(25)).toEqual([false, null]);
    expect(await tell(24)).toEqual([false, null]);
    await rig.pass(MINUTE);
    expect(await tell(24)).toEqual([true, null]);
    expect(rig.published('thermostat/state')).toEqual(['off', 'heating', 'off', 'heating']);
  });

  it('says what is wrong', async () => {
    const { tell } = await begun();
    expect(await tell(21)).toEqual([true, 'the water is too cold']);
    expect(await tell(29)).toEqual([false, 'the water is too warm']);
    expect(await tell(-127)).toEqual([false, 'the temperature of -127 °C cannot be true']);
  });

  it('does not heat by two probes that disagree; by one that is left, with an alarm', async () => {
    const { rig, tell } = await begun({ water2: { key: SECOND } });
    expect(await tell(24)).toEqual([true, 'the second probe gives no good temperature']);
    await tell(27, SECOND);
    expect(await tell(24.01)).toEqual([false, 'the two probes disagree']);
    await rig.pass(MINUTE);
    await tell(24.5, SECOND);
    expect(await tell(24.02)).toEqual([true, null]);
  });

  it('rests after it was on for long, though the water becomes warmer all the time', async () => {
    const { rig, tell } = await begun({ longest: { value: 10 }, rest: { value: 30 } });
    const on: boolean[] = [];
    for (let minute = 0; minute < 50; minute++) {
      await tell(22.5 + minute / 100);
      await rig.pass(MINUTE);
      on.push(rig.home.isOn('heater'));
    }
    expect(on.filter((each) => each)).toHaveLength(on.slice(0, 9).length + on.slice(40).length);
    expect(on.slice(11, 39)).not.toContain(true);
  });

  it('says that a heater that was switched off goes on heating, and one that does not answer', async () => {
    const { rig, tell } = await begun();
    await tell(24.5);
    await tell(25);
    await rig.pass(21 * MINUTE);
    expect(await tell(25.8)).toEqual([
      false,
      'the water becomes warmer though the heater is off: look at its relay',
    ]);
    rig.home.trouble = () => new Error('no answer');
    expect(await tell(24)).toEqual([false, 'the heater cannot be switched on: no answer']);
    rig.home.trouble = () => undefined;
    await rig.pass(MINUTE);
    expect(await tell(24.01)).toEqual([true, null]);
  });
});
