import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, HEATER, openChromium, showsLevel, WebHome } from './web-home.js';

/** Pictures of each stage, to be looked at. */
const SHOTS = path.join(__dirname, '../test-output/scenario');

/** Scenarios as people make them: in the page, before a real home. */
describeInBrowser('scenarios in a browser', () => {
  let browser: Browser;
  let home: WebHome;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    browser = await openChromium();
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    home = new WebHome(browser);
    await home.start();
  });
  afterEach(async () => {
    await home.end();
    expect(home.failures).toEqual([]);
  });

  const shot = (name: string, of = page): Promise<unknown> =>
    of.screenshot({ path: path.join(SHOTS, `${name}.png`) });
  const tab = (name: string): Promise<void> => page.getByRole('tab', { name }).click();
  const button = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const isIn = (state: string): Promise<void> =>
    page.locator('.page-head .badge', { hasText: state }).waitFor();
  const traced = (text: string): Promise<void> =>
    page.locator('.trace li', { hasText: text }).first().waitFor();

  /** In the place of all that the editor has. */
  async function write(code: string): Promise<void> {
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(code);
  }

  async function save(): Promise<void> {
    await button('Save');
    await page.locator('.toast', { hasText: 'The scenario was saved' }).waitFor();
    // At once, in the page: a toast may go by itself while a pointer is on its way to it.
    await page.evaluate(`document.querySelectorAll('.toast button').forEach((dismiss) => dismiss.click())`);
    await page.locator('.toast').waitFor({ state: 'detached' });
  }

  it('are written, told their mistakes, run, watched, changed, stopped, and given to another home', async () => {
    page = await home.open({ acceptDownloads: true });
    await home.claim(page);
    const dashboard = await home.openBeside(page, '/');
    await showsLevel(dashboard, 40);

    await page.getByRole('navigation', { name: 'Pages' }).getByText('Scenarios').click();
    await page.getByText('No scenarios yet').waitFor();
    await page.getByText('Write one').click();
    await page.getByLabel('Name', { exact: true }).fill('evening');
    await page.getByLabel('Title', { exact: true }).fill('Light in the evening');
    await page.getByPlaceholder('name').fill('lamp');
    await page.keyboard.press('Enter');
    const entry = page.locator('.list-item', { hasText: 'lamp' });
    await entry.getByLabel('Kind').selectOption({ label: 'Device to command' });
    await entry.getByLabel('Service').fill('pi.fake.devices');
    await entry.getByLabel('Device', { exact: true }).fill('lamp');
    await shot('1-definition');

    await tab('Code');
    await write("log.info('good evening');\nawait entries.lamp.command('level', { percent: 13 );\n");
    await page.locator('.mistake', { hasText: 'line 2' }).waitFor();
    await page.locator('.cm-lintRange-error').waitFor();
    await page.getByRole('tab', { name: 'Code (1)' }).waitFor();
    await shot('2-mistake');
    await write("log.info('good evening');\n");
    await page.getByText('No mistakes found').waitFor();
    await save();
    await page.waitForURL('**/scenarios/edit/evening');

    await tab('Code');
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('await entries.');
    await page.locator('.cm-tooltip-autocomplete', { hasText: 'lamp' }).waitFor();
    await shot('3-completion');
    await page.keyboard.press('Enter');
    await page.keyboard.type('.');
    await page.locator('.cm-tooltip-autocomplete', { hasText: 'command' }).waitFor();
    await page.keyboard.insertText("command('level', { percent: 13 });");
    await page.getByText('No mistakes found').waitFor();
    await save();

    await button('Run Light in the evening');
    await showsLevel(dashboard, 13);
    await shot('4-dashboard', dashboard);
    await tab('Trace');
    await traced('lamp level {"percent":13}: done');
    await traced('good evening');
    await shot('5-trace');

    await tab('Code');
    await write("await entries.lamp.command('level', { percent: 64 });\nawait until(() => false);\n");
    await page.getByText('No mistakes found').waitFor();
    await save();
    await button('Run Light in the evening');
    await showsLevel(dashboard, 64);
    await isIn('running');
    await shot('6-running');
    await button('Stop Light in the evening');
    await isIn('idle');
    await tab('Trace');
    await traced('stopped');
    await shot('7-stopped');

    const [download] = await Promise.all([page.waitForEvent('download'), button('Export')]);
    expect(download.suggestedFilename()).toBe('evening.raspy-scenario.json');
    const file = await download.path();
    expect(readFileSync(file, 'utf8')).not.toContain('pi.fake');
    await home.raspy('device', 'exec', 'lamp', 'level', '{"percent":5}');
    await showsLevel(dashboard, 5);

    await page.goto(`${home.url}/scenarios/import`);
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByLabel('Name here').fill('night');
    await page.getByLabel('Service').fill('pi.fake.devices');
    await page.getByLabel('Device', { exact: true }).fill('lamp');
    await page.getByLabel('Enable it at once').check({ force: true });
    await shot('8-import');
    await button('Import');
    await page.waitForURL('**/scenarios/edit/night');
    await page.getByText('await until(() => false);').waitFor();
    await button('Run night');
    await showsLevel(dashboard, 64);
    await page.goto(`${home.url}/scenarios`);
    await page.locator('.row-card').nth(1).waitFor();
    expect(await page.locator('.row-card').count()).toBe(2);
    await shot('9-both');
  }, 180_000);

  it('are brought along and stopped on a phone: a thermostat heats by itself, until it is stopped', async () => {
    page = await home.open({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      colorScheme: 'dark',
    });
    await home.claim(page);
    const dashboard = await home.openBeside(page, '/');
    await dashboard.locator(`${HEATER} [role=switch]:not(:checked)`).waitFor();

    await page.getByRole('navigation', { name: 'Main pages' }).getByText('Scenarios').tap();
    await page.getByText('Import', { exact: true }).tap();
    await page.getByRole('button', { name: 'Use Thermostat' }).tap();
    const of = (title: string) => page.getByRole('group', { name: title, exact: true });
    await of('Temperature of the water').getByLabel('Key').fill('/device/pi.fake/reef/temperature');
    await of('Heater').getByLabel('Service').fill('pi.fake.devices');
    await of('Heater').getByLabel('Device').fill('heater');
    await of('Heats up to').getByLabel('Value').fill('30');
    await page.getByLabel('Enable it at once').check({ force: true });
    await shot('phone-1-mapping');
    await page.getByRole('button', { name: 'Import', exact: true }).tap();
    await page.waitForURL('**/scenarios/edit/thermostat');
    await isIn('running');
    await dashboard.locator(`${HEATER} [role=switch]:checked`).waitFor();
    await shot('phone-2-dashboard', dashboard);
    await page.getByRole('tab', { name: 'Trace' }).tap();
    await traced('heater set {"on":true}');
    await shot('phone-3-trace');
    await page.getByRole('button', { name: 'Stop Thermostat' }).tap();
    await dashboard.locator(`${HEATER} [role=switch]:not(:checked)`).waitFor();
    await shot('phone-4-stopped');
    // What was imported can be changed, although it has an entry that is not mapped.
    await page.getByRole('button', { name: 'Save', exact: true }).tap();
    await page.locator('.toast', { hasText: 'The scenario was saved' }).waitFor();
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
  }, 180_000);
});
