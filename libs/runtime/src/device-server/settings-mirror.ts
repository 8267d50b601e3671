import type { Clock, Millis } from '@raspy/clock';
import { MdpClient } from '@raspy/mdp-protocol';
import { frameText, type Frames, type Transport } from '@raspy/wire';
import type { Logger } from '../log/logger.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import type { DeviceOverlay } from './device-overlay.js';

/** What a {@link SettingsMirror} is told. */
export interface SettingsMirrorOptions {
  readonly endpoint: string;
  /** `<hostname>.<service>` */
  readonly server: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
}

const STORE = 'titanic.store';
/** Where the settings store has them: service `<hostname>.<service>`, this section, this key. */
const SECTION = 'devices';
const KEY = 'changes';
/** A server that starts for the first time waits so long for the store; its outputs wait with it, and nothing drives them yet. */
const RESTORE_MS: Millis = 2_000;
const STORE_MS: Millis = 5_000;

/**
 * A copy of what was changed of a server's devices, in the home's settings store. The server's own folder is what counts,
 * since a host has to start when the broker is gone; the copy is for a board whose card was replaced. It speaks to the store
 * itself, frame by frame (PROTOCOLS §8.1), and only while there is something to say: a host has to be small.
 */
export class SettingsMirror {
  readonly #options: SettingsMirrorOptions;
  readonly #limiter: RepeatLimiter;
  /** What is to be stored next; only the latest counts. */
  #next: DeviceOverlay | undefined;
  #storing = false;
  readonly #ending = new AbortController();

  constructor(options: SettingsMirrorOptions) {
    const { clock, logger } = options;
    this.#options = options;
    this.#limiter = new RepeatLimiter(logger, clock);
  }

  /** The copy, `undefined` when there is none, or no store that answers in time. Never rejects. */
  async restore(): Promise<DeviceOverlay | undefined> {
    try {
      // `[service][section][key][value][200]`, or 404.
      const reply = await this.#ask(['get', this.#options.server, SECTION, KEY], RESTORE_MS);
      const found = statusOf(reply) === '200' ? reply.at(-2) : undefined;
      if (found === undefined) return undefined;
      const changes = JSON.parse(Buffer.from(found).toString()) as Partial<DeviceOverlay>;
      return isRecord(changes.changed) && isRecord(changes.removed) ? (changes as DeviceOverlay) : undefined;
    } catch (error) {
      this.#options.logger.debug('no settings store was asked for changes of the devices', {
        reason: (error as Error).message,
      });
      return undefined;
    }
  }

  /** Stores a copy as soon as the store takes it; one that it does not take is stored with the next change or start. */
  store(changes: DeviceOverlay): void {
    this.#next = changes;
    if (!this.#storing && !this.#isClosed()) void this.#storeNext();
  }

  close(): void {
    this.#ending.abort();
  }

  async #storeNext(): Promise<void> {
    this.#storing = true;
    for (let changes = this.#next; changes !== undefined && !this.#isClosed(); changes = this.#next) {
      this.#next = undefined;
      try {
        const reply = await this.#ask(
          ['set', this.#options.server, SECTION, KEY, JSON.stringify(changes)],
          STORE_MS,
        );
        if (statusOf(reply) !== '200') throw new Error(`the store answered ${statusOf(reply)}`);
      } catch (error) {
        if (this.#isClosed()) break;
        this.#limiter.log(
          'warn',
          'mirror',
          `changes of the devices have no copy in the settings store: ${(error as Error).message}`,
        );
      }
    }
    this.#storing = false;
  }

  #isClosed(): boolean {
    return this.#ending.signal.aborted;
  }

  /** A home without a settings store says so at once. */
  async #ask(body: readonly string[], timeoutMs: Millis): Promise<Frames> {
    const { endpoint, clock, transport } = this.#options;
    const client = new MdpClient({ endpoint, clock, ...(transport !== undefined && { transport }) });
    try {
      return await client.request(STORE, body, {
        timeoutMs,
        ifNoWorker: 'fail',
        signal: this.#ending.signal,
      });
    } finally {
      await client.close();
    }
  }
}

function statusOf(reply: Frames): string {
  const last = reply.at(-1);
  return last === undefined ? 'nothing' : frameText(last);
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
