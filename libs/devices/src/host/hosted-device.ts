import type { Cancel } from '@raspy/clock';
import { Subscription } from 'rxjs';
import { argumentsOf, parse } from '../describe.js';
import type { DeviceLog, DeviceSession } from '../driver.js';
import {
  CommandFailedError,
  CommandRefusedError,
  CommandTimeoutError,
  DeviceBusyError,
  DeviceUnavailableError,
  InvalidArgumentError,
} from '../errors.js';
import { errorText } from '../error-text.js';
import { logOfDevice } from '../logs.js';
import type { Reading } from '../reading.js';
import type { CheckedConfig } from './device-config.js';
import { DeviceReadings } from './device-readings.js';
import { jsonResult } from './json-result.js';
import type { ResolvedHostOptions } from './options.js';
import { SerialQueue } from './serial-queue.js';
import { checkSession } from './session-check.js';
import { within } from './within.js';

/** `opening`: the driver is at it; `open`: it works; `failed`: it is tried again later. */
export type DeviceState = 'opening' | 'open' | 'failed';

/** What a device tells its host. */
export interface HostedDeviceEvents {
  reading(value: string, reading: Reading): void;
  state(state: DeviceState, reason?: string): void;
}

/** A session and what goes with it; a new one for each time the device is opened. */
interface Running {
  readonly session: DeviceSession;
  readonly subscription: Subscription;
  readonly since: number;
}

/** One device of a host: opens it, keeps it open, polls it, and shuts all mistakes of its driver in. */
export class HostedDevice {
  readonly config: CheckedConfig;
  readonly readings: DeviceReadings;
  readonly #options: ResolvedHostOptions;
  readonly #events: HostedDeviceEvents;
  readonly #log: DeviceLog;
  readonly #queue = new SerialQueue();
  #state: DeviceState = 'opening';
  #reason: string | undefined;
  #running: Running | undefined;
  #opening: Promise<void> = Promise.resolve();
  #failures = 0;
  #cancelRetry: Cancel | undefined;
  #cancelPoll: Cancel | undefined;
  /** A poll that has not begun: who asks meanwhile gets its result. */
  #nextPoll: Promise<void> | undefined;
  #pollSeconds: number;
  #closed = false;
  /** Whether the history is wanted. */
  log: boolean;

  constructor(config: CheckedConfig, options: ResolvedHostOptions, events: HostedDeviceEvents) {
    this.config = config;
    this.log = config.log;
    this.#pollSeconds = config.pollSeconds;
    this.#options = options;
    this.#events = events;
    this.#log = logOfDevice(options.log, config.name);
    this.readings = new DeviceReadings(config.driver.type, options.clock, (value, reading) => {
      if (!this.#closed) events.reading(value, reading);
    });
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** Why the state is `failed`. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** -1 also when the open device cannot be asked. */
  get pollSeconds(): number {
    return this.#running === undefined || this.pollable ? this.#pollSeconds : -1;
  }

  set pollSeconds(seconds: number) {
    this.#pollSeconds = seconds;
    this.#schedulePolls();
  }

  /** Whether the open device can be asked. */
  get pollable(): boolean {
    return this.#running?.session.poll !== undefined;
  }

  /** Resolves when the attempt to open that is under way, or was the last one, has ended either way. */
  opened(): Promise<void> {
    return this.#opening;
  }

  /** Opens it after what it was given before, so that a former session has been closed by then. */
  open(): void {
    this.#cancelRetry?.();
    this.#opening = this.#queue.run(() => this.#open());
  }

  /**
   * Closes it and opens it again, after the commands that wait.
   * @throws DeviceUnavailableError, DeviceBusyError
   */
  async reset(): Promise<void> {
    if (this.#closed) this.#refuse();
    this.#refuseIfBusy();
    await this.#queue.run(async () => {
      await this.#shut();
      this.readings.spoil('the device was reset');
      this.#failures = 0;
      await this.#open();
    });
  }

  /**
   * Executes a command of the type, one after the other.
   * @throws InvalidArgumentError, DeviceUnavailableError, DeviceBusyError: not executed
   * @throws CommandRefusedError, CommandFailedError, CommandTimeoutError
   */
  async execute(command: string, args: unknown): Promise<unknown> {
    const { name, driver } = this.config;
    const parsed = parse(argumentsOf(driver.type.commands[command]!), args ?? {});
    if (parsed.mistakes !== undefined) throw new InvalidArgumentError(name, command, parsed.mistakes);
    this.#available();
    this.#refuseIfBusy();
    return this.#queue.run(() => this.#execute(command, parsed.data as Record<string, unknown>));
  }

  /**
   * Reads it after the commands that wait; a failure shows in the readings.
   * @throws DeviceUnavailableError
   */
  async poll(): Promise<void> {
    this.#available();
    await this.#pollNext();
  }

  /** Closes it for good: what waits is refused, what runs may end within the time of one operation. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelPoll?.();
    await this.#queue.idle();
    await this.#shut();
    this.readings.close();
  }

  async #open(): Promise<void> {
    if (this.#closed) return;
    const { clock, operationTimeoutMs } = this.#options;
    const { name, driver, parsed } = this.config;
    this.#become('opening');
    try {
      const outcome = await within(
        clock,
        operationTimeoutMs,
        () => driver.open(parsed, { clock, name, log: this.#log }),
        (late) => void this.#closeSession(late),
      );
      if (!outcome.inTime) throw new Error(`it was not open within ${operationTimeoutMs} ms`);
      this.#begin(checkSession(driver.type, outcome.value));
    } catch (error) {
      this.#fail(errorText(error));
    }
  }

  #begin(session: DeviceSession): void {
    const running: Running = {
      session,
      subscription: new Subscription(),
      since: this.#options.clock.now(),
    };
    this.#running = running;
    this.readings.begin(session.units);
    this.#become('open');
    try {
      running.subscription.add(
        session.values$.subscribe({
          next: (update) => {
            if (running === this.#running) this.#take(update);
          },
          error: (error: unknown) => this.#lose(running, errorText(error)),
        }),
      );
    } catch (error) {
      this.#lose(running, errorText(error));
    }
    this.#schedulePolls();
  }

  #take(update: unknown): void {
    let wrong: string | undefined;
    try {
      wrong = this.readings.take(update);
    } catch (error) {
      wrong = errorText(error);
    }
    if (wrong !== undefined) this.#log.warn('the driver sent an update that is none', { reason: wrong });
  }

  /** The session ended by itself. */
  #lose(running: Running, reason: string): void {
    if (running !== this.#running) return;
    const { clock, retryMaxMs } = this.#options;
    if (clock.now() - running.since >= retryMaxMs) this.#failures = 0;
    void this.#queue.run(() => this.#closeSession(running.session));
    this.#running = undefined;
    this.#cancelPoll?.();
    this.#fail(reason);
  }

  #fail(reason: string): void {
    const { clock, retryMinMs, retryMaxMs } = this.#options;
    this.#become('failed', reason);
    this.readings.spoil(`not open: ${reason}`);
    const retryMs = Math.min(retryMinMs * 2 ** this.#failures++, retryMaxMs);
    this.#log.warn('the device is not open', { reason, retryMs });
    if (!this.#closed) this.#cancelRetry = clock.schedule(clock.now() + retryMs, () => this.open());
  }

  /** Ends the session, if there is one, and what is scheduled. */
  async #shut(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelPoll?.();
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    try {
      running.subscription.unsubscribe();
    } catch (error) {
      this.#log.warn('the device did not end its values properly', { reason: errorText(error) });
    }
    await this.#closeSession(running.session);
  }

  async #closeSession(session: DeviceSession): Promise<void> {
    const { clock, operationTimeoutMs } = this.#options;
    try {
      const outcome = await within(clock, operationTimeoutMs, () => session.close());
      if (!outcome.inTime) this.#log.warn('the device did not close in time', { operationTimeoutMs });
    } catch (error) {
      this.#log.warn('the device did not close properly', { reason: errorText(error) });
    }
  }

