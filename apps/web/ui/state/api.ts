import type { Json, Mistake, Problem, Session } from '../model/types.js';
import { after } from './time.js';

const BASE = '/api/v1';
/** A request that takes longer is given up, milliseconds; a photo or a slow device may take a while. */
const PATIENCE_MS = 30_000;

/** The server refused, or could not be reached: then `status` is 0. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly mistakes: readonly Mistake[];

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.code = problem.code ?? String(problem.status);
    this.status = problem.status;
    this.mistakes = problem.mistakes ?? [];
  }
}

let csrf = '';
let signedOut: () => void = () => undefined;

/** Called when the server knows the session no more. */
export function onSignedOut(task: () => void): void {
  signedOut = task;
}

/** Asks who is logged in, and remembers the token that changes need. */
export async function fetchSession(): Promise<Session> {
  const session = await get<Session>('/session');
  csrf = session.csrf;
  return session;
}

export const get = <T>(path: string): Promise<T> => send<T>('GET', path);
export const post = <T = void>(path: string, body: unknown = {}): Promise<T> => send<T>('POST', path, body);
export const put = <T = void>(path: string, body: unknown): Promise<T> => send<T>('PUT', path, body);
export const patch = <T = void>(path: string, body: unknown): Promise<T> => send<T>('PATCH', path, body);
export const remove = (path: string): Promise<void> => send('DELETE', path);

/** A path from its parts, each made safe. */
export function path(...parts: readonly string[]): string {
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** @throws ApiError */
async function send<T>(method: string, to: string, body?: unknown): Promise<T> {
  const response = await request(to, {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(method !== 'GET' && { 'x-csrf-token': csrf }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** The text of an answer that is not JSON. @throws ApiError */
export async function getText(to: string): Promise<string> {
  return (await request(to, { method: 'GET' })).text();
}

/** @throws ApiError */
export async function getBlob(to: string): Promise<Blob> {
  return (await request(to, { method: 'GET' })).blob();
}

async function request(to: string, init: RequestInit): Promise<Response> {
  const abort = new AbortController();
  const cancel = after(PATIENCE_MS, () => abort.abort());
  let response: Response;
  try {
    response = await fetch(BASE + to, { ...init, credentials: 'same-origin', signal: abort.signal });
  } catch {
    const title = abort.signal.aborted
      ? 'The server has not answered in time'
      : 'The server cannot be reached';
    throw new ApiError({ title, status: 0, code: 'UNREACHABLE' });
  } finally {
    cancel();
  }
  if (response.ok) return response;
  if (response.status === 401 && to !== '/login') signedOut();
  throw new ApiError(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...body, title: body.title ?? response.statusText, status: response.status };
  } catch {
    return {
      title: `The server answered ${response.status} ${response.statusText}`,
      status: response.status,
    };
  }
}

/** The stream of changes; to be read until it ends. @throws ApiError */
export async function openEvents(lastId: string | undefined, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${BASE}/events`, {
      headers: { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) },
      credentials: 'same-origin',
      cache: 'no-store',
      signal,
    });
  } catch {
    throw new ApiError({ title: 'The server cannot be reached', status: 0, code: 'UNREACHABLE' });
  }
  if (response.status === 401) signedOut();
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

/** Something that went wrong, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function mistakesOf(error: unknown): readonly Mistake[] {
  return error instanceof ApiError ? error.mistakes : [];
}

export type { Json };
