import type { Cancel } from '@raspy/clock';
import { Subscription } from 'rxjs';
import { subdevicesOf } from '../device-type.js';
import type { DeviceLog, DeviceSession } from '../driver.js';
import { DeviceBusyError, DeviceUnavailableError } from '../errors.js';
import { errorText } from '../error-text.js';
import { logOfDevice } from '../logs.js';
import type { Reading } from '../reading.js';
import type { OutputValue } from '../safety/definition.js';
import type { CheckedConfig } from './device-config.js';
import { DeviceMember } from './device-member.js';
import { DeviceWork, type CommandOutcome, type ExecuteOptions } from './device-work.js';
import type { OutputGuard } from './output-guard.js';
import type { ResolvedHostOptions } from './options.js';
import { PollSchedule } from './poll-schedule.js';
import { SerialQueue } from './serial-queue.js';
import { checkSession } from './session-check.js';
import { within } from './within.js';

/** `opening`: the driver is at it; `open`: it works; `failed`: it is tried again later. */
export type DeviceState = 'opening' | 'open' | 'failed';

/** What a device tells its host. */
export interface HostedDeviceEvents {
  reading(device: string, value: string, reading: Reading): void;
  state(state: DeviceState, reason?: string): void;
}

/** A session and what goes with it; a new one for each time the device is opened. */
interface Running {
  readonly session: DeviceSession;
  readonly subscription: Subscription;
  readonly since: number;
}

/** How long an output that has to be made safe waits for what is under way. */
const URGENT_PATIENCE_MS = 1_000;

/** One configured device: opens it, keeps it open, polls it, and shuts all mistakes of its driver in. */
export class HostedDevice {
  /** Itself, then its sub-devices. */
  readonly members: readonly DeviceMember[];
  readonly #options: ResolvedHostOptions;
  readonly #events: HostedDeviceEvents;
  readonly #guard: OutputGuard;
  readonly #log: DeviceLog;
  readonly #queue: SerialQueue;
  readonly #work: DeviceWork;
  #config: CheckedConfig;
  #state: DeviceState = 'opening';
  #reason: string | undefined;
  #running: Running | undefined;
  #opening: Promise<void> = Promise.resolve();
  #failures = 0;
  #cancelRetry: Cancel | undefined;
  readonly #polls: PollSchedule;
  /** A poll that has not begun: who asks meanwhile gets its result. */
  #nextPoll: Promise<void> | undefined;
  #pollSeconds: number;
  /** Nothing is begun any more but what makes its outputs safe. */
  #ending = false;
  #closed = false;
  /** Whether the history is wanted. */
  log: boolean;