  async #execute(command: string, args: Record<string, unknown>): Promise<unknown> {
    const { session } = this.#available();
    const { clock, operationTimeoutMs } = this.#options;
    const { name } = this.config;
    try {
      const outcome = await within(clock, operationTimeoutMs, () =>
        (session.commands as Record<string, (args: unknown) => unknown>)[command]!(args),
      );
      if (!outcome.inTime) throw new CommandTimeoutError(name, command, operationTimeoutMs);
      return jsonResult(outcome.value);
    } catch (error) {
      // Told by code: the driver may stand on another copy of this library.
      const code = (error as { code?: unknown } | null | undefined)?.code;
      if (code === 'COMMAND_REFUSED') throw new CommandRefusedError(errorText(error), { cause: error });
      const failure =
        error instanceof CommandTimeoutError
          ? error
          : new CommandFailedError(name, command, errorText(error), { cause: error });
      // Done, half done or not done: what the readings say is no longer known to be true.
      this.readings.spoil(failure.message);
      if (this.pollable) void this.#pollNext();
      throw failure;
    }
  }

  #pollNext(): Promise<void> {
    this.#nextPoll ??= this.#queue.run(() => {
      this.#nextPoll = undefined;
      return this.#poll();
    });
    return this.#nextPoll;
  }

  async #poll(): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.#closed) return;
    const { clock, operationTimeoutMs } = this.#options;
    try {
      const outcome = await within(clock, operationTimeoutMs, () => running.session.poll?.());
      if (!outcome.inTime) throw new Error(`no answer within ${operationTimeoutMs} ms`);
    } catch (error) {
      if (running === this.#running) this.readings.spoil(`poll failed: ${errorText(error)}`);
    }
  }

  #schedulePolls(): void {
    this.#cancelPoll?.();
    if (this.#pollSeconds <= 0 || !this.pollable) return;
    const { clock } = this.#options;
    const periodMs = this.#pollSeconds * 1_000;
    const pollAt = (due: number): void => {
      this.#cancelPoll = clock.schedule(due, () => {
        // What a slow device or a sleeping machine missed is not made up for.
        pollAt(Math.max(due + periodMs, clock.now()));
        void this.#pollNext();
      });
    };
    pollAt(clock.now());
  }

  #available(): Running {
    if (this.#running === undefined || this.#closed) this.#refuse();
    return this.#running;
  }

  #refuse(): never {
    const reason = this.#closed ? 'it was removed' : (this.#reason ?? 'it is being opened');
    throw new DeviceUnavailableError(this.config.name, reason);
  }

  #refuseIfBusy(): void {
    const limit = this.#options.maxQueuedCommands;
    if (this.#queue.waiting >= limit) throw new DeviceBusyError(this.config.name, limit);
  }

  #become(state: DeviceState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
    if (!this.#closed) this.#events.state(state, reason);
  }
}
