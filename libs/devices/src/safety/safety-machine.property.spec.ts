import fc from 'fast-check';
import { good, levelRules, rulesOf, SafetyWorld } from '../../test/safety-world.js';
import type { OutputValue } from './definition.js';
import type { SafetyRules } from './rules.js';

const SECOND = 1_000;

const RULES: Readonly<Record<string, SafetyRules>> = {
  heater: rulesOf({
    leaseRequired: true,
    maxLeaseMs: 60 * SECOND,
    maxOnMs: 100 * SECOND,
    minOffMs: 10 * SECOND,
    latch: ['maxOn', 'disobeyed'],
  }),
  pump: rulesOf(
    { maxOnMs: 50 * SECOND, duty: { onMs: 30 * SECOND, windowMs: 120 * SECOND }, latch: ['duty'] },
    {
      boot: 'on',
      minOffMs: 5 * SECOND,
      duty: { onMs: 50 * SECOND, windowMs: 300 * SECOND },
      onlyWhile: [{ device: 'tank', value: 'level', above: 1 }],
      notWhile: [{ device: 'heater', value: 'on', is: true }],
    },
  ),
  circulation: rulesOf({ failSafe: true, latch: ['disobeyed'] }),
  lamp: levelRules({ boot: 'last', maxOnMs: 200 * SECOND }),
};
const DEVICES = Object.keys(RULES);
const DOSE = { command: 'dose', argument: 'ml', maxAtOnce: 10, max: 30, windowMs: 200 * SECOND };
const WALL = 1_800_000_000_000;

type Step =
  | { do: 'ask'; device: string; on: boolean; level: number; leaseMs?: number; mine: boolean }
  | { do: 'renew'; device: string; ms: number }
  | { do: 'release' | 'disable' | 'enable' | 'acknowledge' | 'shutdown' | 'open' | 'lose'; device: string }
  | { do: 'level'; value: number; isGood: boolean }
  | { do: 'report'; device: string; lies: boolean; isGood: boolean }
  | { do: 'hardware'; device: string; works: boolean }
  | { do: 'dose'; ml: number }
  | { do: 'pass'; ms: number }
  | { do: 'order' }
  | { do: 'restart'; awayMs: number; trusted: boolean; clock: number };

const device = fc.constantFrom(...DEVICES);
const leaseMs = fc.option(
  fc.integer({ min: 1, max: 70 }).map((s) => s * SECOND),
  { nil: undefined, freq: 4 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      device,
      on: fc.integer({ min: 0, max: 3 }).map((chance) => chance > 0),
      level: fc.integer({ min: 1, max: 100 }),
      leaseMs,
      mine: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('renew' as const),
      device,
      ms: fc.integer({ min: 1, max: 70_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'release',
        'disable',
        'enable',
        'enable',
        'acknowledge',
        'acknowledge',
        'shutdown',
        'lose',
      ),
      device,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), device }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('level' as const),
      value: fc.constantFrom(0, 2, 3, 4),
      isGood: fc.integer({ min: 0, max: 4 }).map(Boolean),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      device,
      lies: fc.boolean(),
      isGood: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hardware' as const), device, works: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('dose' as const), ml: fc.integer({ min: 0, max: 12 }) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 700, 5_000, 12_345, 40_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('order' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      awayMs: fc.constantFrom(0, 3_000, 60_000),
      trusted: fc.boolean(),
      clock: fc.constantFrom(0, 0, -3_600_000),
    }),
  },
);

/** What is known of one output without asking the machine: it only counts the time. */
interface Book {
  open: boolean;
  held: boolean;
  disabled: boolean;
  lease?: { id: string; until: number };
  /** When it was wanted to be active. */
  spans: [from: number, to: number][];
  since?: number;
}

class Model {
  readonly world = new SafetyWorld();
  readonly books = new Map<string, Book>();
  level: { value: number; isGood: boolean } = { value: 0, isGood: false };
  readonly given: { at: number; ml: number }[] = [];

  constructor() {
    this.world.check = () => this.check();
    for (const name of DEVICES) {
      this.books.set(name, { open: false, held: false, disabled: false, spans: [] });
      this.world.add(name, this.rules(name));
    }
  }

