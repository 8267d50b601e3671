import type { Browser } from 'playwright-core';
import { describeInBrowser, LAMP, openChromium, showsLevel, WebHome } from './web-home.js';

/** Real processes, a real browser. */
describeInBrowser('a home in a browser', () => {
  let browser: Browser;
  let home: WebHome;

  beforeAll(async () => {
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

  it('is claimed once, shows what changes, and commands, in two browsers at once', async () => {
    const first = await home.open();
    await home.claim(first);
    const second = await home.open();
    await second.waitForSelector('button:has-text("Log in")');
    await home.logIn(second);
    await home.raspy('device', 'exec', 'lamp', 'level', '{"percent":77}');
    await Promise.all([showsLevel(first, 77), showsLevel(second, 77)]);
    await second.click(`${LAMP} >> text=Switch on fully`);
    await showsLevel(first, 100);
    expect(await home.raspy('device', 'get', 'lamp')).toContain('100');
  });

  it('says that it knows nothing new while the broker is away, and goes on when it is back', async () => {
    const page = await home.open();
    await home.claim(page);
    await showsLevel(page, 40);
    home.broker.kill('SIGKILL');
    await home.broker.end();
    await page.waitForSelector('.banner');
    await home.startBroker();
    await page.waitForSelector('.banner', { state: 'detached' });
    const order = ['request', 'pi.fake.devices', 'exec', 'lamp', 'level', '{"percent":21}'];
    await home.raspy(...order, '--wait', '--timeout-ms=20000');
    await showsLevel(page, 21);
  });
});
