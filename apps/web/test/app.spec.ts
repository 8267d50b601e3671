import { WebBench, type Visitor } from './web-bench.js';

const bench = new WebBench();
let owner: Visitor;
beforeAll(async () => {
  await bench.open();
  owner = await bench.enter();
  await bench.until(async () => (await bench.fetch('/readyz')).status === 200);
});
afterAll(() => bench.close());

it('tells who is in, and what home it is', async () => {
  const { json } = await owner.get('/session');
  expect(json).toMatchObject({
    claimed: true,
    user: { name: 'ada', role: 'admin' },
    csrf: expect.stringMatching(/^[\w-]{43}$/) as string,
    home: { hostname: 'pi', configuration: 'testing' },
  });
  expect((await bench.fetch('/api/v1/session')).json).toMatchObject({ claimed: true, user: null, csrf: '' });
});

it('lists devices, tells all about one, and carries out commands', async () => {
  const { json } = await owner.get('/devices');
  const lamp = (json as { name: string }[]).find(({ name }) => name === 'lamp');
  expect(lamp).toMatchObject({ server: 'pi.fake', oid: 'fake.lamp', state: 'open' });
  expect((await owner.get('/devices/pi.fake/lamp')).json).toMatchObject({
    name: 'lamp',
    type: { oid: 'fake.lamp' },
  });
  const set = await owner.send('POST', '/devices/pi.fake/lamp/commands/set', { args: { level: 70 } });
  expect([set.status, Object.keys(set.json as object)]).toEqual([200, ['result']]);
  expect((await owner.send('POST', '/devices/pi.fake/lamp/commands/fly', {})).json).toMatchObject({
    status: 404,
    code: 'UNKNOWN_COMMAND',
  });
  expect(
    (await owner.send('POST', '/devices/pi.fake/lamp/commands/set', { args: { level: 'x' } })).json,
  ).toMatchObject({
    status: 400,
    code: 'INVALID',
  });
  expect((await owner.get('/devices/pi.none/lamp')).json).toMatchObject({ status: 404, code: 'NO_SERVER' });
  expect((await owner.get('/devices/pi.fake/none')).json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
});

it('keeps an output on by a lease that is renewed and ended', async () => {
  const { json } = await owner.send('POST', '/devices/pi.fake/heater/commands/set', {
    args: { on: true },
    leaseMs: 60_000,
  });
  const { lease } = (json as { result: { lease: string } }).result;
  expect((await owner.send('POST', `/leases/pi.fake/${lease}/renew`, { leaseMs: 60_000 })).status).toBe(204);
  expect((await owner.send('DELETE', `/leases/pi.fake/${lease}`)).status).toBe(204);
  expect((await owner.send('DELETE', `/leases/pi.fake/${lease}`)).status).toBe(404);
});

it('shows the picture of a camera, and says when a device has none', async () => {
  const { status, headers, bytes } = await owner.get('/devices/pi.fake/camera/photo');
  expect([status, headers['content-type'], headers['x-content-type-options']]).toEqual([
    200,
    'image/png',
    'nosniff',
  ]);
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect((await owner.get('/devices/pi.fake/lamp/photo')).status).toBe(404);
});

it('adds, configures and removes a device', async () => {
  const added = await owner.send('POST', '/devices/pi.fake', {
    name: 'desk',
    oid: 'fake.lamp',
    config: { initialPercent: 10 },
  });
  expect(added.status).toBe(204);
  expect((await owner.send('PATCH', '/devices/pi.fake/desk/config', { pollSeconds: 5 })).json).toMatchObject({
    name: 'desk',
  });
  expect((await owner.get('/devices/pi.fake/desk/config')).json).toMatchObject({ oid: 'fake.lamp' });
  expect((await owner.send('POST', '/devices/pi.fake', { name: 'desk', oid: 'fake.none' })).status).toBe(400);
  expect((await owner.send('DELETE', '/devices/pi.fake/desk')).status).toBe(204);
  expect((await owner.get('/devices/pi.fake/types')).text).toContain('fake.lamp');
});

it('shows services, their statistics, and sends any request by hand', async () => {
  const services = (await owner.get('/services')).json as { name: string; workers: number }[];
  expect(services).toContainEqual(expect.objectContaining({ name: 'pi.fake.devices', busy: 0, waiting: 0 }));
  expect((await owner.get('/services/pi.web/statistics')).json).toMatchObject({ 'web.treeSynced': 1 });
  const { json } = await owner.send('POST', '/requests', { service: 'pi.fake.mmi', frames: ['status'] });
  expect(json).toMatchObject({ frames: [{ text: '200' }] });
  const photo = await owner.send('POST', '/requests', {
    service: 'pi.fake.devices',
    frames: ['exec', { base64: Buffer.from('camera').toString('base64') }, 'photo'],
  });
  expect((photo.json as { frames: object[] }).frames[1]).toHaveProperty('base64');
  expect((await owner.send('POST', '/requests', { service: 'nobody', frames: ['x'] })).status).toBe(404);
});

it('shows the tree, sets and deletes keys', async () => {
  expect((await owner.send('PUT', '/kv', { key: '/note/x', value: { a: 1 }, ttlMs: 60_000 })).status).toBe(
    204,
  );
  await bench.until(
    async () => ((await owner.get('/kv?subtree=/note')).json as { entries: unknown[] }).entries.length === 1,
  );
  const { json } = await owner.get('/kv?subtree=/note');
  expect(json).toMatchObject({
    status: 'synced',
    entries: [{ key: '/note/x', value: { a: 1 }, restored: false }],
  });
  expect((await owner.send('DELETE', '/kv?key=/note/x')).status).toBe(204);
  await bench.until(
    async () => ((await owner.get('/kv?subtree=/note')).json as { entries: unknown[] }).entries.length === 0,
  );
  expect((await owner.send('PUT', '/kv', { key: 'x', value: 1 })).json).toMatchObject({
    status: 400,
    mistakes: [{ path: 'key', message: 'a key begins with /' }],
  });
});

it('remembers the last hour of a number', async () => {
  const at = Date.now();
  bench.tree.set('/device/pi.x/y/z', JSON.stringify({ value: 25.5, at, quality: 'good' }));
  const points = async () =>
    ((await owner.get('/history?key=/device/pi.x/y/z')).json as { points: unknown[] }).points;
  await bench.until(async () => (await points()).length > 0);
  expect(await points()).toEqual([[at, 25.5]]);
});

it('keeps jobs', async () => {
  const job = {
    name: 'lights',
    when: { cron: '0 7 * * *' },
    does: { request: { service: 'x', body: ['y'] } },
  };
  const preview = await owner.send('POST', '/jobs/preview', { when: job.when, count: 2 });
  expect((preview.json as { runs: unknown[] }).runs).toHaveLength(2);
  expect((await owner.send('POST', '/jobs/preview', { when: { cron: 'x' } })).json).toMatchObject({
    status: 400,
    code: 'INVALID',
  });
  const added = await owner.send('POST', '/jobs', job);
  expect(added.text).toBe('');
  expect((await owner.get('/jobs')).json).toMatchObject([{ name: 'lights' }]);
  expect((await owner.get('/jobs/lights/next?count=3')).json).toMatchObject({ runs: [{}, {}, {}] });
  expect((await owner.send('PUT', '/jobs/lights/enabled', { enabled: false })).status).toBe(204);
  expect((await owner.send('PUT', '/jobs/lights', { ...job, name: 'other' })).status).toBe(400);
  expect((await owner.send('PUT', '/jobs/lights', job)).status).toBe(204);
  expect((await owner.send('POST', '/jobs/lights/run')).status).toBe(200);
  expect((await owner.send('DELETE', '/jobs/lights')).status).toBe(204);
  expect((await owner.send('POST', '/jobs/lights/run')).status).toBe(404);
});

it('keeps scenarios', async () => {
  const scenario = {
    name: 'hello',
    mode: 'fired',
    code: 'log.info("hello");',
    entries: {},
    fires: [],
    enabled: true,
  };
  expect((await owner.send('POST', '/scenarios/check', { ...scenario, code: 'log(' })).json).not.toEqual([]);
  const added = await owner.send('POST', '/scenarios', scenario);
  expect(added.text).toBe('');
  expect((await owner.get('/scenarios')).json).toMatchObject([{ name: 'hello', status: { name: 'hello' } }]);
  expect((await owner.get('/scenarios/hello')).json).toMatchObject({ code: scenario.code });
  expect((await owner.get('/scenarios/hello/types')).text).toContain('declare function hold');
  expect((await owner.send('POST', '/scenarios/hello/run', { payload: { x: 1 } })).status).toBe(200);
  expect((await owner.send('POST', '/scenarios/hello/stop')).status).toBe(200);
  expect((await owner.get('/scenarios/hello/trace?count=5')).status).toBe(200);
  expect((await owner.get('/scenarios/hello/export')).json).toMatchObject({ scenario: { name: 'hello' } });
  expect((await owner.send('PUT', '/scenarios/hello', scenario)).status).toBe(204);
  expect((await owner.send('PUT', '/scenarios/hello/enabled', { enabled: false })).status).toBe(204);
  const [file] = (await owner.get('/scenarios/shipped')).json as object[];
  expect((await owner.send('POST', '/scenarios/import', { file, mapping: { entries: {} } })).status).toBe(
    400,
  );
  expect((await owner.send('DELETE', '/scenarios/hello')).status).toBe(204);
  expect((await owner.get('/scenarios/hello')).status).toBe(404);
});

it('keeps durable requests', async () => {
  const { json } = await owner.send('POST', '/titanic', {
    service: 'sleeper',
    frames: ['wake'],
    options: { idempotencyKey: 'once' },
  });
  const { id } = json as { id: string };
  expect((await owner.get('/titanic?state=waiting&limit=5')).json).toContainEqual(
    expect.objectContaining({ id, service: 'sleeper' }),
  );
  expect((await owner.get(`/titanic/${id}`)).json).toMatchObject({
    request: { id },
    frames: [{ text: 'wake' }],
  });
  expect((await owner.send('POST', `/titanic/${id}/retry`)).json).toMatchObject({
    status: 409,
    code: 'REFUSED',
  });
  expect((await owner.send('DELETE', `/titanic/${id}`)).status).toBe(204);
  expect((await owner.get(`/titanic/${id}`)).status).toBe(404);
  const done = (await owner.send('POST', '/titanic', { service: 'pi.fake.mmi', frames: ['status'] }))
    .json as { id: string };
  await bench.until(
    async () =>
      ((await owner.get(`/titanic/${done.id}`)).json as { request: { state: string } }).request.state ===
      'done',
  );
  expect((await owner.get(`/titanic/${done.id}`)).json).toMatchObject({ reply: [{ text: '200' }] });
});

it('keeps what a user has set for itself', async () => {
  expect((await owner.get('/preferences')).json).toEqual({});
  expect((await owner.send('PUT', '/preferences', { favourites: ['lamp'] })).status).toBe(204);
  expect((await owner.get('/preferences')).json).toEqual({ favourites: ['lamp'] });
  expect((await owner.send('PUT', '/preferences', { x: 'x'.repeat(70_000) })).status).toBe(413);
});

it('tells of itself', async () => {
  expect((await bench.fetch('/healthz')).json).toEqual({ status: 'alive' });
  expect((await bench.fetch('/readyz')).json).toEqual({
    status: 'ready',
    broker: 'connected',
    tree: 'synced',
  });
  expect((await bench.fetch('/metrics')).status).toBe(401);
  const metrics = await bench.fetch('/metrics', { headers: { cookie: owner.cookie } });
  expect(metrics.text).toMatch(
    /^raspy_web_requests_total\{server="pi.web",method="GET",status="2xx"\} [1-9]\d*$/m,
  );
  expect(metrics.text).toMatch(/^raspy_web_tree_synced\{server="pi.web"\} 1$/m);
  expect((await bench.fetch('/api/docs')).text).toContain('/api/docs.js');
  expect((await bench.fetch('/api/openapi.json')).json).toMatchObject({ openapi: '3.1.0' });
  expect((await bench.fetch('/')).text).toContain('RasPy');
});
