// Pictures of every page of a real home with fake devices, light and dark, at a desk and on a phone, into a folder that git
// ignores; beside each page what lies outside its width and which controls of a phone are too small for a finger.
//   nx run web:screens [--only=dashboard,login] [--looks=desk-light,phone-dark] [--outdir=test-output/screens]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HOST, startBrowser, startHome } from './home.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    looks: { type: 'string' },
    outdir: { type: 'string', default: 'test-output/screens' },
  },
});
const outdir = resolve(flags.outdir);
const DESK = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const LOOKS = {
  'desk-light': { ...DESK, colorScheme: 'light' },
  'desk-dark': { ...DESK, colorScheme: 'dark' },
  'phone-light': { ...PHONE, colorScheme: 'light' },
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
};
const FAKE = `${HOST}.fake`;
const DEVICES = `${FAKE}.devices`;

/** What is seen before there is an owner, and before somebody is logged in. */
const OUTSIDE = {
  claim: { ready: 'text=Become the owner' },
  login: { ready: 'button:has-text("Log in")' },
};
const tab = (name, ready) => async (page) => {
  await page.click(`role=tab[name="${name}"]`);
  await page.waitForSelector(ready);
};
const VIEWS = {
  dashboard: { path: '/', ready: '.spark-line' },
  'dashboard-arrange': {
    path: '/',
    ready: '.spark-line',
    then: (page) => page.click('text=Arrange'),
  },
  devices: { path: '/devices', ready: 'text=Water temperature' },
  device: { path: `/devices/${FAKE}/water-temperature`, ready: '.chart canvas' },
  'device-actuator': { path: `/devices/${FAKE}/heater`, ready: 'role=tab[name="Configuration"]' },
  'device-config': {
    path: `/devices/${FAKE}/heater`,
    ready: 'role=tab[name="Configuration"]',
    then: tab('Configuration', 'text=Watts'),
  },
  'device-commands': {
    path: `/devices/${FAKE}/tv`,
    ready: 'role=tab[name="Commands"]',
    then: tab('Commands', '.command-list'),
  },
  command: {
    path: `/devices/${FAKE}/heater`,
    ready: 'role=tab[name="Commands"]',
    then: async (page) => {
      await tab('Commands', '.command-list')(page);
      await page.click('.command-list button >> nth=0');
      await page.waitForSelector('dialog');
    },
  },
  calibrate: {
    path: `/devices/${FAKE}/water-temperature`,
    ready: 'role=tab[name="Calibration"]',
    then: async (page) => {
      await tab('Calibration', 'role=spinbutton')(page);
      await page.fill('role=spinbutton >> nth=0', '25.1');
      await page.click('text=Take this point');
    },
  },
  'device-add': {
    path: '/devices/add',
    ready: 'role=heading[name="Add a device"]',
    then: async (page) => {
      await page.selectOption('select >> nth=0', FAKE);
      await page.waitForSelector('option[value="actuator.heater"]', { state: 'attached' });
      await page.selectOption('select >> nth=1', 'actuator.heater');
      await page.waitForSelector('text=Watts');
    },
  },
  'device-away': { path: `/devices/${FAKE}/nothing`, ready: 'h1' },
  services: { path: '/services', ready: `text=${DEVICES}` },
  requests: {
    path: `/requests?service=${DEVICES}`,
    ready: 'button:has-text("Send"):enabled',
    then: async (page) => {
      await page.click('button:has-text("Send")');
      await page.waitForSelector('.frame-out');
    },
  },
  tree: {
    path: '/tree',
    ready: '.tree-name',
    then: async (page) => {
      await page.click(`[aria-label="What is below /device/${FAKE}"]`);
      await page.click(`[aria-label="What is below /device/${FAKE}/heater"]`);
      await page.click('.tree-name:text-is("heater")');
    },
  },
  jobs: { path: '/jobs', ready: 'text=Light in the evening' },
  job: { path: '/jobs/edit/light', ready: '.runs li' },
  'job-new': { path: '/jobs/new', ready: 'form' },
  scenarios: { path: '/scenarios', ready: 'text=Dim the lamp' },
  'scenario-code': { path: '/scenarios/edit/dim', ready: '.editor .cm-line' },
  'scenario-mistake': {
    path: '/scenarios/edit/dim',
    ready: '.editor .cm-line',
    then: async (page) => {
      await page.click('.cm-content');
      await page.keyboard.press('Control+Home');
      await page.keyboard.type('const = 1;\n');
      await page.waitForSelector('.mistake');
      await page.keyboard.type('entries.lamp.');
      await page.waitForSelector('.cm-tooltip-autocomplete');
    },
  },
  'scenario-definition': {
    path: '/scenarios/edit/dim',
    ready: '.editor .cm-line',
    then: tab('Definition', 'form'),
  },
  'scenario-trace': {
    path: '/scenarios/edit/dim',
    ready: '.editor .cm-line',
    then: tab('Trace', '.trace li'),
  },
  'scenario-new': { path: '/scenarios/new', ready: 'form' },
  'scenario-import': { path: '/scenarios/import', ready: 'text=Thermostat' },
  'scenario-mapping': {
    path: '/scenarios/import',
    ready: 'text=Thermostat',
    then: async (page) => {
      await page.click('role=button[name="Use Thermostat"]');
      await page.waitForSelector('text=Temperature of the water');
    },
  },
  titanic: { path: '/titanic', ready: '.row-card' },
  'titanic-details': {
    path: '/titanic',
    ready: '.row-card',
    then: async (page) => {
      await page.click('.row-card button >> nth=0');
      await page.waitForSelector('dialog');
    },
  },
  users: { path: '/users', ready: 'text=grace' },
  tokens: { path: '/users', ready: 'text=grace', then: tab('Tokens of programs', 'text=Grafana') },
  audit: { path: '/audit', ready: 'main li, main td' },
  about: { path: '/about', ready: 'text=Device servers' },
  more: { path: '/more', ready: '.more-list' },
  'not-found': { path: '/nowhere', ready: 'text=There is no such page' },
  unreachable: {
    path: '/',
    ready: '.spark-line',
    then: async (page) => {
      await page.route('**/api/v1/session', (route) => route.abort());
      await page.reload();
      await page.waitForSelector('[role=alert]');
    },
  },
};
/** Once the broker is gone. */
const AWAY = {
  stale: { path: '/', ready: '[data-device]' },
  'stale-scenarios': { path: '/scenarios', ready: 'main [role=alert]' },
};

