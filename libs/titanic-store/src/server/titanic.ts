import { systemClock, type Clock, type Millis } from '@raspy/clock';
import { addRequestOptions } from '@raspy/mdp-protocol';
import { frameKey, type Frame, type Frames } from '@raspy/wire';
import { randomFillSync } from 'node:crypto';
import { Observable, Subject } from 'rxjs';
import type { AttemptOutcome } from '../machine/attempts.js';
import type { Moment, TicketAnswer, TitanicEffect, TitanicEvent } from '../machine/effects.js';
import type { Entry } from '../machine/entry.js';
import type { TitanicOptions } from '../machine/options.js';
import type { TitanicStatistics } from '../machine/statistics.js';
import { TitanicMachine, type NewRequest } from '../machine/titanic-machine.js';
import type { RequestId } from '../request-id.js';
import type { TitanicChange, TitanicStorage, TitanicStorageStatistics, TitanicStored } from '../storage.js';
import type { TitanicBus } from './bus.js';
import { titanicServices, type TitanicServices } from './services.js';
import { SettingsTable, type SettingsLimits } from './settings-table.js';

/** A wall clock may be so far before what was stored, and is believed: it was set right. */
const CLOCK_SLACK_MS: Millis = 60_000;

/** What {@link Titanic.open} takes. */
export interface OpenTitanicOptions extends TitanicOptions {
  /** Where everything is kept; the Titanic closes it with itself. */
  readonly storage: TitanicStorage;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * Whether the wall clock can be believed now. While it cannot, requests with `notBefore` or `expiresAt` are held. Asked
   * often: it must be quick. @default always
   */
  readonly clockTrusted?: () => boolean;
  /** What the settings store takes. */
  readonly settings?: Partial<SettingsLimits>;
}

/** A Titanic's counters. */
export interface RunningTitanicStatistics extends TitanicStatistics {
  readonly settings: number;
  readonly storage: TitanicStorageStatistics;
}

/**
 * Titanic (RFC 9, PROTOCOLS §8) at work: the pure machine with its storage, its clock and, once it is connected, the bus.
 * It has no socket: {@link Titanic.services} are put behind a broker's names by whoever composes.
 */
