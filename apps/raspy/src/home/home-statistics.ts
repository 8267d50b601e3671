import type { Cancel, Clock } from '@raspy/clock';
import { MdpClient } from '@raspy/mdp-protocol';
import { StatisticsMirror, type Logger, type Part, type StatisticsBoard } from '@raspy/runtime';
import type { ServerStatus } from '@raspy/runtime/supervisor';
import type { SnmpInteger, StatisticsManager } from '@raspy/statistics';
import type { Transport } from '@raspy/wire';
import { askStatistics } from '../statistics.js';
import { homeRegistry } from './home-registry.js';

/** What {@link HomeStatistics} are told. */
export interface HomeStatisticsOptions {
  readonly hostname: string;
  readonly endpoint: () => string;
  /** How the servers are. */
  readonly servers: () => Promise<readonly ServerStatus[]>;
  readonly board: StatisticsBoard;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
}

/** Between two looks at the servers, and at what those of other processes tell. */
const EVERY_MS = 5_000;
const ASK_TIMEOUT_MS = 2_000;

/** What exporters tell of a home besides the servers of this process: how each server is, and those of other processes. */
export class HomeStatistics implements Part {
  readonly name = 'statistics of the home';
  readonly #options: HomeStatisticsOptions;
  readonly #registry: StatisticsManager;
  readonly #up: SnmpInteger;
  readonly #restarts: SnmpInteger;
  readonly #resident: SnmpInteger;
  readonly #mirrors = new Map<string, StatisticsMirror>();
  readonly #ends: (() => void)[] = [];
  #client: MdpClient | undefined;
  #cancel: Cancel = () => undefined;
  #running = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: HomeStatisticsOptions) {
    this.#options = options;
    const { hostname, clock } = options;
    const { registry, up, restarts, resident } = homeRegistry(clock, hostname);
    this.#registry = registry;
    this.#up = up;
    this.#restarts = restarts;
    this.#resident = resident;
  }

  start(): Promise<void> {
    const { endpoint, clock, transport, board } = this.#options;
    this.#client = new MdpClient({
      endpoint: endpoint(),
      clock,
      timeoutMs: ASK_TIMEOUT_MS,
      ...(transport !== undefined && { transport }),
    });
    this.#ends.push(board.add(this.#registry));
    this.#running = true;
    // Nobody waits for it: a host that does not answer must not hold up the home.
    this.#looking = this.#look();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel();
    for (const end of this.#ends.splice(0)) end();
    await this.#client?.close();
    await this.#looking;
    for (const mirror of this.#mirrors.values()) mirror.leave();
  }

  /** Never rejects: what cannot be seen now is looked at again. */
  async #look(): Promise<void> {
    const { servers, clock, logger } = this.#options;
    try {
      const all = await servers();
      this.#tell(all);
      await Promise.all(
        all
          .filter(({ isolated }) => isolated)
          .map(({ name, state }) => this.#mirror(name, state === 'ready')),
      );
    } catch (error) {
      logger.error('the servers cannot be looked at for their statistics', { reason: String(error) });
    }
    if (!this.#running) return;
    this.#cancel = clock.schedule(clock.now() + EVERY_MS, () => {
      this.#looking = this.#look();
    });
  }

  #tell(servers: readonly ServerStatus[]): void {
    for (const item of [this.#up, this.#restarts, this.#resident]) {
      for (const { labelValues } of item.series()) {
        if (!servers.some(({ name }) => name === labelValues[0])) item.forget(...labelValues);
      }
    }
    for (const { name, kind, state, restarts, residentBytes } of servers) {
      this.#up.labels(name, kind).set(state === 'ready' ? 1 : 0);
      this.#restarts.labels(name, kind).set(restarts);
      if (residentBytes !== undefined) this.#resident.labels(name, kind).set(residentBytes);
      else this.#resident.forget(name, kind);
    }
    for (const [name, mirror] of this.#mirrors) {
      if (servers.some((server) => server.name === name && server.isolated)) continue;
      mirror.leave();
      this.#mirrors.delete(name);
    }
  }

  async #mirror(service: string, runs: boolean): Promise<void> {
    const { hostname, board, clock } = this.#options;
    const server = `${hostname}.${service}`;
    let mirror = this.#mirrors.get(service);
    if (mirror === undefined) {
      mirror = new StatisticsMirror({
        server,
        board,
        clock,
        ask: (action) => askStatistics(this.#client!, server, action),
      });
      this.#mirrors.set(service, mirror);
    }
    if (runs) await mirror.look();
    else mirror.leave();
  }
}
