import {
  apiClient,
  type ApiCall,
  type ApiInput,
  type ApiOperation,
  type ApiResponse,
} from '../src/client.js';
import type { Route } from '../src/api/route.js';
import { routes } from '../src/api/table.js';
import { WebBench } from './web-bench.js';

const bench = new WebBench();
const nameOf = ({ method, path }: Route): string => `${method.toUpperCase()} ${path}`;
const routeOf = (operation: ApiOperation): Route => routes.find((route) => nameOf(route) === operation)!;
const looked = new Set<ApiOperation>();
let call: ApiCall;

/** Calls an operation of a real home, and holds its answer against the document: all of it is described, and fits. */
async function answer<O extends ApiOperation>(operation: O, input: ApiInput<O>): Promise<ApiResponse<O>> {
  const { response } = routeOf(operation);
  const told = await call(operation, ...([input] as never));
  if (response.kind === 'json') {
    // What a schema does not describe it leaves out of what it reads.
    expect({ operation, told: response.schema.parse(told) }).toEqual({ operation, told });
    looked.add(operation);
  }
  return told;
}

const server = 'pi.fake';
const PARIS = { latitude: 48.85, longitude: 2.35 };
const job = {
  name: 'lights',
  title: 'Lights',
  when: { cron: '0 7 * * *', timeZone: 'Europe/Paris' },
  does: { command: { service: 'pi.fake.devices', device: 'lamp', name: 'off' } },
};
const scenario = {
  name: 'hello',
  title: 'Hello',
  mode: 'fired',
  code: 'log.info(entries.water.value); await hold(entries.heater, { on: true }, { atMost: "1 h" }); await sleep("1 h");',
  entries: {
    water: {
      kind: 'value',
      key: '/device/pi.fake/reef-temperature/temperature',
      type: 'number',
      maxAge: '2 min',
    },
    note: { kind: 'variable', key: '/note/x' },
    heater: { kind: 'device', service: 'pi.fake.devices', device: 'heater', type: 'actuator.heater' },
    mail: { kind: 'service', service: 'pi.mail.send' },
    noon: { kind: 'sun', when: { sun: 'solarNoon', place: PARIS } },
    morning: { kind: 'cron', when: { cron: '0 7 * * *' } },
    other: { kind: 'scenario', name: 'elsewhere' },
    target: { kind: 'setting', value: 25.5, unit: '°C', min: 18, max: 30 },
  },
  fires: [
    { entry: 'noon' },
    { entry: 'other', when: 'failed' },
    { entry: 'water', below: 5, for: '5 min' },
    { entry: 'water', above: 50 },
    { entry: 'water', equals: 40 },
    { entry: 'note', is: 'x' },
    { entry: 'note', changed: true },
  ],
  enabled: true,
};

beforeAll(async () => {
  await bench.open({
    stored: [
      { at: ['cron', 'jobs', 'broken-job'], value: '{"when":{"cron":"never"}}' },
      { at: ['scenario', 'main', 'keys'], value: '["broken-scenario"]' },
      { at: ['scenario', 'broken-scenario', 'conf'], value: '{"mode":"sometimes"}' },
    ],
  });
  const owner = await bench.enter();
  await bench.until(async () => (await bench.fetch('/readyz')).status === 200);
  const { json } = await owner.send('POST', '/tokens', { title: 'test', scope: 'admin' });
  call = apiClient({ url: bench.web.url, token: (json as { token: string }).token });
});
afterAll(() => bench.close());

