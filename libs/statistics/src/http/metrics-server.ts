import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { systemClock, type Clock, type Millis } from '@raspy/clock';
import { StatisticsListenError, StatisticsOptionError } from '../errors.js';
import { PROMETHEUS_CONTENT_TYPE, PrometheusExposition } from '../prometheus/exposition.js';
import type { StatisticsManager } from '../statistics-manager.js';

/** What {@link startMetricsServer} is told. */
export interface MetricsServerOptions {
  /** What is told; several are told together. */
  readonly managers: StatisticsManager | readonly StatisticsManager[];
  /** Address to listen on. There is no password: beyond the machine, only in a network that may know. @default `127.0.0.1` */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Scrapes that are answered at a time; 503 beyond. @default 2 */
  readonly maxScrapes?: number;
  /** Connections at most; further ones are closed at once. @default 32 */
  readonly maxConnections?: number;
  /** How long a scrape may take until its connection is cut, and a request may take to arrive. @default 10000 */
  readonly timeoutMs?: Millis;
  /** Whether answers are compressed for those who ask for it. @default true */
  readonly gzip?: boolean;
  /** Times the end of slow scrapes. @default the machine's */
  readonly clock?: Clock;
}

/** What a metrics server has done so far. */
export interface MetricsServerCounts {
  /** Scrapes that were answered whole. */
  readonly scrapes: number;
  /** Requests that were refused: another path, another method, too many at once, no HTTP at all. */
  readonly refused: number;
  /** Scrapes that were cut: the other side left, or was too slow. */
  readonly cut: number;
}

/** A server that tells `/metrics`. */
export interface RunningMetricsServer {
  readonly host: string;
  readonly port: number;
  /** Where Prometheus finds it. */
  readonly url: string;
  counts(): MetricsServerCounts;
  /** Ends it, and what is under way. */
  close(): Promise<void>;
}

/**
 * Tells the statistics at `GET /metrics` in Prometheus' text exposition format 0.0.4; nothing else is answered. Scrapes are
 * written in pieces, so that thousands of series do not keep the process from its work.
 *
 * @throws StatisticsListenError when the address is taken or not there; StatisticsOptionError
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<RunningMetricsServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const scrapes = new Scrapes(options);
  const { timeoutMs = 10_000, maxConnections = 32 } = options;
  const server = createServer(
    {
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      keepAliveTimeout: timeoutMs,
      connectionsCheckingInterval: Math.min(timeoutMs, 1_000),
      maxHeaderSize: 8_192,
    },
    (request, response) => void scrapes.answer(request, response),
  );
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = 1_000;
  server.on('clientError', (_error, socket) => {
    scrapes.refused += 1;
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  await listen(server, host, port);
  // A connection that could not be taken, for want of descriptors, is no reason to end the process.
  server.on('error', () => (scrapes.refused += 1));
  const address = server.address() as AddressInfo;
  return {
    host: address.address,
    port: address.port,
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}/metrics`,
    counts: () => ({ scrapes: scrapes.whole, refused: scrapes.refused, cut: scrapes.cut }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Scrapes {
  whole = 0;
  refused = 0;
  cut = 0;
  readonly #exposition: PrometheusExposition;
  readonly #clock: Clock;
  readonly #max: number;
  readonly #timeoutMs: Millis;
  readonly #gzip: boolean;
  #running = 0;

  constructor(options: MetricsServerOptions) {
    const { managers, clock = systemClock, maxScrapes = 2, timeoutMs = 10_000, gzip = true } = options;
    for (const [name, value] of Object.entries({ maxScrapes, timeoutMs }))
      if (!Number.isInteger(value) || value < 1)
        throw new StatisticsOptionError(`${name} has to be a whole number from 1`);
    this.#exposition = new PrometheusExposition(managers);
    this.#clock = clock;
    this.#max = maxScrapes;
    this.#timeoutMs = timeoutMs;
    this.#gzip = gzip;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (new RegExp('^/metrics(?:\\?|$)').exec(request.url ?? '') === null) {
      this.#refuse(response, 404, 'there is only /metrics here');
    } else if (request.method !== 'GET') {
      response.setHeader('Allow', 'GET');
      this.#refuse(response, 405, 'only GET is answered');
    } else if (this.#running >= this.#max) {
      response.setHeader('Retry-After', '1');
      this.#refuse(response, 503, `${this.#max} scrapes are under way already`);
    } else {
      this.#running += 1;
      const cancel = this.#clock.schedule(this.#clock.now() + this.#timeoutMs, () => void response.destroy());
      try {
        await this.#tell(request, response);
        this.whole += 1;
      } catch {
        this.cut += 1;
        response.destroy();
      } finally {
        cancel();
        this.#running -= 1;
      }
    }
  }

  #refuse(response: ServerResponse, status: number, why: string): void {
    this.refused += 1;
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
    response.end(`${why}\n`);
  }

  async #tell(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces = Readable.from(this.#pieces(), { objectMode: false });
    const zipped = this.#gzip && acceptsGzip(request.headers['accept-encoding']);
    response.writeHead(200, {
      'Content-Type': PROMETHEUS_CONTENT_TYPE,
      'Cache-Control': 'no-store',
      Vary: 'Accept-Encoding',
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
    });
    await (zipped ? pipeline(pieces, createGzip({ level: 1 }), response) : pipeline(pieces, response));
  }

  async *#pieces(): AsyncGenerator<string> {
    for (const piece of this.#exposition.chunks()) {
      yield piece;
      await setImmediate();
    }
  }
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((coding) => /^\s*gzip\s*(?:;\s*q=(?:1|0?\.\d*[1-9]\d*|1\.0*))?\s*$/.test(coding));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new StatisticsListenError('metrics', host, port, error));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
