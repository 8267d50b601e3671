import { z } from 'zod';
import { conditionMistakes } from './condition-mistakes.js';
import { safetyConfigSchema } from './config-schema.js';
import { safetyDefinitionMistakes } from './definition-mistakes.js';
import { LATCHABLE_RULES, SAFETY_RULES, type SafetyConfig, type SafetyDefinition } from './definition.js';
import { resolveSafety } from './rules.js';

const heater: SafetyDefinition = {
  output: 'on',
  leaseRequired: true,
  maxLeaseMs: 120_000,
  maxOnMs: 1_000_000,
  minOffMs: 1_000,
  duty: { onMs: 100, windowMs: 1_000 },
  budgets: [{ command: 'dose', argument: 'ml', maxAtOnce: 10, max: 50, windowMs: 1_000 }],
  latch: ['maxOn'],
};

function mistakes(config: SafetyConfig, definition: SafetyDefinition = { output: 'on' }): string[] {
  return resolveSafety(definition, config, 'boolean').mistakes.map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

it('is what the type declares, with defaults', () => {
  expect(resolveSafety({ output: 'level' }, undefined, 'number')).toEqual({
    mistakes: [],
    rules: {
      output: 'level',
      kind: 'number',
      off: 0,
      failSafe: 0,
      boot: 'off',
      leaseRequired: false,
      maxLeaseMs: 3_600_000,
      maxOnMs: Infinity,
      minOffMs: 0,
      duties: [],
      budgets: [],
      selfActing: false,
      latch: [],
      onlyWhile: [],
      notWhile: [],
      conditions: [],
    },
  });
  expect(resolveSafety({ output: 'on', failSafe: true }, undefined, 'boolean').rules).toMatchObject({
    off: false,
    boot: 'on',
  });
});

it('is made tighter', () => {
  const config: SafetyConfig = {
    maxLeaseMs: 60_000,
    maxOnMs: 900_000,
    minOffMs: 2_000,
    duty: { onMs: 500, windowMs: 10_000 },
    budgets: [{ command: 'dose', argument: 'ml', max: 20, windowMs: 500 }],
    latch: ['maxOn', 'disobeyed'],
    onlyWhile: [{ device: 'a', value: 'b' }],
    notWhile: [{ device: 'c', value: 'd', is: 1 }],
  };
  const resolved = resolveSafety(heater, config, 'boolean');
  expect(resolved.mistakes).toEqual([]);
  expect(resolved.rules).toMatchObject({
    leaseRequired: true,
    maxLeaseMs: 60_000,
    maxOnMs: 900_000,
    minOffMs: 2_000,
    duties: [heater.duty, config.duty],
    budgets: [...heater.budgets!, ...config.budgets!],
    latch: ['maxOn', 'disobeyed'],
    conditions: [...config.onlyWhile!, ...config.notWhile!],
  });
  expect(
    resolveSafety({ output: 'on' }, { leaseRequired: true, failSafe: false }, 'boolean').rules,
  ).toMatchObject({
    leaseRequired: true,
    failSafe: false,
  });
});

it.each<[SafetyConfig, string]>([
  [{ leaseRequired: false }, 'leaseRequired: the type is active only under a lease: leave it out'],
  [
    { maxLeaseMs: 120_001 },
    "maxLeaseMs: must be at most the type's 120000: a limit can be made tighter alone",
  ],
  [{ maxOnMs: 1_000_001 }, "maxOnMs: must be at most the type's 1000000: a limit can be made tighter alone"],
  [{ minOffMs: 999 }, "minOffMs: must be at least the type's 1000: a limit can be made tighter alone"],
  [
    { duty: { onMs: 101, windowMs: 1_000 } },
    "duty.onMs: must be at most the type's 100 for a window that is not longer: a limit can be made tighter alone",
  ],
  [
    { budgets: [{ command: 'dose', argument: 'l', max: 1, windowMs: 1 }] },
    'budgets[0].command: the type has no budget for this argument; it has: dose ml',
  ],
  [
    { budgets: [{ command: 'dose', argument: 'ml', max: 51, windowMs: 1_000 }] },
    "budgets[0].max: must be at most the type's 50 for a window that is not longer",
  ],
  [
    { budgets: [{ command: 'dose', argument: 'ml', maxAtOnce: 11, max: 51, windowMs: 2_000 }] },
    "budgets[0].maxAtOnce: must be at most the type's 10",
  ],
])('cannot be made looser: %j', (config, mistake) => {
  expect(mistakes(config, heater)).toEqual([mistake]);
});

it.each<[SafetyConfig, SafetyDefinition, string]>([
  [{ boot: 'on' }, { output: 'on', boot: 'last' }, 'boot: the type begins with "last"'],
  [
    { boot: 'last' },
    { output: 'on', leaseRequired: true },
    'boot: an output that is active only under a lease',
  ],
  [
    { leaseRequired: true },
    { output: 'on', boot: 'on' },
    'leaseRequired: an output that is active only under',
  ],
  [
    { failSafe: true, maxOnMs: 1 },
    { output: 'on' },
    'maxOnMs: the fail-safe state true is active, so that maxOnMs',
  ],
  [
    { failSafe: true },
    { output: 'on', maxOnMs: 1 },
    'failSafe: the fail-safe state true is active, so that maxOnMs',
  ],
  [
    { failSafe: true },
    { output: 'on', minOffMs: 1 },
    'failSafe: the fail-safe state true is active, so that minOffMs',
  ],
  [
    { failSafe: true, duty: { onMs: 1, windowMs: 2 } },
    { output: 'on' },
    'duty: the fail-safe state true is active',
  ],
  [
    { failSafe: true, notWhile: [{ device: 'a', value: 'b', is: 1 }] },
    { output: 'on' },
    'notWhile: the fail-safe state true is active',
  ],
  [
    { failSafe: true, onlyWhile: [{ device: 'a', value: 'b' }] },
    { output: 'on' },
    'onlyWhile: the fail-safe state true is active',
  ],
  [
    { failSafe: true, leaseRequired: true },
    { output: 'on' },
    'leaseRequired: the fail-safe state true is active, so that it is active when nobody holds a lease: leave',
  ],
])('cannot contradict itself: %j of %j', (config, definition, mistake) => {
  const found = mistakes(config, definition);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(mistake);
});

it.each<[SafetyConfig, string]>([
  [{ failSafe: 1 }, 'failSafe: must be true or false, as the output'],
  [{ maxLeaseMs: 0 }, 'maxLeaseMs: must be a positive number of milliseconds'],
  [{ maxOnMs: NaN }, 'maxOnMs: must be a positive number of milliseconds'],
  [{ minOffMs: -1 }, 'minOffMs: must be a number of milliseconds that is not negative'],
  [{ duty: { onMs: Infinity, windowMs: 1 } }, 'duty.onMs: must be a positive number of milliseconds'],
  [{ duty: { onMs: 3, windowMs: 2 } }, 'duty.windowMs: must be at least onMs, 3'],
  [{ latch: ['maxOn', 'minOff'] }, 'latch[1]: "minOff" does not trip; there are: lease, input, '],
  [
    { onlyWhile: [{ device: 'a', value: 'b', is: 1, above: 0 }] },
    'onlyWhile[0]: give "is", or "above" and "below", not both',
  ],
  [
    { onlyWhile: [{ device: 'a', value: 'b', above: NaN }] },
    'onlyWhile[0]: "above" and "below" must be finite',
  ],
  [{ onlyWhile: [{ device: 'a', value: 'b', is: Infinity }] }, 'onlyWhile[0]: "is" must be a finite number'],
  [
    { notWhile: [{ device: 'a', value: 'b', above: 2, below: 2 }] },
    'notWhile[0]: nothing is above 2 and below 2',
  ],
  [
    { notWhile: [{ device: 'a', value: 'b' }] },
    'notWhile[0]: give "is", "above" or "below": as it is, the output',
  ],
  [
    { budgets: [{ command: 'a', argument: 'b', maxAtOnce: 2, max: 1, windowMs: 0 }] },
    'budgets[0].windowMs: must be a positive number',
  ],
])('has to make sense: %j', (config, mistake) => {
  expect(mistakes(config)[0]!.startsWith(mistake)).toBe(true);
});

it('is of the kind of the output, and a value that it may have', () => {
  const of = (failSafe: number | boolean) =>
    resolveSafety({ output: 'level' }, { failSafe }, 'number', (value) => (value as number) <= 100).mistakes;
  expect(of(50)).toEqual([]);
  expect(of(101)).toEqual([{ path: 'failSafe', message: 'the output cannot be 101' }]);
  expect(of(true)).toEqual([{ path: 'failSafe', message: 'must be a number, as the output' }]);
  expect(resolveSafety({ output: 'level' }, { boot: 'on' }, 'number').mistakes).toMatchObject([
    { path: 'boot', message: expect.stringContaining('does not say how much') as string },
  ]);
  expect(resolveSafety({ output: 'level' }, { failSafe: 30 }, 'number').rules.boot).toBe('on');
});

it('has conditions on what is there, and not on itself', () => {
  const config: SafetyConfig = {
    onlyWhile: [
      { device: 'pump', value: 'on' },
      { device: 'pump', value: 'flow' },
    ],
    notWhile: [{ device: 'tank', value: 'level', is: 1 }],
  };
  const own = { device: 'pump', output: 'on' };
  const itself = {
    path: 'onlyWhile[0]',
    message: 'the output cannot be a condition of itself: name another value',
  };
  expect(conditionMistakes(config, own)).toEqual([itself]);
  expect(conditionMistakes(config, own, (device) => device === 'pump')).toEqual([
    itself,
    { path: 'notWhile[0]', message: 'there is no "level" of a device "tank" in this host' },
  ]);
  expect(conditionMistakes(undefined, own)).toEqual([]);
});

describe('what a type declares', () => {
  const subject = {
    values: { on: 'boolean', level: 'number', mode: undefined },
    commands: { dose: ['ml'], stop: [] },
  } as const;
  const wrong = (definition: object): string[] =>
    safetyDefinitionMistakes(definition as SafetyDefinition, subject);

  it('may be all of it', () => {
    expect(wrong(heater)).toEqual([]);
    expect(wrong({ output: 'level', off: 100, failSafe: 100, boot: 'last', selfActing: true })).toEqual([]);
  });

  it.each<[object, string]>([
    [{ output: 'on', maxOn: 1 }, 'safety.maxOn is not known to this version of @raspy/devices'],
    [{ output: 'mode' }, 'safety.output must name a value that can be set and is a boolean or a number'],
    [{ output: 'toString' }, 'safety.output must name'],
    [{ output: 'on', budgets: {} }, 'safety.budgets and safety.latch must be lists'],
    [{ output: 'on', off: 0 }, 'safety.off must be true or false'],
    [{ output: 'level', failSafe: NaN }, 'safety.failSafe must be a number'],
    [{ output: 'on', boot: 'maybe' }, 'safety.boot must be off, last or on'],
    [{ output: 'on', leaseRequired: 1 }, 'safety.leaseRequired must be true or false'],
    [{ output: 'on', selfActing: 'yes' }, 'safety.selfActing must be true or false'],
    [{ output: 'on', maxLeaseMs: -1 }, 'safety.maxLeaseMs must be a positive number'],
    [
      { output: 'on', minOffMs: NaN },
      'safety.minOffMs must be a number of milliseconds that is not negative',
    ],
    [{ output: 'on', duty: { onMs: 0, windowMs: 1 } }, 'safety.duty.onMs must be a positive number'],
    [{ output: 'on', latch: ['boot'] }, 'safety.latch[0] "boot" does not trip'],
    [
      { output: 'on', budgets: [{ command: 'stop', argument: 'ml', max: 1, windowMs: 1 }] },
      'safety.budgets[0] must name a command and an argument of it that is a number',
    ],
    [
      { output: 'on', budgets: Array(17).fill({ command: 'dose', argument: 'ml', max: 1, windowMs: 1 }) },
      'safety.budgets must be at most 16',
    ],
    [
      { output: 'on', boot: 'on', leaseRequired: true },
      'safety.boot: an output that is active only under a lease',
    ],
    [{ output: 'on', failSafe: true, maxOnMs: 1 }, 'safety.maxOnMs: the fail-safe state true is active'],
  ])('must not be %j', (definition, mistake) => {
    expect(wrong(definition)).toHaveLength(1);
    expect(wrong(definition)[0]!.startsWith(mistake)).toBe(true);
  });

  it('must be an object', () => {
    expect(safetyDefinitionMistakes(null as never, subject)).toEqual(['safety must be an object']);
  });
});

it('has a form, with titles, which refuses what it does not know', () => {
  const config = { boot: 'last', latch: ['lease'], notWhile: [{ device: 'a', value: 'b', is: 'on' }] };
  expect(safetyConfigSchema.parse(config)).toEqual(config);
  for (const wrong of [{ x: 1 }, { latch: ['boot'] }, { maxOnMs: 0 }, { notWhile: [{ device: 'a' }] }]) {
    expect(safetyConfigSchema.safeParse(wrong).success).toBe(false);
  }
  const { properties } = z.toJSONSchema(safetyConfigSchema, { io: 'input' });
  expect(Object.values(properties!).every((property) => (property as { title?: string }).title)).toBe(true);
});

it('names all rules', () => {
  expect(LATCHABLE_RULES.every((rule) => SAFETY_RULES.includes(rule))).toBe(true);
});
