import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '@raspy/clock';
import { startKvServer, type KvServerOptions, type RunningKvServer } from '@raspy/kv-clone';
import { openKvLog, type KvLogStorage } from '@raspy/kv-clone/storage-log';
import { LogStoreError } from '@raspy/storage-log';
import type { Transport } from '@raspy/wire';
import type { Subscription } from 'rxjs';
import { lockDataDir } from '../lifecycle/data-dir-lock.js';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import type { Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import { kvEndpoints } from '../server/endpoint.js';
import type { Statistics } from '../server/sub-services.js';
import { logKvEvent } from './kv-log.js';
import { migrateLmdbStore } from './kv-migration.js';
import { oids } from '../server/oids.js';

/** What a {@link KvPart} is told. */
export interface KvPartOptions extends KvServerOptions {
  /** Where the broker is bound, from which the ports are counted; asked at the start. */
  readonly broker: () => string;
  /** First port of CHP; 0 is the broker's + 6. */
  readonly chpPort: number;
  /** Values outlive the process in the folder `store-log` of this one. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
}

const DAY_MS: Millis = 24 * 3_600_000;

/** The key/value tree as a part of a program; what it reports is logged at a limited rate. */
export class KvPart implements Part {
  readonly name = 'key/value tree';
  readonly #options: KvPartOptions;
  #server: RunningKvServer | undefined;
  #storage: KvLogStorage | undefined;
  #events: Subscription | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #startedAt: Millis = 0;

  constructor(options: KvPartOptions) {
    this.#options = options;
  }

  /** Whether everything can be saved. */
  get healthy(): boolean {
    return this.#server?.statistics().storageFailures === 0;
  }

  /**
   * @throws BindError (rejects) when a port cannot be had
   * @throws EnvironmentError (rejects) when another process owns the data folder, or what is in it cannot be used
   */
  async start(): Promise<void> {
    const { broker, chpPort, dataDir, clock, logger, transport, ...limits } = this.#options;
    try {
      const folder = join(dataDir, 'store-log');
      const storage = await this.#open(folder);
      this.#storage = storage;
      this.#server = await startKvServer({
        ...limits,
        ...kvEndpoints(broker(), chpPort),
        storage,
        minimumSeq: await this.#minimumSeq(folder, storage),
        clock,
        ...(transport !== undefined && { transport }),
      });
    } catch (error) {
      await this.#release();
      // A disk that shows only when the first is written that it is full.
      throw error instanceof LogStoreError ? new EnvironmentError(error.message, { cause: error }) : error;
    }
    this.#startedAt = clock.now();
    const limiter = new RepeatLimiter(logger, clock);
    this.#events = this.#server.events$.subscribe((event) => logKvEvent(event, limiter));
    const { keys, restored, notRestored } = this.#server.statistics();
    if (notRestored > 0) {
      logger.warn('values on disk break the limits: they are kept there, but are not in the tree', {
        notRestored,
      });
    }
    logger.info('key/value tree bound', { ...this.#server.endpoints, keys, restored });
  }

  /** Saves what is not on disk yet, and frees ports and folder. */
  async stop(_deadlineMs: Millis): Promise<void> {
    await this.#server?.close();
    this.#events?.unsubscribe();
    this.#server = undefined;
    await this.#release();
  }

  /** What the tree counted, by oids such as `kv.updates`, and what it wrote: `kv.disk.bytesPerDay` at the present rate. */
  statistics(): Statistics {
    if (this.#server === undefined || this.#storage === undefined) return {};
    const disk = this.#storage.statistics();
    const uptimeMs = Math.max(1, this.#options.clock.now() - this.#startedAt);
    return {
      ...oids('kv', this.#server.statistics()),
      ...oids('kv.disk', disk),
      'kv.disk.bytesPerDay': Math.round((disk.bytesWritten * DAY_MS) / Math.max(uptimeMs, 60_000)),
    };
  }

  async #open(folder: string): Promise<KvLogStorage> {
    const { dataDir, clock, logger } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#unlock = await lockDataDir(folder);
    try {
      await migrateLmdbStore({ from: join(dataDir, 'store'), to: folder, clock, logger });
      const storage = await openKvLog({ folder, clock });
      for (const found of storage.damage) {
        logger.error(
          `the key/value tree on disk is damaged: ${found}; values may be missing, or older than they were`,
          { folder },
        );
      }
      return storage;
    } catch (error) {
      if (error instanceof EnvironmentError) throw error;
      throw new EnvironmentError((error as Error).message, { cause: error });
    }
  }

  /**
   * Where something may have got lost, in this start or one before that may have ended too early, nothing is known of the
   * sequences that were used; those of the clock are above any.
   */
  async #minimumSeq(folder: string, { mayLackCommits }: KvLogStorage): Promise<number> {
    const wasDamaged = (await readdir(folder)).some((name) => name.includes('.damaged-'));
    return mayLackCommits || wasDamaged ? Math.max(0, Math.floor(this.#options.clock.wallNow())) : 0;
  }

  async #release(): Promise<void> {
    await this.#storage?.close();
    this.#storage = undefined;
    await this.#unlock?.();
    this.#unlock = undefined;
  }
}
