import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildPage, describeInBrowser, openChromium } from './chromium.js';
import { startMockServer, type MockServer } from './mock-server.js';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface View {
  readonly name: string;
  readonly path: string;
  /** What is there when the page is whole. */
  readonly ready: string;
  readonly user?: null;
  readonly claimed?: false;
  readonly prepare?: (page: Page, server: MockServer) => Promise<void>;
}

const VIEWS: readonly View[] = [
  { name: 'claim', path: '/', ready: 'text=Become the owner', user: null, claimed: false },
  { name: 'login', path: '/', ready: 'button:has-text("Log in")', user: null },
  {
    name: 'dashboard',
    path: '/',
    ready: '.spark-line',
    prepare: async (page) => {
      await page.click('[data-device="pi.reef/camera"] >> text=Take a picture');
      await page.waitForSelector('.picture img');
      await page.evaluate('scrollTo(0, 0)');
      await page.waitForSelector('[data-device="pi.reef/water-temperature"] .spark-line');
    },
  },
  {
    name: 'stale',
    path: '/',
    ready: '.spark-line',
    prepare: async (page, server) => {
      await page.waitForSelector('[role=switch]:enabled');
      server.away = true;
      server.dropStreams();
      await page.waitForSelector('.banner');
    },
  },
  { name: 'devices', path: '/devices', ready: 'text=Old probe' },
  { name: 'device', path: '/devices/pi.reef/water-temperature', ready: '.chart canvas' },
  {
    name: 'device-config',
    path: '/devices/pi.reef/heater',
    ready: 'role=tab[name="Configuration"]',
    prepare: async (page) => {
      await page.click('role=tab[name="Configuration"]');
      await page.waitForSelector('text=Watts');
    },
  },
  {
    name: 'device-calibration',
    path: '/devices/pi.reef/water-temperature',
    ready: 'role=tab[name="Calibration"]',
    prepare: async (page) => {
      await page.click('role=tab[name="Calibration"]');
      await page.fill('role=spinbutton', '25.1');
      await page.click('text=Take this point');
    },
  },
  {
    name: 'command',
    path: '/devices/pi.reef/heater',
    ready: 'role=tab[name="Commands"]',
    prepare: async (page) => {
      await page.click('role=tab[name="Commands"]');
      await page.click('text=Let it fail for a while');
      await page.waitForSelector('dialog');
    },
  },
  {
    name: 'device-guard',
    path: '/devices/pi.reef/heater',
    ready: 'role=tab[name="Configuration"]',
    prepare: async (page) => {
      await page.click('role=tab[name="Configuration"]');
      await page.click('text=+ Guard, made tighter');
      await page.click('text=+ Duty');
      await page.click('text=+ Budgets');
      await page.click('fieldset:has(> legend:text-is("Budgets")) .add-link');
      await page.click('text=+ Trips that hold until acknowledged');
      await page.click('fieldset:has(> legend:text-is("Trips that hold until acknowledged")) .add-link');
    },
  },
  {
    name: 'device-add',
    path: '/devices/add',
    ready: 'role=heading[name="Add a device"]',
    prepare: chooseType,
  },
  { name: 'services', path: '/services', ready: 'text=pi.reef.devices' },
  {
    name: 'requests',
    path: '/requests?service=pi.reef.devices',
    ready: 'button:has-text("Send")',
    prepare: async (page) => {
      await page.waitForFunction('!document.querySelector(".button-primary").disabled');
      await page.click('button:has-text("Send")');
      await page.waitForSelector('.frame-out');
    },
  },
  {
    name: 'requests-durable',
    path: '/requests?service=pi.reef.devices',
    ready: 'button:has-text("Send")',
    prepare: async (page, server) => {
      await page.click('text=Durable');
      await page.waitForFunction('!document.querySelector(".button-primary").disabled');
      await page.click('button:has-text("Send")');
      await page.waitForSelector('[aria-live] .badge');
      server.doRequests();
      await page.waitForSelector('.frame-out');
    },
  },
  {
    name: 'tree',
    path: '/tree',
    ready: '.tree-name',
    prepare: async (page) => {
      await page.click('[aria-label="What is below /device/pi.reef"]');
      await page.click('[aria-label="What is below /device/pi.reef/heater"]');
      await page.click('.tree-name:text-is("heater")');
    },
  },
  { name: 'jobs', path: '/jobs', ready: 'text=Calcium' },
  { name: 'job', path: '/jobs/edit/light-on', ready: '.runs li' },
  { name: 'scenarios', path: '/scenarios', ready: 'text=Leak alarm' },
  { name: 'scenario-code', path: '/scenarios/edit/thermostat', ready: '.editor .cm-line' },
  {
    name: 'scenario-definition',
    path: '/scenarios/edit/thermostat',
    ready: '.editor .cm-line',
    prepare: (page) => page.click('role=tab[name="Definition"]'),
  },
  {
    name: 'scenario-trace',
    path: '/scenarios/edit/thermostat',
    ready: '.editor .cm-line',
    prepare: async (page) => {
      await page.click('role=tab[name="Trace"]');
      await page.waitForSelector('.trace li');
    },
  },
  {
    name: 'scenario-import',
    path: '/scenarios/import',
    ready: 'text=Auto top-off',
    prepare: async (page) => {
      await page.click('role=button[name="Use Auto top-off"]');
      await page.waitForSelector('text=Level of the water');
    },
  },
  { name: 'titanic', path: '/titanic', ready: 'text=pi.mail.send' },
  { name: 'users', path: '/users', ready: 'text=wall-tablet' },
  {
    name: 'tokens',
    path: '/users',
    ready: 'text=wall-tablet',
    prepare: async (page) => {
      await page.click('role=tab[name="Tokens of programs"]');
      await page.waitForSelector('text=Grafana');
    },
  },
  { name: 'audit', path: '/audit', ready: 'text=dose-calcium' },
  { name: 'about', path: '/about', ready: 'text=Device servers' },
  { name: 'more', path: '/more', ready: '.more-list' },
  { name: 'not-found', path: '/nowhere', ready: 'text=There is no such page' },
];

