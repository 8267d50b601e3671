import fc from 'fast-check';
import type { Json } from '../../sandbox/sandbox.js';
import type { HomeReading } from '../ports.js';
import { ScenarioRig } from '../../../test/scenario-rig.js';
import { TankModel } from '../../../test/tank-model.js';
import { AUTO_TOP_OFF } from './auto-top-off.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LEASE = 15 * SECOND;
/** How often the level is read. No multiple of the minute after which the program looks by itself. */
const STEP = 110 * SECOND;
const SWITCH_PERIOD = 4 * MINUTE;
const KEYS = { level: 'level', tooHigh: 'high', empty: 'empty', leak: 'leak' } as const;
const keyOf = (name: string) => `/device/pi.fake/${name}/value`;

class Sump {
  readonly rig: ScenarioRig;
  readonly model: TankModel;
  /** What a sensor says instead of what is. */
  level: () => Partial<HomeReading> | 'silent' = () => ({});
  switches: Partial<Record<'tooHigh' | 'empty' | 'leak', Partial<HomeReading>>> = {};
  highest = -Infinity;
  lowest = Infinity;
  readonly #switched = new Map<string, { readonly what: string; readonly at: number }>();

  private constructor(rig: ScenarioRig) {
    this.rig = rig;
    this.model = new TankModel(rig.clock, rig.home);
    const { switched } = rig.home;
    rig.home.switched = (device, on) => {
      switched(device, on);
      if (on) this.#readOften();
    };
  }

  static async begun(settings: Record<string, { value: number }> = {}): Promise<Sump> {
    const sump = new Sump(await ScenarioRig.started());
    const keys = Object.entries(KEYS).map(([entry, name]) => [entry, { key: keyOf(name) }]);
    const { manager } = sump.rig;
    await manager.import(AUTO_TOP_OFF, {
      enabled: true,
      entries: {
        ...(Object.fromEntries(keys) as Record<string, { key: string }>),
        pump: { service: 'pi.fake.devices', device: 'pump' },
        // These tests drop the level at once.
        fall: { value: 50 },
        ...settings,
      },
    });
    await sump.live(MINUTE);
    return sump;
  }

  get state(): unknown {
    return this.rig.published('auto-top-off/state').at(-1);
  }

  get alarm(): unknown {
    return this.rig.published('auto-top-off/alarm').at(-1);
  }

  get fills(): number {
    return this.model.pumped.length;
  }

  read(): void {
    const { home } = this.rig;
    this.model.advance();
    this.highest = Math.max(this.highest, this.model.level);
    this.lowest = Math.min(this.lowest, this.model.level);
    const said = this.level();
    if (said !== 'silent') home.tell(keyOf('level'), this.model.level, { unit: '%', ...said });
    this.#switch('high', { value: this.model.level > 80, ...this.switches.tooHigh });
    this.#switch('empty', { value: this.model.reservoir < 1, ...this.switches.empty });
    this.#switch('leak', { value: false, ...this.switches.leak });
  }

  /** Sensors speak about every two minutes, every two seconds while the pump turns. */
  async live(ms: number): Promise<void> {
    const end = this.rig.clock.now() + ms;
    while (this.rig.clock.now() < end) {
      this.read();
      await this.rig.pass(Math.min(end - this.rig.clock.now(), STEP));
    }
  }

  /** A switch speaks when it changes, and now and then. */
  #switch(name: string, said: Partial<HomeReading> & { readonly value: Json }): void {
    const { clock, home } = this.rig;
    const last = this.#switched.get(name);
    const what = JSON.stringify(said);
    if (what === last?.what && clock.now() - last.at < SWITCH_PERIOD) return;
    this.#switched.set(name, { what, at: clock.now() });
    home.tell(keyOf(name), said.value, said);
  }

  #readOften(): void {
    this.rig.clock.schedule(this.rig.clock.now() + 2 * SECOND, () => {
      if (!this.rig.home.isOn('pump')) return;
      this.read();
      this.#readOften();
    });
  }

  async untilPumping(): Promise<void> {
    for (let minutes = 0; !this.rig.home.isOn('pump'); minutes += 10) {
      if (minutes > 48 * 60) throw new Error('the pump does not begin');
      this.read();
      await this.rig.pass(5 * SECOND);
    }
  }
}