/** Things outside the width of the page, and controls that a finger would miss. */
const LOOK = `(() => {
  const name = (of) => of.tagName.toLowerCase() + '.' + [...of.classList].join('.') + ' "' + (of.getAttribute('aria-label') ?? of.textContent ?? '').trim().slice(0, 40) + '"';
  const seen = (of) => of.checkVisibility({ checkVisibilityCSS: true, checkOpacity: false });
  const scrolls = (of) => of !== null && (/auto|scroll|hidden/.test(getComputedStyle(of).overflowX) || scrolls(of.parentElement));
  const all = [...document.querySelectorAll('body *')].filter(seen);
  const width = document.documentElement.clientWidth;
  return {
    tooWide: document.documentElement.scrollWidth > width,
    outside: all.filter((of) => of.getBoundingClientRect().right > width + 1 && !scrolls(of.parentElement)).map(name),
    clipped: all.filter((of) => of.children.length === 0 && of.scrollWidth > of.clientWidth + 1 && /hidden|clip/.test(getComputedStyle(of).overflowX) && !of.closest('.visually-hidden')).map(name),
    small: all
      .filter((of) => of.matches('button, a, input:not([type=hidden]), select, textarea, summary, [role=tab]') && !of.closest('p, .visually-hidden, .skip'))
      .map((of) => [of, (of.closest('label') ?? of).getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
      .map(([of, box]) => name(of) + ' ' + Math.round(box.width) + '×' + Math.round(box.height)),
  };
})()`;