  constructor(
    config: CheckedConfig,
    options: ResolvedHostOptions,
    guard: OutputGuard,
    events: HostedDeviceEvents,
  ) {
    this.#config = config;
    this.log = config.log;
    this.#pollSeconds = config.pollSeconds;
    this.#options = options;
    this.#guard = guard;
    this.#events = events;
    this.#log = logOfDevice(options.log, config.name);
    this.#queue = new SerialQueue(options.clock);
    this.#polls = new PollSchedule(options.clock, () => void this.#pollNext());
    const { driver } = config;
    this.members = [
      this.#member(undefined, driver.type),
      ...Object.entries(subdevicesOf(driver.type)).map(([part, type]) => this.#member(part, type)),
    ];
    this.members[0]!.readings.calibrate(config.calibration);
    this.#work = new DeviceWork({
      log: this.#log,
      options,
      guard,
      doubt: (reason) => {
        this.#spoil(reason);
        if (this.pollable) void this.#pollNext();
      },
    });
  }

  get config(): CheckedConfig {
    return this.#config;
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
   * Makes its outputs safe, closes it and opens it again, after the commands that wait.
   * @throws DeviceUnavailableError, DeviceBusyError
   */
  async reset(): Promise<void> {
    if (this.#ending) this.#refuse();
    this.#refuseIfBusy();
    await this.#makeSafe();
    await this.#queue.run(() => this.#reopen('the device was reset'));
  }

  /**
   * Takes a changed configuration: without being closed where the session can, else closed and opened again.
   * @throws DeviceUnavailableError when it was removed
   */
  async configure(config: CheckedConfig): Promise<'applied' | 'reopened'> {
    if (this.#ending) this.#refuse();
    const before = this.#config;
    this.#config = config;
    this.log = config.log;
    this.pollSeconds = config.pollSeconds;
    this.members[0]!.readings.calibrate(config.calibration);
    const sameConfig = JSON.stringify(before.parsed) === JSON.stringify(config.parsed);
    if (sameConfig) return 'applied';
    const taken = await this.#queue.run(() => this.#work.configure(this.#running?.session, config.parsed));
    if (taken) return 'applied';
    await this.#makeSafe();
    await this.#queue.run(() => this.#reopen('the configuration was changed'));
    return 'reopened';
  }

  /**
   * Executes a command of the member's type, or sets values of it, one after the other.
   * @throws InvalidArgumentError, DeviceUnavailableError, DeviceBusyError, SafetyRefusedError: not executed
   * @throws CommandRefusedError, CommandFailedError, CommandTimeoutError
   */
  async execute(
    member: DeviceMember,
    command: string,
    args: unknown,
    options: ExecuteOptions,
  ): Promise<CommandOutcome> {
    const job = this.#work.prepare(member, command, args, options);
    this.#available();
    this.#refuseIfBusy();
    return this.#queue.run(async () => {
      this.#available();
      return job();
    });
  }

  /**
   * Sets a guarded output, before all that waits and without asking the guard, whose order this is.
   * @throws DeviceUnavailableError, CommandFailedError, CommandTimeoutError (rejects)
   */
  drive(name: string, output: string, value: OutputValue): Promise<void> {
    const member = this.members.find((one) => one.name === name)!;
    return this.#queue.runUrgently(() => this.#driveNow(member, output, value), URGENT_PATIENCE_MS);
  }

  /**
   * Reads it after the commands that wait; a failure shows in the readings.
   * @throws DeviceUnavailableError
   */
  async poll(): Promise<void> {
    this.#available();
    await this.#pollNext();
  }

  /**
   * Makes its outputs safe and closes it for good: what waits is refused, what runs may end within the time of one
   * operation.
   */
  async close(): Promise<void> {
    this.#ending = true;
    this.#cancelRetry?.();
    this.#polls.stop();
    await this.#makeSafe();
    const safe = this.#running;
    await this.#queue.idle();
    // Where it was being opened, its outputs have only now begun.
    if (this.#running !== safe) await this.#makeSafe();
    this.#closed = true;
    await this.#shut();
    for (const { readings } of this.members) readings.close();
  }

  #member(part: string | undefined, type: DeviceMember['type']): DeviceMember {
    const member: DeviceMember = new DeviceMember(
      this.#config.name,
      part,
      type,
      this.#options.clock,
      (value, reading) => {
        if (!this.#isSilent) this.#events.reading(member.name, value, reading);
      },
    );
    return member;
  }

  /** Once it is removed nothing is told of it; but while its outputs are made safe, that they are. */
  get #isSilent(): boolean {
    const isGuarded = (member: DeviceMember): boolean => this.#guard.outputOf(member.name) !== undefined;
    return this.#closed || (this.#ending && !this.members.some(isGuarded));
  }

  async #open(): Promise<void> {
    if (this.#ending) return;
    const { clock, operationTimeoutMs } = this.#options;
    const { name, driver, parsed } = this.#config;
    this.#become('opening');
    try {
      const outcome = await within(
        clock,
        operationTimeoutMs,
        () => driver.open(parsed, { clock, name, log: this.#log }),
        (late) => void this.#work.close(late),
      );
      if (!outcome.inTime) throw new Error(`it was not open within ${operationTimeoutMs} ms`);
      this.#begin(checkSession(driver.type, outcome.value));
    } catch (error) {
      this.#fail(errorText(error));
    }
  }

  #begin(session: DeviceSession): void {
    const running: Running = { session, subscription: new Subscription(), since: this.#options.clock.now() };
    this.#running = running;
    for (const member of this.members) {
      member.session = member.part === undefined ? session : partOf(session, member.part);
      member.readings.begin(member.session?.units);
    }
    this.#become('open');
    for (const member of this.members) this.#guard.opened(member.name);
    for (const member of this.members) this.#listen(running, member);
    this.#schedulePolls();
  }

  #listen(running: Running, member: DeviceMember): void {
    try {
      running.subscription.add(
        member.session?.values$.subscribe({
          next: (update) => {
            if (running === this.#running) this.#take(member, update);
          },
          error: (error: unknown) => this.#lose(running, errorText(error)),
        }),
      );
    } catch (error) {
      this.#lose(running, errorText(error));
    }
  }

  #take(member: DeviceMember, update: unknown): void {
    let wrong: string | undefined;
    try {
      wrong = member.readings.take(update);
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
    void this.#queue.run(() => this.#work.close(running.session));
    this.#end();
    running.subscription.unsubscribe();
    this.#polls.stop();
    this.#fail(reason);
  }

  /** Nothing is running any more. */
  #end(): void {
    this.#running = undefined;
    for (const member of this.members) {
      if (member.session !== undefined) this.#guard.lost(member.name);
      member.session = undefined;
    }
  }

  #fail(reason: string): void {
    const { clock, retryMinMs, retryMaxMs } = this.#options;
    this.#become('failed', reason);
    this.#spoil(`not open: ${reason}`);
    const retryMs = Math.min(retryMinMs * 2 ** this.#failures++, retryMaxMs);
    this.#log.warn('the device is not open', { reason, retryMs });
    if (!this.#ending) this.#cancelRetry = clock.schedule(clock.now() + retryMs, () => this.open());
  }

  #spoil(reason: string): void {
    for (const { readings } of this.members) readings.spoil(reason);
  }

  async #reopen(why: string): Promise<void> {
    await this.#shut();
    this.#spoil(why);
    this.#failures = 0;
    await this.#open();
  }

  async #makeSafe(): Promise<void> {
    if (this.#running === undefined) return;
    await Promise.all(this.members.map(({ name }) => this.#guard.makeSafe(name)));
  }

  async #driveNow(member: DeviceMember, output: string, value: OutputValue): Promise<void> {
    if (this.#running === undefined || this.#closed) this.#refuse();
    await this.#work.write(member, output, value);
  }

  /** Ends the session, if there is one, and what is scheduled. */
  async #shut(): Promise<void> {
    this.#cancelRetry?.();
    this.#polls.stop();
    const running = this.#running;
    if (running === undefined) return;
    this.#end();
    try {
      running.subscription.unsubscribe();
    } catch (error) {
      this.#log.warn('the device did not end its values properly', { reason: errorText(error) });
    }
    await this.#work.close(running.session);
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
    if (running === undefined || this.#ending) return;
    const { clock, operationTimeoutMs } = this.#options;
    try {
      const outcome = await within(clock, operationTimeoutMs, () => running.session.poll?.());
      if (!outcome.inTime) throw new Error(`no answer within ${operationTimeoutMs} ms`);
    } catch (error) {
      if (running === this.#running) this.#spoil(`poll failed: ${errorText(error)}`);
    }
  }

  #schedulePolls(): void {
    this.#polls.start(this.pollable ? this.#pollSeconds : 0);
  }

  #available(): void {
    if (this.#running === undefined || this.#ending) this.#refuse();
  }

  #refuse(): never {
    const reason = this.#ending ? 'it was removed' : (this.#reason ?? 'it is being opened');
    throw new DeviceUnavailableError(this.#config.name, reason);
  }

  #refuseIfBusy(): void {
    const limit = this.#options.maxQueuedCommands;
    if (this.#queue.waiting >= limit) throw new DeviceBusyError(this.#config.name, limit);
  }

  #become(state: DeviceState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
    if (!this.#ending) this.#events.state(state, reason);
  }
}

/** What a session has for a sub-device; the check of the session has seen to it that it is there. */
function partOf(session: DeviceSession, part: string): DeviceMember['session'] {
  return (session.subdevices as Record<string, DeviceMember['session']>)[part];
}
