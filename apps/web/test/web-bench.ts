import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import { KvClient, startKvServer, type RunningKvServer } from '@raspy/kv-clone';
import { MdpClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { silentLogger, type Logger, type Part } from '@raspy/runtime';
import { CoreServer } from '@raspy/runtime/core-server';
import { createDeviceServer } from '@raspy/runtime/device-server/plain';
import { brokerBus, memoryTitanicStorage, SettingsClient, Titanic } from '@raspy/titanic-store';
import { MemoryNetwork } from '@raspy/wire/testing';
import { exampleDevices, plugin as fakePlugin } from 'raspy-plugin-fake';
import { WebServer, type WebServerOptions, type WebValues } from '../src/server.js';

const ENDPOINT = 'tcp://127.0.0.1:5514';
export const OWNER = { name: 'ada', password: 'correct horse battery' };

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Of JSON. */
  readonly json: unknown;
}

/** How a request is sent. */
export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead. */
  readonly body?: string | Buffer;
}

/** A text in the settings store. */
export interface StoredSetting {
  readonly at: readonly [service: string, section: string, key: string];
  readonly value: string;
}

/** A home without network but for HTTP: broker, tree, Titanic, fake devices, core and web. */
export class WebBench {
  readonly network = new MemoryNetwork({ clock: systemClock });
  broker!: RunningBroker;
  tree!: KvClient;
  web!: WebServer;
  folder!: string;
  readonly logged: string[] = [];
  #titanic!: Titanic;
  #kv!: RunningKvServer;
  readonly #parts: Part[] = [];

  /**
   * @param options.alone - without any server but the broker's
   * @param options.stored - what the settings store has when core starts
   */
  async open(
    options: Partial<WebServerOptions> & {
      readonly values?: Partial<WebValues>;
      readonly alone?: boolean;
      readonly stored?: readonly StoredSetting[];
    } = {},
  ): Promise<void> {
    const transport = this.network;
    this.folder = await mkdtemp(join(tmpdir(), 'raspy-web-'));
    this.#titanic = await Titanic.open({ storage: memoryTitanicStorage() });
    this.broker = await startBroker({ endpoint: ENDPOINT, transport, builtin: this.#titanic.services });
    this.#titanic.connect(brokerBus(this.broker));
    const chp = {
      snapshot: 'tcp://127.0.0.1:5520',
      publisher: 'tcp://127.0.0.1:5521',
      collector: 'tcp://127.0.0.1:5522',
    };
    this.#kv = await startKvServer({ transport, chp });
    this.tree = new KvClient({ endpoints: chp, transport });
    if (options.alone !== true) {
      const common = { clock: systemClock, logger: silentLogger, transport };
      const onBus = {
        hostname: 'pi',
        endpoint: () => ENDPOINT,
        heartbeatIntervalMs: 3_500,
        heartbeatLiveness: 5,
      };
      await this.#begin(
        createDeviceServer({
          ...common,
          settings: { ...this.values(), service: 'fake' },
          plugins: [fakePlugin],
          devices: exampleDevices.filter(({ name }) =>
            ['lamp', 'camera', 'heater', 'reef', 'reef-temperature'].includes(name),
          ),
        }),
      );
      await this.#store(options.stored ?? []);
      await this.#begin(new CoreServer({ ...common, ...onBus, service: 'core', isClockTrusted: () => true }));
    }
    this.web = await this.start(options);
  }

  /** Another web server of this home. */
  async start({
    values,
    ...options
  }: Partial<WebServerOptions> & { readonly values?: Partial<WebValues> } = {}): Promise<WebServer> {
    const log = (level: string) => (message: string) => this.logged.push(`${level}: ${message}`);
    const logger: Logger = { ...silentLogger, warn: log('warn'), error: log('error') };
    const web = new WebServer({
      settings: { ...this.values(), ...values },
      clock: systemClock,
      logger,
      transport: this.network,
      ...options,
    });
    await web.start();
    this.#parts.push(web);
    return web;
  }

  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.stop(1_000);
    await this.tree.close();
    await this.#kv.close();
    await this.#titanic.close();
    await this.broker.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Stops the web server, and begins one on the same folder. */
  async restart(): Promise<void> {
    this.#parts.splice(this.#parts.indexOf(this.web), 1);
    // Cookies belong to a port.
    const webPort = Number(new URL(this.web.url).port);
    await this.web.stop(1_000);
    this.web = await this.start({ values: { webPort } });
  }

  values(): WebValues {
    return {
      brokerIp: '127.0.0.1',
      brokerPort: 5514,
      kvChpPort: 0,
      hostname: 'pi',
      service: 'web',
      dataDir: this.folder,
      heartbeatMs: 3_500,
      liveness: 5,
      config: undefined,
      logLevel: 'info',
      tracing: false,
      webIp: '127.0.0.1',
      webPort: 0,
      webHosts: 'reef.example',
      webCert: '',
      webKey: '',
      webTrustProxy: false,
      configuration: 'testing',
    };
  }

  async fetch(path: string, options: HttpOptions = {}): Promise<HttpAnswer> {
    return send(this.web.url, path, options);
  }

  /** Becomes the owner, or logs in as somebody. */
  async enter(name = OWNER.name, password = OWNER.password): Promise<Visitor> {
    const { claimCode } = this.web;
    const answer =
      claimCode === undefined
        ? await this.fetch('/api/v1/login', { method: 'POST', json: { name, password } })
        : await this.fetch('/api/v1/claim', { method: 'POST', json: { code: claimCode, name, password } });
    if (answer.status !== 204) throw new Error(`not let in: ${answer.text}`);
    return Visitor.of(this, cookieOf(answer));
  }

  /** Resolves when the answer is as it should be. */
  async until(look: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await look())) await new Promise((resolve) => setImmediate(resolve));
  }

  async #store(stored: readonly StoredSetting[]): Promise<void> {
    const client = new MdpClient({ endpoint: ENDPOINT, transport: this.network });
    const settings = new SettingsClient(client);
    for (const { at, value } of stored) await settings.set(...at, Buffer.from(value));
    await client.close();
  }

  async #begin(part: Part): Promise<void> {
    await part.start(new AbortController().signal);
    this.#parts.push(part);
  }
}

