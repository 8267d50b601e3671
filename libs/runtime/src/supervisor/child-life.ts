import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { DeviceConfig } from '@raspy/devices';
import { SettingsError } from '../config/settings-error.js';
import type { DeviceChanges } from '../device-server/device-differences.js';
import type { ChildPort } from './child-port.js';
import { ControlError } from './control-client.js';
import { readFromHost, type HostMode } from './host-protocol.js';
import type { ServerLife, StopOutcome } from './server-life.js';

/** What a {@link ChildLife} is told. */
export interface ChildLifeOptions {
  /** Starts the process. */
  readonly spawn: () => ChildPort;
  /** What the host is to serve. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** @default 'serve' */
  readonly mode?: HostMode;
  readonly clock: Clock;
}

/** From the start of a process to its first word; a Pi takes some seconds for it. */
const HELLO_WITHIN_MS: Millis = 60_000;
/** From one sign of life that is asked for to the next. */
const PING_EVERY_MS: Millis = 10_000;
/** A process that does not answer for so long hangs, and is killed. */
const SILENT_FOR_MS: Millis = 30_000;
/** For a new list of devices to be taken; opening them takes longer, and is not waited for. */
const DEVICES_WITHIN_MS: Millis = 30_000;
/** Of the time to stop, what the process may take before SIGTERM, and what is left when it is killed. */
const ORDERLY_SHARE = 0.7;
const KILL_RESERVE_MS: Millis = 100;

/** The process ended, or was ended; `lost` and `start` tell by it. */
class HostEndedError extends Error {
  override readonly name = 'HostEndedError';
  readonly code = 'HOST_ENDED';
}

/** A server in a process of its own. When that ends, for whatever reason, the server is lost. */
export class ChildLife implements ServerLife {
  readonly lost: Promise<Error>;
  readonly #options: ChildLifeOptions;
  readonly #ended: Promise<Error>;
  #end: ((reason: Error) => void) | undefined;
  #child: ChildPort | undefined;
  #heard: Millis = 0;
  #silence: Cancel | undefined;
  #outcome: StopOutcome = 'stopped';
  /** Why it will have ended, if that is known before. */
  #cause: Error | undefined;
  #settle: { ready: () => void; failed: (reason: Error) => void } | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, (changes: DeviceChanges) => void>();

  constructor(options: ChildLifeOptions) {
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.lost = this.#ended;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * @throws SettingsError (rejects) when the host refuses its settings
   * @throws ControlError (rejects) for what else it tells, HostEndedError when its process ends before it serves
   */
  start(): Promise<void> {
    const { spawn, clock } = this.#options;
    return new Promise((ready, failed) => {
      this.#settle = { ready, failed };
      const child = spawn();
      this.#child = child;
      this.#heard = clock.now();
      child.onMessage((message) => this.#receive(message));
      child.onEnd((how) => this.#ends(how));
      this.#watch(HELLO_WITHIN_MS);
    });
  }

  async stop(deadlineMs: Millis): Promise<StopOutcome> {
    const { clock } = this.#options;
    const child = this.#child;
    if (child === undefined) return this.#outcome;
    this.#silence?.();
    const orderly = Math.max(0, Math.min(deadlineMs * ORDERLY_SHARE, deadlineMs - KILL_RESERVE_MS));
    child.send({ type: 'stop', deadlineMs: orderly });
    const cancels = [
      clock.schedule(clock.now() + orderly, () => {
        this.#outcome = 'terminated';
        child.kill('SIGTERM');
      }),
      clock.schedule(clock.now() + Math.max(orderly, deadlineMs - KILL_RESERVE_MS), () => {
        this.#outcome = 'killed';
        child.kill('SIGKILL');
      }),
    ];
    // A process that was killed ends, whatever it does: this does not hang.
    await this.#ended;
    for (const cancel of cancels) cancel();
    return this.#outcome;
  }

  applyDevices(devices: readonly DeviceConfig[]): Promise<DeviceChanges> {
    const { clock } = this.#options;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        cancel();
        this.#waiting.delete(id);
        act();
      };
      const cancel = clock.schedule(clock.now() + DEVICES_WITHIN_MS, () => {
        end(() => reject(new ControlError('HOST_SILENT', 'the host did not take its new devices in time')));
      });
      this.#waiting.set(id, (changes) => end(() => resolve(changes)));
      void this.#ended.then((reason) => end(() => reject(reason)));
      this.#child?.send({ type: 'devices', id, devices });
    });
  }

  #receive(raw: unknown): void {
    const { clock, settings, mode = 'serve' } = this.#options;
    const message = readFromHost(raw);
    this.#heard = clock.now();
    switch (message?.type) {
      case 'hello':
        this.#child?.send({ type: 'begin', settings, mode });
        this.#ping();
        break;
      case 'ready':
        this.#settle?.ready();
        break;
      case 'failed': {
        const { code, message: text, problems } = message.failure;
        this.#cause =
          code === 'SETTINGS' && problems !== undefined
            ? new SettingsError(problems)
            : new ControlError(code, text);
        break;
      }
      case 'devices':
        this.#waiting.get(message.id)?.(message.changes);
        break;
      default:
      // A sign of life, or what a plugin says to nobody.
    }
  }

  #ping(): void {
    this.#watch(SILENT_FOR_MS);
    const { clock } = this.#options;
    const next = clock.schedule(clock.now() + PING_EVERY_MS, () => {
      this.#child?.send({ type: 'ping' });
      this.#ping();
    });
    const watched = this.#silence!;
    this.#silence = () => {
      next();
      watched();
    };
  }

  /** Kills the process when nothing is heard of it for so long. */
  #watch(forMs: Millis): void {
    const { clock } = this.#options;
    this.#silence?.();
    this.#silence = clock.schedule(this.#heard + forMs, () => {
      this.#silence?.();
      this.#cause ??= new HostEndedError(
        `its process gave no sign of life for ${forMs / 1_000} s, and was killed`,
      );
      this.#child?.kill('SIGKILL');
    });
  }

  #ends(how: string): void {
    this.#silence?.();
    const reason = this.#cause ?? new HostEndedError(`its process ended: ${how}`);
    this.#child = undefined;
    this.#settle?.failed(reason);
    this.#end?.(reason);
  }
}
