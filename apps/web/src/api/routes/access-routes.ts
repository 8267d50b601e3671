import { VERSION } from '@raspy/runtime';
import { z } from 'zod';
import { MAX_TOLD } from '../../access/audit-log.js';
import { ROLES, SCOPES } from '../../access/roles.js';
import { passwordSchema, userNameSchema } from '../../access/users.js';
import { HttpProblem } from '../../problem.js';
import { auditLine, session, token, user } from '../answers/access.js';
import { json } from '../answers/json.js';
import { Answer, route, type Route } from '../route.js';
import { anyJson, count } from '../schemas.js';

const tag = 'Access';
const role = z.enum(ROLES);
/** A password that is only tried: rules are for new ones. */
const triedPassword = z.string().max(256);
const userParams = z.object({ name: z.string().max(200) });

/** Who is in, and who may come in. */
export const accessRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/session',
    tag,
    summary: 'Who is logged in, and what home this is',
    role: 'nobody',
    response: session,
    handle: ({ users, hostname, configuration }, { caller }) => ({
      claimed: users.isClaimed,
      user: caller.role === undefined ? null : { name: caller.user!, role: caller.role },
      csrf: caller.csrf ?? '',
      home: { hostname, version: VERSION, configuration: configuration.name },
    }),
  }),
  route({
    method: 'post',
    path: '/claim',
    tag,
    summary: 'Become the owner of a home that has none, with the code that its log tells',
    role: 'nobody',
    body: z.object({ code: z.string().max(100), name: userNameSchema, password: passwordSchema }),
    handle: async ({ door }, { caller, body }) =>
      new Answer(undefined, {
        session: await door.claim(caller.address, body.code, body.name, body.password),
      }),
  }),
  route({
    method: 'post',
    path: '/login',
    tag,
    summary: 'Log in',
    role: 'nobody',
    body: z.object({ name: z.string().max(200), password: triedPassword }),
    handle: async ({ door }, { caller, body, cookie }) =>
      new Answer(undefined, { session: await door.login(caller.address, body.name, body.password, cookie) }),
  }),
  route({
    method: 'post',
    path: '/logout',
    tag,
    summary: 'Log out',
    role: 'nobody',
    handle: async ({ door }, { cookie }) => {
      if (cookie !== undefined) await door.logout(cookie);
      return new Answer(undefined, { session: null });
    },
  }),
  route({
    method: 'post',
    path: '/password',
    tag,
    summary: 'Change one’s own password; other sessions end',
    role: 'viewer',
    body: z.object({ current: triedPassword, password: passwordSchema }),
    handle: async ({ door }, { caller, body }) => {
      if (caller.family === undefined)
        throw new HttpProblem(403, 'TOKEN', 'a token cannot change a password');
      return new Answer(undefined, {
        session: await door.changePassword(caller.address, caller.user!, body.current, body.password),
      });
    },
  }),
  route({
    method: 'get',
    path: '/preferences',
    tag,
    summary: 'What the user has set for itself: favourites, order',
    role: 'viewer',
    response: json,
    handle: ({ users }, { caller }) => users.preferences(caller.user!),
  }),
  route({
    method: 'put',
    path: '/preferences',
    audited: false,
    tag,
    summary: 'Keep what the user has set for itself: at most 64 KiB',
    role: 'viewer',
    body: anyJson,
    handle: ({ users }, { caller, body }) => {
      if (JSON.stringify(body ?? null).length > 65_536)
        throw new HttpProblem(413, 'TOO_LARGE', 'preferences are at most 64 KiB');
      return users.setPreferences(caller.user!, body ?? {});
    },
  }),
  route({
    method: 'get',
    path: '/users',
    tag,
    summary: 'All users',
    role: 'admin',
    response: z.array(user),
    handle: ({ users }) => users.list(),
  }),
  route({
    method: 'post',
    path: '/users',
    tag,
    summary: 'Add a user',
    role: 'admin',
    body: z.object({ name: userNameSchema, password: passwordSchema, role }),
    response: user,
    handle: ({ users, clock }, { body }) => users.add(body.name, body.password, body.role, clock.wallNow()),
  }),
  route({
    method: 'patch',
    path: '/users/{name}',
    tag,
    summary: 'Change role or password of a user; with a new password its sessions end',
    role: 'admin',
    params: userParams,
    body: z.object({ role: role.optional(), password: passwordSchema.optional() }),
    response: user,
    handle: async ({ users, door }, { params, body }) => {
      const changed = await users.update(params.name, body);
      if (body.password !== undefined) door.forget(params.name);
      return changed;
    },
  }),
  route({
    method: 'delete',
    path: '/users/{name}',
    tag,
    summary: 'Remove a user with its tokens; its sessions end',
    role: 'admin',
    params: userParams,
    handle: async ({ users, door }, { params }) => {
      await users.remove(params.name);
      door.forget(params.name);
    },
  }),
  route({
    method: 'get',
    path: '/tokens',
    tag,
    summary: 'Tokens for programs, without their secrets',
    role: 'admin',
    response: z.array(token),
    handle: ({ users }) => users.tokens(),
  }),
  route({
    method: 'post',
    path: '/tokens',
    tag,
    summary: 'Make a token for a program: it is told this once',
    role: 'admin',
    body: z.object({
      title: z.string().min(1).max(100),
      scope: z.enum(SCOPES),
      expiresAt: z
        .number()
        .positive()
        .optional()
        .meta({ description: 'Unix milliseconds; without it never' }),
    }),
    response: token.extend({ token: z.string() }),
    handle: ({ users, clock }, { caller, body }) => users.addToken(caller.user!, body, clock.wallNow()),
  }),
  route({
    method: 'delete',
    path: '/tokens/{id}',
    tag,
    summary: 'End a token',
    role: 'admin',
    params: z.object({ id: z.string().max(100) }),
    handle: ({ users }, { params }) => users.removeToken(params.id),
  }),
  route({
    method: 'get',
    path: '/audit',
    tag,
    summary: 'Who changed what, the latest first',
    role: 'admin',
    query: z.object({ limit: count(MAX_TOLD) }),
    response: z.array(auditLine),
    handle: ({ audit }, { query }) => audit.latest(query.limit ?? 100),
  }),
];