/** Somebody with a session. */
export class Visitor {
  private constructor(
    private readonly bench: WebBench,
    readonly cookie: string,
    readonly csrf: string,
  ) {}

  static async of(bench: WebBench, cookie: string): Promise<Visitor> {
    const { json } = await bench.fetch('/api/v1/session', { headers: { cookie } });
    return new Visitor(bench, cookie, (json as { csrf: string }).csrf);
  }

  /** @param path - below `/api/v1` */
  get(path: string): Promise<HttpAnswer> {
    return this.bench.fetch(`/api/v1${path}`, { headers: { cookie: this.cookie } });
  }

  send(
    method: string,
    path: string,
    json?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    return this.bench.fetch(`/api/v1${path}`, {
      method,
      headers: { cookie: this.cookie, 'x-csrf-token': this.csrf, ...headers },
      ...(json !== undefined && { json }),
    });
  }
}

/** The session cookie that an answer sets. */
export function cookieOf({ headers }: Pick<HttpAnswer, 'headers'>): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** With Node's own client: `fetch` would tidy paths and headers up. */
export function send(
  url: string,
  path: string,
  { method = 'GET', headers = {}, json, body }: HttpOptions = {},
): Promise<HttpAnswer> {
  const { hostname, port } = new URL(url);
  const content = json === undefined ? body : JSON.stringify(json);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: hostname,
        port,
        path,
        method,
        agent: false,
        headers: {
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(content !== undefined && { 'content-length': String(Buffer.byteLength(content)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes,
            text,
            get json() {
              return JSON.parse(text) as unknown;
            },
          });
        });
      },
    );
    request.on('error', reject);
    request.end(content);
  });
}
