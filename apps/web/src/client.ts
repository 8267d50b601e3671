import type { ApiOperations, Mistake, Problem } from './api/client-types.js';

export type * from './api/client-types.js';

/** Of an operation: `GET /devices/{server}/{device}`. */
export type ApiOperation = keyof ApiOperations;
/** What an operation answers: JSON; `undefined` for nothing, a text, or for a stream or a picture the whole `Response`. */
export type ApiResponse<O extends ApiOperation> = ApiOperations[O]['response'];

/** What a call may be given besides. */
export interface CallOptions {
  /** E.g. `Idempotency-Key`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up when it aborts; what was sent may have been done. */
  readonly signal?: AbortSignal;
}

/** What an operation asks for; a query of which nothing is needed may be left out. */
export type ApiInput<O extends ApiOperation> = Given<'params', ApiOperations[O]['params']> &
  Given<'query', ApiOperations[O]['query']> &
  Given<'body', ApiOperations[O]['body']> &
  CallOptions;
type Given<N extends 'params' | 'query' | 'body', T> = [T] extends [undefined]
  ? unknown
  : [N, object] extends ['query', T]
    ? { readonly [K in N]?: T }
    : { readonly [K in N]: T };

/** Calls an operation of the API by its method and path: what it is given and what it answers is checked by the compiler. */
export type ApiCall = <O extends ApiOperation>(
  operation: O,
  ...input: object extends ApiInput<O> ? [input?: ApiInput<O>] : [input: ApiInput<O>]
) => Promise<ApiResponse<O>>;

/** How a request is sent. */
export interface ApiRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** What {@link apiClient} is told. */
export interface ApiClientOptions {
  /** Of the web server, e.g. `http://pi:8080`. @default '': the one that the page is of */
  readonly url?: string;
  /** That a program was given. @default none: the session of the page */
  readonly token?: string;
  /** Sends; rejects when the server cannot be reached. @default the global one */
  readonly fetch?: (url: string, request: ApiRequest) => Promise<Response>;
}

/** Why the server has not done it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** For programs: compare this. */
  readonly code: string;
  /** Of HTTP; 0 when the server could not be reached. */
  readonly status: number;
  /** In what was sent. */
  readonly mistakes: readonly Mistake[];

  constructor({
    title,
    status,
    detail,
    code,
    mistakes,
  }: Partial<Problem> & Pick<Problem, 'title' | 'status'>) {
    super(detail ?? title);
    this.code = code ?? String(status);
    this.status = status;
    this.mistakes = mistakes ?? [];
  }
}

/**
 * The API of a home. Nothing is sent twice. Calls reject with an {@link ApiError} for what was refused, and with what
 * `fetch` rejects with.
 */
export function apiClient({
  url = '',
  token,
  fetch: send = (to, request) => fetch(to, request),
}: ApiClientOptions = {}): ApiCall {
  return async (operation, ...[input]) => {
    const { params, query, body, headers, signal } = (input ?? {}) as AnyInput;
    const [method, path] = operation.split(' ') as [string, string];
    const response = await send(`${url}/api/v1${filled(path, params)}${queryText(query)}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
    if (!response.ok) throw new ApiError(await problemOf(response));
    // The one place where an answer is taken to be what the document says.
    return (await contentOf(response)) as never;
  };
}

/** The members of every {@link ApiInput}. */
interface AnyInput extends CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

function filled(path: string, params: AnyInput['params']): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params![name]!));
}

function queryText(query: AnyInput['query'] = {}): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) text.set(name, String(value));
  return text.size === 0 ? '' : `?${text.toString()}`;
}

async function contentOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (response.status === 204) return undefined;
  if (type.startsWith('application/json')) return response.json();
  return type.startsWith('text/plain') ? response.text() : response;
}

/** What stands between it and the server may answer something else than a problem. */
async function problemOf(response: Response): Promise<Partial<Problem> & Pick<Problem, 'title' | 'status'>> {
  const { status, statusText } = response;
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...body, title: body.title ?? statusText, status };
  } catch {
    return { title: `The server answered ${status} ${statusText}`, status };
  }
}
