import fc from 'fast-check';
import { routes } from '../src/api/table.js';
import { WebBench, type Visitor } from './web-bench.js';

const bench = new WebBench();
let owner: Visitor;
beforeAll(async () => {
  await bench.open();
  owner = await bench.enter();
});
afterAll(() => bench.close());

/** What would lock the owner out, or waits for a service as long as it is told. */
const SPARED = ['/logout', '/users/{name}', '/password', '/events', '/requests', '/login', '/claim'];
const fuzzed = routes.filter(({ path }) => !SPARED.includes(path));
const names = fc.oneof(
  fc.constantFrom(
    'pi.fake',
    'pi.core',
    'lamp',
    'heater',
    'set',
    'x',
    '..',
    '%2e%2e',
    '%',
    '__proto__',
    'constructor',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map((text) => encodeURIComponent(text)),
);
const bodies = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .dictionary(
      fc.constantFrom(
        'name',
        'args',
        'when',
        'code',
        'frames',
        'service',
        'key',
        'value',
        'leaseMs',
        'enabled',
        'count',
        'options',
      ),
      fc.jsonValue(),
    )
    .map((value) => JSON.stringify(value)),
);

it('answers whatever is sent to whatever route by a status below 500', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...fuzzed),
      fc.array(names, { minLength: 3, maxLength: 3 }),
      bodies,
      async (route, words, body) => {
        const [...left] = words;
        const path = `/api/v1${route.path.replaceAll(/\{\w+\}/g, () => left.shift()!)}?count=${left[0] ?? ''}`;
        const { status } = await bench.fetch(path, {
          method: route.method.toUpperCase(),
          headers: { cookie: owner.cookie, 'x-csrf-token': owner.csrf, 'content-type': 'application/json' },
          ...(route.method !== 'get' && { body }),
        });
        expect([path, body, status < 500]).toEqual([path, body, true]);
      },
    ),
    { numRuns: 400 },
  );
  expect((await owner.get('/session')).json).toMatchObject({ user: { name: 'ada', role: 'admin' } });
});

it('answers whatever path by a status below 500', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(names, fc.constantFrom('api', 'v1', '', '.', 'x.js')), { maxLength: 6 }),
      async (words) => {
        const { status } = await bench.fetch(`/${words.join('/')}`);
        expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: 200 },
  );
  expect(bench.logged.filter((line) => line.includes('a request failed'))).toEqual([]);
});
