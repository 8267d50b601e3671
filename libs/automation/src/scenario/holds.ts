import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { DeviceTarget, HomeLease, HomePort } from './ports.js';

export interface HoldsOptions {
  readonly clock: Clock;
  readonly home: HomePort;
  /** A hold is over though nobody gave it back. */
  readonly lost: (id: number, entry: string, reason: string) => void;
  /** A lease could not be given back, or not be renewed now: for the log. */
  readonly trouble: (text: string) => void;
}

/** Something that a run holds, for people. */
export interface HoldState {
  readonly entry: string;
  /** Milliseconds until its lease ends, unless it is renewed. */
  readonly leaseEndsInMs: Millis;
}

interface Held {
  readonly id: number;
  readonly entry: string;
  readonly target: DeviceTarget;
  readonly lease: HomeLease;
  /** Monotonic: the device server has forgotten the lease by then. */
  until: Millis;
  /** Monotonic: it is given back then; `undefined`: it is not renewed at all. */
  readonly endsAt: Millis | undefined;
  cancel: Cancel;
  released: Promise<boolean> | undefined;
}

/** All leases of one run: renews those that are held at a third of their time, and gives all of them back at its end. */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #held = new Map<number, Held>();
  #ids = 0;

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  /** Those that are held now. */
  list(): readonly HoldState[] {
    const now = this.#options.clock.now();
    return [...this.#held.values()].map(({ entry, until }) => ({
      entry,
      leaseEndsInMs: Math.max(0, until - now),
    }));
  }

  /**
   * A lease was given.
   * @param askedAt - monotonic instant at which it was asked for: its time may have begun then
   * @param atMostMs - it is renewed, and given back after this time; `undefined`: it runs out by itself
   */
  take(
    entry: string,
    target: DeviceTarget,
    lease: HomeLease,
    askedAt: Millis,
    atMostMs: Millis | undefined,
  ): number {
    const id = ++this.#ids;
    const held: Held = {
      id,
      entry,
      target,
      lease,
      until: askedAt + lease.leaseMs,
      endsAt: atMostMs === undefined ? undefined : askedAt + atMostMs,
      cancel: () => undefined,
      released: undefined,
    };
    this.#held.set(id, held);
    this.#plan(held);
    return id;
  }

  /** @returns whether the device server knows of it; true also when there is nothing to give back any more */
  release(id: number): Promise<boolean> {
    const held = this.#held.get(id);
    return held === undefined ? Promise.resolve(true) : this.#release(held);
  }

  /** Gives all back; resolves when each was, or could not be. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held.values()].map((held) => this.#release(held)));
  }

  #plan(held: Held): void {
    const { clock } = this.#options;
    const renewAt = held.endsAt === undefined ? Infinity : clock.now() + held.lease.leaseMs / 3;
    const at = Math.min(renewAt, held.endsAt ?? Infinity, held.until);
    held.cancel = clock.schedule(at, () => this.#due(held));
  }

  #due(held: Held): void {
    const now = this.#options.clock.now();
    if (held.endsAt !== undefined && now >= held.endsAt) {
      this.#giveUp(held, 'its time is over');
    } else if (now < held.until) {
      void this.#renew(held, now);
    } else if (held.endsAt === undefined) {
      this.#lose(held, 'its lease is over');
    } else {
      this.#giveUp(held, 'its lease could not be renewed in time');
    }
  }

  async #renew(held: Held, askedAt: Millis): Promise<void> {
    this.#plan(held);
    try {
      await this.#options.home.renew(held.target, held.lease.id, held.lease.leaseMs);
      held.until = askedAt + held.lease.leaseMs;
    } catch (error) {
      if (held.released !== undefined || !this.#held.has(held.id)) return;
      const { code, message } = error as { code?: unknown; message?: string };
      if (code === 'UNKNOWN_LEASE') this.#lose(held, 'its lease has ended at the device server');
      else
        this.#options.trouble(
          `the lease of "${held.entry}" was not renewed: ${message ?? 'for no known reason'}`,
        );
    }
  }

  /** It may be alive at the device server: whoever thinks that he holds nothing must leave nothing on. */
  #giveUp(held: Held, reason: string): void {
    void this.#release(held);
    this.#options.lost(held.id, held.entry, reason);
  }

  #lose(held: Held, reason: string): void {
    held.cancel();
    if (!this.#held.delete(held.id)) return;
    this.#options.lost(held.id, held.entry, reason);
  }

  #release(held: Held): Promise<boolean> {
    held.released ??= this.#giveBack(held);
    return held.released;
  }

  async #giveBack(held: Held): Promise<boolean> {
    held.cancel();
    try {
      await this.#options.home.release(held.target, held.lease.id);
      return true;
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: string };
      if (code === 'UNKNOWN_LEASE') return true;
      const left = Math.max(0, held.until - this.#options.clock.now()) / 1000;
      this.#options.trouble(
        `the lease of "${held.entry}" could not be given back (${message ?? 'for no known reason'}); it runs out within ${Math.ceil(left)} s`,
      );
      return false;
    } finally {
      this.#held.delete(held.id);
    }
  }
}
