import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { mockApi, Refusal, type MockState } from './mock-api.js';
import { mockData } from './mock-data.js';
import { MockHome } from './mock-home.js';

/** The policy that the real server sends: what it forbids fails here, too. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface MockServer extends MockState {
  readonly url: string;
  readonly home: MockHome;
  /** Whether the stream of events is refused. */
  away: boolean;
  /** Changes that were asked for, as `METHOD path`. */
  readonly asked: string[];
  /** Ids by which streams asked to resume. */
  readonly resumed: string[];
  /** Durable requests that wait are done. */
  doRequests(): void;
  /** Ends all streams of events. */
  dropStreams(): void;
  close(): Promise<void>;
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
    doRequests: () => {
      for (const request of data.titanic) if (request.state === 'waiting') request.state = 'done';
    },
    dropStreams: () => streams.forEach((stream) => stream.destroy()),
    close: async () => {
      clearInterval(stirring);
      streams.forEach((stream) => stream.destroy());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const api = mockApi(home, data, mock);

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
      const path = url.pathname.slice('/api/v1'.length);
      const method = request.method!;
      if (method !== 'GET') {
        if (request.headers['x-csrf-token'] !== 'mock-csrf')
          throw new Refusal(403, 'the CSRF token is missing');
        mock.asked.push(`${method} ${path}`);
      }
      const result = api({ method, path, query: url.searchParams, body: await bodyOf(request) });
      if (result === undefined) return void response.writeHead(204).end();
      if (Buffer.isBuffer(result))
        return void response.writeHead(200, { 'content-type': 'image/png' }).end(result);
      if (typeof result === 'string')
        return void response.writeHead(200, { 'content-type': 'text/plain' }).end(result);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    } catch (error) {
      const { status = 500, mistakes } = error as Partial<Refusal>;
      const problem = {
        type: 'about:blank',
        title: 'Refused',
        status,
        detail: (error as Error).message,
        code: 'MOCK',
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

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return Object.assign(mock, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}
