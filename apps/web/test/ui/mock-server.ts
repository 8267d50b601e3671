import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { mockData } from './mock-data.js';
import { MockHome, mockPhoto } from './mock-home.js';
import { mockTypes } from './mock-types.js';

/** The policy that the real server sends: what it forbids fails here, too. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface MockServer {
  readonly url: string;
  readonly home: MockHome;
  /** Whether anybody may be let in, and as what. */
  session: { claimed: boolean; user: { name: string; role: string } | null };
  /** Whether the stream of events is refused. */
  away: boolean;
  /** Changes that were asked for, as `METHOD path`. */
  readonly asked: string[];
  /** Ids by which streams asked to resume. */
  readonly resumed: string[];
  preferences: object;
  /** Ends all streams of events. */
  dropStreams(): void;
  close(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly mistakes?: readonly { path: string; message: string }[],
  ) {
    super(message);
  }
}

/** Serves the built page and fakes the API of a home that is alive. */
export async function startMockServer(
  root: string,
  options: { port?: number; stirMs?: number } = {},
): Promise<MockServer> {
  const home = new MockHome(Date.now);
  const data = mockData(Date.now());
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => void answer(request, response));
  const stirring = setInterval(() => home.stir(), options.stirMs ?? 1000);
  const mock: MockServer = {
    url: '',
    home,
    session: { claimed: true, user: { name: 'ada', role: 'admin' } },
    away: false,
    asked: [],
    resumed: [],
    preferences: { favourites: ['pi.reef/water-temperature', 'pi.reef/moonlight'] },
    dropStreams: () => streams.forEach((stream) => stream.destroy()),
    close: async () => {
      clearInterval(stirring);
      streams.forEach((stream) => stream.destroy());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://mock');
    response.setHeader('content-security-policy', POLICY);
    response.setHeader('x-content-type-options', 'nosniff');
    try {
      if (url.pathname === '/api/v1/events') {
        events(request, response);
        return;
      }
      if (!url.pathname.startsWith('/api/')) {
        await file(url.pathname, response);
        return;
      }
      const parts = url.pathname.split('/').slice(3).map(decodeURIComponent);
      const call: Call = {
        method: request.method!,
        parts,
        query: url.searchParams,
        body: await bodyOf(request),
      };
      if (call.method !== 'GET') {
        if (request.headers['x-csrf-token'] !== 'mock-csrf')
          throw new Refusal(403, 'the CSRF token is missing');
        mock.asked.push(`${call.method} ${url.pathname.slice('/api/v1'.length)}`);
      }
      const result = api(call);
      if (Buffer.isBuffer(result))
        return void response.writeHead(200, { 'content-type': 'image/png' }).end(result);
      if (typeof result === 'string')
        return void response.writeHead(200, { 'content-type': 'text/plain' }).end(result);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null));
    } catch (error) {
      const { status = 500, mistakes } = error as Partial<Refusal>;
      const problem = {
        type: 'about:blank',
        title: 'Refused',
        status,
        detail: (error as Error).message,
        mistakes,
      };
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    }
  }

  async function file(pathname: string, response: ServerResponse): Promise<void> {
    const name = path.normalize(pathname).replace(/^(\.\.[/\\])+/, '');
    const isAsset = name.startsWith('/assets/');
    const bytes = await readFile(path.join(root, isAsset ? name : 'index.html')).catch(() => undefined);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[isAsset ? path.extname(name) : '.html'] }).end(bytes);
  }

  function events(request: IncomingMessage, response: ServerResponse): void {
    if (mock.away) return void response.writeHead(503).end();
    const last = request.headers['last-event-id'];
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const send = (event: string, of: unknown, id: string): void => {
      response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(of)}\n\n`);
    };
    send('status', { status: 'synced' }, `m1:${home.sequence}`);
    if (last === undefined) send('snapshot', { entries: home.entries() }, `m1:${home.sequence}`);
    else mock.resumed.push(String(last));
    streams.add(response);
    const stop = home.onEvent(send);
    response.on('close', () => {
      stop();
      streams.delete(response);
    });
  }

  function api(call: Call): unknown {
    const { method, parts, query, body } = call;
    const [root1, ...rest] = parts;
    switch (root1) {
      case 'session':
        return {
          ...mock.session,
          csrf: 'mock-csrf',
          home: { hostname: 'pi', version: '0.1.0', configuration: 'production' },
        };
      case 'claim':
        if (body['code'] !== 'sunny-reef-42')
          throw new Refusal(403, 'that is not the claim code of this home');
        mock.session = { claimed: true, user: { name: String(body['name']), role: 'admin' } };
        return null;
      case 'login':
        if (body['password'] !== 'a good password') throw new Refusal(401, 'name or password is wrong');
        mock.session = { claimed: true, user: { name: String(body['name']), role: 'admin' } };
        return null;
      case 'logout':
        mock.session = { ...mock.session, user: null };
        return null;
      case 'preferences':
        if (method === 'PUT') mock.preferences = body;
        return mock.preferences;
      case 'devices':
        return deviceCall(call, rest);
      case 'leases':
        return null;
      case 'history':
        return { key: query.get('key'), points: home.history(query.get('key')!) };
      case 'kv':
        if (method === 'PUT') {
          home.extra.set(String(body['key']), body['value']);
          home.emit('set', { key: body['key'], value: body['value'] });
          return null;
        }
        return { status: 'synced', entries: home.entries() };
      case 'services':
        return rest.length === 0
          ? data.services
          : { 'host.uptimeSeconds': 48211, 'requests.done': 1204, 'requests.failed': 3 };
      case 'requests':
        return { frames: [{ text: '["camera","doser","heater"]' }, { text: '200' }], ms: 4.2 };
      case 'jobs':
        return jobCall(call, rest);
      case 'scenarios':
        return scenarioCall(call, rest);
      case 'titanic':
        return titanicCall(call, rest);
      case 'users':
        return method === 'GET' ? data.users : null;
      case 'tokens':
        return method === 'GET' ? data.tokens : { token: 'raspy_5bq2xvw7k3m9t4' };
      case 'audit':
        return data.audit;
      default:
        throw new Refusal(404, 'there is no such thing');
    }
  }

  function deviceCall({ method, body }: Call, [server, name, what, command]: readonly string[]): unknown {
    if (server === undefined) return home.devices;
    if (name === 'types') return mockTypes;
    if (name === undefined) return null;
    const device = home.find(server, name);
    if (device === undefined) throw new Refusal(404, `there is no device "${name}"`);
    if (what === undefined) return method === 'DELETE' ? null : home.info(device);
    if (what === 'photo') return mockPhoto();
    if (what === 'config') {
      if (method !== 'PATCH') return { config: {}, pollSeconds: 30, log: true };
      const { watts } = (body['config'] ?? {}) as { watts?: number };
      if (watts === 13) {
        throw new Refusal(400, 'the configuration is wrong', [
          { path: 'config.watts', message: 'brings no luck' },
        ]);
      }
      return {};
    }
    const { args = {}, leaseMs } = body as { args?: Record<string, unknown>; leaseMs?: number };
    return { result: home.execute(device, command!, args, leaseMs) };
  }

  function jobCall({ method }: Call, [name]: readonly string[]): unknown {
    if (name === 'preview') {
      const day = 86_400_000;
      const runs = Array.from({ length: 8 }, (_, index) => {
        const at = Math.ceil(Date.now() / day) * day + index * day + 7.5 * 3_600_000;
        return { at, local: `${new Date(at + 3_600_000).toISOString().slice(0, 19)}+01:00`, remarks: [] };
      });
      return {
        runs,
        notes: [
          'on 28 March 2027 this leaves out 02:00 to 03:00, which do not exist: the clock goes forward',
        ],
      };
    }
    return method === 'GET' ? data.jobs : null;
  }

  function scenarioCall({ method, body }: Call, [name, what]: readonly string[]): unknown {
    if (name === undefined) return method === 'GET' ? data.scenarios : null;
    if (name === 'shipped') return data.shipped;
    if (name === 'check') {
      const lines = String(body['code']).split('\n');
      const line = lines.findIndex((text) => text.includes('oops'));
      return line < 0 ? [] : [{ path: 'code', message: `line ${line + 1}, column 1: "oops" is not known` }];
    }
    if (name === 'import') return { name: 'auto-top-off', notes: [] };
    const found = data.scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Refusal(404, `there is no scenario "${name}"`);
    if (what === 'types') return data.types;
    if (what === 'trace') return data.trace;
    if (what === 'export') return data.shipped[0];
    const { status: _, ...definition } = found;
    return method === 'GET' ? { ...definition, code: data.code } : null;
  }

  function titanicCall({ query, method }: Call, [id]: readonly string[]): unknown {
    if (id === undefined) {
      const state = query.get('state');
      return data.titanic.filter((request) => state === null || request.state === state);
    }
    const found = data.titanic.find((request) => request.id === id);
    if (found === undefined) throw new Refusal(404, 'there is no such request');
    const frames = [{ text: 'exec' }, { text: 'door' }, { text: '{"open":true}' }];
    return method === 'GET' ? { request: found, frames } : null;
  }

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return Object.assign(mock, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
