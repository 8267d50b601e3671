import type { Json } from '../sandbox/sandbox.js';
import type { Entry, EntryKind } from './definition.js';
import type { Firing } from './firing.js';
import type { HomeReading } from './ports.js';

/** What the code of a scenario begins with. */
export interface PreludeStart {
  /** Monotonic and wall milliseconds. */
  readonly now: number;
  readonly wall: number;
  readonly entries: Readonly<Record<string, Entry>>;
  /** Of the entries that are values or variables and have one. */
  readonly readings: Readonly<Record<string, HomeReading>>;
  readonly variables: Readonly<Record<string, Json>>;
  readonly fired: Firing;
}

/**
 * The script that gives the code of a scenario its names: see `scenarioTypes` for what they are. It keeps a mirror of the
 * entries, so that reading is no question to anybody; all else goes through calls that the house answers with
 * `{ now, wall, value }` or `{ now, wall, error }`. The time stands still within a turn.
 */
export function preludeOf({ now, wall, entries, readings, variables, fired }: PreludeStart): string {
  const kinds: Record<string, { kind: EntryKind; unit?: string; value?: Json; mapped: boolean }> = {};
  for (const [name, entry] of Object.entries(entries)) {
    kinds[name] = {
      kind: entry.kind,
      mapped:
        !('key' in entry || entry.kind === 'value' || entry.kind === 'variable') || entry.key !== undefined,
      ...('unit' in entry && entry.unit !== undefined && { unit: entry.unit }),
      ...(entry.kind === 'setting' && { value: entry.value }),
    };
  }
  const start = JSON.stringify(JSON.stringify({ now, wall, kinds, readings, variables, fired }));
  return `'use strict';\nconst start = JSON.parse(${start});\n${SCRIPT}`;
}

