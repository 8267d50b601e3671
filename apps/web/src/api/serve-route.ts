import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { z } from 'zod';
import type { Caller } from '../access/doorkeeper.js';
import { reaches } from '../access/roles.js';
import type { WebEnv } from '../app.js';
import { readJson } from '../http/read-body.js';
import { checkOrigin, requestFacts, type RequestFacts } from '../http/request-facts.js';
import { HttpProblem, problemOf } from '../problem.js';
import type { ApiParts } from './parts.js';
import { Answer, type Route } from './route.js';

const SESSION_SECONDS = 30 * 86_400;

/** Who asks, and by what. */
interface Admitted {
  readonly caller: Caller;
  readonly cookie: string | undefined;
  readonly facts: RequestFacts;
}

/** Serves the routes of the table: lets in, reads, has it done, answers, and writes down who changed what. */
export class ApiServer {
  constructor(
    private readonly parts: ApiParts,
    private readonly trustProxy: boolean,
  ) {}

  async serve(route: Route, c: Context<WebEnv>): Promise<Response> {
    let admitted: Admitted | undefined;
    let name: string | undefined;
    try {
      admitted = this.admit(c, route.role, route.method !== 'get');
      const { caller, cookie } = admitted;
      const input = {
        params: read(route.params, c.req.param(), 'path'),
        query: read(route.query, c.req.query(), 'query'),
        body: route.body === undefined ? undefined : read(route.body, await readJson(c.req.raw), ''),
        caller,
        cookie,
        header: (header: string) => c.req.header(header),
        signal: c.req.raw.signal,
        hangUp: () => c.env.incoming.socket.destroy(),
      };
      const result = await route.handle(this.parts, input);
      // Of somebody who has just come in.
      name = caller.user ?? (input.body as { readonly name?: string } | undefined)?.name;
      const response = this.#answer(route, c, result, admitted);
      await this.#write(route, c, admitted, response.status, { who: name ?? '' });
      return response;
    } catch (error) {
      const { status, code } = problemOf(error) ?? { status: 500, code: 'FAILED' };
      // Whoever is nobody has changed nothing; what is written of guesses is bounded, since whoever guesses has to wait.
      if (admitted !== undefined && (admitted.caller.user !== undefined || status === 401)) {
        await this.#write(route, c, admitted, status, { who: admitted.caller.user ?? '', code });
      }
      throw error;
    }
  }

  /** @throws HttpProblem for somebody who may not */
  admit(c: Context<WebEnv>, role: Route['role'], isChange = false): Admitted {
    const facts = requestFacts(c.env.incoming, this.trustProxy);
    const header = (name: string): string | undefined => c.req.header(name);
    if (isChange) checkOrigin(facts, header);
    const cookie = getCookie(c, cookieName(facts));
    const caller = this.parts.door.identify({
      address: facts.address,
      cookie,
      authorization: header('authorization'),
    });
    if (isChange && caller.csrf !== undefined && !this.parts.door.isCsrf(caller, header('x-csrf-token'))) {
      throw new HttpProblem(
        403,
        'CSRF',
        'the header X-CSRF-Token is missing or wrong: GET /session tells it',
      );
    }
    if (role !== 'nobody') {
      if (caller.role === undefined) throw new HttpProblem(401, 'LOGIN', 'log in first');
      if (!reaches(caller.role, role)) throw new HttpProblem(403, 'ROLE', `this needs the role ${role}`);
    }
    return { caller, cookie, facts };
  }

  #answer(route: Route, c: Context<WebEnv>, result: unknown, { caller, cookie, facts }: Admitted): Response {
    const { content, more } = result instanceof Answer ? result : new Answer(result);
    const isIn = caller.family !== undefined && cookie !== undefined;
    const session =
      more.session ?? (more.session === null ? '' : isIn ? this.parts.door.rotated(cookie) : undefined);
    if (session !== undefined) {
      setCookie(c, cookieName(facts), session, {
        httpOnly: true,
        sameSite: 'Strict',
        secure: facts.secure,
        path: '/',
        maxAge: session === '' ? 0 : SESSION_SECONDS,
      });
    }
    for (const [name, value] of Object.entries(more.headers ?? {})) c.header(name, value);
    if (more.type !== undefined) {
      c.header('content-type', more.type);
      return c.body(content as string | ReadableStream | Uint8Array<ArrayBuffer>);
    }
    c.header('cache-control', 'no-store');
    if (route.response.kind === 'empty') return c.body(null, 204);
    const json = JSON.stringify(content ?? null);
    // Its length, since what is short is not worth compressing.
    c.header('content-length', String(Buffer.byteLength(json)));
    return c.body(json, 200, { 'content-type': 'application/json' });
  }

  async #write(
    { audited }: Route,
    c: Context<WebEnv>,
    { caller }: Admitted,
    status: number,
    more: { readonly who: string; readonly code?: string },
  ): Promise<void> {
    if (!audited) return;
    const { address, token } = caller;
    await this.parts.audit.add({
      at: this.parts.clock.wallNow(),
      address,
      what: `${c.req.method} ${c.req.path}`.slice(0, 500),
      status,
      ...more,
      ...(token !== undefined && { token }),
    });
  }
}

/**
 * Of a session at one server: browsers send cookies to all ports of an address, and another home may be at one of them. With
 * `__Host-` a browser takes it only by TLS, and from no other host.
 */
export function cookieName({ secure, port }: Pick<RequestFacts, 'secure' | 'port'>): string {
  return `${secure ? '__Host-' : ''}raspy_session_${port}`;
}

/** @throws HttpProblem 400 with all mistakes */
function read(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message }) => {
    return { path: [...(where === '' ? [] : [where]), ...path.map(String)].join('.'), message };
  });
  const [first] = mistakes;
  throw new HttpProblem(400, 'INVALID', `${first!.path === '' ? '' : `${first!.path}: `}${first!.message}`, {
    mistakes,
  });
}
