import { systemClock } from '@raspy/clock';
import {
  defaultTransport,
  drive,
  textFrame,
  type Driven,
  type FrameSocket,
  type Frames,
  type SocketOptions,
} from '@raspy/wire';
import { randomInt } from 'node:crypto';
import { distinctUntilChanged, Observable, ReplaySubject } from 'rxjs';
import { bodyFrames, type Body } from '../body.js';
import { MAX_SERVICE_BYTES } from '../codec.js';
import { DEFAULT_ENDPOINT } from '../default-endpoint.js';
import { MdpAbortedError, MdpClosedError, MdpInvalidRequestError, type MdpError } from '../errors.js';
import type { MdpClientStatistics } from './client-counters.js';
import type { CallSpec } from './call.js';
import { ClientMachine } from './client-machine.js';
import type { ClientEvent, ClientPort } from './client-types.js';
import {
  clientSettings,
  requestSettings,
  type ClientSettings,
  type MdpClientOptions,
  type MdpRequestOptions,
} from './options.js';
import { okResult } from './reply-status.js';

/** Whether a client has a connection to its broker. */
export type MdpClientStatus = 'connecting' | 'connected' | 'disconnected' | 'closed';

/** Who waits for a call. */
interface Caller {
  partial(body: Frames): void;
  final(body: Frames): void;
  failed(error: MdpError): void;
}

const DEFAULT_MAX_FRAME_BYTES = 64 * 1024 * 1024;

/**
 * A Majordomo client: many requests at once over one connection, each reply matched to its request (PROTOCOLS §5).
 *
 * It connects and reconnects by itself; requests wait in it, bounded, while there is no connection. Nothing is sent
 * twice unless `retries` says so. With a broker that does not offer envelopes (any but RasPy's) it uses a few
 * sockets with one request each instead. Until it is closed its connection keeps the process alive.
 */
export class MdpClient {
  /** How the connection stands: the current status at once, then each change; completes after `closed`. */
  readonly status$: Observable<MdpClientStatus>;
  readonly #settings: ClientSettings;
  readonly #machine: ClientMachine;
  readonly #driven: Driven<ClientPort, ClientEvent>;
  readonly #callers = new Map<number, Caller>();
  readonly #status = new ReplaySubject<MdpClientStatus>(1);
  readonly #maxFrameBytes: number;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  /** @throws {@link MdpOptionError} when options have no meaning */
  constructor(options: MdpClientOptions = {}) {
    this.#settings = clientSettings(options);
    this.#maxFrameBytes = options.socket?.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    this.status$ = this.#status.pipe(distinctUntilChanged());
    this.#status.next('connecting');
    this.#machine = new ClientMachine({ ...this.#settings, firstCorrelation: randomInt(2 ** 32) });
    this.#driven = drive({
      machine: this.#machine,
      clock: options.clock ?? systemClock,
      open: opener(options, this.#settings.maxInFlight),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @param body - one frame at least; a string stands for its UTF-8 bytes
   * @returns the reply's body, verbatim; what its frames mean, a status included, is between caller and service. Of a
   *   0.2 worker's partial replies the broker makes one reply.
   * @throws {@link MdpError} (rejects): `TIMEOUT`, `ABORTED`, `CLOSED`, `CONNECTION_LOST`, `TOO_MANY_REQUESTS`,
   *   `INVALID_REQUEST`, `NO_WORKER`, `WORKER_LOST`, `QUEUE_FULL`, `EXPIRED`; {@link MdpOptionError} for options without meaning
   */
  request(service: string, body: Body, options: MdpRequestOptions = {}): Promise<Frames> {
    return new Promise((resolve, reject) => {
      this.#begin(service, body, options, false, {
        partial: () => undefined,
        final: resolve,
        failed: reject,
      });
    });
  }

  /**
   * As {@link MdpClient.request}, for services whose replies end with a status frame, as all of RasPy's do.
   *
   * @returns the reply's body without its status, which was 200
   * @throws as `request`, and {@link MdpServiceStatusError} (rejects) for any other status, with the text before it as
   *   reason; {@link MdpInvalidReplyError} when the reply ends with none
   */
  async call(service: string, body: Body, options: MdpRequestOptions = {}): Promise<Frames> {
    return okResult(service, await this.request(service, body, options));
  }

