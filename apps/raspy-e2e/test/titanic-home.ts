import { MdpClient, MdpWorker, serviceClient, type Body, type MdpHandler } from '@raspy/mdp-protocol';
import { titanicAdmin, type RequestReport } from '@raspy/titanic-store';
import { frameText } from '@raspy/wire';
import { freePort, Workbench, type Running } from './processes.js';

/** Short liveness, so that a worker that was killed is missed within 1.5 s. */
const HEARTBEAT_MS = 300;
const LIVENESS = 5;
/** Of every broker and raspy-titanic of a {@link TitanicHome}. */
export const TIMING: readonly string[] = [`--heartbeat-ms=${HEARTBEAT_MS}`, `--liveness=${LIVENESS}`];

/** A broker with its Titanic, its clients and workers, on one port and one data folder; `cleanUp` belongs into `afterEach`. */
export class TitanicHome {
  readonly bench: Workbench;
  /** Of what is started from now on. */
  dataDir: string;
  readonly port: number;
  readonly endpoint: string;
  readonly #closers: (() => Promise<unknown>)[] = [];
  #broker: Running | undefined;

  private constructor(bench: Workbench, port: number, dataDir: string) {
    this.bench = bench;
    this.port = port;
    this.endpoint = `tcp://127.0.0.1:${port}`;
    this.dataDir = dataDir;
  }

  static async make(): Promise<TitanicHome> {
    const bench = new Workbench();
    return new TitanicHome(bench, await freePort(), bench.folder());
  }

  /** The broker that was started last. */
  get broker(): Running {
    if (this.#broker === undefined) throw new Error('no broker was started');
    return this.#broker;
  }

  /** Resolves when the broker serves, on the same port and folder as any before it. */
  async startBroker(...more: string[]): Promise<void> {
    this.#broker = this.bench.app('raspy-broker', [...this.#places(), ...TIMING, ...more]);
    await this.#broker.until(() => this.broker.stdout.includes('ready on'));
  }

  /** A Titanic in a process of its own; resolves when it has said that it serves. */
  async startTitanic(...more: string[]): Promise<Running> {
    const titanic = this.bench.app('raspy-titanic', [...this.#places(), ...TIMING, ...more]);
    await titanic.until(() => titanic.stdout.includes('ready as'));
    return titanic;
  }

  /** `raspy titanic …` */
  raspy(...args: string[]): Running {
    return this.bench.app('raspy', ['titanic', ...args, `--broker-port=${this.port}`]);
  }

  /** Ends the broker by `kill -9`. */
  async killBroker(): Promise<void> {
    this.broker.kill('SIGKILL');
    await this.broker.end();
  }

  client(): MdpClient {
    const made = new MdpClient({ endpoint: this.endpoint });
    this.#closers.push(() => made.close());
    return made;
  }

  worker(service: string, handle: MdpHandler): MdpWorker {
    const made = new MdpWorker({
      endpoint: this.endpoint,
      service,
      handle,
      heartbeatIntervalMs: HEARTBEAT_MS,
      heartbeatLiveness: LIVENESS,
      reconnectDelayMs: 100,
    });
    this.#closers.push(() => made.close({ deadlineMs: 100 }));
    return made;
  }

  async cleanUp(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
    await this.bench.cleanUp();
  }

  #places(): string[] {
    return [`--broker-port=${this.port}`, `--data-dir=${this.dataDir}`];
  }
}

/** A reply's frames as text. */
export async function ask(from: MdpClient, service: string, ...body: Body): Promise<string[]> {
  return (await from.request(service, body)).map(frameText);
}

/** Gives Titanic a request, which it is to take. @returns its id */
export async function accepted(from: MdpClient, service: string, ...body: Body): Promise<string> {
  const [status, id] = await ask(from, 'titanic.request', service, ...body);
  if (status !== '200' || id === undefined) throw new Error(`not accepted: ${status}`);
  return id;
}

/** What `titanic.reply` says at last: anything but that it is pending. */
export async function done(from: MdpClient, id: string, limitMs = 20_000): Promise<string[]> {
  let reply: string[] = [];
  await until(async () => {
    reply = await ask(from, 'titanic.reply', id).catch(() => ['300']);
    return reply[0] !== '300';
  }, limitMs);
  return reply;
}

/** What `titanic.admin` tells of the requests in a state, the oldest first. */
export async function requestsThatAre(
  state: RequestReport['state'],
  from: MdpClient,
): Promise<readonly RequestReport[]> {
  const admin = serviceClient(titanicAdmin, from, 'titanic.admin');
  return (await admin.list({ state })) as readonly RequestReport[];
}

/** Resolves when the condition holds, looked at 50 times a second. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const echo: MdpHandler = (body) => Promise.resolve(body);