  rules(name: string): SafetyRules {
    return name === 'lamp' ? { ...RULES[name]!, budgets: [DOSE] } : RULES[name]!;
  }

  /** Everything that must hold at every instant. */
  check(): void {
    const { now } = this.world;
    for (const [name, book] of this.books) {
      const state = this.world.machine.state(now, name);
      if (state === undefined) continue;
      const rules = RULES[name]!;
      const isActive = state.wanted !== rules.off;
      if (isActive && book.since === undefined) {
        const last = book.spans.at(-1);
        if (last !== undefined) must(now - last[1] >= rules.minOffMs, name, 'minOff');
        book.since = now;
      } else if (!isActive && book.since !== undefined) {
        book.spans.push([book.since, now]);
        delete book.since;
      }
      if (isActive && rules.leaseRequired) must((book.lease?.until ?? now) > now, name, 'lease');
      if (book.since !== undefined) must(now - book.since <= rules.maxOnMs, name, 'maxOn');
      for (const { onMs, windowMs } of rules.duties) {
        must(used(book, now, windowMs) <= onMs, name, 'duty');
      }
      if (book.held || book.disabled) must(state.wanted === rules.failSafe, name, 'held or disabled');
      if (state.latched && isActive) must(state.wanted === rules.failSafe, name, 'latched');
      if (name === 'pump' && isActive) {
        must(this.level.isGood && this.level.value > 1, name, 'onlyWhile');
        must(!this.world.state('heater').wanted, name, 'notWhile');
      }
    }
  }

  /** What must hold when nothing is under way. */
  settled(): void {
    const { world } = this;
    must(world.machine.nextDeadline > world.now, 'nextDeadline');
    for (const [name, book] of this.books) {
      if (!book.open || world.broken.has(name)) continue;
      const { wanted, actual } = world.state(name);
      // What failed is tried again in its time, also when the hardware works again.
      if (actual === undefined) continue;
      must(actual === wanted && world.hardware.get(name) === wanted, name, 'is as it is to be');
    }
  }

  step(step: Step): void {
    const { world } = this;
    switch (step.do) {
      case 'pass':
        world.pass(step.ms);
        return;
      case 'level':
        this.level = { value: step.value, isGood: step.isGood };
        world.input('tank', 'level', { value: step.value, quality: step.isGood ? 'good' : 'stale' });
        return;
      case 'dose':
        this.#dose(step.ml);
        return;
      case 'order':
        this.#order();
        return;
      case 'restart':
        this.#restart(step);
        return;
      default:
        this.#onDevice(step);
        return;
    }
  }

