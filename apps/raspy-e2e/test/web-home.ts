import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { freePort, Workbench, type Running } from './processes.js';

const CHROMIUM = '/usr/bin/chromium';
const hasChromium = existsSync(CHROMIUM);
const PASSWORD = 'fish do not read this';

export const LAMP = '[data-device="pi.fake/lamp"]';
export const HEATER = '[data-device="pi.fake/heater"]';

/** `describe`, skipped with a reason where there is no browser; not in CI, where it has to be there. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (!hasChromium) process.stderr.write('chromium is not installed: what needs it is skipped\n');
  (hasChromium || process.env['CI'] === 'true' ? describe : describe.skip)(name, tests);
}

export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** A home of real processes, and its pages in a real browser. */
export class WebHome {
  /** What pages did that they may not do: errors, and requests to anybody else. */
  readonly failures: string[] = [];
  broker!: Running;
  url!: string;
  readonly #bench = new Workbench();
  readonly #browser: Browser;
  #port!: number;
  #dataDir!: string;
  #claimCode!: string;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async start(): Promise<void> {
    this.#port = await freePort();
    this.#dataDir = this.#bench.folder();
    await this.startBroker();
    await this.#app('raspy-fake');
    await this.#app('raspy-core', '--clock-trust=always', '--time-zone=UTC');
    const { stdout } = await this.#app('raspy-web', '--web-port=0');
    const [, url, code] = /ready on (http:\S+?), claim code ([A-Z0-9-]+)/.exec(stdout)!;
    this.url = url!;
    this.#claimCode = code!;
  }

  async end(): Promise<void> {
    for (const context of this.#browser.contexts()) await context.close();
    await this.#bench.cleanUp();
  }

  /** Also again, when it was killed. */
  async startBroker(): Promise<void> {
    this.broker = await this.#app('raspy-broker');
  }

  /** The command, with the broker of this home. @returns what it prints */
  async raspy(...args: string[]): Promise<string> {
    const running = this.#bench.app('raspy', [...args, `--broker-port=${this.#port}`, '--config=/dev/null']);
    if ((await running.end()) !== 0) throw new Error(running.stderr);
    return running.stdout;
  }

  /** A page of a browser that nobody has used yet. */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ reducedMotion: 'reduce', ...options });
    // Bounds what will never come, on a machine that is slow just then.
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    this.#watch(page);
    await page.goto(this.url);
    return page;
  }

  /** Another page of the same browser, logged in as it is. */
  async openBeside(page: Page, path: string): Promise<Page> {
    const other = await page.context().newPage();
    this.#watch(other);
    await other.goto(this.url + path);
    return other;
  }

  async claim(page: Page): Promise<void> {
    await page.fill('[name=one-time-code]', this.#claimCode);
    await page.fill('[name=username]', 'ada');
    for (const field of await page.locator('[type=password]').all()) await field.fill(PASSWORD);
    await page.click('text=Become the owner');
    await page.waitForSelector(LAMP);
  }

  async logIn(page: Page): Promise<void> {
    await page.fill('[name=username]', 'ada');
    await page.fill('[name=current-password]', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForSelector(LAMP);
  }

  #watch(page: Page): void {
    page.on('pageerror', (error) => this.failures.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(this.url) && !/^(?:data|blob):/.test(request.url()))
        this.failures.push(request.url());
    });
  }

  async #app(
    bin: 'raspy-broker' | 'raspy-core' | 'raspy-fake' | 'raspy-web',
    ...more: string[]
  ): Promise<Running> {
    const running = this.#bench.app(bin, [
      `--broker-port=${this.#port}`,
      `--data-dir=${this.#dataDir}`,
      '--hostname=pi',
      '--heartbeat-ms=300',
      ...more,
    ]);
    await running.until(() => running.stdout.includes('ready'));
    return running;
  }
}

/** Until the dashboard shows the lamp at a level, in percent. */
export function showsLevel(page: Page, percent: number): Promise<void> {
  return page.locator(`${LAMP} [aria-valuetext="${percent}\u202f%"]`).waitFor();
}
