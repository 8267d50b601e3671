import type { Clock, Millis } from '@raspy/clock';
import { answerStatistics, type StatisticsManager } from '@raspy/statistics';
import { MdpClient, MdpWorker, MmiClient, type MdpHandler } from '@raspy/mdp-protocol';
import type { Transport } from '@raspy/wire';
import { filter, firstValueFrom, type Subscription } from 'rxjs';
import type { Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import { newInstanceId } from './instance-id.js';
import { NameClaim, type ClaimBus } from './name-claim.js';
import type { StatisticsBoard } from '../statistics/board.js';
import { RequestStatistics } from '../statistics/request-statistics.js';
import { serverStatistics } from '../statistics/server-statistics.js';
import { answerMmi, type Statistics } from './sub-services.js';

/** One service of a server, `<hostname>.<service>.<suffix>`. */
export interface SubService {
  /** The last part of its name, e.g. `devices`. */
  readonly suffix: string;
  /** Requests that are served at a time. @default 1 */
  readonly concurrency?: number;
  readonly handle: MdpHandler;
}

/** What a {@link RaspyServer} is told. */
export interface RaspyServerOptions {
  readonly hostname: string;
  readonly service: string;
  /** The broker's endpoint; asked when the server starts, so that a broker in the same process may choose its port. */
  readonly endpoint: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The same as the broker's. */
  readonly heartbeatIntervalMs: Millis;
  /** The same as the broker's. */
  readonly heartbeatLiveness: number;
  /** What it serves besides `.mmi` and `.statistics`. @default nothing */
  readonly subServices?: readonly SubService[];
  /** What it counts besides the requests that it serves, by oid; read whenever somebody asks. @default nothing */
  readonly statistics?: () => Statistics;
  /** Whoever tells the statistics of all servers of this process. @default nobody */
  readonly board?: StatisticsBoard;
  /** Whether what it stands for is well; its `.mmi status` tells. @default it is */
  readonly wellBeing?: () => boolean;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
  /** @default made of the clock and at random */
  readonly instanceId?: string;
}

/**
 * A server on the bus (the manual's Server): its services as workers, with `<hostname>.<service>.mmi` and
 * `.statistics` beside those of its own (PROTOCOLS §7).
 */
export class RaspyServer implements Part {
  /** `<hostname>.<service>` */
  readonly name: string;
  /** Names this run of the server; its `.mmi instance` tells it. */
  readonly instanceId: string;
  /** What it tells of itself: by `.statistics`, and by exporters where there are some. */
  readonly registry: StatisticsManager;
  readonly #options: RaspyServerOptions;
  readonly #requests: RequestStatistics | undefined;
  /** Why what it counts could not be read. */
  #unread: unknown;
  #leaveBoard: () => void = () => undefined;
  readonly #workers = new Map<string, MdpWorker>();
  readonly #ready = new Set<string>();
  readonly #watches: Subscription[] = [];
  /** Resolves when another server has taken the name for good; the program ends then. */
  readonly lost: Promise<Error>;
  #lose: ((reason: Error) => void) | undefined;
  /** Aborts the look for others that is under way. */
  #reclaiming = new AbortController();
  #serving = false;

  constructor(options: RaspyServerOptions) {
    this.#options = options;
    this.name = `${options.hostname}.${options.service}`;
    this.instanceId = options.instanceId ?? newInstanceId(options.clock);
    const { statistics, board, clock } = options;
    this.registry = serverStatistics({
      server: this.name,
      clock,
      read: () => {
        try {
          return { ...statistics?.(), ...(statistics !== undefined && board?.process()) };
        } catch (error) {
          this.#unread = error;
          throw error;
        }
      },
    });
    // One that counts nothing of its own says nothing at all (PROTOCOLS §7).
    if (statistics !== undefined) this.#requests = new RequestStatistics(this.registry, clock);
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /** Whether every worker is registered with the broker and says that it is well, and so does what the server stands for. */
  get healthy(): boolean {
    if (this.#options.wellBeing?.() === false) return false;
    return [...this.#workers].every(([suffix, worker]) => this.#ready.has(suffix) && worker.healthy);
  }

  /** The worker of a sub-service, whose `healthy` its owner may set. `undefined` before the start. */
  worker(suffix: string): MdpWorker | undefined {
    return this.#workers.get(suffix);
  }

  /**
   * Waits for the broker as long as need be, claims the name, and resolves when every service is registered.
   *
   * @throws EnvironmentError (rejects) when a server of this name lives
   */
  async start(signal: AbortSignal): Promise<void> {
    const endpoint = this.#options.endpoint();
    try {
      await this.#withClaim(async (claim) => {
        await claim.acquire(signal);
        await this.#startWorkers(endpoint, signal);
        await claim.confirm(signal);
      });
      this.#serving = true;
      this.#leaveBoard = this.#options.board?.add(this.registry) ?? this.#leaveBoard;
      this.#options.logger.info('serving', { server: this.name, instance: this.instanceId, endpoint });
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Lets requests that are under way finish, within the deadline, and takes the services off the bus. */
  async stop(deadlineMs: Millis): Promise<void> {
    this.#serving = false;
    this.#leaveBoard();
    this.#reclaiming.abort(new Error('the server stops'));
    for (const watch of this.#watches.splice(0)) watch.unsubscribe();
    await Promise.all([...this.#workers.values()].map((worker) => worker.close({ deadlineMs })));
    this.#workers.clear();
    this.#ready.clear();
  }

  async #withClaim(work: (claim: NameClaim) => Promise<void>): Promise<void> {
    const { clock, logger, transport, heartbeatIntervalMs, heartbeatLiveness } = this.#options;
    const endpoint = this.#options.endpoint();
    const client = new MdpClient({ endpoint, clock, ...(transport !== undefined && { transport }) });
    const claim = new NameClaim({
      name: this.name,
      instanceId: this.instanceId,
      bus: claimBus(client),
      clock,
      logger,
      expiryMs: heartbeatIntervalMs * heartbeatLiveness,
    });
    try {
      await work(claim);
    } finally {
      await client.close();
    }
  }

  /**
   * While its session was lost (a suspension, a broker that was restarted), another server may have come in its
   * place. The last of two to register sees both, so that one gives way.
   */
  async #reclaim(): Promise<void> {
    const { logger } = this.#options;
    this.#reclaiming.abort(new Error('registered anew'));
    const { signal } = (this.#reclaiming = new AbortController());
    try {
      await this.#withClaim((claim) => untilAborted(claim.confirm(signal), signal));
    } catch (error) {
      if (signal.aborted) return;
      const reason = error as Error & { code?: unknown };
      if (reason.code === 'ENVIRONMENT') this.#lose?.(reason);
      else logger.warn('could not look for other servers of this name', { error: errorText(error) });
    }
  }

  async #startWorkers(endpoint: string, signal: AbortSignal): Promise<void> {
    const own: SubService[] = [
      { suffix: 'mmi', handle: (body) => Promise.resolve(answerMmi(body, this)) },
      {
        suffix: 'statistics',
        handle: (body) => {
          this.#unread = undefined;
          const answer = answerStatistics(body, this.registry);
          // Exporters tell what is left; whoever asks by the bus is told that something is wrong (PROTOCOLS D20).
          const unread = this.#unread as Error | undefined;
          return unread === undefined ? Promise.resolve(answer) : Promise.reject(unread);
        },
      },
    ];
    const waits: Promise<unknown>[] = [];
    const served = (this.#options.subServices ?? []).map((subService) => {
      return this.#requests?.measured(subService) ?? subService;
    });
    for (const subService of [...own, ...served]) {
      const worker = this.#newWorker(endpoint, subService);
      this.#workers.set(subService.suffix, worker);
      this.#watches.push(this.#watch(subService.suffix, worker));
      waits.push(firstValueFrom(worker.status$.pipe(filter((status) => status === 'ready'))));
    }
    await untilAborted(Promise.all(waits), signal);
  }

  #newWorker(endpoint: string, subService: SubService): MdpWorker {
    const { clock, logger, transport, heartbeatIntervalMs, heartbeatLiveness } = this.#options;
    const service = `${this.name}.${subService.suffix}`;
    return new MdpWorker({
      endpoint,
      service,
      clock,
      heartbeatIntervalMs,
      heartbeatLiveness,
      reconnectDelayMs: Math.min(heartbeatIntervalMs, RECONNECT_MS),
      concurrency: subService.concurrency ?? 1,
      handle: subService.handle,
      onError: (error) => logger.error('a request failed', { service, error: errorText(error) }),
      ...(transport !== undefined && { transport }),
    });
  }

  #watch(suffix: string, worker: MdpWorker): Subscription {
    const service = `${this.name}.${suffix}`;
    const { logger } = this.#options;
    return worker.status$.subscribe((status) => {
      if (status === 'ready') {
        const anew = !this.#ready.has(suffix);
        this.#ready.add(suffix);
        // Any of them: the broker keeps a worker that was at work when the process was suspended.
        if (anew && this.#serving) void this.#reclaim();
      } else if (this.#ready.delete(suffix))
        logger.warn('lost the broker, registering anew', { service, status });
      if (status === 'refused') logger.error('the broker refuses the service', { service });
      else logger.debug(`worker ${status}`, { service });
    });
  }
}

/** The pause before a lost broker is tried again; short, since it is on this machine or near. */
const RECONNECT_MS: Millis = 1_000;

function claimBus(client: MdpClient): ClaimBus {
  const mmi = new MmiClient(client);
  return {
    request: (service, body, options) => client.request(service, body, options),
    workerCount: async (service) => {
      try {
        const { services } = await mmi.workers(service);
        return services.reduce(
          (sum, { name, idle, busy }) => (name === service ? sum + idle + busy : sum),
          0,
        );
      } catch (error) {
        // A broker without this extension cannot tell.
        if ((error as { code?: unknown }).code === 'SERVICE_STATUS') return 0;
        throw error;
      }
    },
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The trace of an exception, which is for the log alone. */
function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
