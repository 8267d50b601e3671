import { FILE_FORMAT, FILE_VERSION, type ScenarioFile } from '../export-scenario.js';

/** Keeps water warm; whatever it does not know switches the heater off. */
export const THERMOSTAT: ScenarioFile = {
  format: FILE_FORMAT,
  version: FILE_VERSION,
  scenario: {
    name: 'thermostat',
    title: 'Thermostat',
    description:
      'Keeps water warm with a heater. Without a good temperature the heater is off. It publishes "state" and "alarm".',
    mode: 'background',
    policy: { afterRestart: 'leave', overlap: 'restart' },
  },
  entries: {
    water: { kind: 'value', title: 'Temperature of the water', type: 'number', unit: '°C', maxAge: '3 min' },
    water2: {
      kind: 'value',
      title: 'A second probe in the same water',
      type: 'number',
      unit: '°C',
      maxAge: '3 min',
      optional: true,
    },
    heater: { kind: 'device', title: 'Heater', type: 'actuator.heater' },
    target: { kind: 'setting', title: 'Heats up to', value: 25, unit: '°C', min: 5, max: 35 },
    band: { kind: 'setting', title: 'Heats when colder by', value: 0.3, unit: '°C', min: 0.1, max: 5 },
    lowest: { kind: 'setting', title: 'Alarm below', value: 22, unit: '°C' },
    highest: { kind: 'setting', title: 'Alarm above', value: 28, unit: '°C' },
    longest: {
      kind: 'setting',
      title: 'On at a time for at most',
      value: 120,
      unit: 'min',
      min: 1,
      max: 360,
    },
    rest: { kind: 'setting', title: 'Then off for', value: 15, unit: 'min', min: 1, max: 1440 },
    shortestOff: { kind: 'setting', title: 'Off for at least', value: 60, unit: 's', min: 0, max: 3600 },
    effect: {
      kind: 'setting',
      title: 'Has to become warmer by 0.1 °C within',
      value: 40,
      unit: 'min',
      min: 5,
      max: 360,
    },
  },
  fires: [],
  permissions: { commands: ['heater'], cron: false },
  code: String.raw`// The heater goes on below target - band and off at the target. It is on under a lease alone: when this
// program ends, however it ends, the heater is off within a minute.
const { water, water2, heater } = entries;
const target = entries.target.value;
const band = entries.band.value;
const minute = 60000;

let heating = null; // what holds the heater
let began = 0; // when it went on
let rose = { at: 0, value: 0 }; // when it was last seen that it heats, and how warm it was
let ended = null; // when it went off, and how warm it was
let pauseUntil = 0; // it stays off until then
let noEffectAt = null; // it was on for long, and the water stayed as warm as this
let refused = null; // why it could not be switched on
let state; // as they were published; a run before may have left others
let alarm;

// Why the temperature is not to be believed, or null.
function doubt() {
  if (!water.isGood) return 'there is no good temperature (' + water.reason + ')';
  if (water.value < 5 || water.value > 40) return 'the temperature of ' + water.value + ' °C cannot be true';
  if (water2.isGood && Math.abs(water.value - water2.value) > 1.5) return 'the two probes disagree';
  return null;
}

// What somebody has to look at, or null.
function worry(doubtful) {
  if (doubtful) return doubtful;
  if (water.value > entries.highest.value) return 'the water is too warm';
  if (water.value < entries.lowest.value) return 'the water is too cold';
  if (noEffectAt !== null) return 'heating has no effect: look at the heater, and at the probe';
  if (!heating && ended && uptime() - ended.at > 20 * minute && water.value > Math.max(ended.value, target) + 0.7) {
    return 'the water becomes warmer though the heater is off: look at its relay';
  }
  if (refused) return 'the heater cannot be switched on: ' + refused;
  if (water2.isMapped && !water2.isGood) return 'the second probe gives no good temperature';
  return null;
}

async function off(why) {
  const told = await heating.release();
  heating = null;
  ended = { at: uptime(), value: water.value };
  pauseUntil = Math.max(pauseUntil, uptime() + entries.shortestOff.value * 1000);
  log.info('heater off: ' + why + (told ? '' : ' (it was not told: its lease runs out)'));
}

async function on() {
  try {
    heating = await hold(heater, { on: true }, { atMost: entries.longest.value * minute, lease: '60 s' });
    began = uptime();
    rose = { at: began, value: water.value };
    refused = null;
    log.info('heater on at ' + water.value + ' °C');
  } catch (error) {
    refused = error.message;
    pauseUntil = uptime() + minute;
  }
}

// No alarm because core has only just started.
await until(() => water.isGood, { timeout: '1 min' });

for (;;) {
  // What it looks at now: what comes while it awaits something below is looked at next.
  const { at, quality } = water;
  const second = water2.at;
  const doubtful = doubt();
  if (noEffectAt !== null && !doubtful && Math.abs(water.value - noEffectAt) >= 0.1) noEffectAt = null;

  if (heating) {
    if (!doubtful && water.value >= rose.value + 0.1) rose = { at: uptime(), value: water.value };
    if (!heating.isHeld) {
      if (uptime() - began >= entries.longest.value * minute) pauseUntil = uptime() + entries.rest.value * minute;
      await off(heating.reason);
    } else if (doubtful) {
      await off(doubtful);
    } else if (water.value >= target) {
      await off('it is warm');
    } else if (uptime() - rose.at >= entries.effect.value * minute) {
      noEffectAt = water.value;
      await off('it has no effect');
    }
  } else if (!doubtful && noEffectAt === null && water.value <= target - band && uptime() >= pauseUntil) {
    await on();
  }

  const nowAlarm = worry(doubtful);
  if (nowAlarm !== alarm) {
    alarm = nowAlarm;
    if (alarm) log.error(alarm);
    await publish('alarm', alarm);
  }
  const nowState = heating ? 'heating' : 'off';
  if (nowState !== state) {
    state = nowState;
    await publish('state', state);
  }

  const changed = () => water.at !== at || water.quality !== quality || water2.at !== second;
  await until(() => changed() || (heating && !heating.isHeld), { timeout: '1 min' });
}
`,
};
