import type { RequestReport } from '@raspy/titanic-store';
import { z } from 'zod';
import { bytesOf, framesJson } from '../../home/frames.js';
import { HttpProblem } from '../../problem.js';
import {
  durableRequest,
  entry,
  frame,
  point,
  requestState,
  service,
  statistics,
  treeStatus,
} from '../answers/home.js';
import { Answer, passed, route, type Route } from '../route.js';
import { anyJson, framesInput, server, serviceName } from '../schemas.js';

const key = z.string().regex(/^\/[^]{0,2000}$/, 'a key begins with /');
const subtree = z.string().max(2_000).optional();
const STREAM_TYPE = 'text/event-stream';

/** The bus and the tree. */
export const homeRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/services',
    tag: 'Services',
    summary: 'The services that have workers',
    role: 'viewer',
    response: z.array(service),
    handle: async ({ home }) => {
      const { services } = await home.mmi.workers();
      return [...services]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, idle, busy, queued }) => ({ name, workers: idle + busy, busy, waiting: queued }));
    },
  }),
  route({
    method: 'get',
    path: '/services/{server}/statistics',
    tag: 'Services',
    summary: 'The statistics of a server, by their oids',
    role: 'viewer',
    params: server,
    response: statistics,
    handle: async ({ home }, { params }) => {
      const reply = await home.client.call(`${params.server}.statistics`, ['all'], { ifNoWorker: 'fail' });
      const [all] = framesJson(reply);
      return passed(all !== undefined && 'text' in all ? JSON.parse(all.text) : {});
    },
  }),
  route({
    method: 'post',
    path: '/requests',
    tag: 'Services',
    summary: 'Send a request to a service by hand, once, and see the frames of the reply',
    role: 'admin',
    body: z.object({
      service: serviceName,
      frames: framesInput,
      timeoutMs: z.number().min(1).max(60_000).optional(),
    }),
    response: z.object({ frames: z.array(frame), ms: z.number() }),
    handle: async ({ home, clock }, { body, signal }) => {
      const began = clock.now();
      const frames = await home.client.request(body.service, bytesOf(body.frames), {
        ifNoWorker: 'fail',
        signal,
        ...(body.timeoutMs !== undefined && { timeoutMs: body.timeoutMs }),
      });
      return { frames: framesJson(frames), ms: clock.now() - began };
    },
  }),
  route({
    method: 'get',
    path: '/kv',
    tag: 'Tree',
    summary: 'The key/value tree, or a part of it',
    role: 'viewer',
    query: z.object({ subtree }),
    response: z.object({ status: treeStatus, entries: z.array(entry) }),
    handle: ({ live }, { query }) => ({ status: live.status, entries: live.entries(query.subtree ?? '') }),
  }),
  route({
    method: 'put',
    path: '/kv',
    tag: 'Tree',
    summary: 'Set a key to JSON; it is sent at once or not at all',
    role: 'admin',
    body: z.object({
      key,
      value: anyJson.refine((value) => value !== undefined, 'a value is needed'),
      ttlMs: z.number().positive().max(315_360_000_000).optional(),
    }),
    handle: ({ home }, { body }) => {
      const ttl = body.ttlMs === undefined ? {} : { ttlMs: body.ttlMs };
      home.tree.set(body.key, JSON.stringify(body.value), { ifOffline: 'fail', ...ttl });
    },
  }),
  route({
    method: 'delete',
    path: '/kv',
    tag: 'Tree',
    summary: 'Delete a key',
    role: 'admin',
    query: z.object({ key }),
    handle: ({ home }, { query }) => home.tree.delete(query.key, { ifOffline: 'fail' }),
  }),
  route({
    method: 'get',
    path: '/history',
    tag: 'Tree',
    summary: 'The last hour of a numeric value, of which memory has a point every ten seconds',
    role: 'viewer',
    query: z.object({ key }),
    response: z.object({ key: z.string(), points: z.array(point) }),
    handle: ({ live }, { query }) => ({ key: query.key, points: live.history(query.key) }),
  }),
  route({
    method: 'get',
    path: '/events',
    tag: 'Tree',
    summary:
      'Changes of the tree as server-sent events: snapshot, set, delete, status; Last-Event-ID resumes',
    role: 'viewer',
    query: z.object({ subtree }),
    response: { type: STREAM_TYPE, description: 'Events without end' },
    handle: ({ live, door }, { query, caller, header, signal, hangUp }) => {
      const reader = live.read({
        subtree: query.subtree ?? '',
        lastId: header('last-event-id'),
        mayRead: () => door.isStillIn(caller),
        hangUp,
      });
      if (reader === undefined)
        throw new HttpProblem(503, 'TOO_MANY_READERS', 'too many browsers read events already');
      signal.addEventListener('abort', () => reader.close(), { once: true });
      const stream = new ReadableStream<Uint8Array>(
        {
          pull: async (controller) => {
            const chunk = await reader.outflow.take();
            if (chunk === undefined) controller.close();
            else controller.enqueue(chunk);
          },
          cancel: () => reader.close(),
        },
        { highWaterMark: 0 },
      );
      return new Answer(stream, {
        type: STREAM_TYPE,
        headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      });
    },
  }),
  route({
    method: 'get',
    path: '/titanic',
    tag: 'Durable requests',
    summary: 'Durable requests, the oldest first',
    role: 'viewer',
    query: z.object({
      state: requestState.optional(),
      limit: z.coerce.number().int().min(1).max(10_000).optional(),
    }),
    response: z.array(durableRequest),
    handle: ({ home }, { query }) => passed(home.titanicAdmin.list(query)),
  }),
  route({
    method: 'get',
    path: '/titanic/{id}',
    tag: 'Durable requests',
    summary: 'One durable request with the frames of its body, and of its reply when it is done',
    role: 'admin',
    params: z.object({ id: z.string().max(100) }),
    response: z.object({
      request: durableRequest,
      frames: z.array(frame),
      reply: z.array(frame).optional(),
    }),
    handle: async ({ home }, { params }) => {
      const { request, body } = await home.titanicAdmin.show(params.id);
      const told = passed<RequestReport>(request);
      const reply =
        told.state === 'done' ? { reply: framesJson(await home.titanicAdmin.reply(params.id)) } : {};
      return { request: told, frames: framesJson(body), ...reply };
    },
  }),
  route({
    method: 'post',
    path: '/titanic',
    tag: 'Durable requests',
    summary: 'Submit a durable request',
    role: 'admin',
    body: z.object({
      service: serviceName,
      frames: framesInput,
      options: z
        .strictObject({
          notBefore: z.number().min(0).optional(),
          expiresAt: z.number().min(0).optional(),
          idempotencyKey: z.string().min(1).max(255).optional(),
          onExpire: z.enum(['drop', 'dead']).optional(),
        })
        .refine(
          ({ notBefore = 0, expiresAt = Infinity }) => notBefore < expiresAt,
          'expiresAt must be after notBefore',
        )
        .optional(),
    }),
    response: z.object({ id: z.string() }),
    handle: async ({ home }, { body }) => {
      const { notBefore, expiresAt, idempotencyKey, onExpire } = body.options ?? {};
      const id = await home.titanic.submit(body.service, bytesOf(body.frames), {
        ...(notBefore !== undefined && { notBefore }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(onExpire !== undefined && { onExpire }),
      });
      return { id };
    },
  }),
  route({
    method: 'post',
    path: '/titanic/{id}/retry',
    tag: 'Durable requests',
    summary: 'Give a dead letter its attempts anew',
    role: 'admin',
    params: z.object({ id: z.string().max(100) }),
    handle: ({ home }, { params }) => home.titanicAdmin.retry(params.id),
  }),
  route({
    method: 'delete',
    path: '/titanic/{id}',
    tag: 'Durable requests',
    summary: 'End a durable request, for good',
    role: 'admin',
    params: z.object({ id: z.string().max(100) }),
    handle: ({ home }, { params }) => home.titanicAdmin.drop(params.id),
  }),
];