it('tells of users and their access what it says', async () => {
  expect(await answer('GET /session', {})).toMatchObject({ user: { role: 'admin' } });
  await call('PUT /preferences', { body: { favourites: ['pi.fake/lamp'] } });
  await answer('GET /preferences', {});
  await answer('POST /users', { body: { name: 'bob', password: 'a long password', role: 'viewer' } });
  await answer('PATCH /users/{name}', { params: { name: 'bob' }, body: { role: 'operator' } });
  expect(await answer('GET /users', {})).toHaveLength(2);
  await answer('POST /tokens', { body: { title: 'grafana', scope: 'read', expiresAt: 4e12 } });
  expect(await answer('GET /tokens', {})).toHaveLength(2);
  const refused = call('PUT /kv', { body: { key: 'x', value: 1 } });
  await expect(refused).rejects.toMatchObject({ status: 400, mistakes: [{ path: 'key' }] });
  const lines = await answer('GET /audit', { query: { limit: 50 } });
  expect(lines).toContainEqual(
    expect.objectContaining({ code: 'INVALID', token: expect.any(String) as string }),
  );
});

it('tells of devices what it says', async () => {
  const heater = { server, device: 'heater' };
  await answer('POST /devices/{server}/{device}/commands/{command}', {
    params: { ...heater, command: 'set' },
    body: { args: { on: true }, leaseMs: 60_000 },
  });
  const devices = await answer('GET /devices', {});
  expect(devices.find(({ name }) => name === 'heater')?.safety?.lease).toBeDefined();
  for (const { name } of devices)
    await answer('GET /devices/{server}/{device}', { params: { server, device: name } });
  const types = await answer('GET /devices/{server}/types', { params: { server } });
  expect(types.some(({ subdevices }) => subdevices !== undefined)).toBe(true);
  await answer('PATCH /devices/{server}/{device}/config', {
    params: heater,
    body: {
      safety: { maxOnMs: 3_600_000, latch: ['lease'], notWhile: [{ device: 'lamp', value: 'on', is: true }] },
    },
  });
  await answer('PATCH /devices/{server}/{device}/config', {
    params: { server, device: 'reef-temperature' },
    body: { calibration: { temperature: { points: [[0, 0.5]] } } },
  });
  for (const { name } of devices)
    await answer('GET /devices/{server}/{device}/config', { params: { server, device: name } });
  // So that a scenario can hold it.
  await call('PATCH /devices/{server}/{device}/config', { params: heater, body: { safety: {} } });
});

it('tells of the devices of a server that is away what it says', async () => {
  bench.tree.set(
    '/device/pi.away/probe',
    JSON.stringify({ oid: 'sensor.temperature', title: 'Probe', state: 'open' }),
  );
  bench.tree.set(
    '/device/pi.away/probe/temperature',
    JSON.stringify({ value: 20, at: Date.now(), quality: 'good', unit: '°C' }),
  );
  const known = async () => (await answer('GET /devices', {})).find((device) => device.server === 'pi.away');
  await bench.until(async () => (await known())?.values['temperature'] !== undefined);
  expect(await known()).toMatchObject({ state: 'failed', values: { temperature: { quality: 'stale' } } });
});

it('tells of services and the tree what it says', async () => {
  await answer('GET /services', {});
  for (const one of ['pi.fake', 'pi.core', 'pi.web'])
    await answer('GET /services/{server}/statistics', { params: { server: one } });
  await answer('POST /requests', {
    body: { service: 'pi.fake.devices', frames: ['exec', 'camera', 'photo'] },
  });
  bench.tree.set('/note/text', 'no JSON');
  bench.tree.set('/note/bytes', Buffer.from([0xff, 0xfe]));
  const notes = async () => (await answer('GET /kv', { query: { subtree: '/note' } })).entries;
  await bench.until(async () => (await notes()).length === 2);
  expect((await notes()).map(({ text, base64 }) => [text, base64])).toEqual([
    [undefined, '//4='],
    ['no JSON', undefined],
  ]);
  await answer('GET /kv', {});
  const key = '/device/pi.x/y/z';
  bench.tree.set(key, JSON.stringify({ value: 25.5, at: Date.now(), quality: 'good' }));
  await bench.until(async () => (await answer('GET /history', { query: { key } })).points.length === 1);
});

