import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '@raspy/clock';
import {
  openTitanicLog,
  Titanic,
  type TitanicBus,
  type TitanicOptions,
  type TitanicServices,
} from '@raspy/titanic-store';
import type { Subscription } from 'rxjs';
import { lockDataDir } from '../lifecycle/data-dir-lock.js';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import type { Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import { oids } from '../server/oids.js';
import type { Statistics } from '../server/sub-services.js';
import { machineClockTrust } from '../server/clock-trust.js';
import { logTitanicEvent } from './titanic-log.js';

/** What a {@link TitanicPart} is told. */
export interface TitanicPartOptions extends TitanicOptions {
  /** Requests and settings outlive the process in the folder `titanic` of this one. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default what the machine tells of its clock */
  readonly clockTrusted?: () => boolean;
}

const DAY_MS: Millis = 24 * 3_600_000;

/**
 * Titanic's store as a part of a program. It starts before whatever serves its names, and {@link TitanicPart.dispatch} after.
 */
export class TitanicPart implements Part {
  readonly name = 'Titanic';
  readonly #options: TitanicPartOptions;
  #titanic: Titanic | undefined;
  #events: Subscription | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #startedAt: Millis = 0;
  /** How many commits had succeeded when one failed last. */
  #commitsAtFailure = -1;

  constructor(options: TitanicPartOptions) {
    this.#options = options;
  }

  /** Whether everything can be stored; as the latest attempt to store told. */
  get healthy(): boolean {
    return this.#titanic !== undefined && this.#titanic.statistics().storage.commits > this.#commitsAtFailure;
  }

  /** The functions behind its names. @throws Error while it does not run */
  get services(): TitanicServices {
    return this.#running().services;
  }

  /**
   * @throws EnvironmentError (rejects) when another process owns the data folder, or what is in it cannot be used
   */
  async start(): Promise<void> {
    const { dataDir, clock, logger, clockTrusted = machineClockTrust(), ...options } = this.#options;
    const folder = join(dataDir, 'titanic');
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      this.#unlock = await lockDataDir(folder);
      const storage = await openTitanicLog({ folder, clock });
      this.#titanic = await Titanic.open({ ...options, storage, clock, clockTrusted });
    } catch (error) {
      await this.#release();
      if (error instanceof EnvironmentError) throw error;
      throw new EnvironmentError(
        `Titanic's data folder ${folder} cannot be used: ${(error as Error).message}`,
        { cause: error },
      );
    }
    this.#startedAt = clock.now();
    const limiter = new RepeatLimiter(logger, clock);
    const titanic = this.#titanic;
    this.#events = titanic.events$.subscribe((event) => {
      if (event.type === 'storage-failed') this.#commitsAtFailure = titanic.statistics().storage.commits;
      logTitanicEvent(event, limiter);
    });
    for (const found of titanic.damage) {
      logger.error(`Titanic's log is damaged: ${found}; what may have run is in the dead-letter list`, {
        folder,
      });
    }
  }

  /** Ends it when nobody can ask any more; everything that was acknowledged is on the disk. */
  async stop(_deadlineMs: Millis): Promise<void> {
    await this.#titanic?.close();
    this.#events?.unsubscribe();
    await this.#release();
  }

  /** The part that has the requests sent, over a bus that it asks for at its start. */
  dispatch(bus: () => TitanicBus): Part {
    return {
      name: 'Titanic dispatch',
      start: () => {
        const titanic = this.#running();
        titanic.connect(bus());
        const { kept, waiting, held, dead, settings } = titanic.statistics();
        this.#options.logger.info('Titanic serves', { kept, waiting, held, dead, settings });
        return Promise.resolve();
      },
      // Before the bus ends, so that what it ends is no failure of a request.
      stop: () => this.#running().disconnect(),
    };
  }

  /** What Titanic counted, by oids such as `titanic.accepted`, and `titanic.disk.bytesPerDay` at the present rate. */
  statistics(): Statistics {
    if (this.#titanic === undefined) return {};
    const { storage, ...counters } = this.#titanic.statistics();
    const uptimeMs = Math.max(60_000, this.#options.clock.now() - this.#startedAt);
    return {
      ...oids('titanic', counters),
      ...oids('titanic.disk', storage),
      'titanic.disk.bytesPerDay': Math.round((storage.bytesWritten * DAY_MS) / uptimeMs),
    };
  }

  #running(): Titanic {
    if (this.#titanic === undefined) throw new Error('Titanic does not run');
    return this.#titanic;
  }

  async #release(): Promise<void> {
    this.#titanic = undefined;
    await this.#unlock?.();
    this.#unlock = undefined;
  }
}
