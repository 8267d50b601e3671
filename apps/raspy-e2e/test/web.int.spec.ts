import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { freePort, Workbench, type Running } from './processes.js';

const CHROMIUM = '/usr/bin/chromium';
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) process.stderr.write('chromium is not installed: what needs it is skipped\n');
// In CI it has to be there.
const withChromium = hasChromium || process.env['CI'] === 'true' ? describe : describe.skip;

const PASSWORD = 'fish do not read this';
const LAMP = '[data-device="pi.fake/lamp"]';
const LEVEL = `${LAMP} [aria-label="Level, number"], ${LAMP} input[type=number]`;

/** Real processes, a real browser. */
withChromium('a home in a browser', () => {
  const bench = new Workbench();
  let browser: Browser;
  let port: number;
  let dataDir: string;
  let broker: Running;
  let web: Running;
  let url: string;
  let failures: string[];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    failures = [];
    port = await freePort();
    dataDir = bench.folder();
    broker = await app('raspy-broker');
    await app('raspy-fake');
    await app('raspy-core', '--clock-trust=always', '--time-zone=UTC');
    web = await app('raspy-web', '--web-port=0');
    url = /ready on (http:\S+?),/.exec(web.stdout)![1]!;
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await bench.cleanUp();
    expect(failures).toEqual([]);
  });

  async function app(bin: 'raspy-broker' | 'raspy-core' | 'raspy-fake' | 'raspy-web', ...more: string[]) {
    const running = bench.app(bin, [
      `--broker-port=${port}`,
      `--data-dir=${dataDir}`,
      '--hostname=pi',
      '--heartbeat-ms=300',
      ...more,
    ]);
    await running.until(() => running.stdout.includes('ready'));
    return running;
  }

  async function open(): Promise<Page> {
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('pageerror', (error) => failures.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(?:data|blob):/.test(request.url()))
        failures.push(request.url());
    });
    await page.goto(url);
    return page;
  }

  async function claim(page: Page): Promise<void> {
    await page.fill('[name=one-time-code]', /claim code ([A-Z0-9-]+)/.exec(web.stdout)![1]!);
    await page.fill('[name=username]', 'ada');
    for (const field of await page.locator('[type=password]').all()) await field.fill(PASSWORD);
    await page.click('text=Become the owner');
    await page.waitForSelector(LAMP);
  }

  async function logIn(page: Page): Promise<void> {
    await page.fill('[name=username]', 'ada');
    await page.fill('[name=current-password]', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForSelector(LAMP);
  }

  const level = (page: Page): Promise<string> => page.locator(LEVEL).first().inputValue();
  /** Until the page shows it: nothing but the page knows when. */
  async function showsLevel(page: Page, wanted: string): Promise<void> {
    while ((await level(page)) !== wanted) await page.waitForTimeout(20);
  }
  async function raspy(...args: string[]): Promise<string> {
    const running = bench.app('raspy', [...args, `--broker-port=${port}`, '--config=/dev/null']);
    if ((await running.end()) !== 0) throw new Error(running.stderr);
    return running.stdout;
  }

  it('is claimed once, shows what changes, and commands, in two browsers at once', async () => {
    const first = await open();
    await claim(first);
    const second = await open();
    await second.waitForSelector('button:has-text("Log in")');
    await logIn(second);
    await raspy('device', 'exec', 'lamp', 'level', '{"percent":77}');
    await Promise.all([showsLevel(first, '77'), showsLevel(second, '77')]);
    await second.click(`${LAMP} >> text=Switch on fully`);
    await showsLevel(first, '100');
    expect(await raspy('device', 'get', 'lamp')).toContain('100');
  });

  it('runs a scenario that is written in it, and shows what it does', async () => {
    const page = await open();
    await claim(page);
    // By the API, as the page itself does; the editor is tested where the page is.
    const status = await page.evaluate(async () => {
      const session = (await (await fetch('/api/v1/session')).json()) as { csrf: string };
      const answer = await fetch('/api/v1/scenarios', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrf },
        body: JSON.stringify({
          name: 'dim',
          mode: 'fired',
          entries: { lamp: { kind: 'device', service: 'pi.fake.devices', device: 'lamp' } },
          code: "await entries.lamp.command('level', { percent: 13 });",
        }),
      });
      return `${answer.status} ${await answer.text()}`;
    });
    expect(status).toMatch(/^20\d /);
    await page.goto(`${url}/scenarios`);
    await page.click('role=button[name="Run dim"]');
    await page.goto(url);
    await page.waitForSelector(LAMP);
    await showsLevel(page, '13');
  });

  it('says that it knows nothing new while the broker is away, and goes on when it is back', async () => {
    const page = await open();
    await claim(page);
    await showsLevel(page, '40');
    broker.kill('SIGKILL');
    await broker.end();
    await page.waitForSelector('.banner');
    broker = await app('raspy-broker');
    await page.waitForSelector('.banner', { state: 'detached' });
    const order = ['request', 'pi.fake.devices', 'exec', 'lamp', 'level', '{"percent":21}'];
    await raspy(...order, '--wait', '--timeout-ms=20000');
    await showsLevel(page, '21');
  });
});
