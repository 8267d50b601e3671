import type { Clock, Millis } from '@raspy/clock';
import {
  startBroker,
  WAIT_BUCKETS_MS,
  type BrokerOptions,
  type BuiltinHandler,
  type RunningBroker,
} from '@raspy/mdp-protocol';
import { Histogram, type StatisticsManager } from '@raspy/statistics';
import type { SocketOptions, Transport } from '@raspy/wire';
import type { Subscription } from 'rxjs';
import type { Part } from '../lifecycle/executive.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import type { Logger } from '../log/logger.js';
import type { Statistics } from '../server/sub-services.js';
import { freeBasePort } from '../server/free-base-port.js';
import { logBrokerEvent } from './broker-log.js';
import { oids } from '../server/oids.js';

/** What a {@link BrokerPart} is told. */
export interface BrokerPartOptions extends BrokerOptions {
  /** Where it binds, e.g. `tcp://127.0.0.1:5514`; port 0 takes one that is free, as are those of the key/value tree. */
  readonly endpoint: string;
  /** What this process serves itself, by the names of the services; asked when it starts. @default nothing */
  readonly builtin?: () => Readonly<Record<string, BuiltinHandler>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
  /** Of the one socket. @default as `startBroker` has it */
  readonly socket?: SocketOptions;
}

/** The broker as a part of a program; what it reports is logged at a limited rate. */
export class BrokerPart implements Part {
  readonly name = 'broker';
  readonly #options: BrokerPartOptions;
  #broker: RunningBroker | undefined;
  #events: Subscription | undefined;

  constructor(options: BrokerPartOptions) {
    this.#options = options;
  }

  /** Where it is bound. @throws Error while it does not run */
  get endpoint(): string {
    return this.running.endpoint;
  }

  /** For those who share its process. @throws Error while it does not run */
  get running(): RunningBroker {
    if (this.#broker === undefined) throw new Error('the broker does not run');
    return this.#broker;
  }

  /** @throws BindError (rejects) when the endpoint cannot be had */
  async start(): Promise<void> {
    const { logger, clock, builtin, ...options } = this.#options;
    const endpoint = await withPort(options.endpoint);
    this.#broker = await startBroker({ ...options, builtin: builtin?.() ?? {}, endpoint, clock });
    const limiter = new RepeatLimiter(logger, clock);
    this.#events = this.#broker.events$.subscribe((event) => logBrokerEvent(event, limiter));
    logger.info('broker bound', { endpoint: this.#broker.endpoint });
  }

  /** Says goodbye to every worker and frees the endpoint. */
  async stop(_deadlineMs: Millis): Promise<void> {
    await this.#broker?.close();
    this.#events?.unsubscribe();
    this.#broker = undefined;
  }

  /** What the broker counted, by oids such as `broker.requests` and `broker.dropped.expired`. */
  statistics(): Statistics {
    if (this.#broker === undefined) return {};
    const { waits: _, ...counted } = this.#broker.statistics();
    return oids('broker', counted);
  }

  /** Has a registry tell how long requests wait: `broker.wait`. */
  registerWaits(registry: StatisticsManager): void {
    const wait = registry.add(
      new Histogram({
        oid: 'broker.wait',
        doc: 'From the arrival of a request to its first worker',
        unit: 'seconds',
        buckets: WAIT_BUCKETS_MS.map((end) => end / 1_000),
      }),
    );
    registry.beforeRead(() => {
      if (this.#broker === undefined) return;
      const { counts, sumMs } = this.#broker.statistics().waits;
      wait.follow(counts, sumMs / 1_000);
    });
  }
}

async function withPort(endpoint: string): Promise<string> {
  const [, address] = /^tcp:\/\/(.*):0$/.exec(endpoint) ?? [];
  return address === undefined ? endpoint : `tcp://${address}:${await freeBasePort(address)}`;
}