it('tells of durable requests what it says', async () => {
  const { id } = await answer('POST /titanic', {
    body: { service: 'sleeper', frames: ['wake'], options: { expiresAt: 4e12, idempotencyKey: 'once' } },
  });
  expect((await answer('GET /titanic/{id}', { params: { id } })).request.state).toBe('waiting');
  const done = await answer('POST /titanic', { body: { service: 'pi.fake.mmi', frames: ['status'] } });
  const stands = () => answer('GET /titanic/{id}', { params: { id: done.id } });
  await bench.until(async () => (await stands()).request.state === 'done');
  expect((await stands()).reply).toEqual([{ text: '200' }]);
  expect(await answer('GET /titanic', {})).toHaveLength(2);
});

it('tells of jobs what it says, also of one that cannot be run as it is stored', async () => {
  await call('POST /jobs', { body: job });
  await call('POST /jobs', {
    body: { name: 'nightly', when: { sun: 'sunset', place: PARIS }, enabled: false },
  });
  await answer('POST /jobs/{name}/run', { params: { name: 'lights' } });
  const jobs = await answer('GET /jobs', {});
  expect(jobs).toHaveLength(3);
  expect(jobs).toContainEqual(
    expect.objectContaining({ name: 'broken-job', unreadable: expect.any(String) as string }),
  );
  expect(jobs).toContainEqual(expect.objectContaining({ name: 'lights', last: expect.anything() as object }));
  await answer('GET /jobs/{name}/next', { params: { name: 'lights' }, query: { count: 3 } });
  await answer('POST /jobs/preview', { body: { when: { cron: '30 2 * * *', timeZone: 'Europe/Paris' } } });
});

it('tells of scenarios what it says, also of one that cannot be used as it is stored', async () => {
  const params = { name: 'hello' };
  expect(await answer('POST /scenarios/check', { body: { ...scenario, code: 'log(' } })).not.toEqual([]);
  await call('POST /scenarios', { body: scenario });
  expect(await answer('GET /scenarios/{name}', { params })).toMatchObject({ code: scenario.code });
  await answer('POST /scenarios/{name}/run', { params, body: { payload: { x: 1 } } });
  const standing = async () =>
    (await answer('GET /scenarios', {})).find(({ name }) => name === 'hello')?.status?.holds ?? [];
  await bench.until(async () => (await standing()).length > 0);
  expect(await answer('GET /scenarios/{name}/trace', { params, query: { count: 50 } })).not.toEqual([]);
  const file = await answer('GET /scenarios/{name}/export', { params });
  await answer('POST /scenarios/{name}/stop', { params });
  expect(await answer('GET /scenarios', {})).toContainEqual(
    expect.objectContaining({ name: 'broken-scenario', broken: expect.any(String) as string }),
  );
  expect(await answer('GET /scenarios/{name}', { params: { name: 'broken-scenario' } })).toBeNull();
  expect(await answer('GET /scenarios/shipped', {})).not.toEqual([]);
  await answer('POST /scenarios/import', {
    body: {
      file: { ...file, entries: {}, fires: [], permissions: {}, code: '' },
      mapping: { name: 'again', entries: {} },
    },
  });
});

it('answers what is no JSON by the type that it says', async () => {
  const picture = await call('GET /devices/{server}/{device}/photo', {
    params: { server, device: 'camera' },
  });
  expect(picture.headers.get('content-type')).toBe('image/png');
  const text = await call('GET /scenarios/{name}/types', { params: { name: 'hello' } });
  expect(text).toContain('readonly water');
  const abort = new AbortController();
  const events = await call('GET /events', { signal: abort.signal });
  expect(events.headers.get('content-type')).toBe(routeType('GET /events'));
  abort.abort();
});

function routeType(operation: ApiOperation): string | undefined {
  const { response } = routeOf(operation);
  return response.kind === 'other' ? response.type : undefined;
}

it('was looked at in each answer of JSON that there is', () => {
  const all = routes.filter(({ response }) => response.kind === 'json').map(nameOf);
  expect([...looked].sort()).toEqual(all.sort());
});