  /**
   * A request of MDP 0.2, whose worker may send partial replies. Cold: each subscription sends one request, and ending
   * it early withdraws that. Emits the body of each PARTIAL, then that of FINAL, and completes; errors as
   * {@link MdpClient.request} rejects. Each PARTIAL starts the timeout again, and after the first nothing is retried.
   * A worker of 0.1 answers with one FINAL. The broker must know MDP 0.2, as RasPy's does.
   */
  stream(service: string, body: Body, options: MdpRequestOptions = {}): Observable<Frames> {
    return new Observable((subscriber) =>
      this.#begin(service, body, options, true, {
        partial: (frames) => subscriber.next(frames),
        final: (frames) => {
          subscriber.next(frames);
          subscriber.complete();
        },
        failed: (error) => subscriber.error(error),
      }),
    );
  }

  /** Counters since the client was made, and how it stands. */
  statistics(): MdpClientStatistics {
    return this.#machine.statistics();
  }

  /** Fails what is pending with `CLOSED` and frees the sockets; what was not sent never will be. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @see {@link MdpClient.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    // As a step of its own: called from within an event it runs after the step that is at work.
    await new Promise<void>((resolve) => {
      this.#driven.perform(() => {
        resolve();
        return this.#machine.close();
      });
    });
    await this.#driven.close();
    this.#status.next('closed');
    this.#status.complete();
  }

  /** Begins a call; the caller is told everything, mistakes in the arguments included. @returns what withdraws it */
  #begin(
    service: string,
    body: Body,
    options: MdpRequestOptions,
    streaming: boolean,
    caller: Caller,
  ): () => void {
    if (this.#closing !== undefined) {
      caller.failed(new MdpClosedError(service));
      return () => undefined;
    }
    const { signal } = options;
    if (signal?.aborted === true) {
      caller.failed(new MdpAbortedError(service, signal.reason));
      return () => undefined;
    }
    const id = ++this.#lastId;
    const spec = this.#spec(id, service, body, options, streaming);
    const abort = (reason: unknown): void => {
      if (this.#callers.has(id)) this.#driven.perform((now) => this.#machine.abort(now, id, reason));
    };
    const onAbort = (): void => abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => {
      this.#callers.delete(id);
      signal?.removeEventListener('abort', onAbort);
    };
    this.#callers.set(id, {
      partial: (frames) => caller.partial(frames),
      final: (frames) => {
        settled();
        caller.final(frames);
      },
      failed: (error) => {
        settled();
        caller.failed(error);
      },
    });
    this.#driven.perform((now) => this.#machine.request(now, spec));
    return () => abort(undefined);
  }

  #spec(id: number, service: string, body: Body, options: MdpRequestOptions, streaming: boolean): CallSpec {
    const { timeoutMs, retries } = requestSettings(options, this.#settings);
    const serviceFrame = textFrame(service);
    if (serviceFrame.length === 0 || serviceFrame.length > MAX_SERVICE_BYTES) {
      throw new MdpInvalidRequestError(service, `a service name has 1 to ${MAX_SERVICE_BYTES} bytes`);
    }
    const frames = bodyFrames(body);
    if (frames.length === 0) {
      throw new MdpInvalidRequestError(service, `a request to "${service}" needs one body frame at least`);
    }
    if (frames.some((frame) => frame.length > this.#maxFrameBytes)) {
      throw new MdpInvalidRequestError(
        service,
        `a frame to "${service}" is above ${this.#maxFrameBytes} bytes (socket.maxFrameBytes); send it in parts`,
      );
    }
    // The broker answers mmi.* itself: no worker offers them.
    const checkWorker = options.ifNoWorker === 'fail' && !service.startsWith('mmi.');
    return { id, service, serviceFrame, body: frames, timeoutMs, retries, streaming, checkWorker };
  }

  #onEvent(event: ClientEvent): void {
    if (event.type === 'status') {
      this.#status.next(event.status);
      return;
    }
    const caller = this.#callers.get(event.id);
    if (event.type === 'failed') caller?.failed(event.error);
    else caller?.[event.type](event.body);
  }
}

/** Makes the sockets of a client. */
function opener(options: MdpClientOptions, maxInFlight: number): (port: ClientPort) => FrameSocket {
  const transport = options.transport ?? defaultTransport();
  const endpoint = options.endpoint ?? DEFAULT_ENDPOINT;
  // Room for a request and a reply of each call that may be under way: then neither side waits for the other.
  const shared: SocketOptions = {
    sendQueueMessages: maxInFlight,
    transportBufferMessages: maxInFlight,
    ...options.socket,
    lingerMs: 0,
  };
  // Lanes are told apart by their routing ids, and a reopened one is a new peer: a given id is the shared connection's.
  const { routingId: _, ...lane } = shared;
  return (port) => transport.connect('dealer', endpoint, port === 'broker' ? shared : lane);
}
