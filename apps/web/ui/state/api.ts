import { ApiError, apiClient, type ApiRequest } from '../../src/client.js';
import type { Mistake, Session } from '../model/types.js';
import { after } from './time.js';

/** A request that takes longer to answer is given up, milliseconds; a photo or a slow device may take a while. */
const PATIENCE_MS = 30_000;

let csrf = '';
let signedOut: () => void = () => undefined;

/** Called when the server knows the session no more. */
export function onSignedOut(task: () => void): void {
  signedOut = task;
}

/** Calls an operation of the API. Rejects with an ApiError; its status is 0 when the server could not be reached. */
export const call = apiClient({ fetch: send });

/** Asks who is logged in, and remembers the token that changes need. */
export async function fetchSession(): Promise<Session> {
  const session = await call('GET /session');
  csrf = session.csrf;
  return session;
}

async function send(url: string, request: ApiRequest): Promise<Response> {
  const abort = new AbortController();
  const cancel = after(PATIENCE_MS, () => abort.abort());
  request.signal?.addEventListener('abort', () => abort.abort());
  let response: Response;
  try {
    response = await fetch(url, {
      ...request,
      headers: { ...request.headers, ...(request.method !== 'GET' && { 'x-csrf-token': csrf }) },
      credentials: 'same-origin',
      signal: abort.signal,
    });
  } catch {
    const title = abort.signal.aborted
      ? 'The server has not answered in time'
      : 'The server cannot be reached';
    throw new ApiError({ title, status: 0, code: 'UNREACHABLE' });
  } finally {
    cancel();
  }
  if (response.status === 401 && !url.endsWith('/login')) signedOut();
  return response;
}

/** Something that went wrong, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function mistakesOf(error: unknown): readonly Mistake[] {
  return error instanceof ApiError ? error.mistakes : [];
}
