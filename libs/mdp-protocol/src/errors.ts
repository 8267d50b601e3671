import type { Frames } from '@raspy/wire';

/** Codes of {@link MdpError}: compare these rather than classes, since two copies of the library may meet. */
export type MdpErrorCode =
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CLOSED'
  | 'CONNECTION_LOST'
  | 'TOO_MANY_REQUESTS'
  | 'INVALID_REQUEST'
  | 'NO_WORKER'
  | 'WORKER_LOST'
  | 'QUEUE_FULL'
  | 'EXPIRED'
  | 'SERVICE_STATUS'
  | 'INVALID_REPLY';

/** Base of all errors of this library. */
export abstract class MdpError extends Error {
  abstract readonly code: MdpErrorCode;

  constructor(
    /** The service that was asked, or served. */
    readonly service: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The request failed on this side of the bus: the manual's ClientError. */
export abstract class MdpClientError extends MdpError {}

/** The broker or the service refused or failed: the manual's ServerError. */
export abstract class MdpServerError extends MdpError {}

/** No reply came within `timeoutMs`. The request may still be executed: repeat only what may run twice. */
export class MdpTimeoutError extends MdpClientError {
  readonly code = 'TIMEOUT';
  constructor(
    service: string,
    readonly timeoutMs: number,
    /** How often it was sent; 0 when no broker was reached in time, or others went first: it was certainly not executed. */
    readonly attempts: number,
  ) {
    super(
      service,
      attempts === 0
        ? `the request to "${service}" was not sent within ${timeoutMs} ms: no broker was reached, or others went first`
        : `"${service}" did not reply within ${timeoutMs} ms (attempts: ${attempts}); it may still execute the request`,
    );
  }
}

/** The caller's AbortSignal fired. A request that was already sent may still be executed. */
export class MdpAbortedError extends MdpClientError {
  readonly code = 'ABORTED';
  constructor(service: string, reason: unknown) {
    super(service, `the request to "${service}" was aborted by its caller`, { cause: reason });
  }
}

/** The client, or the broker of this process, was closed while the request waited, or before. */
export class MdpClosedError extends MdpClientError {
  readonly code = 'CLOSED';
  constructor(service: string, closed: 'client' | 'broker' = 'client') {
    super(service, `the ${closed} was closed; the request to "${service}" gets no reply`);
  }
}

/** The connection to the broker ended after the request was sent: no reply can come, and it may have been executed. */
export class MdpConnectionLostError extends MdpClientError {
  readonly code = 'CONNECTION_LOST';
  constructor(service: string) {
    super(
      service,
      `the connection to the broker was lost; the request to "${service}" may have been executed`,
    );
  }
}

/** More requests wait in this client than its `maxQueued` allows; this one was not sent. */
export class MdpTooManyRequestsError extends MdpClientError {
  readonly code = 'TOO_MANY_REQUESTS';
  constructor(
    service: string,
    readonly limit: number,
  ) {
    super(service, `${limit} requests wait in this client already; the one to "${service}" was not sent`);
  }
}

/** The request cannot be put on the wire: no body frame, or a service name that is empty or too long. */
export class MdpInvalidRequestError extends MdpClientError {
  readonly code = 'INVALID_REQUEST';
}

/** `ifNoWorker: 'fail'`, and no worker offers the service; the request was not sent. */
export class MdpNoWorkerError extends MdpServerError {
  readonly code = 'NO_WORKER';
  constructor(service: string) {
    super(service, `no worker offers "${service}"; the request was not sent`);
  }
}

/** The worker disappeared while it had the request, which may have been executed in part. */
export class MdpWorkerLostError extends MdpServerError {
  readonly code = 'WORKER_LOST';
  constructor(service: string) {
    super(service, `the worker of "${service}" was lost; it may have executed the request`);
  }
}

/** The broker holds as many requests as it may; this one was not executed. */
export class MdpQueueFullError extends MdpServerError {
  readonly code = 'QUEUE_FULL';
  constructor(service: string) {
    super(service, `the broker's queue for "${service}" is full; the request was not executed`);
  }
}

/** The request waited at the broker for longer than it may; it was not executed. */
export class MdpExpiredError extends MdpServerError {
  readonly code = 'EXPIRED';
  constructor(service: string) {
    super(service, `no worker of "${service}" was free in time; the request was not executed`);
  }
}

/** The service answered with a status other than 200. */
export class MdpServiceStatusError extends MdpServerError {
  readonly code = 'SERVICE_STATUS';
  constructor(
    service: string,
    /** Three digits, e.g. `501`. */
    readonly status: string,
    /** The reply without its status frame. */
    readonly body: Frames,
    reason?: string,
  ) {
    super(service, `"${service}" answered ${status}${reason === undefined ? '' : `: ${reason}`}`);
  }
}

/** The service's reply does not have the form that its contract declares. */
export class MdpInvalidReplyError extends MdpServerError {
  readonly code = 'INVALID_REPLY';
}
