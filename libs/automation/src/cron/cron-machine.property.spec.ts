import fc from 'fast-check';
import { CronMachine } from './cron-machine.js';
import type { CronEffect } from './effects.js';
import { MAX_CATCH_UP } from './late-runs.js';
import { MISSED_POLICIES, type MissedPolicy } from './job.js';
import { parseJob } from './parse-job.js';
import { TimeZone } from './time-zone.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GRACE = 10_000;

/** Nights on which the clock changes; simulations begin some hours before. */
const NIGHTS = [
  ['Europe/Paris', '2026-03-28T20:00Z'],
  ['Europe/Paris', '2026-10-24T20:00Z'],
  ['America/New_York', '2026-03-08T02:00Z'],
  ['America/New_York', '2026-11-01T02:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T10:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T10:00Z'],
] as const;

interface NaiveJob {
  readonly expression: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[] | undefined;
}

/** Expressions whose meaning a few lines can tell: every minute of a long time is looked at. */
const jobs: fc.Arbitrary<NaiveJob> = fc.oneof(
  // A time of the day, or several.
  fc
    .record({
      minutes: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 2 }),
      hours: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
    })
    .map(({ minutes, hours }) => ({
      expression: `${minutes.join(',')} ${hours.join(',')} * * *`,
      minutes,
      hours,
    })),
  // A rhythm.
  fc.constantFrom(5, 7, 15, 30).map((step) => ({
    expression: `*/${step} * * * *`,
    minutes: Array.from({ length: 60 }, (_, i) => i).filter((i) => i % step === 0),
    hours: undefined,
  })),
);

/** Local times that were asked for: the nights are few, and their minutes the same in each run. */
const localTimes = new Map<TimeZone, Map<number, number>>();

function localAt(zone: TimeZone, instant: number): number {
  const times = localTimes.get(zone) ?? new Map<number, number>();
  localTimes.set(zone, times);
  const local = times.get(instant) ?? zone.localAt(instant);
  times.set(instant, local);
  return local;
}

/** All runs in `[from, to)`, the naive way. */
function allRuns({ minutes, hours }: NaiveJob, zone: TimeZone, from: number, to: number): readonly number[] {
  const runs = new Set<number>();
  const locals = new Set<number>();
  const at = (local: number): boolean => {
    const date = new Date(local);
    return minutes.includes(date.getUTCMinutes()) && (hours?.includes(date.getUTCHours()) ?? true);
  };
  let last = localAt(zone, from - MINUTE);
  for (let instant = from; instant < to; instant += MINUTE) {
    const local = localAt(zone, instant);
    if (hours === undefined) {
      if (at(local)) runs.add(instant);
    } else {
      // A time that does not exist runs when the clock has jumped; one that comes twice runs the first time.
      for (let jumped = last + MINUTE; jumped < local; jumped += MINUTE) if (at(jumped)) runs.add(instant);
      if (at(local) && !locals.has(local)) runs.add(instant);
    }
    locals.add(local);
    last = local;
  }
  return [...runs].sort((a, b) => a - b);
}

type Move =
  | { readonly kind: 'pass' | 'sleep' | 'restart'; readonly by: number }
  | { readonly kind: 'step'; readonly by: number }
  | { readonly kind: 'trust'; readonly trusted: boolean };

const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), by: fc.integer({ min: 1, max: 4 * HOUR }) }),
    },
    fc.record({
      kind: fc.constantFrom('sleep' as const, 'restart' as const),
      by: fc.integer({ min: 0, max: 3 * HOUR }),
    }),
    // Together they go back by less than the day after which a clock has begun another calendar.
    fc.record({ kind: fc.constant('step' as const), by: fc.integer({ min: -2 * HOUR, max: 3 * HOUR }) }),
    fc.record({ kind: fc.constant('trust' as const), trusted: fc.boolean() }),
  ),
  { maxLength: 11 },
);

interface History {
  readonly fired: readonly {
    readonly due: number;
    readonly wall: number;
    readonly why: string;
    readonly trusted: boolean;
  }[];
  /** Every look at the clock: the machine's decisions are made at these. */
  readonly looks: readonly { readonly wall: number; readonly trusted: boolean }[];
}

function play(
  job: NaiveJob,
  zone: string,
  start: number,
  missed: MissedPolicy,
  windowMs: number,
  list: readonly Move[],
): History {
  const parsed = parseJob({ name: 'job', when: { cron: job.expression, timeZone: zone }, missed, windowMs });
  const at = { now: 5, wall: start, trusted: true };
  const fired: { due: number; wall: number; why: string; trusted: boolean }[] = [];
  const looks: { wall: number; trusted: boolean }[] = [];
  const note = (effects: readonly CronEffect[]): void => {
    looks.push({ wall: at.wall, trusted: at.trusted });
    for (const effect of effects) {
      if (effect.type === 'fire')
        fired.push({ due: effect.due, wall: at.wall, why: effect.why, trusted: at.trusted });
    }
    // Always forward: it never waits for what has passed.
    expect(machine.nextDeadline).toBeGreaterThan(at.now);
    expect(Number.isFinite(machine.nextDeadline)).toBe(at.trusted);
  };
  let machine = new CronMachine({ ...at });
  note(machine.add({ ...at }, parsed));
  for (const move of list) {
    if (move.kind === 'pass') {
      const end = at.now + move.by;
      while (machine.nextDeadline <= end) {
        at.wall += machine.nextDeadline - at.now;
        at.now = machine.nextDeadline;
        note(machine.tick({ ...at }));
      }
      at.wall += end - at.now;
      at.now = end;
      note(machine.tick({ ...at }));
    } else if (move.kind === 'trust') {
      at.trusted = move.trusted;
      note(machine.tick({ ...at }));
    } else if (move.kind === 'step') {
      at.wall += move.by;
      note(machine.tick({ ...at }));
    } else {
      at.wall += move.by;
      at.now += move.by;
      if (move.kind === 'sleep') note(machine.tick({ ...at }));
      else {
        const memory = JSON.parse(JSON.stringify(machine.memory('job'))) as object;
        at.now = 7;
        machine = new CronMachine({ ...at });
        note(machine.add({ ...at }, parsed, memory));
      }
    }
  }
  return { fired, looks };
}