export class Titanic {
  /**
   * What an operator may want to know. Hot, though what was found at the start waits for the first who subscribes; completes at
   * {@link Titanic.close}.
   */
  readonly events$: Observable<TitanicEvent>;
  /** The functions that serve `titanic.request` and its siblings, by the names of their services. */
  readonly services: TitanicServices;
  /** What was found wrong in the storage, a sentence for a person each. */
  readonly damage: readonly string[];
  readonly #storage: TitanicStorage;
  readonly #machine: TitanicMachine;
  readonly #settings: SettingsTable;
  readonly #clock: Clock;
  readonly #clockTrusted: () => boolean;
  readonly #events = new Subject<TitanicEvent>();
  /** What nobody could be told while it was opened. */
  #early: TitanicEvent[] = [];
  readonly #waiting = new Map<number, (answer: TicketAnswer) => void>();
  /** What the machine wants to be told of, and how that ends. */
  /** Commits and claims that have not ended. */
  readonly #writing = new Set<Promise<void>>();
  /** Steps that wait for the effects of the one before to be carried out. */
  #steps: ((moment: Moment) => readonly TitanicEffect[])[] = [];
  #stepping = false;
  readonly #watched = new Map<string, { readonly target: Frame; end: () => void }>();
  /** When something was stored last before this process began, in milliseconds since 1970. */
  readonly #latest: number;
  #lastTicket = 0;
  #bus: TitanicBus | undefined;
  #timerAt: Millis = Infinity;
  #cancelTimer: (() => void) | undefined;
  #disconnecting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    options: OpenTitanicOptions,
    settings: SettingsTable,
    { damage, requests }: TitanicStored,
  ) {
    this.#latest = requests.reduce(
      (latest, { record, progress }) => Math.max(latest, record.acceptedAt, progress?.at ?? 0),
      0,
    );
    this.#storage = options.storage;
    this.#clock = options.clock ?? systemClock;
    this.#clockTrusted = options.clockTrusted ?? ((): boolean => true);
    this.#machine = new TitanicMachine({ ...options, entropy: entropy() });
    this.#settings = settings;
    this.damage = damage;
    this.events$ = new Observable((subscriber) => {
      const early = this.#early;
      this.#early = [];
      for (const event of early) subscriber.next(event);
      return this.#events.subscribe(subscriber);
    });
    this.services = titanicServices(this, settings, (action, error) =>
      this.#events.next({ type: 'store-failed', action, reason: messageOf(error) }),
    );
  }

  /**
   * Reads what is stored, and can be asked from then on; {@link Titanic.connect} has it send.
   * @throws TitanicOptionError (rejects) for options without meaning, and what the storage says; the storage is closed then
   */
  static async open(options: OpenTitanicOptions): Promise<Titanic> {
    const { storage } = options;
    try {
      const stored = await storage.load();
      const table = new SettingsTable(storage, stored.settings, options.settings);
      const titanic = new Titanic(options, table, stored);
      const early = titanic.#events.subscribe((event) => titanic.#early.push(event));
      titanic.#step((moment) => titanic.#machine.restore(moment, stored.requests));
      early.unsubscribe();
      return titanic;
    } catch (error) {
      // The first error is the one to tell of.
      await storage.close().catch(() => undefined);
      throw error;
    }
  }

  /** Begins to send what waits; once. The bus is closed with {@link Titanic.disconnect}. */
  connect(bus: TitanicBus): void {
    if (this.#bus !== undefined) throw new Error('Titanic is connected already');
    this.#bus = bus;
    for (const watched of this.#watched.values()) this.#watch(bus, watched);
  }

  /**
   * Stops sending, for good: attempts under way are given up, and made again by the next Titanic; a reply that still comes is
   * kept. It can be asked as before. Again: the same promise.
   */
  disconnect(): Promise<void> {
    this.#disconnecting ??= this.#disconnect();
    return this.#disconnecting;
  }

  /** Takes a request; the answer comes when it is durable. */
  submit(request: NewRequest): Promise<TicketAnswer> {
    return this.#ask((moment, ticket) => this.#machine.submit(moment, ticket, request));
  }

  /** Ends a request, whatever its state. */
  closeRequest(id: RequestId): Promise<TicketAnswer> {
    return this.#ask((moment, ticket) => this.#machine.close(moment, ticket, id));
  }

  /** Gives a dead letter new attempts. */
  retry(id: RequestId): Promise<TicketAnswer> {
    return this.#ask((moment, ticket) => this.#machine.retry(moment, ticket, id));
  }

  /** A request that is known. */
  find(id: RequestId): Entry | undefined {
    return this.#machine.find(id);
  }

  /** All requests that are known, in the order in which they came. */
  all(): IterableIterator<Entry> {
    return this.#machine.all();
  }

  /** The body of a request. Rejects when it cannot be read. */
  body(id: RequestId): Promise<Frames> {
    return this.#storage.body(id);
  }

  /** The reply of a request that is done. Rejects when it cannot be read. */
  reply(id: RequestId): Promise<Frames> {
    return this.#storage.reply(id);
  }

  statistics(): RunningTitanicStatistics {
    return {
      ...this.#machine.statistics(),
      settings: this.#settings.size,
      storage: this.#storage.statistics(),
    };
  }

  /**
   * Disconnects, and ends when what was to be stored is. Again: the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #hasDisconnected(): boolean {
    return this.#disconnecting !== undefined;
  }

  async #close(): Promise<void> {
    await this.disconnect();
    this.#cancelTimer?.();
    await this.#storage.close();
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    // Who waits for what would have been tried again.
    for (const resolve of this.#waiting.values()) resolve({ type: 'refused', reason: 'storage' });
    this.#waiting.clear();
    this.#events.complete();
  }

  async #disconnect(): Promise<void> {
    for (const { target, end } of this.#watched.values()) {
      end();
      // Nothing more is begun.
      this.#step((moment) => this.#machine.workers(moment, target, 0));
    }
    await this.#bus?.close();
  }

  #ask(step: (moment: Moment, ticket: number) => readonly TitanicEffect[]): Promise<TicketAnswer> {
    const ticket = ++this.#lastTicket;
    return new Promise((resolve) => {
      this.#waiting.set(ticket, resolve);
      this.#step((moment) => step(moment, ticket));
    });
  }

  /** Carries out a step; what that leads to in the same breath is a step of its own, later: effects keep their order. */
  #step(step: (moment: Moment) => readonly TitanicEffect[]): void {
    this.#steps.push(step);
    if (this.#stepping) return;
    this.#stepping = true;
    for (let next = this.#steps.shift(); next !== undefined; next = this.#steps.shift()) {
      for (const effect of next(this.#moment())) this.#perform(effect);
    }
    this.#stepping = false;
    this.#armTimer();
  }

  #moment(): Moment {
    const wall = this.#clock.wallNow();
    // What is stored has happened: a clock that is before it is wrong, whatever it says of itself.
    const trusted = wall >= this.#latest - CLOCK_SLACK_MS && this.#clockTrusted();
    return { now: this.#clock.now(), wall, trusted };
  }

  #perform(effect: TitanicEffect): void {
    switch (effect.type) {
      case 'commit':
        this.#write(this.#commit(effect));
        break;
      case 'note':
        this.#note(effect.changes);
        break;
      case 'claim':
        this.#write(this.#claim(effect));
        break;
      case 'dispatch':
        void this.#dispatch(effect);
        break;
      case 'answer': {
        const resolve = this.#waiting.get(effect.ticket);
        this.#waiting.delete(effect.ticket);
        resolve?.(effect.answer);
        break;
      }
      case 'watch': {
        const watched = { target: effect.target, end: (): void => undefined };
        this.#watched.set(frameKey(effect.target), watched);
        if (this.#bus !== undefined && !this.#hasDisconnected()) this.#watch(this.#bus, watched);
        break;
      }
      case 'unwatch': {
        const key = frameKey(effect.target);
        this.#watched.get(key)?.end();
        this.#watched.delete(key);
        break;
      }
      case 'event':
        this.#events.next(effect.event);
        break;
    }
  }

  #watch(bus: TitanicBus, watched: { readonly target: Frame; end: () => void }): void {
    const { target } = watched;
    watched.end = bus.watch(target, (workers) => {
      // Who no longer watches may still be told.
      if (this.#hasDisconnected() || this.#watched.get(frameKey(target)) !== watched) return;
      this.#step((moment) => this.#machine.workers(moment, target, workers));
    });
  }

  #write(writing: Promise<void>): void {
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  async #commit({ changes, write }: Extract<TitanicEffect, { type: 'commit' }>): Promise<void> {
    let mistake: string | undefined;
    try {
      await this.#storage.commit(changes);
    } catch (error) {
      mistake = messageOf(error);
    }
    this.#step((moment) => this.#machine.stored(moment, write, mistake));
  }

  /** A storage that is closed may refuse it: the next start finds the same again. */
  #note(changes: readonly TitanicChange[]): void {
    try {
      this.#storage.note(changes);
    } catch (error) {
      this.#events.next({ type: 'storage-failed', reason: messageOf(error), retrying: false });
    }
  }

  async #claim({
    request,
    progress,
    leaseMs,
    durable,
  }: Extract<TitanicEffect, { type: 'claim' }>): Promise<void> {
    let granted = false;
    let mistake: string | undefined;
    try {
      granted = await this.#storage.claim(request, progress, { leaseMs, durable });
    } catch (error) {
      mistake = messageOf(error);
    }
    this.#step((moment) => this.#machine.claimed(moment, request.id, granted, mistake));
  }

  async #dispatch(effect: Extract<TitanicEffect, { type: 'dispatch' }>): Promise<void> {
    const { id, attempt } = effect;
    const outcome = await this.#attempt(effect);
    if (outcome !== undefined) this.#step((moment) => this.#machine.ended(moment, id, attempt, outcome));
  }

  /** `undefined`: it was cut off by our own end, and has not failed. */
  async #attempt(effect: Extract<TitanicEffect, { type: 'dispatch' }>): Promise<AttemptOutcome | undefined> {
    const { id, target, ttlMs, options } = effect;
    let body: Frames;
    try {
      body = await this.#storage.body(id);
    } catch (error) {
      // It counts, so that one that can never be read becomes a dead letter.
      return { type: 'failed', reason: `its body cannot be read: ${messageOf(error)}`, mayHaveRun: true };
    }
    if (this.#hasDisconnected() || this.#bus === undefined) {
      return { type: 'failed', reason: 'Titanic ends', mayHaveRun: false };
    }
    let outcome: AttemptOutcome;
    try {
      const frames = options === undefined ? body : addRequestOptions(body, options);
      outcome = await this.#bus.send(target, frames, { ttlMs });
    } catch (error) {
      outcome = { type: 'failed', reason: messageOf(error), mayHaveRun: true };
    }
    return this.#hasDisconnected() && outcome.type === 'failed' ? undefined : outcome;
  }

  /** Only for an earlier deadline: a tick too early costs little, and arming anew at every step costs more. */
  #armTimer(): void {
    const at = this.#machine.nextDeadline;
    if (at >= this.#timerAt || this.#closing !== undefined) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#cancelTimer = this.#clock.schedule(at, () => {
      this.#timerAt = Infinity;
      this.#step((moment) => this.#machine.tick(moment));
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Random bytes out of a pool: the system is asked once for 512 ids. */
function entropy(): (bytes: number) => Uint8Array {
  const pool = Buffer.alloc(8_192);
  let used = pool.length;
  return (bytes) => {
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}
