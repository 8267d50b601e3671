import { ScenarioManager, SHIPPED_SCENARIOS, type JobDefaults, type ScenarioLog } from '@raspy/automation';
import { WorkerEngine } from '@raspy/automation/sandbox';
import type { Clock, Millis } from '@raspy/clock';
import type { KvClient } from '@raspy/kv-clone';
import type { MdpClient } from '@raspy/mdp-protocol';
import type { SettingsStore } from '@raspy/titanic-store';
import type { Logger } from '../../log/logger.js';
import { pause } from '../../server/pause.js';
import type { SubService } from '../../server/raspy-server.js';
import type { Statistics } from '../../server/sub-services.js';
import type { CronJobs } from '../cron-jobs.js';
import { BusHome } from '../home/bus-home.js';
import { cronPortOf } from '../home/cron-port.js';
import { keptHandler, runningHandler } from './scenario-handlers.js';
import { mistakesInScenario } from './mistakes.js';

/** What {@link HomeScenarios} are made of. */
export interface HomeScenariosOptions {
  readonly client: MdpClient;
  /** Reads and writes all of the tree. */
  readonly tree: KvClient;
  readonly store: SettingsStore;
  readonly jobs: CronJobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isClockTrusted: () => boolean;
  readonly defaults: JobDefaults;
  /** Everything is there, and nothing runs. */
  readonly safeMode: boolean;
  /** Rejects while this server must not run scenarios, with why. */
  readonly mayRun: () => Promise<void>;
}

/** Requests that are served at a time; one to stop waits until what was held is given back. */
const CONCURRENCY = 8;
const RETRY_MS: Millis = 5_000;

/** The scenarios of a home: kept in the settings store, run in a sandbox, with the bus as their house. */
export class HomeScenarios {
  readonly subServices: readonly SubService[];
  readonly #manager: ScenarioManager;
  readonly #engine: WorkerEngine;
  readonly #home: BusHome;
  readonly #options: HomeScenariosOptions;
  readonly #ending = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: HomeScenariosOptions) {
    this.#options = options;
    const { client, tree, store, jobs, clock, logger, isClockTrusted, defaults, safeMode } = options;
    this.#engine = new WorkerEngine({ clock });
    this.#home = new BusHome({ client, tree, clock, cron: cronPortOf(jobs) });
    this.#manager = new ScenarioManager({
      clock,
      engine: this.#engine,
      home: this.#home,
      store,
      log: logTo(logger),
      defaults,
      isClockTrusted,
      safeMode,
    });
    const handling = {
      manager: this.#manager,
      check: mistakesInScenario,
      shipped: () => SHIPPED_SCENARIOS,
      clock,
      onError: (error: unknown, action: string) => {
        logger.error('a request about scenarios failed', { action, error: String(error) });
      },
    };
    this.subServices = [
      { suffix: 'scenario', concurrency: CONCURRENCY, handle: runningHandler(handling) },
      { suffix: 'scenarios', concurrency: CONCURRENCY, handle: keptHandler(handling) },
    ];
  }

  /** Whether the store was read. */
  get areRead(): boolean {
    return this.#manager.isReady;
  }

  get statistics(): Statistics {
    const statuses = this.#manager.list();
    const count = (state: string): number => statuses.filter((status) => status.state === state).length;
    return {
      'scenarios.count': statuses.length,
      'scenarios.running': count('running'),
      'scenarios.quarantined': count('quarantined'),
      'scenarios.broken': count('broken'),
    };
  }

  /** Reads the store, as often as it takes, and starts what is enabled; before that, it waits until it may. Never rejects. */
  async start(): Promise<void> {
    const { clock, logger, mayRun } = this.#options;
    let told: string | undefined;
    while (!this.#ending.signal.aborted) {
      try {
        await mayRun();
        await this.#manager.start();
        return;
      } catch (error) {
        const reason = (error as Error).message;
        if (reason !== told) logger.error('no scenario runs yet', { reason });
        told = reason;
        await pause(clock, RETRY_MS, this.#ending.signal).catch(() => undefined);
      }
    }
  }

  /** All runs end, and what they held is given back. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    await this.#manager.close();
    await this.#engine.close();
    this.#home.close();
  }
}

function logTo(logger: Logger): ScenarioLog {
  return (level, message, { scenario }) => logger[level](message, scenario === undefined ? {} : { scenario });
}