/** What has to come of the looks at the clock, the naive way: all runs between two looks are known and decided on. */
function model(
  runs: readonly number[],
  looks: History['looks'],
  missed: MissedPolicy,
  windowMs: number,
): string[] {
  const fired: string[] = [];
  let decided = looks[0]!.wall;
  let lastRun = -Infinity;
  for (const { wall, trusted } of looks) {
    if (!trusted) continue;
    if (wall < decided) decided = Math.max(wall, lastRun);
    const came = runs.filter((run) => run > decided && run <= wall);
    const newest = came.at(-1);
    if (newest === undefined) continue;
    const onTime = wall - newest <= GRACE;
    const late = (onTime ? came.slice(0, -1) : came).filter((run) => wall - run <= windowMs);
    const madeUpFor =
      missed === 'all' ? late.slice(-MAX_CATCH_UP) : missed === 'once' && !onTime ? late.slice(-1) : [];
    for (const run of madeUpFor) fired.push(`missed ${new Date(run).toISOString()}`);
    if (onTime) fired.push(`due ${new Date(newest).toISOString()}`);
    decided = newest;
    lastRun = newest;
  }
  return fired;
}

describe('the four rules, over random jobs, nights, steps, sleeps and restarts', () => {
  const histories = fc.record({
    job: jobs,
    night: fc.constantFrom(...NIGHTS),
    begin: fc.integer({ min: 0, max: 4 * HOUR }),
    missed: fc.constantFrom(...MISSED_POLICIES),
    windowMs: fc.integer({ min: MINUTE, max: 6 * HOUR }),
    list: moves,
  });

  it('hold, and the machine does what the naive model does', () => {
    fc.assert(
      fc.property(histories, ({ job, night: [zoneName, night], begin, missed, windowMs, list }) => {
        const zone = TimeZone.of(zoneName);
        const start = Date.parse(night) + begin;
        const { fired, looks } = play(job, zoneName, start, missed, windowMs, list);
        const [low, high] = [
          Math.min(...looks.map(({ wall }) => wall)) - DAY,
          Math.max(...looks.map(({ wall }) => wall)) + HOUR,
        ].map((instant) => Math.floor(instant / MINUTE) * MINUTE);
        const runs = allRuns(job, zone, low!, high!);
        for (const { due, wall, why, trusted } of fired) {
          // The wall clock first, and trusted.
          expect(trusted && due <= wall).toBe(true);
          expect(runs).toContain(due);
          // Never in the past.
          expect(wall - due).toBeLessThanOrEqual(why === 'due' ? GRACE : windowMs);
        }
        // Never twice, always forward.
        for (let i = 1; i < fired.length; i++) expect(fired[i]!.due).toBeGreaterThan(fired[i - 1]!.due);
        const seen = fired.map(({ due, why }) => `${why} ${new Date(due).toISOString()}`);
        expect(seen).toEqual(model(runs, looks, missed, windowMs));
      }),
      { numRuns: 80 },
    );
  });

  it('hold for a board without a clock, from 1970 to the first answer of a time server', () => {
    const steps = fc.record({
      untrusted: fc.integer({ min: 0, max: 3 * HOUR }),
      off: fc.integer({ min: 0, max: 3 * DAY }),
      runWhileClockUntrusted: fc.boolean(),
      missed: fc.constantFrom(...MISSED_POLICIES),
      job: jobs,
    });
    fc.assert(
      fc.property(steps, ({ untrusted, off, runWhileClockUntrusted, missed, job }) => {
        const settled = Date.UTC(2026, 5, 1, 3);
        const when = { cron: job.expression, timeZone: 'Europe/Paris' };
        const parsed = parseJob({ name: 'job', when, missed, windowMs: DAY, runWhileClockUntrusted });
        const machine = new CronMachine({ now: 0, wall: 0, trusted: false });
        let effects = [...machine.add({ now: 0, wall: 0, trusted: false }, parsed, { settled })];
        while (machine.nextDeadline <= untrusted) {
          const now = machine.nextDeadline;
          effects.push(...machine.tick({ now, wall: now, trusted: false }));
        }
        if (!runWhileClockUntrusted) expect(effects).toEqual([]);
        for (const { due } of effects) expect(due).toBeLessThanOrEqual(untrusted);
        const wall = settled + off;
        effects = [...machine.tick({ now: untrusted, wall, trusted: true })];
        const from = Math.max(settled, wall - DAY - HOUR);
        const runs = allRuns(
          job,
          TimeZone.of('Europe/Paris'),
          Math.floor(from / MINUTE) * MINUTE,
          wall + 1,
        ).filter((run) => run > settled);
        const fired = effects.filter((effect) => effect.type === 'fire').map(({ due }) => due);
        const expected = model(
          runs,
          [
            { wall: settled, trusted: true },
            { wall, trusted: true },
          ],
          missed,
          DAY,
        );
        expect(fired.map((due) => new Date(due).toISOString())).toEqual(
          expected.map((line) => line.split(' ')[1]),
        );
      }),
      { numRuns: 80 },
    );
  });
});
