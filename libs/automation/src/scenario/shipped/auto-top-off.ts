import { FILE_FORMAT, FILE_VERSION, type ScenarioFile } from '../export-scenario.js';

/** Replaces the water that evaporates, within every limit that kept somebody's floor dry. */
export const AUTO_TOP_OFF: ScenarioFile = {
  format: FILE_FORMAT,
  version: FILE_VERSION,
  scenario: {
    name: 'auto-top-off',
    title: 'Auto top-off',
    description:
      'Fills up what evaporates. What is not as it should be locks it until somebody has looked and runs it by hand with "acknowledge"; the lock survives restarts. It publishes "state", "alarm" and "secondsToday".',
    mode: 'background',
    policy: { afterRestart: 'leave', overlap: 'restart' },
  },
  entries: {
    level: { kind: 'value', title: 'Level of the water', type: 'number', unit: '%', maxAge: '2 min' },
    level2: {
      kind: 'value',
      title: 'A second sensor of the same level',
      type: 'number',
      unit: '%',
      maxAge: '2 min',
      optional: true,
    },
    tooHigh: {
      kind: 'value',
      title: 'Float switch above the highest level: closed when it swims',
      type: 'boolean',
      maxAge: '10 min',
      optional: true,
    },
    empty: {
      kind: 'value',
      title: 'Float switch of the reservoir: closed when it is empty',
      type: 'boolean',
      maxAge: '10 min',
      optional: true,
    },
    leak: {
      kind: 'value',
      title: 'Leak sensor on the floor: closed when it is wet',
      type: 'boolean',
      maxAge: '10 min',
      optional: true,
    },
    pump: { kind: 'device', title: 'Pump', type: 'actuator.pump' },
    low: { kind: 'setting', title: 'Fills below', value: 70, unit: '%', min: 0, max: 100 },
    full: { kind: 'setting', title: 'Fills up to', value: 75, unit: '%', min: 0, max: 100 },
    longestFill: { kind: 'setting', title: 'A fill lasts at most', value: 120, unit: 's', min: 1, max: 3600 },
    secondsPerDay: {
      kind: 'setting',
      title: 'In 24 hours at most',
      value: 600,
      unit: 's',
      min: 1,
      max: 86400,
    },
    fillsPerDay: { kind: 'setting', title: 'Fills in 24 hours at most', value: 8, min: 1, max: 50 },
    pause: {
      kind: 'setting',
      title: 'Between two fills at least',
      value: 15,
      unit: 'min',
      min: 0,
      max: 1440,
    },
    rise: { kind: 'setting', title: 'Has to rise by', value: 1, unit: '%', min: 0.1, max: 50 },
    riseWithin: {
      kind: 'setting',
      title: 'Within (more than between two readings)',
      value: 40,
      unit: 's',
      min: 5,
      max: 600,
    },
    fall: {
      kind: 'setting',
      title: 'A leak when it falls by more than',
      value: 4,
      unit: '%',
      min: 0.5,
      max: 100,
    },
    fallWithin: { kind: 'setting', title: 'Within', value: 30, unit: 'min', min: 1, max: 1440 },
  },
  fires: [],
  permissions: { commands: ['pump'], cron: false },
  code: String.raw`// A fill is on record before the pump turns, so that a power cut in the middle of it is counted, too.
// The pump is on under a lease of 15 s: when this program ends, however it ends, it stops.
const { level, level2, tooHigh, empty, leak } = entries;
const full = entries.full.value;
const day = 24 * 3600000;

let fills = variables.get('fills') ?? []; // of the last 24 hours: { at, seconds }
let locked = variables.get('locked') ?? null; // { why, at }
let highest = null; // the level of some minutes ago: { at, value }
let state; // as they were published; a run before may have left others
let alarm;

// Until it is on disk: what is not on record did not happen, and must not happen.
async function keep(name, value) {
  for (;;) {
    try {
      return await variables.set(name, value);
    } catch (error) {
      await tell('waits', 'the store keeps nothing: ' + error.message);
      await sleep('10 s');
    }
  }
}

async function tell(nowState, nowAlarm) {
  if (nowAlarm !== alarm) {
    alarm = nowAlarm;
    if (alarm) log.error(alarm);
    await publish('alarm', alarm);
  }
  if (nowState !== state) {
    state = nowState;
    await publish('state', state);
  }
}

async function lock(why) {
  locked = { why, at: now() };
  await tell('locked', 'locked: ' + why);
  await keep('locked', locked);
}

// Why nothing may be filled now, or null. A switch that is there has to be known to be open.
function unsafe() {
  if (!level.isGood) return 'there is no good level (' + level.reason + ')';
  if (level2.isMapped && !level2.isGood) return 'there is no good second level (' + level2.reason + ')';
  if (level2.isMapped && Math.abs(level.value - level2.value) > 5) return 'the two levels disagree';
  for (const float of [tooHigh, empty, leak]) {
    if (float.isMapped && !float.isGood) return 'nothing good comes from "' + float.name + '" (' + float.reason + ')';
  }
  if (empty.isMapped && empty.value) return 'the reservoir is empty';
  return danger();
}

// What locks it at once, or null.
function danger() {
  if (tooHigh.isGood && tooHigh.value) return 'the upper float swims';
  if (leak.isGood && leak.value) return 'the leak sensor is wet';
  return null;
}

// Whether it falls faster than water evaporates.
function falls() {
  if (!level.isGood) return false;
  if (!highest || level.value > highest.value || uptime() - highest.at > entries.fallWithin.value * 60000) {
    highest = { at: uptime(), value: level.value };
  }
  return highest.value - level.value > entries.fall.value;
}

function today() {
  fills = fills.filter(({ at }) => at > now() - day);
  return fills.reduce((sum, { seconds }) => sum + seconds, 0);
}

// Milliseconds until the next fill may begin; a clock that was set back does not make it longer than a pause.
function pauseLeft() {
  const last = fills.at(-1);
  const pause = entries.pause.value * 60000;
  return last ? Math.min(pause, last.at + last.seconds * 1000 + pause - now()) : 0;
}

async function fill() {
  const seconds = Math.min(entries.longestFill.value, entries.secondsPerDay.value - today());
  const record = { at: now(), seconds };
  fills = [...fills, record];
  await keep('fills', fills);
  if (unsafe()) return;

  let pump;
  try {
    pump = await hold(entries.pump, { on: true }, { atMost: seconds * 1000, lease: '15 s' });
  } catch (error) {
    // It may have been switched on all the same: the record stays as it is.
    return tell('waits', 'the pump cannot be switched on: ' + error.message);
  }
  const start = uptime();
  await tell('fills', null);
  const done = () => level.value >= full || unsafe() !== null || !pump.isHeld;
  let dry = false; // as long as it turns, the level has to rise
  let blind = false;
  for (let seen = level.at; !dry && !blind; ) {
    const reached = level.value;
    const left = seconds * 1000 - (uptime() - start);
    const span = Math.min(left, entries.riseWithin.value * 1000);
    if (await until(done, { timeout: span })) break;
    if (span === left) break;
    blind = level.at === seen;
    dry = !blind && level.value < reached + entries.rise.value;
    seen = level.at;
  }
  const why = unsafe();
  const lost = pump.isHeld || uptime() - start >= seconds * 1000 ? null : pump.reason;
  const told = await pump.release();
  record.seconds = Math.min(seconds, Math.ceil((uptime() - start) / 1000)) + (told ? 0 : 15);
  await keep('fills', fills);
  await publish('secondsToday', today());
  highest = null;

  if (danger()) return lock(danger());
  if (dry) return lock('the level does not rise: look at the pump, its hose, the reservoir and the sensor');
  if (blind) return tell('waits', 'no level came while the pump was on: read the sensor more often');
  if (why || lost) return tell('waits', why ?? 'the pump stopped: ' + lost);
  if (level.value < full) return lock('it is not full after ' + seconds + ' s');
  return tell('full', null);
}

if (fired.payload === 'acknowledge' && locked) {
  log.warn('acknowledged: ' + locked.why);
  locked = null;
  await keep('locked', null);
}

// No alarm because core has only just started.
await until(() => unsafe() === null || danger() !== null, { timeout: '1 min' });

for (;;) {
  // What it looks at now: what comes while it awaits something below is looked at next.
  const { at, quality } = level;
  while (locked) {
    await tell('locked', 'locked: ' + locked.why);
    await until(() => false);
  }
  const why = unsafe();
  if (danger()) {
    await lock(danger());
  } else if (falls()) {
    await lock('the level falls too fast: look for a leak');
  } else if (why) {
    await tell('waits', why);
  } else if (level.value >= entries.low.value) {
    await tell('full', null);
  } else if (fills.length >= entries.fillsPerDay.value && (today(), fills.length >= entries.fillsPerDay.value)) {
    await lock('it was filled ' + fills.length + ' times in 24 hours');
  } else if (today() >= entries.secondsPerDay.value) {
    await lock('the pump was on for ' + today() + ' s in 24 hours');
  } else if (pauseLeft() > 0) {
    await tell('waits', null);
  } else if (!(await until(() => !level.isGood || level.value >= entries.low.value, { timeout: '20 s' }))) {
    // Low for 20 s: no wave.
    await fill();
  }
  await until(() => level.at !== at || level.quality !== quality || danger() !== null, { timeout: '1 min' });
}
`,
};