mkdirSync(outdir, { recursive: true });
const home = await startHome();
const browser = await startBrowser();
const looks = Object.entries(LOOKS).filter(([name]) => flags.looks?.split(',').includes(name) ?? true);
const isWanted = (name) => flags.only?.split(',').includes(name) ?? true;
const findings = {};
try {
  await showAll({ claim: OUTSIDE.claim });
  await home.claim();
  const { cookie } = home;
  home.cookie = undefined;
  await showAll({ login: OUTSIDE.login });
  home.cookie = cookie;
  await fill();
  await showAll(VIEWS);
  await home.broker.end();
  await showAll(AWAY);
} finally {
  await browser.end();
  await home.end();
}
writeFileSync(join(outdir, 'findings.json'), JSON.stringify(findings, null, 2));
process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);

async function showAll(views) {
  for (const [look, options] of looks) {
    const context = await browser.context(home, { ...options, reducedMotion: 'reduce' });
    for (const [name, view] of Object.entries(views))
      if (isWanted(name)) await show(context, look, name, view);
    await context.close();
  }
}

async function show(context, look, name, { path = '/', ready, then }) {
  const page = await context.newPage();
  const told = [];
  page.on('pageerror', (error) => told.push(String(error)));
  page.setDefaultTimeout(15_000);
  try {
    await page.goto(home.url + path);
    await page.waitForSelector(ready);
    await then?.(page);
  } catch (error) {
    told.push(String(error));
  }
  const found = await page.evaluate(LOOK);
  if (!look.startsWith('phone')) found.small = [];
  await page.screenshot({ path: join(outdir, `${name}-${look}.png`), fullPage: true });
  await page.close();
  const wrong = Object.entries({ ...found, told }).filter(([, of]) => of === true || of.length > 0);
  if (wrong.length > 0) findings[`${name} ${look}`] = Object.fromEntries(wrong);
}

/** What a home has that people live in. */
async function fill() {
  const command = { service: DEVICES, device: 'lamp', name: 'level', args: { percent: 70 } };
  await home.api('POST', '/jobs', {
    name: 'light',
    title: 'Light in the evening',
    when: { cron: '0 30 19 * * *' },
    does: { command },
  });
  await home.api('POST', '/jobs', {
    name: 'picture',
    title: 'A picture each hour',
    enabled: false,
    when: { everySeconds: 3_600 },
    does: { command: { service: DEVICES, device: 'camera', name: 'take', args: {} } },
  });
  await home.api('POST', '/scenarios', {
    name: 'dim',
    title: 'Dim the lamp',
    mode: 'fired',
    entries: {
      lamp: { kind: 'device', service: DEVICES, device: 'lamp' },
      level: { kind: 'value', key: `/device/${FAKE}/lamp/level`, type: 'number', unit: '%' },
    },
    fires: [{ entry: 'level', above: 90 }],
    code: `// Bright light for a while, then a soft one.
log.info('the lamp is at', entries.level.value);
await entries.lamp.command('level', { percent: 30 });
await publish('dimmed', true);
`,
  });
  await home.api('POST', '/scenarios/dim/run', {});
  const [thermostat] = (await home.api('GET', '/scenarios/shipped')).filter(
    ({ scenario }) => scenario.name === 'thermostat',
  );
  await home.api('POST', '/scenarios/import', {
    file: thermostat,
    mapping: {
      enabled: true,
      entries: {
        water: { key: `/device/${FAKE}/reef-temperature/temperature` },
        heater: { service: DEVICES, device: 'heater' },
      },
    },
  });
  await home.api('POST', '/scenarios', {
    name: 'broken',
    title: 'One that fails',
    mode: 'background',
    code: "throw new Error('the pump does not answer');\n",
  });
  await home.api('POST', '/users', { name: 'grace', password: 'another good password', role: 'viewer' });
  await home.api('POST', '/tokens', { title: 'Grafana', scope: 'read' });
  const order = { frames: ['get', 'lamp'] };
  await home.api('POST', '/titanic', { service: DEVICES, ...order });
  await home.api('POST', '/titanic', { service: `${HOST}.mail.send`, frames: ['hello'] });
  await home.api('PUT', '/preferences', { favourites: [`${FAKE}/water-temperature`, `${FAKE}/heater`] });
}