const SCRIPT = String.raw`
let wall = start.wall, monotonic = start.now;
const readings = new Map(Object.entries(start.readings));
const kept = new Map(Object.entries(start.variables));
const holds = new Map();
const waiters = new Set();
const idle = new Set();
let seen = new Set();
let timers = 0;

const tick = (told) => { wall = told.wall; monotonic = told.now; };
const deepFreeze = (value) => {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
};
const copy = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
const look = () => { for (const waiter of [...waiters]) waiter(); };
const sight = () => { const names = [...seen]; seen = new Set(); return names; };

// The error is made where the code asks, so that its stack tells the line.
const call = (method, ...args) => {
  const failure = new Error();
  return house.call(method, ...args.map(copy)).then((told) => {
    tick(told);
    if (told.error === undefined) return told.value;
    failure.message = told.error.message;
    failure.code = told.error.code;
    throw failure;
  });
};

house.on('value', (told) => {
  tick(told);
  if (told.reading === null) readings.delete(told.entry);
  else readings.set(told.entry, told.reading);
  look();
});
const holdOf = (id) => {
  let hold = holds.get(id);
  if (hold === undefined) holds.set(id, (hold = { isHeld: true, reason: null }));
  return hold;
};
house.on('lost', (told) => {
  tick(told);
  Object.assign(holdOf(told.id), { isHeld: false, reason: told.reason });
  look();
});

const nameOf = (entry) => (typeof entry === 'string' ? entry : entry?.name ?? '');
const readingOf = (name) => { seen.add(name); return readings.get(name); };
const commandOf = (name) => ({
  command: (command, args = {}, options = {}) =>
    call('command', name, command, args, options.lease ?? null, sight()),
  set: (values, options = {}) => call('command', name, 'set', values, options.lease ?? null, sight()),
});
const scenarioOf = (name) => ({
  start: (payload = null) => call('start', name, payload, sight()),
  stop: () => call('stop', name, sight()),
});
const valueOf = (name, { unit, mapped }) => ({
  get value() { return readingOf(name)?.value ?? null; },
  get unit() { return readings.get(name)?.unit ?? unit ?? null; },
  get quality() { return readingOf(name)?.quality ?? 'bad'; },
  get isGood() { return readingOf(name)?.quality === 'good'; },
  get reason() { return readings.get(name)?.reason ?? (readings.has(name) ? null : 'no reading yet'); },
  get at() { return readings.get(name)?.at ?? null; },
  isMapped: mapped,
});
const make = {
  value: valueOf,
  variable: valueOf,
  device: commandOf,
  scenario: scenarioOf,
  setting: (name, { value, unit }) => ({ value, unit: unit ?? null }),
  service: () => ({}),
  cron: () => ({}),
  sun: () => ({}),
};
const entries = {};
for (const [name, about] of Object.entries(start.kinds)) {
  const parts = Object.getOwnPropertyDescriptors(make[about.kind](name, about));
  entries[name] = Object.freeze(Object.defineProperties({ name, kind: about.kind }, parts));
}
// A name that is no entry is a mistake that has to be heard of, not a value that is never good.
const known = new Proxy(Object.freeze(entries), {
  get(target, name) {
    if (typeof name === 'symbol' || Object.hasOwn(target, name)) return target[name];
    throw new ReferenceError('there is no entry "' + name + '": there are ' + Object.keys(target).join(', '));
  },
});

// In the house, a timer that is set again is woken first: a loop that waits again at once saves a call and its answer.
const timerOf = () => {
  for (const timer of idle) { idle.delete(timer); return timer; }
  return ++timers;
};
const leave = async (timer) => {
  idle.add(timer);
  await undefined;
  if (idle.delete(timer)) await call('wake', timer);
};
const sleep = (span) => call('sleep', ++timers, span).then(() => undefined);
const until = (condition, { timeout } = {}) => {
  if (typeof condition !== 'function') {
    throw new TypeError('until takes a function: await until(() => entries.level.value > 20)');
  }
  const holdsNow = () => {
    const answer = condition();
    if (typeof answer?.then === 'function') throw new TypeError('the condition of until has to answer at once');
    return Boolean(answer);
  };
  if (holdsNow()) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    let timer = timeout === undefined ? undefined : timerOf();
    const end = (settle, value) => {
      if (!waiters.delete(waiter)) return;
      settle(value);
      if (timer !== undefined) leave(timer).catch(reject);
    };
    const waiter = () => {
      try {
        if (holdsNow()) end(resolve, true);
      } catch (error) {
        end(reject, error);
      }
    };
    waiters.add(waiter);
    if (timer === undefined) return;
    call('sleep', timer, timeout).then(() => {
      if (!waiters.has(waiter)) return;
      timer = undefined;
      waiter();
      end(resolve, false);
    }, (error) => end(reject, error));
  });
};

const hold = async (entry, values, { atMost, lease } = {}) => {
  const id = await call('hold', nameOf(entry), values, atMost ?? null, lease ?? null, sight());
  const state = holdOf(id);
  return Object.freeze({
    get isHeld() { return state.isHeld; },
    get reason() { return state.reason; },
    release: () => {
      if (state.isHeld) Object.assign(state, { isHeld: false, reason: 'it was given back' });
      return call('release', id, sight());
    },
  });
};

const MAX_LINES = 100;
const lines = [];
let saying = 0, unsaid = 0;
const say = (level, parts) => {
  if (lines.length >= MAX_LINES) { unsaid += 1; return; }
  const text = parts.map((part) => typeof part === 'string' ? part
    : typeof part?.stack === 'string' ? part.message : JSON.stringify(part) ?? String(part)).join(' ');
  lines.push([level, text.slice(0, 1000)]);
  speak();
};
const speak = () => {
  if (saying >= 2 || lines.length === 0) return;
  saying += 1;
  const left = unsaid;
  unsaid = 0;
  call('log', lines.splice(0, 20), left).then(() => { saying -= 1; speak(); }, () => { saying -= 1; });
};
const log = Object.freeze({
  info: (...parts) => say('info', parts),
  warn: (...parts) => say('warn', parts),
  error: (...parts) => say('error', parts),
});

const variables = Object.freeze({
  get: (name) => (kept.has(name) ? copy(kept.get(name)) : undefined),
  set: async (name, value) => {
    const now = copy(value);
    await call('variable', name, now);
    kept.set(name, now);
  },
  delete: async (name) => { await call('forget', name); kept.delete(name); },
});

return {
  entries: known,
  fired: deepFreeze(start.fired),
  sleep,
  until,
  hold,
  log,
  variables,
  now: () => wall,
  uptime: () => monotonic,
  publish: (name, value) => call('publish', name, value, sight()).then(() => undefined),
  request: (entry, frames, options = {}) => call('request', nameOf(entry), frames, options, sight()),
  scenarios: Object.freeze({
    start: (entry, payload = null) => call('start', nameOf(entry), payload, sight()),
    stop: (entry) => call('stop', nameOf(entry), sight()),
  }),
  cron: Object.freeze(Object.fromEntries(['add', 'update', 'remove', 'enable', 'disable', 'run'].map(
    (action) => [action, (job) => call('cron', action, job).then(() => undefined)]))),
};
`;