describe('the auto top-off', () => {
  it('fills what evaporates, and stops at the level', async () => {
    const sump = await Sump.begun();
    sump.model.level = 69.9;
    await sump.live(10 * MINUTE);
    expect(sump.fills).toBe(1);
    expect(sump.highest).toBeGreaterThanOrEqual(75);
    expect(sump.highest).toBeLessThan(76);
    expect(sump.state).toBe('full');
    expect(sump.rig.published('auto-top-off/secondsToday').at(-1)).toBeGreaterThan(55);
  });

  it('takes no wave for a low level', async () => {
    const sump = await Sump.begun();
    let waves = 0;
    sump.level = () => (waves++ % 2 === 0 ? { value: 65 } : { value: 74 });
    for (let i = 0; i < 100; i++) {
      sump.read();
      await sump.rig.pass(5 * SECOND);
    }
    expect(sump.fills).toBe(0);
    expect(sump.rig.home.commands).toEqual([]);
  });

  it('stops at the longest time of a fill and locks itself: the sensor or the pump is not what it should be', async () => {
    const sump = await Sump.begun({ longestFill: { value: 50 } });
    sump.model.level = 65;
    await sump.live(10 * MINUTE);
    expect(sump.model.longestOnMs.pump).toBe(50 * SECOND);
    expect(sump.state).toBe('locked');
    expect(sump.alarm).toMatch(/not full after 50 s/);
    await sump.live(DAY);
    expect(sump.fills).toBe(1);
  });

  it('locks itself when the level does not rise: the pump runs dry', async () => {
    const sump = await Sump.begun();
    sump.model.reservoir = 1.01;
    sump.switches = { empty: { value: false } };
    sump.model.level = 69;
    await sump.live(10 * MINUTE);
    expect(sump.model.longestOnMs.pump).toBe(80 * SECOND);
    await sump.live(HOUR);
    expect(sump.alarm).toMatch(/does not rise/);
    expect(sump.state).toBe('locked');
  });

  it('locks itself when a frozen sensor stays low', async () => {
    const sump = await Sump.begun();
    sump.level = () => ({ value: 69 });
    await sump.live(2 * HOUR);
    expect(sump.fills).toBe(1);
    expect(sump.model.longestOnMs.pump).toBe(40 * SECOND);
    expect(sump.alarm).toMatch(/does not rise/);
  });

  it('stays locked over restarts and runs by hand until somebody acknowledges it', async () => {
    const sump = await Sump.begun();
    sump.level = () => ({ value: 69 });
    await sump.live(HOUR);
    sump.level = () => ({});
    sump.model.level = 69;
    await sump.rig.crash();
    await sump.live(HOUR);
    sump.rig.manager.run('auto-top-off');
    await sump.live(HOUR);
    expect(sump.fills).toBe(1);
    expect(sump.state).toBe('locked');
    sump.rig.manager.run('auto-top-off', 'acknowledge');
    await sump.live(HOUR);
    expect(sump.fills).toBe(2);
    expect(sump.alarm).toBeNull();
  });

  it('locks itself at the upper float, also in the middle of a fill', async () => {
    const sump = await Sump.begun();
    sump.model.level = 69;
    await sump.untilPumping();
    sump.switches = { tooHigh: { value: true } };
    sump.read();
    await sump.rig.pass(10);
    expect(sump.rig.home.isOn('pump')).toBe(false);
    expect(sump.alarm).toBe('locked: the upper float swims');
  });

  it('locks itself when the floor is wet', async () => {
    const sump = await Sump.begun();
    sump.switches = { leak: { value: true } };
    await sump.live(MINUTE);
    expect(sump.alarm).toBe('locked: the leak sensor is wet');
  });

  it('locks itself when the level falls faster than water evaporates', async () => {
    const sump = await Sump.begun({ fall: { value: 4 } });
    sump.model.leakPerHour = 12;
    await sump.live(25 * MINUTE);
    expect(sump.alarm).toMatch(/falls too fast/);
    expect(sump.state).toBe('locked');
  });

  it('waits while the reservoir is empty, and goes on when it is filled', async () => {
    const sump = await Sump.begun();
    sump.model.reservoir = 0;
    sump.model.level = 69;
    await sump.live(HOUR);
    expect(sump.fills).toBe(0);
    expect(sump.alarm).toBe('the reservoir is empty');
    sump.model.reservoir = 1_000;
    await sump.live(10 * MINUTE);
    expect(sump.fills).toBe(1);
    expect(sump.alarm).toBeNull();
  });

  it.each([
    ['a level that is bad', { level: 'bad' }],
    ['a level that is stale', { level: 'stale' }],
    ['an upper float that is bad', { tooHigh: 'bad' }],
    ['a float of the reservoir that is stale', { empty: 'stale' }],
  ] as const)('does not fill by %s', async (_, faults: Partial<Record<string, 'bad' | 'stale'>>) => {
    const sump = await Sump.begun();
    sump.model.level = 69;
    if (faults['level'] !== undefined)
      sump.level = () => ({ quality: faults['level']!, reason: 'of the test' });
    sump.switches = {
      ...(faults['tooHigh'] && { tooHigh: { quality: faults['tooHigh'] } }),
      ...(faults['empty'] && { empty: { quality: faults['empty'] } }),
    };
    await sump.live(HOUR);
    expect(sump.rig.home.commands).toEqual([]);
    expect(sump.alarm).toMatch(/good/);
  });

  it('stops within a fill when the level is silent', async () => {
    const sump = await Sump.begun();
    sump.model.level = 60;
    await sump.untilPumping();
    sump.level = () => 'silent';
    await sump.live(10 * MINUTE);
    expect(sump.model.longestOnMs.pump).toBeLessThanOrEqual(120 * SECOND);
    expect(sump.state).not.toBe('full');
  });

  it('fills no oftener than it may in 24 hours, nor longer', async () => {
    const often = await Sump.begun({ fillsPerDay: { value: 3 }, pause: { value: 5 } });
    for (let i = 0; i < 8; i++) {
      often.model.level = 69;
      await often.live(30 * MINUTE);
    }
    expect(often.fills).toBe(3);
    expect(often.alarm).toMatch(/3 times in 24 hours/);
    const long = await Sump.begun({ secondsPerDay: { value: 150 }, pause: { value: 5 } });
    for (let i = 0; i < 8; i++) {
      long.model.level = 69;
      await long.live(30 * MINUTE);
    }
    long.model.advance();
    expect(long.model.onMs.pump).toBeLessThanOrEqual(150 * SECOND);
    expect(long.state).toBe('locked');
  });

  it('fills nothing that it could not put on record', async () => {
    const sump = await Sump.begun();
    sump.rig.store.isDown = true;
    sump.model.level = 69;
    await sump.live(HOUR);
    expect(sump.fills).toBe(0);
    expect(sump.alarm).toMatch(/store keeps nothing/);
    sump.rig.store.isDown = false;
    await sump.live(10 * MINUTE);
    expect(sump.fills).toBe(1);
  });

  it('does not fill when what it saw has changed before the record was kept', async () => {
    const sump = await Sump.begun();
    sump.rig.store.isDown = true;
    sump.model.level = 69;
    await sump.live(HOUR);
    sump.switches = { tooHigh: { value: true } };
    sump.read();
    sump.rig.store.isDown = false;
    await sump.live(HOUR);
    expect(sump.rig.home.commands).toEqual([]);
    expect(sump.state).toBe('locked');
  });

  it('keeps its limits for 30 days of faults, crashes and power cuts', async () => {
    const sump = await Sump.begun({ fall: { value: 8 } });
    const { rig, model } = sump;
    const faults = fc.sample(
      fc.record({
        fault: fc.constantFrom(
          'bad',
          'stale',
          'silent',
          'low',
          'high',
          'commands',
          'releases',
          'crash',
          'cut',
          'store',
        ),
        hours: fc.integer({ min: 1, max: 12 }),
        minutes: fc.integer({ min: 1, max: 120 }),
        inFill: fc.boolean(),
      }),
      { numRuns: 200, seed: 11 },
    );
    for (const { fault, hours, minutes, inFill } of faults) {
      if (rig.clock.now() > 30 * DAY) break;
      await sump.live(hours * HOUR);
      if (sump.state === 'locked') rig.manager.run('auto-top-off', 'acknowledge');
      if (inFill && sump.state === 'full') {
        model.level = Math.min(model.level, 69.5);
        await sump.untilPumping();
      }
      if (fault === 'crash' || fault === 'cut') {
        if (fault === 'cut') rig.home.allSafe();
        await rig.crash({}, async () => {
          await rig.pass(LEASE);
          expect(rig.home.isOn('pump')).toBe(false);
          await rig.pass(minutes * MINUTE);
        });
        continue;
      }
      if (fault === 'bad' || fault === 'stale')
        sump.level = () => ({ quality: fault, reason: 'of the test' });
      if (fault === 'silent') sump.level = () => 'silent';
      if (fault === 'low') sump.level = () => ({ value: 50 });
      if (fault === 'high') sump.level = () => ({ value: 100 });
      rig.store.isDown = fault === 'store';
      rig.home.trouble = (what) =>
        (fault === 'commands' && what === 'command') || (fault === 'releases' && what !== 'command')
          ? new Error('nobody answers')
          : undefined;
      await sump.live(minutes * MINUTE);
      sump.level = () => ({});
      rig.store.isDown = false;
      rig.home.trouble = () => undefined;
    }
    model.advance();
    expect(rig.clock.now()).toBeGreaterThan(30 * DAY);
    expect(sump.fills).toBeGreaterThan(20);
    expect(model.longestOnMs.pump).toBeLessThanOrEqual(120 * SECOND + LEASE);
    // Never over the upper float by more than what a lease lets through.
    expect(sump.highest).toBeLessThan(85 + 1.5);
    for (const { to } of model.pumped) {
      const within = model.pumped.filter((fill) => fill.to <= to && fill.from > to - DAY);
      expect(within.length).toBeLessThanOrEqual(8);
      expect(within.reduce((sum, fill) => sum + fill.to - fill.from, 0)).toBeLessThanOrEqual(
        600 * SECOND + LEASE,
      );
    }
    for (const [index, { from }] of model.pumped.entries()) {
      if (index > 0) expect(from - model.pumped[index - 1]!.to).toBeGreaterThanOrEqual(15 * MINUTE - LEASE);
    }
    expect(rig.manager.status('auto-top-off').state).toBe('running');
  }, 120_000);
});