  #onDevice(step: Extract<Step, { device: string }>): void {
    const { world } = this;
    const { machine, now } = world;
    const name = step.device;
    const book = this.books.get(name)!;
    const { off } = RULES[name]!;
    switch (step.do) {
      case 'ask': {
        const value: OutputValue = !step.on ? off : name === 'lamp' ? step.level : true;
        const ask = {
          ...(step.leaseMs !== undefined && { leaseMs: step.leaseMs }),
          ...(step.mine && book.lease !== undefined && { leaseId: book.lease.id }),
        };
        const decision = machine.request(now, name, value, ask);
        if (decision.allowed) {
          book.lease = decision.lease && { id: decision.lease.id, until: now + decision.lease.ms };
          // It never lasts longer than was asked for, or than what was there before.
          if (step.leaseMs !== undefined && decision.lease !== undefined)
            expect(decision.lease.ms).toBe(step.leaseMs);
        }
        world.run(decision.effects);
        if (decision.allowed) world.set(name, value);
        return;
      }
      case 'renew': {
        const renewed = machine.renew(now, book.lease?.id ?? '', step.ms);
        if (renewed.found && renewed.allowed) book.lease = { id: book.lease!.id, until: now + step.ms };
        world.run(renewed.effects);
        return;
      }
      case 'release':
        world.run(machine.release(now, book.lease?.id ?? '').effects);
        return;
      case 'disable':
        book.disabled = true;
        world.run(machine.disable(now, name));
        return;
      case 'enable':
        book.disabled = false;
        world.run(machine.enable(now, name));
        return;
      case 'acknowledge':
        world.run(machine.acknowledge(now, name));
        return;
      case 'shutdown':
        book.held = true;
        world.run(machine.shutdown(now, name));
        return;
      case 'open':
        book.open = true;
        book.held = false;
        world.run(machine.opened(now, name));
        return;
      case 'lose':
        book.open = false;
        world.run(machine.lost(now, name));
        return;
      case 'report': {
        const is = world.hardware.get(name) ?? off;
        const value = !step.lies ? is : is === off ? (name === 'lamp' ? 50 : true) : off;
        world.input(name, RULES[name]!.output, step.isGood ? good(value) : { value, quality: 'bad' });
        return;
      }
      case 'hardware':
        if (step.works) world.broken.delete(name);
        else world.broken.add(name);
        return;
    }
  }

  /** A person who puts everything right. */
  #order(): void {
    this.step({ do: 'level', value: 3, isGood: true });
    for (const name of DEVICES) {
      this.step({ do: 'hardware', device: name, works: true });
      if (!this.books.get(name)!.open || this.books.get(name)!.held) this.step({ do: 'open', device: name });
      this.step({ do: 'enable', device: name });
      this.step({ do: 'acknowledge', device: name });
      this.step({ do: 'report', device: name, lies: false, isGood: true });
    }
    this.step({ do: 'pass', ms: 30_000 });
  }

  #dose(ml: number): void {
    const { world } = this;
    const { now } = world;
    const decision = world.machine.spend(now, 'lamp', 'dose', { ml });
    world.run(decision.effects);
    if (!decision.allowed) return;
    this.given.push({ at: now, ml });
    expect(ml).toBeLessThanOrEqual(DOSE.maxAtOnce);
    const inWindow = this.given.filter(({ at }) => at + DOSE.windowMs > now);
    expect(inWindow.reduce((sum, one) => sum + one.ml, 0)).toBeLessThanOrEqual(DOSE.max);
  }

  #restart({ awayMs, trusted, clock }: Extract<Step, { do: 'restart' }>): void {
    const { world } = this;
    const before = new Map(
      DEVICES.map((name) => [name, { state: world.state(name), ...world.save(name, WALL) }]),
    );
    world.restart();
    this.check(); // nothing is wanted of what is not there
    for (const book of this.books.values()) {
      if (book.since !== undefined) book.spans.push([book.since, world.now]);
      delete book.since;
      delete book.lease;
      book.open = false;
      book.held = false;
    }
    world.now += awayMs;
    this.level = { value: 0, isGood: false };
    for (const name of DEVICES) {
      const { state, saved } = before.get(name)!;
      world.add(name, this.rules(name), { saved, wallNow: WALL + awayMs + clock, trusted });
      const after = world.state(name);
      if (awayMs === 0 || !trusted || clock < 0) {
        expect(after.dutyLeftMs ?? 0).toBeLessThanOrEqual((state.dutyLeftMs ?? 0) + 1e-6);
        expect(after.budgets?.[0]?.left ?? 0).toBeLessThanOrEqual(state.budgets?.[0]?.left ?? 0);
      }
      if (state.latched) must(after.latched, name, 'latched after a restart');
      expect(after.state === 'disabled').toBe(state.state === 'disabled');
      expect(after.wanted).toBe(RULES[name]!.failSafe);
    }
  }
}

/** As `expect`, which is too slow for what is asked a million times. */
function must(holds: boolean, ...what: string[]): void {
  if (!holds) throw new Error(`does not hold: ${what.join(' ')}`);
}

function used({ spans, since }: Book, now: number, windowMs: number): number {
  const begin = now - windowMs;
  const all = since === undefined ? spans : [...spans, [since, now] as const];
  return all.reduce((sum, [from, to]) => sum + Math.max(0, to - Math.max(from, begin)), 0);
}

it('keeps what it promises whatever is asked of it, and whatever fails', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 250, size: 'max' }), (steps) => {
      const model = new Model();
      for (const one of steps) {
        model.step(one);
        model.check();
        model.settled();
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