async function chooseType(page: Page): Promise<void> {
  await page.waitForSelector('option[value="actuator.heater"]', { state: 'attached' });
  await page.selectOption('select >> nth=1', 'actuator.heater');
  await page.waitForSelector('text=Watts');
}

/**
 * By day at a desk; the pages of a real home are looked at on a phone in the dark (raspy-e2e), and `nx run web:screens` takes
 * pictures of all four looks.
 */
const LOOKS = [{ name: 'desk-light', colorScheme: 'light', viewport: { width: 1360, height: 900 } }] as const;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[];
  }[];
}

describeInBrowser('the pages', () => {
  let server: MockServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained of; nothing is allowed. */
  let complaints: string[];

  beforeAll(async () => {
    server = await startMockServer(buildPage());
    browser = await openChromium();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  async function open(look: (typeof LOOKS)[number]): Promise<void> {
    context = await browser.newContext({
      colorScheme: look.colorScheme,
      viewport: look.viewport,
      reducedMotion: 'reduce',
      timezoneId: 'Europe/Paris',
    });
    page = await context.newPage();
    page.on('console', (message) => {
      // That the stream of events breaks off is part of one view.
      if (message.location().url.endsWith('/events')) return;
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('blob:')) {
        complaints.push(`third party: ${request.url()}`);
      }
    });
  }

  async function show(view: View): Promise<void> {
    const user = view.user === null ? null : ({ name: 'ada', role: 'admin' } as const);
    server.session = { claimed: view.claimed ?? true, user };
    server.away = false;
    await page.goto(server.url + view.path);
    await page.waitForSelector(view.ready);
    await view.prepare?.(page, server);
  }

  /** Serious faults that axe finds on the page as it is. */
  async function faults(): Promise<readonly string[]> {
    await page.evaluate(axe);
    const { violations } = await page.evaluate<AxeResult>('axe.run({ resultTypes: ["violations"] })');
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary}`),
      );
  }

  describe.each(LOOKS)('$name', (look) => {
    beforeAll(() => open(look));
    afterAll(() => context.close());
    beforeEach(() => {
      complaints = [];
    });

    it.each(VIEWS)('shows $name without faults', async (view) => {
      await show(view);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(look.viewport.width);
      expect(await faults()).toEqual([]);
      expect(complaints).toEqual([]);
    });
  });
});
