import { z } from 'zod';
import type { Caller } from '../access/doorkeeper.js';
import type { Role } from '../access/roles.js';
import type { Frozen } from './answers/json.js';
import type { ApiParts } from './parts.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A request that was let in and read. */
export interface RouteInput<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  /** Of the session that it came with. */
  readonly cookie: string | undefined;
  /** Headers, by their names in small letters. */
  readonly header: (name: string) => string | undefined;
  /** Aborts when whoever asked is gone. */
  readonly signal: AbortSignal;
  /** Ends the connection at once. */
  readonly hangUp: () => void;
}

/** An answer that is not JSON, or sets a cookie. */
export class Answer {
  constructor(
    readonly content: unknown,
    readonly more: {
      /** Of the content, when it is bytes, text or a stream. @default JSON */
      readonly type?: string;
      /** The session that the browser is in from now on; `null` ends it. */
      readonly session?: string | null;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {}
}

/** What an answer is: JSON of a form, nothing, or something else. */
export type ResponseForm =
  | { readonly kind: 'json'; readonly schema: z.ZodType }
  | { readonly kind: 'empty' }
  | { readonly kind: 'other'; readonly type: string; readonly description: string };

/** One entry of the table: server, OpenAPI document and typed client are made from it. */
export interface Route {
  readonly method: Method;
  /** Below `/api/v1`, e.g. `/devices/{server}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Who may; `nobody`: those who are not logged in, too. */
  readonly role: Role | 'nobody';
  /** Whether the audit log tells of it; of nothing that only reads, or comes every few seconds. */
  readonly audited: boolean;
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly response: ResponseForm;
  readonly handle: (parts: ApiParts, input: RouteInput<unknown, unknown, unknown>) => unknown;
}

type Read<S> = S extends z.ZodType ? z.output<S> : undefined;
/** What a handler may return for a response. */
type Handled<R> = R extends z.ZodType ? Answer | Frozen<z.output<R>> : R extends undefined ? unknown : Answer;

/**
 * What somebody else of the home has told, as it is: of any version, so that nothing of it is checked or lost. That it has
 * the type is what its service promises, and a test looks at.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever asks knows what the service promises
export function passed<T>(told: unknown): T {
  return told as T;
}

/** An entry of the table whose handler gets what its schemas read. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType | { readonly type: string; readonly description: string } | undefined = undefined,
>(definition: {
  readonly method: Method;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly role: Role | 'nobody';
  /** @default whatever is no `get` */
  readonly audited?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Of JSON. @default nothing is answered */
  readonly response?: R;
  readonly handle: (
    parts: ApiParts,
    input: RouteInput<Read<P>, Read<Q>, Read<B>>,
  ) => Handled<R> | Promise<Handled<R>>;
}): Route {
  const { response, params, query, body, handle, ...rest } = definition;
  return {
    audited: definition.method !== 'get',
    ...rest,
    params,
    query,
    body,
    response:
      response === undefined
        ? { kind: 'empty' }
        : response instanceof z.ZodType
          ? { kind: 'json', schema: response }
          : { kind: 'other', ...response },
    // Schemas and handler come from one definition: what they read is what it gets.
    handle: handle as Route['handle'],
  };
}
