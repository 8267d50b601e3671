import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildPage, describeInBrowser, openChromium } from './chromium.js';
import type { Role } from '../../src/client.js';
import { startMockServer, type MockServer } from './mock-server.js';

const WATER = '[data-device="pi.reef/water-temperature"]';
const HEATER = '[data-device="pi.reef/heater"]';
const PUMP = '[data-device="pi.reef/top-off-pump"]';

describeInBrowser('the page', () => {
  let root: string;
  let browser: Browser;
  let server: MockServer;
  let context: BrowserContext;
  let page: Page;
  let failures: string[];

  beforeAll(async () => {
    root = buildPage();
    browser = await openChromium();
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    // Nothing moves by itself here: each test says what happens.
    server = await startMockServer(root, { stirMs: 1e9 });
    context = await browser.newContext({ reducedMotion: 'reduce' });
    page = await context.newPage();
    failures = [];
    page.on('pageerror', (error) => failures.push(String(error)));
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(failures).toEqual([]);
  });

  async function open(path = '/', role: Role = 'admin'): Promise<void> {
    server.session = { claimed: true, user: { name: 'ada', role } };
    await page.goto(server.url + path);
    await page.waitForSelector('h1');
  }
  const textOf = (selector: string): Promise<string> => page.innerText(selector);
  const waitForText = (selector: string, text: string): Promise<unknown> =>
    page.waitForSelector(`${selector}:has-text("${text}")`);
  /** Until the page has asked for a change. */
  async function asked(change: string): Promise<void> {
    const done = (): boolean => server.asked.includes(change);
    while (!done()) await page.waitForEvent('requestfinished');
  }

  it('lets nobody in without the right password, and says so', async () => {
    server.session = { claimed: true, user: null };
    await page.goto(server.url);
    await page.fill('[name=username]', 'ada');
    await page.fill('[name=current-password]', 'wrong');
    await page.click('button[type=submit]');
    await waitForText('[role=alert]', 'name or password is wrong');
    await page.fill('[name=current-password]', 'a good password');
    await page.keyboard.press('Enter');
    await waitForText('h1', 'Dashboard');
  });

  it('makes an owner of who has the claim code', async () => {
    server.session = { claimed: false, user: null };
    await page.goto(server.url);
    await page.fill('[name=one-time-code]', 'sunny-reef-42');
    await page.fill('[name=username]', 'grace');
    await page.fill('[name=new-password] >> nth=0', 'a good password');
    await page.fill('[name=new-password] >> nth=1', 'a good password');
    await page.click('button[type=submit]');
    await waitForText('h1', 'Dashboard');
    expect(server.asked).toEqual(['POST /claim']);
  });

  it('shows a value as soon as it changes', async () => {
    await open();
    await waitForText(`${WATER} .value`, '25.31');
    server.home.set('pi.reef', 'water-temperature', 'temperature', 24.05);
    await waitForText(`${WATER} .value`, '24.05');
  });

  it('holds a heater for the time that was chosen, and gives it back', async () => {
    await open();
    await page.selectOption(`${HEATER} .override select`, '60000');
    await page.click(`${HEATER} .switch-track`);
    await waitForText(`${HEATER} .override`, 'Held by this page');
    expect(await page.isChecked(`${HEATER} [role=switch]`)).toBe(true);
    await page.click(`${HEATER} >> text=End now`);
    await page.waitForSelector(`${HEATER} .override select`);
    await asked('DELETE /leases/pi.reef/lease-1002');
    expect(server.asked[0]).toBe('POST /devices/pi.reef/heater/commands/set');
  });

  it('says what values are where they stand alone', async () => {
    await open('/devices');
    await waitForText('.row-card:has-text("Camera") dt:not(.visually-hidden)', 'Photos taken');
    await page.goto(`${server.url}/devices/pi.reef/heater`);
    await page.waitForSelector('.rows dl:has(dt:text-is("On")) dd:text-is("Off")');
  });

  it('says that it is stale while the stream is lost, and goes on where it was', async () => {
    await open();
    await page.waitForSelector(`${HEATER} [role=switch]:enabled`);
    server.home.set('pi.reef', 'water-temperature', 'temperature', 26);
    await waitForText(`${WATER} .value`, '26');
    server.away = true;
    server.dropStreams();
    await waitForText('.banner', 'stale since');
    await page.waitForSelector(`${WATER} .main-reading.is-stale`);
    expect(await page.isDisabled(`${HEATER} [role=switch]`)).toBe(true);
    server.away = false;
    await page.waitForSelector('.banner', { state: 'detached' });
    await page.waitForSelector(`${WATER} .main-reading.is-good`);
    expect(server.resumed).toEqual([`m1:${server.home.sequence}`]);
  });

  it('shows a trip until somebody acknowledges it', async () => {
    await open();
    await waitForText(`${PUMP} .card-notice-bad`, 'Its guard tripped');
    await page.click(`${PUMP} >> role=button[name="Acknowledge"]`);
    await page.waitForSelector(`${PUMP} .card-notice-bad`, { state: 'detached' });
  });

  it('keeps favourites', async () => {
    await open();
    await page.click(`${HEATER} [aria-label="heater is a favourite"]`);
    await page.waitForSelector(`section[aria-label=Favourites] ${HEATER}`);
    await asked('PUT /preferences');
    expect(server.preferences).toMatchObject({
      favourites: expect.arrayContaining(['pi.reef/heater']) as unknown,
    });
  });

  it('finds devices by their words, and says when there is none', async () => {
    await open();
    await page.fill('input[type=search]', 'reef temp');
    await page.waitForSelector(HEATER, { state: 'detached' });
    expect(await page.isVisible(WATER)).toBe(true);
    await page.fill('input[type=search]', 'nothing like it');
    await waitForText('.empty', 'Nothing like that');
  });

  it('shows at the field what the home finds wrong', async () => {
    await open('/devices/pi.reef/heater');
    await page.click('role=tab[name="Configuration"]');
    await page.fill('input[type=number] >> nth=0', '13');
    await page.click('button[type=submit]');
    await waitForText('.has-mistake', 'brings no luck');
  });

  it('makes a guard tighter by all that the schema knows', async () => {
    await open('/devices/pi.reef/heater');
    await page.click('role=tab[name="Configuration"]');
    await page.click('text=+ Guard, made tighter');
    await page.click('role=switch[name="Fail-safe state"] >> xpath=..');
    await page.click('text=+ Duty');
    await page.getByLabel('Longest time active within the window (ms)').fill('60000');
    await page.getByLabel('Window (ms)', { exact: true }).fill('3600000');
    await page.click('text=+ Trips that hold until acknowledged');
    const latch = page.locator('fieldset:has(> legend:text-is("Trips that hold until acknowledged"))');
    await latch.locator('.add-link').click();
    await latch.locator('select').selectOption({ label: 'Max on' });
    await page.click('button[type=submit]');
    await asked('PATCH /devices/pi.reef/heater/config');
    expect(server.configured).toMatchObject({
      safety: { failSafe: true, duty: { onMs: 60_000, windowMs: 3_600_000 }, latch: ['maxOn'] },
    });
  });

  /** Label of the field that has the focus. */
  const focused = (): Promise<string> =>
    page.evaluate<string>(
      'document.activeElement.labels?.[0]?.textContent ?? document.activeElement.tagName',
    );

  it.each([
    ['/devices/add', 'Add', 'Type', ['Type: is needed', 'Name: is needed']],
    ['/jobs/new', 'Save', 'Name', ['Name: is needed']],
    ['/scenarios/new', 'Save', 'Name', ['Name: is needed']],
  ])('says at the field why %s cannot be saved', async (path, button, first, said) => {
    await open(path);
    await page.click(`role=button[name="${button}"]`);
    await page.waitForSelector('.has-mistake [aria-invalid=true]:focus');
    expect(await focused()).toBe(first);
    expect(await page.locator('[aria-live] .notice li').allInnerTexts()).toEqual(said);
    expect(server.asked.filter((of) => of !== 'POST /jobs/preview')).toEqual([]);
  });

  it('goes to the definition of a scenario to say why it cannot be saved', async () => {
    await open('/scenarios/new');
    await page.click('role=tab[name=/^Code/]');
    await page.click('role=button[name="Save"]');
    await page.waitForSelector('.has-mistake [aria-invalid=true]:focus');
    expect(await focused()).toBe('Name');
  });

  it('says at the field what is wrong with a configuration, and saves it when it is mended', async () => {
    await open('/devices/pi.reef/heater');
    await page.click('role=tab[name="Configuration"]');
    await page.click('text=+ Guard, made tighter');
    await page.click('text=+ Duty');
    await page.click('button[type=submit]');
    await waitForText('[aria-live]', 'Guard, made tighter › Duty › Longest time active within the window');
    expect(await focused()).toBe('Longest time active within the window (ms)');
    await page.keyboard.type('60000');
    await page.getByLabel('Window (ms)', { exact: true }).fill('3600000');
    await page.waitForSelector('.notice-bad', { state: 'detached' });
    await page.click('button[type=submit]');
    await asked('PATCH /devices/pi.reef/heater/config');
  });

  it('does not save a text that is no JSON', async () => {
    await open('/jobs/edit/dose-calcium');
    await page.fill('textarea.mono', '{"on":');
    await page.click('role=button[name="Save"]');
    await page.waitForSelector('textarea:focus');
    expect(server.asked.filter((of) => of.startsWith('PUT'))).toEqual([]);
  });

  it('says why a person cannot be added', async () => {
    await open('/users');
    await page.click('text=Add a person');
    await page.fill('dialog input[type=text]', 'bob');
    await page.fill('dialog input[type=password]', 'short');
    await page.click('dialog button[type=submit]');
    await waitForText('dialog [aria-live]', 'Password: has at least 10 characters');
    expect(await focused()).toBe('Password');
  });

  it('sends a command with what its form asks for, and shows the answer', async () => {
    await open('/devices/pi.reef/doser');
    await page.click('role=tab[name="Commands"]');
    await page.click('.command-list >> text=Dose');
    expect(await page.isDisabled('dialog button[type=submit]')).toBe(true);
    await page.fill('dialog input[type=number]', '2.5');
    await page.click('dialog button[type=submit]');
    await waitForText('dialog [role=status]', 'null');
    expect(server.home.find('pi.reef', 'doser')!.values['dosed']!.value).toBe(186);
  });

  it('submits a durable request, and shows where it stands until its reply has come', async () => {
    await open('/requests?service=pi.garden.devices&frame=exec&frame=door');
    await page.click('text=Durable');
    await page.fill('input[type=number]', '60');
    await page.click('button[type=submit]');
    await waitForText('[aria-live] .badge', 'Waiting');
    await asked('POST /titanic');
    expect(server.submitted).toMatchObject({
      service: 'pi.garden.devices',
      frames: ['exec', 'door'],
      options: { expiresAt: expect.any(Number) as number },
    });
    server.doRequests();
    await waitForText('[aria-live] .badge', 'Done');
    await waitForText('[aria-live] .frame-out', '200');
    await page.click('text=Look at it in the queue');
    await waitForText('dialog', 'pi.garden.devices');
  });

  it('says what became of a durable request that was dropped, and looks again when asked', async () => {
    await open('/requests?service=pi.garden.devices');
    await page.click('text=Durable');
    await page.route('**/api/v1/titanic/*', (route) => route.fulfill({ status: 404, body: '{}' }));
    await page.click('button[type=submit]');
    await page.waitForSelector('[aria-live] [role=alert]');
    await page.unroute('**/api/v1/titanic/*');
    await page.click('[aria-live] >> text=Try again');
    await waitForText('[aria-live] .badge', 'Waiting');
  });

  it('marks mistakes in code while it is written, and completes entries', async () => {
    await open('/scenarios/edit/thermostat');
    await page.click('.cm-content');
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('oops;\n');
    await waitForText('.mistake', 'is not known');
    await page.waitForSelector('.cm-lintRange-error');
    await page.keyboard.type('entries.');
    await waitForText('.cm-tooltip-autocomplete', 'heater');
    await page.click('button:has-text("Save")');
    await asked('PUT /scenarios/thermostat');
  });

  it('completes what a scenario that was never saved has in its form', async () => {
    await open('/scenarios/new');
    await page.fill('[placeholder=name]', 'pool');
    await page.keyboard.press('Enter');
    await page.click('role=tab[name=/^Code/]');
    await page.click('.cm-content');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('entries.');
    await waitForText('.cm-tooltip-autocomplete', 'pool');
    await page.keyboard.press('Escape');
    await page.keyboard.type('pool; sle');
    await waitForText('.cm-tooltip-autocomplete', 'sleep');
  });

  it('proposes another title for a scenario that is imported under another name', async () => {
    await open('/scenarios/import');
    await page.click('role=button[name=/^Use /] >> nth=0');
    const title = page.getByLabel('Title here');
    const shipped = await title.inputValue();
    expect(shipped).not.toBe('');
    await page.getByLabel('Name here').fill('night');
    expect(await title.inputValue()).toBe('night');
    await title.fill('At night');
    await page.click('role=button[name="Import"]');
    await asked('POST /scenarios/import');
    expect(server.imported).toMatchObject({
      file: { scenario: { title: 'At night' } },
      mapping: { name: 'night' },
    });
  });

  it('says of a scenario and a job that cannot be used as they are stored why', async () => {
    await open('/scenarios');
    const row = '.row-card:has-text("old-lights")';
    await waitForText(row, 'mode: is missing');
    expect(await page.locator(`${row} button, ${row} [role=switch]`).count()).toBe(0);
    await page.click(`${row} a`);
    await waitForText('.notice-warn', 'What is saved here takes its place');
    await page.goto(`${server.url}/jobs`);
    await waitForText('.row-card:has-text("Feed the fish")', 'when.cron: has 2 fields');
    expect(await page.isVisible('[aria-label="Run Feed the fish now"]')).toBe(false);
  });

  it('shows what names and values hold as text, whatever it is', async () => {
    await open('/tree');
    await page.waitForSelector('.tree-name');
    server.home.tell('/home/mode', '<img src=x onerror="document.title=1">');
    await page.click('[aria-label="What is below /home"]');
    await waitForText('.tree-value', '<img src=x');
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('lets a viewer look, and nothing more', async () => {
    await open('/', 'viewer');
    await page.waitForSelector(`${HEATER} [role=switch]:disabled`);
    await page.goto(`${server.url}/users`);
    await waitForText('.empty', 'This needs the role admin');
    expect(await page.isVisible('.side >> text=Requests')).toBe(false);
    expect(await page.isVisible('.side >> text=Audit')).toBe(false);
  });

  it('asks to log in again when the session has ended', async () => {
    await open();
    await page.waitForSelector(HEATER);
    await page.click('[aria-label="Log out"]');
    await waitForText('h1', 'Log in');
    await page.goBack().catch(() => undefined);
    expect(await textOf('body')).not.toContain('25.31');
  });

  it('is used by the keyboard: the first key leads to the content', async () => {
    await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.waitForFunction('document.activeElement.id === "main"');
  });

  it('keeps the colours that were chosen', async () => {
    await open();
    await page.click('.side [aria-label="Dark"]');
    await page.reload();
    await page.waitForSelector('html[data-theme=dark]');
  });

  it('says that the server cannot be reached, and tries again when asked', async () => {
    await page.route('**/api/v1/session', (route) => route.abort());
    await page.goto(server.url);
    await waitForText('[role=alert]', 'The server cannot be reached');
    await page.unroute('**/api/v1/session');
    await page.click('text=Try again');
    await waitForText('h1', 'Dashboard');
  });
});
