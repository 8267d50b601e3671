import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '@raspy/clock';
import { startKvServer, type KvServerOptions, type RunningKvServer } from '@raspy/kv-clone';
import { openLmdbStore, StoreError, type LmdbStore } from '@raspy/storage-lmdb';
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
import { oids } from '../server/oids.js';

/** What a {@link KvPart} is told. */
export interface KvPartOptions extends KvServerOptions {
  /** Where the broker is bound, from which the ports are counted; asked at the start. */
  readonly broker: () => string;
  /** First port of CHP; 0 is the broker's + 6. */
  readonly chpPort: number;
  /** Values outlive the process in the folder `store` of this one. */
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
  #store: LmdbStore | undefined;
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
      const folder = join(dataDir, 'store');
      const storage = await this.#open(folder);
      this.#server = await startKvServer({
        ...limits,
        ...kvEndpoints(broker(), chpPort),
        storage,
        minimumSeq: await this.#minimumSeq(folder),
        clock,
        ...(transport !== undefined && { transport }),
      });
    } catch (error) {
      await this.#release();
      // Damage or a full disk that shows only while all is read or the first is written.
      throw error instanceof StoreError ? new EnvironmentError(error.message, { cause: error }) : error;
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
    if (this.#server === undefined || this.#store === undefined) return {};
    const disk = this.#store.statistics();
    const uptimeMs = Math.max(1, this.#options.clock.now() - this.#startedAt);
    return {
      ...oids('kv', this.#server.statistics()),
      ...oids('kv.disk', disk),
      'kv.disk.bytesPerDay': Math.round((disk.bytesWritten * DAY_MS) / Math.max(uptimeMs, 60_000)),
    };
  }

  async #open(folder: string) {
    const { clock, logger } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#unlock = await lockDataDir(folder);
    try {
      this.#store = await openLmdbStore({ folder, clock, onCorrupt: 'setAside' });
    } catch (error) {
      throw new EnvironmentError((error as Error).message, { cause: error });
    }
    if (this.#store.setAside !== undefined) {
      logger.error('what was saved is damaged and was set aside; all values start anew', {
        setAside: this.#store.setAside,
      });
    }
    return this.#store.keyValue();
  }

  /**
   * Where a store was set aside, in this start or one before that may have ended too early, nothing is known of the sequences
   * that were used; those of the clock are above any.
   */
  async #minimumSeq(folder: string): Promise<number> {
    const wasSetAside = (await readdir(folder)).some((name) => name.includes('.broken-'));
    return wasSetAside ? Math.max(0, Math.floor(this.#options.clock.wallNow())) : 0;
  }

  async #release(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
    await this.#unlock?.();
    this.#unlock = undefined;
  }
}
