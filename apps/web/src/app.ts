import type { HttpBindings } from '@hono/node-server';
import type { Logger } from '@raspy/runtime';
import { PROMETHEUS_CONTENT_TYPE, type PrometheusExposition } from '@raspy/statistics';
import { Hono, type Context } from 'hono';
import { compress } from 'hono/compress';
import { openApiDocument } from './api/openapi.js';
import type { ApiParts } from './api/parts.js';
import type { Route } from './api/route.js';
import { ApiServer } from './api/serve-route.js';
import { API_BASE, routes } from './api/table.js';
import { DOCS_CSS, DOCS_HTML, DOCS_JS } from './http/docs-page.js';
import { checkHost, requestFacts } from './http/request-facts.js';
import { securityHeaders } from './http/security-headers.js';
import type { StaticFiles } from './http/static-files.js';
import { HttpProblem, problemOf } from './problem.js';
import type { WebStatistics } from './web-statistics.js';

/** What a request comes with. */
export type WebEnv = { readonly Bindings: HttpBindings };

/** What the app is told. */
export interface AppOptions {
  readonly parts: ApiParts;
  readonly files: StaticFiles;
  readonly logger: Logger;
  /** By which this server is known; addresses always do. */
  readonly hosts: ReadonlySet<string>;
  readonly trustProxy: boolean;
  readonly statistics: Pick<WebStatistics, 'count'>;
  readonly exposition: PrometheusExposition;
}

/** The whole of what is served by HTTP. */
export function webApp(options: AppOptions): Hono<WebEnv> {
  const { parts, files, logger, hosts, trustProxy, statistics, exposition } = options;
  const app = new Hono<WebEnv>({ strict: false });
  const api = new ApiServer(parts, trustProxy);

  app.use(async (c, next) => {
    checkHost(requestFacts(c.env.incoming, trustProxy), hosts);
    await next();
    for (const [name, value] of Object.entries(securityHeaders(isData(c)))) c.res.headers.set(name, value);
    statistics.count(c.req.method, c.res.status);
  });
  app.onError((error, c) => {
    const known = problemOf(error);
    if (known === undefined) {
      logger.error('a request failed', {
        method: c.req.method,
        path: c.req.path,
        error: String(error.stack),
      });
    }
    const told = parts.configuration.tellsFailures
      ? `: ${error.message}`
      : '; the log of the server has the reason';
    const response = problemResponse(known ?? new HttpProblem(500, 'FAILED', `this failed${told}`));
    for (const [name, value] of Object.entries(securityHeaders(true))) response.headers.set(name, value);
    statistics.count(c.req.method, response.status);
    return response;
  });

  // Cookies are SameSite=Strict: no page of another site can have words of its own compressed beside somebody's secrets.
  app.use('/api/*', compress());
  addApi(app, api);
  const openApi = JSON.stringify(openApiDocument());
  const fixed = (path: string, type: string, text: string): void => {
    app.get(path, (c) => c.body(text, 200, { 'content-type': type, 'cache-control': 'no-cache' }));
  };
  fixed('/api/openapi.json', 'application/json', openApi);
  fixed('/api/docs', 'text/html; charset=utf-8', DOCS_HTML);
  fixed('/api/docs.css', 'text/css; charset=utf-8', DOCS_CSS);
  fixed('/api/docs.js', 'text/javascript; charset=utf-8', DOCS_JS);

  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', (c) => {
    const state = { broker: parts.home.status, tree: parts.live.status };
    const isReady = state.broker === 'connected' && state.tree === 'synced';
    return c.json({ status: isReady ? 'ready' : 'not ready', ...state }, isReady ? 200 : 503);
  });
  app.get('/metrics', (c) => {
    api.admit(c, 'viewer');
    return c.body(exposition.text(), 200, { 'content-type': PROMETHEUS_CONTENT_TYPE });
  });

  app.all('/api/*', () => {
    throw new HttpProblem(404, 'NO_ROUTE', 'the API has no such path: /api/docs shows what there is');
  });
  app.get('*', async (c) => {
    const response = await files.serve({
      path: c.req.path,
      acceptEncoding: c.req.header('accept-encoding') ?? '',
      ifNoneMatch: c.req.header('if-none-match'),
    });
    if (response === undefined) throw new HttpProblem(404, 'NO_FILE', 'there is no such file');
    return response;
  });
  app.notFound(() => {
    throw new HttpProblem(405, 'METHOD', 'nothing can be changed here: the API is below /api/v1');
  });
  return app;
}

function addApi(app: Hono<WebEnv>, api: ApiServer): void {
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    app.on(route.method.toUpperCase(), pattern(route), (c) => api.serve(route, c));
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method.toUpperCase()]);
  }
  for (const [path, allowed] of methods) {
    app.all(pattern({ path }), () => {
      const response = problemResponse(new HttpProblem(405, 'METHOD', `this takes ${allowed.join(', ')}`));
      response.headers.set('allow', allowed.join(', '));
      return response;
    });
  }
}

function pattern({ path }: Pick<Route, 'path'>): string {
  return API_BASE + path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Whether an answer is none of our pages, which may do more than data. */
function isData({ req }: Context<WebEnv>): boolean {
  return req.path.startsWith(API_BASE) || req.path === '/api/openapi.json';
}

/** A problem as an answer. */
export function problemResponse(problem: HttpProblem): Response {
  const { retryAfterMs, status } = problem;
  return new Response(JSON.stringify(problem.body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
      ...(status === 413 && { connection: 'close' }),
    },
  });
}
