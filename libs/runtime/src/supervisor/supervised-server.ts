import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { DeviceConfig } from '@raspy/devices';
import type { DeviceChanges } from '../device-server/device-differences.js';
import { ExitCode, exitCodeOf } from '../lifecycle/exit-code.js';
import type { Logger } from '../log/logger.js';
import { RestartPolicy } from './restart-policy.js';
import type { ServerLife, StopOutcome } from './server-life.js';

/** Where a server is in its lives. */
export type ServerState =
  | 'starting'
  | 'ready'
  /** It died, and is started again soon. */
  | 'waiting'
  /** It keeps dying: it is tried again at long intervals, or when a person asks. */
  | 'quarantined'
  /** Its settings do not let it start: it is not tried again until they are changed. */
  | 'failed'
  | 'stopping'
  | 'stopped';

/** What a {@link SupervisedServer} is told. */
export interface SupervisedServerOptions {
  readonly name: string;
  /** Makes the next life. What it throws counts as a life that could not be started. */
  readonly create: () => ServerLife | Promise<ServerLife>;
  /**
   * Makes a life that brings what the server drives into a safe state when it starts and when it stops, and serves
   * nobody; it is lived once when the server comes into quarantine.
   * @default none, as for a server that ends in good order whenever it fails
   */
  readonly createSafe?: () => ServerLife;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default that of docs/decisions/0021 */
  readonly policy?: RestartPolicy;
}

/** A server as `raspy status` tells of it. */
export interface LifeStatus {
  readonly state: ServerState;
  /** Of its own process, while there is one. */
  readonly pid: number | undefined;
  /** When it came into this state; Unix milliseconds. */
  readonly since: number;
  /** Until it is started again; `undefined` when nothing of the kind is planned. */
  readonly restartInMs: Millis | undefined;
  /** Lives after the first. */
  readonly restarts: number;
  /** Why it died last; `undefined` while it never did. */
  readonly reason: string | undefined;
}

/** For what a life that was lost takes to free what it has. */
const RELEASE_WITHIN_MS: Millis = 5_000;
/** For what makes an outlived server safe. */
const SAFE_WITHIN_MS: Millis = 30_000;

/** A server that is started again when it dies, by the restart policy. */
export class SupervisedServer {
  readonly #options: SupervisedServerOptions;
  readonly #policy: RestartPolicy;
  #state: ServerState = 'stopped';
  #since: number;
  #restartAt: Millis | undefined;
  #restarts = 0;
  #reason: string | undefined;
  #life: ServerLife | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #pardoned = false;
  readonly #ended: Promise<Error>;
  #end: ((reason: Error) => void) | undefined;
  /** Ends the pause before the next life. */
  #wake: (() => void) | undefined;

