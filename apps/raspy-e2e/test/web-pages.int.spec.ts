import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, openChromium, WebHome } from './web-home.js';

const axe = readFileSync(
  require.resolve('axe-core/axe.min.js', { paths: [path.join(__dirname, '../../web')] }),
  'utf8',
);

/** Every page, and what is there when it is whole. */
const PAGES: readonly (readonly [path: string, ready: string])[] = [
  ['/', '[data-device="pi.fake/water-level"] .value'],
  ['/devices', 'text=Water temperature'],
  ['/devices/add', 'role=heading[name="Add a device"]'],
  ['/devices/pi.fake/lamp', '.slider'],
  ['/devices/pi.fake/nothing', 'text=there is no device'],
  ['/services', 'text=pi.fake.devices'],
  ['/requests', 'button:has-text("Send")'],
  ['/tree', '.tree-name'],
  ['/jobs', 'text=No jobs yet'],
  ['/jobs/new', 'text=Time zone'],
  ['/scenarios', 'text=No scenarios yet'],
  ['/scenarios/new', 'text=What it has to do with'],
  ['/scenarios/import', 'text=Thermostat'],
  ['/titanic', 'text=Nothing is kept'],
  ['/users', 'text=Add a person'],
  ['/audit', 'text=/claim'],
  ['/about', 'text=Device servers'],
  ['/more', '.more-list'],
  ['/nowhere', 'text=There is no such page'],
];
const PHONE = { width: 390, height: 844 };

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[];
  }[];
}

describeInBrowser('the pages of a real home', () => {
  let browser: Browser;
  let home: WebHome;
  let page: Page;

  beforeAll(async () => {
    browser = await openChromium();
    home = new WebHome(browser);
    await home.start();
    page = await home.open({ viewport: PHONE, colorScheme: 'dark' });
  }, 60_000);
  afterAll(async () => {
    await home.end();
    await browser.close();
    expect(home.failures).toEqual([]);
  });

  /** Serious faults that axe finds, and what stands beside the screen: on a phone, in the dark. Other looks are seen in apps/web. */
  async function faults(): Promise<readonly string[]> {
    await page.evaluate(axe);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    const { violations } = await page.evaluate<AxeResult>('axe.run({ resultTypes: ["violations"] })');
    return [
      ...(width > PHONE.width ? [`${width} pixels wide`] : []),
      ...violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary}`),
        ),
    ];
  }

  it('have no serious faults before there is an owner, nor at the door', async () => {
    await page.waitForSelector('text=Become the owner');
    expect(await faults()).toEqual([]);
    await home.claim(page);
    await page.goto(`${home.url}/more`);
    await page.getByRole('button', { name: 'Log out' }).last().click();
    await page.waitForSelector('button:has-text("Log in")');
    expect(await faults()).toEqual([]);
    await page.goto(home.url);
    await home.logIn(page);
  });

  it.each(PAGES)('have no serious faults at %s', async (where, ready) => {
    await page.goto(home.url + where);
    await page.waitForSelector(ready);
    expect(await faults()).toEqual([]);
  });
});
