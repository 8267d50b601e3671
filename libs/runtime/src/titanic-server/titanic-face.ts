import type { Clock, Millis } from '@raspy/clock';
import { MdpClient, MmiClient } from '@raspy/mdp-protocol';
import {
  clientBus,
  startTitanicWorkers,
  type RunningTitanicWorkers,
  type TitanicBus,
  type TitanicServices,
} from '@raspy/titanic-store';
import type { Transport } from '@raspy/wire';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import type { Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import { pause } from '../server/pause.js';

/** What a {@link TitanicFace} is told. */
export interface TitanicFaceOptions {
  /** Where the broker is. */
  readonly endpoint: string;
  /** The functions behind the names; asked when it starts. */
  readonly services: () => TitanicServices;
  readonly heartbeatIntervalMs: Millis;
  readonly heartbeatLiveness: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
}

/** The name that is asked for; one Titanic has all of them. */
const SERVICE = 'titanic.request';
const LOOK_AGAIN_MS: Millis = 500;

/** Titanic's names on a bus whose broker is another process. */
export class TitanicFace implements Part {
  readonly name = 'Titanic face';
  readonly #options: TitanicFaceOptions;
  #client: MdpClient | undefined;
  #workers: RunningTitanicWorkers | undefined;

  constructor(options: TitanicFaceOptions) {
    this.#options = options;
  }

  /** How the requests reach their services. @throws Error while it does not run */
  get bus(): TitanicBus {
    if (this.#client === undefined) throw new Error('the face of Titanic does not run');
    return clientBus(this.#client, { clock: this.#options.clock });
  }

  /**
   * Waits for the broker, and for what may be left of a Titanic that was killed.
   * @throws EnvironmentError (rejects) when another Titanic serves this bus: replies would be asked of the wrong one
   */
  async start(signal: AbortSignal): Promise<void> {
    const { services, heartbeatIntervalMs, heartbeatLiveness, endpoint, clock, transport } = this.#options;
    const bus = { endpoint, clock, ...(transport !== undefined && { transport }) };
    this.#client = new MdpClient(bus);
    try {
      await this.#free(new MmiClient(this.#client), signal);
    } catch (error) {
      await this.#client.close();
      this.#client = undefined;
      throw error;
    }
    this.#workers = startTitanicWorkers({
      ...bus,
      services: services(),
      heartbeatIntervalMs,
      heartbeatLiveness,
    });
  }

  async stop(deadlineMs: Millis): Promise<void> {
    await this.#workers?.close({ deadlineMs });
    await this.#client?.close();
    this.#client = undefined;
  }

  /** Resolves when nobody has the name. */
  async #free(mmi: MmiClient, signal: AbortSignal): Promise<void> {
    const { clock, logger, endpoint, heartbeatIntervalMs, heartbeatLiveness } = this.#options;
    // A worker that was killed is registered for so long.
    const patienceMs = heartbeatIntervalMs * (heartbeatLiveness + 2);
    let takenSince: Millis | undefined;
    let told = false;
    for (;;) {
      try {
        const taken = await mmi.hasService(SERVICE);
        if (!taken) return;
        takenSince ??= clock.now();
        if ((await this.#isBuiltIn(mmi)) || clock.now() - takenSince > patienceMs) {
          throw new EnvironmentError(
            `the broker at ${endpoint} has a Titanic already: start that broker with --titanic=false, ` +
              'or stop the other Titanic',
          );
        }
        if (!told) logger.info('waiting for what is left of another Titanic to expire');
        told = true;
      } catch (error) {
        if (error instanceof EnvironmentError) throw error;
        if (!told) logger.warn('waiting for the broker', { endpoint, reason: (error as Error).message });
        told = true;
      }
      await pause(clock, LOOK_AGAIN_MS, signal);
    }
  }

  /** Whether the broker serves it itself: then it has no workers, and never expires. */
  async #isBuiltIn(mmi: MmiClient): Promise<boolean> {
    try {
      const { services } = await mmi.workers(SERVICE);
      return services.every(({ idle, busy }) => idle + busy === 0);
    } catch {
      return false;
    }
  }
}