  constructor(options: SupervisedServerOptions) {
    this.#options = options;
    this.#policy = options.policy ?? new RestartPolicy();
    this.#since = options.clock.wallNow();
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Starts it; called once.
   * @returns resolves when its first life serves, rejects when that could not be started. It goes on trying then,
   * unless it is stopped.
   */
  begin(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#running = this.#run({ served: resolve, failed: reject });
    });
  }

  /** Forgets that it died; one that waits, is quarantined or failed, is started now. */
  pardon(): void {
    this.#policy.pardon();
    this.#pardoned = true;
    this.#wake?.();
  }

  /** Ends it for good, within the deadline if it can. */
  async stop(deadlineMs: Millis): Promise<StopOutcome> {
    const { clock } = this.#options;
    const end = clock.now() + deadlineMs;
    this.#stopped = true;
    this.#end?.(new Error('stopped'));
    this.#wake?.();
    this.#enter('stopping');
    const outcome = (await this.#life?.stop(deadlineMs)) ?? 'stopped';
    let cancel: Cancel | undefined;
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(end, resolve);
    });
    await Promise.race([this.#running, late]);
    cancel?.();
    this.#life = undefined;
    this.#enter('stopped');
    return outcome;
  }

  /**
   * Hands a new list of devices to the life that serves.
   * @returns `undefined` when none does: the next one is made with the new list anyway
   */
  async applyDevices(devices: readonly DeviceConfig[]): Promise<DeviceChanges | undefined> {
    return this.#state === 'ready' ? this.#life?.applyDevices?.(devices) : undefined;
  }

  status(): LifeStatus {
    const now = this.#options.clock.now();
    return {
      state: this.#state,
      pid: this.#life?.pid,
      since: this.#since,
      restartInMs: this.#restartAt === undefined ? undefined : Math.max(0, this.#restartAt - now),
      restarts: this.#restarts,
      reason: this.#reason,
    };
  }

  async #run(first: { served: () => void; failed: (reason: Error) => void }): Promise<void> {
    for (let lives = 0; !this.#stopped; lives++) {
      this.#restarts = lives;
      const death = await this.#live(first.served);
      if (this.#hasStopped()) break;
      first.failed(death);
      await this.#mourn(death);
    }
    first.failed(new Error(`${this.name} was stopped before it served`));
  }

  /** One life. @returns why it ended */
  async #live(served: () => void): Promise<Error> {
    const { clock, logger, create, name } = this.#options;
    this.#enter('starting');
    try {
      const life = await create();
      if (this.#stopped) return new Error('stopped');
      this.#life = life;
      await life.start();
      if (this.#hasStopped()) return new Error('stopped');
      this.#policy.served(clock.now());
      this.#enter('ready');
      logger.info(`${name} is ready`, { server: name, pid: life.pid });
      served();
      const loss = await Promise.race([life.lost, this.#ended]);
      if (!this.#hasStopped()) await life.stop(RELEASE_WITHIN_MS);
      return loss;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      // Whoever stops it asks the life itself how it ended.
      if (!this.#stopped) this.#life = undefined;
    }
  }

  /** Tells of a death, and waits until the next life is due. */
  async #mourn(death: Error): Promise<void> {
    const { clock, logger, name } = this.#options;
    this.#reason = death.message;
    this.#pardoned = false;
    const fields = { server: name, reason: death.message };
    if (exitCodeOf(death) === ExitCode.USAGE) {
      this.#enter('failed');
      logger.error(
        `${name} cannot start, and is not tried again before raspy reload: ${death.message}`,
        fields,
      );
      await this.#pause(Infinity);
      return;
    }
    const { kind, at } = this.#policy.died(clock.now());
    this.#restartAt = at;
    const wait = at - clock.now();
    const inSeconds = `${Math.round(wait / 1_000)} s`;
    if (kind === 'restart') {
      this.#enter('waiting');
      const when = wait < 1_000 ? 'now' : `in ${inSeconds}`;
      logger.warn(`${name} has ended, and is started again ${when}: ${death.message}`, fields);
    } else {
      this.#enter('quarantined');
      logger.error(
        `${name} keeps dying and is quarantined: the next try is in ${inSeconds}, or with raspy reload: ${death.message}`,
        fields,
      );
      await this.#makeSafe();
    }
    await this.#pause(at);
    this.#restartAt = undefined;
  }

  #pause(until: Millis): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.schedule(until, () => this.#wake?.());
      this.#wake = () => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
      if (this.#stopped || this.#pardoned) this.#wake();
    });
  }

  /** It may have died with an output on. */
  async #makeSafe(): Promise<void> {
    const { clock, logger, name, createSafe } = this.#options;
    if (createSafe === undefined || this.#stopped) return;
    const life = createSafe();
    this.#life = life;
    let cancel: Cancel | undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = clock.schedule(clock.now() + SAFE_WITHIN_MS, () => reject(new Error('it takes too long')));
    });
    try {
      await Promise.race([life.start(), late]);
      logger.warn(`the outputs of ${name} are in their safe state`, { server: name });
    } catch (error) {
      if (!this.#hasStopped()) {
        const reason = (error as Error).message;
        logger.error(`the outputs of ${name} could not be made safe: ${reason}`, { server: name });
      }
    }
    cancel?.();
    if (this.#hasStopped()) return;
    await life.stop(RELEASE_WITHIN_MS);
    this.#life = undefined;
  }

  #enter(state: ServerState): void {
    this.#state = state;
    this.#since = this.#options.clock.wallNow();
  }

  /** As a function, since it changes while one waits. */
  #hasStopped(): boolean {
    return this.#stopped;
  }
}
