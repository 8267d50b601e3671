import type { Clock, Millis } from '@raspy/clock';
import type { DeviceConfig } from '@raspy/devices';
import type { DeviceChanges } from '../device-server/device-differences.js';
import { Executive, type Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import type { ServerLife, StopOutcome } from './server-life.js';

/** What an {@link InProcessLife} is told. */
export interface InProcessLifeOptions {
  /** Made for this life, in the order in which they start. */
  readonly parts: readonly Part[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default the server has no devices */
  readonly applyDevices?: (devices: readonly DeviceConfig[]) => Promise<DeviceChanges>;
}

/** A server in this process: its parts, of which all serve or none. */
export class InProcessLife implements ServerLife {
  readonly lost: Promise<Error>;
  readonly applyDevices?: (devices: readonly DeviceConfig[]) => Promise<DeviceChanges>;
  readonly #clock: Clock;
  readonly #executive: Executive;
  readonly #ending = new AbortController();
  #started: Promise<void> = Promise.resolve();

  constructor(options: InProcessLifeOptions) {
    const { parts, clock, applyDevices } = options;
    this.#clock = clock;
    this.#executive = new Executive(options);
    const losses = parts.flatMap(({ lost }) => lost ?? []);
    this.lost = losses.length === 0 ? new Promise(() => undefined) : Promise.race(losses);
    if (applyDevices !== undefined) this.applyDevices = applyDevices;
  }

  start(): Promise<void> {
    this.#started = this.#executive.start(this.#ending.signal);
    return this.#started;
  }

  async stop(deadlineMs: Millis): Promise<StopOutcome> {
    const end = this.#clock.now() + deadlineMs;
    this.#ending.abort(new Error('the server is stopped'));
    let cancel: (() => void) | undefined;
    const late = new Promise<'left behind'>((resolve) => {
      cancel = this.#clock.schedule(end, () => resolve('left behind'));
    });
    const settled = this.#started.then(
      () => 'stopped' as const,
      () => 'stopped' as const,
    );
    const outcome = await Promise.race([settled, late]);
    cancel?.();
    if (outcome === 'left behind') return outcome;
    await this.#executive.stop(Math.max(0, end - this.#clock.now()));
    return this.#executive.leftBehind.length === 0 ? 'stopped' : 'left behind';
  }
}
