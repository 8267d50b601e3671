/** A mistake in what was sent: where, and what would be right. */
export interface Mistake {
  /** Dotted, e.g. `config.percent`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** The body of an answer that says why something was not done (RFC 9457). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** For programs: compare this. */
  readonly code: string;
  readonly mistakes?: readonly Mistake[];
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not logged in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Too large',
  415: 'Not JSON',
  421: 'Wrong host',
  422: 'Cannot be done',
  429: 'Too many attempts',
  500: 'Failed',
  502: 'Service failed',
  503: 'Not available now',
  504: 'No answer in time',
};

/** Why a request is not done, to be told to whoever sent it; its message is for people. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly mistakes: readonly Mistake[] | undefined;
  readonly retryAfterMs: number | undefined;

  /** @param more.retryAfterMs - told as `Retry-After`, in whole seconds. Default none */
  constructor(
    status: number,
    code: string,
    detail: string,
    more: ErrorOptions & { readonly mistakes?: readonly Mistake[]; readonly retryAfterMs?: number } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.code = code;
    this.mistakes = more.mistakes;
    this.retryAfterMs = more.retryAfterMs;
  }

  /** As it is sent. */
  get body(): ProblemBody {
    return {
      type: 'about:blank',
      title: TITLES[this.status] ?? 'Failed',
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.mistakes !== undefined && { mistakes: this.mistakes }),
    };
  }
}

interface Coded {
  readonly code?: unknown;
  readonly message: string;
  readonly attempts?: number;
  readonly status?: string;
  readonly body?: readonly Uint8Array[];
}

const MAY_HAVE_RUN = 'it may have been carried out: look before it is sent again';

/** Of errors of the bus, the tree and Titanic, by their codes: classes may come from two copies of a library. */
const KNOWN: Readonly<Record<string, (error: Coded) => HttpProblem>> = {
  SERVICE_STATUS: (error) => ofStatus(error),
  NO_WORKER: (error) => new HttpProblem(404, 'NO_SERVER', `no server offers this now: ${error.message}`),
  TIMEOUT: (error) =>
    error.attempts === 0
      ? new HttpProblem(503, 'NO_BROKER', 'the broker of the home cannot be reached; nothing was sent')
      : new HttpProblem(504, 'TIMEOUT', `no answer came in time; ${MAY_HAVE_RUN}`),
  CONNECTION_LOST: () =>
    new HttpProblem(502, 'CONNECTION_LOST', `the connection to the broker was lost; ${MAY_HAVE_RUN}`),
  WORKER_LOST: () => new HttpProblem(502, 'WORKER_LOST', `the server was lost meanwhile; ${MAY_HAVE_RUN}`),
  INVALID_REPLY: () => new HttpProblem(502, 'INVALID_REPLY', 'the server gave an answer that makes no sense'),
  QUEUE_FULL: () => new HttpProblem(503, 'BUSY', 'too much waits for this server; nothing was done'),
  EXPIRED: () => new HttpProblem(503, 'BUSY', 'the server was not free in time; nothing was done'),
  TOO_MANY_REQUESTS: () => new HttpProblem(503, 'BUSY', 'too many requests wait; nothing was sent'),
  TOO_MANY_PENDING: () => new HttpProblem(503, 'BUSY', 'too much waits for the tree; nothing was set'),
  CLOSED: () => new HttpProblem(503, 'CLOSING', 'the web server is being stopped'),
  ABORTED: () => new HttpProblem(503, 'CLOSING', 'the request was withdrawn'),
  OFFLINE: () => new HttpProblem(503, 'OFFLINE', 'the tree cannot be reached; nothing was set'),
  NOT_SYNCED: () => new HttpProblem(503, 'NOT_SYNCED', 'the picture of the tree is not complete yet'),
  LIMIT: (error) => new HttpProblem(400, 'LIMIT', error.message),
  INVALID_REQUEST: (error) => new HttpProblem(400, 'INVALID', error.message),
  REFUSED: (error) => new HttpProblem(400, 'REFUSED', error.message),
  NOT_STORED: (error) => new HttpProblem(503, 'NOT_STORED', error.message),
  UNKNOWN_REQUEST: (error) => new HttpProblem(404, 'UNKNOWN_REQUEST', error.message),
};

/**
 * What is told of an error. Of one that nobody has foreseen only that it happened is told, and its text stays in the log.
 * @returns `undefined` for such a one
 */
export function problemOf(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined;
  return known?.(error as Coded);
}

/** A status that a service gave, with its reason; a `500` with a reason is a refusal in words, one without is a failure. */
function ofStatus({ status, message }: Coded): HttpProblem {
  const reason = /^"[^"]*" answered \d{3}: ([\s\S]*)$/.exec(message)?.[1];
  switch (status) {
    case '400':
      return new HttpProblem(400, 'INVALID', reason ?? 'the server did not take it');
    case '404':
      return new HttpProblem(404, 'NOT_FOUND', reason ?? 'there is no such thing');
    case '409':
      return new HttpProblem(409, 'REFUSED', reason ?? 'it cannot be done as things stand');
    case '501':
      return new HttpProblem(404, 'UNKNOWN_COMMAND', reason ?? 'the server does not know this');
    default:
      return reason === undefined
        ? new HttpProblem(502, 'SERVICE_FAILED', 'the server failed; its log has the reason')
        : new HttpProblem(409, 'REFUSED', reason);
  }
}
