import { ApiError, apiClient, type ApiCall, type ApiClientOptions, type ApiRequest } from './client.js';

const sent: { url: string; request: ApiRequest }[] = [];
const answering = (response: () => Response, options: ApiClientOptions = {}): ApiCall =>
  apiClient({
    ...options,
    fetch: (url, request) => {
      sent.push({ url, request });
      return Promise.resolve(response());
    },
  });
const json = (content: unknown, status = 200): Response =>
  new Response(JSON.stringify(content), { status, headers: { 'content-type': 'application/json' } });

beforeEach(() => sent.splice(0));

it('fills in the path, each part made safe, and the query without what is not given', async () => {
  const call = answering(() => json([]));
  await call('GET /scenarios/{name}/trace', { params: { name: 'a/b c' }, query: { count: 5 } });
  await call('GET /titanic', { query: { state: undefined } });
  expect(sent.map(({ url }) => url)).toEqual([
    '/api/v1/scenarios/a%2Fb%20c/trace?count=5',
    '/api/v1/titanic',
  ]);
});

it('sends the body as JSON, with a token and what headers it is given', async () => {
  const call = answering(() => json({ result: null }), { url: 'http://pi:8080', token: 'raspy_x' });
  await call('POST /devices/{server}/{device}/commands/{command}', {
    params: { server: 'pi.fake', device: 'lamp', command: 'set' },
    body: { args: { on: true } },
    headers: { 'idempotency-key': 'k1' },
  });
  expect(sent).toEqual([
    {
      url: 'http://pi:8080/api/v1/devices/pi.fake/lamp/commands/set',
      request: {
        method: 'POST',
        headers: {
          authorization: 'Bearer raspy_x',
          'content-type': 'application/json',
          'idempotency-key': 'k1',
        },
        body: '{"args":{"on":true}}',
      },
    },
  ]);
});

it('answers JSON, a text, nothing, or the whole response', async () => {
  expect(await answering(() => json([{ name: 'a' }]))('GET /services')).toEqual([{ name: 'a' }]);
  const nothing = answering(() => new Response(null, { status: 204 }));
  await expect(nothing('POST /logout')).resolves.toBeUndefined();
  const text = answering(() => new Response('declare', { headers: { 'content-type': 'text/plain' } }));
  expect(await text('GET /scenarios/{name}/types', { params: { name: 'a' } })).toBe('declare');
  const stream = answering(() => new Response('x', { headers: { 'content-type': 'text/event-stream' } }));
  expect(await stream('GET /events')).toBeInstanceOf(Response);
});

it('rejects with the problem that it is told, with its mistakes', async () => {
  const problem = {
    title: 'Bad request',
    status: 400,
    detail: 'name: is missing',
    code: 'INVALID',
    mistakes: [{ path: 'name', message: 'is missing' }],
  };
  const refused = answering(() => json(problem, 400))('POST /jobs', { body: {} });
  await expect(refused).rejects.toThrow(ApiError);
  await expect(refused).rejects.toMatchObject({
    message: 'name: is missing',
    code: 'INVALID',
    status: 400,
    mistakes: problem.mistakes,
  });
});

it('rejects with what a proxy answers, too', async () => {
  const page = answering(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
  await expect(page('GET /users')).rejects.toMatchObject({
    message: 'The server answered 502 Bad Gateway',
    code: '502',
  });
  await expect(answering(() => json({}, 500))('GET /users')).rejects.toMatchObject({ status: 500 });
});

it('has the compiler refuse what the API does not take', () => {
  const call = answering(() => json({}));
  const wrong = (): unknown => [
    // @ts-expect-error -- there is no such operation
    call('GET /nothing'),
    // @ts-expect-error -- the path has two parameters
    call('GET /devices/{server}/{device}', { params: { server: 'pi.fake' } }),
    // @ts-expect-error -- params are needed
    call('GET /devices/{server}/{device}'),
    // @ts-expect-error -- there is no such state
    call('GET /titanic', { query: { state: 'lost' } }),
    // @ts-expect-error -- a body is needed
    call('PUT /jobs/{name}/enabled', { params: { name: 'a' } }),
    // @ts-expect-error -- it is a boolean
    call('PUT /jobs/{name}/enabled', { params: { name: 'a' }, body: { enabled: 'yes' } }),
    // @ts-expect-error -- devices are not texts
    call('GET /devices') satisfies Promise<readonly string[]>,
  ];
  expect(wrong).toBeInstanceOf(Function);
});
