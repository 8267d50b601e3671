import { systemClock, type Clock } from '@raspy/clock';
import { drive, EMPTY_FRAME, frameKey, textFrame, type Driven, type Frame } from '@raspy/wire';
import { randomBytes } from 'node:crypto';
import { distinctUntilChanged, Observable, ReplaySubject, Subject } from 'rxjs';
import {
  KvAbortedError,
  KvClosedError,
  KvConflictError,
  KvLimitError,
  KvNotSyncedError,
  KvOfflineError,
  KvOutsideSubtreeError,
  KvTooManyPendingError,
  KvUnknownOutcomeError,
  NOT_READING,
  type KvError,
} from '../errors.js';
import { refusalOf } from '../limits.js';
import { ttlProperties } from '../properties.js';
import { normalSubtree, hasPrefix } from '../subtree.js';
import type { KvClientStatistics } from './client-counters.js';
import type { KvClientEvent, KvClientPort, KvItem, KvItemChange, SetIfOutcome } from './client-types.js';
import { CloneClient } from './clone-client.js';
import { changeOf, entryOf, type KvChange, type KvEntry } from './entries.js';
import {
  checkSetIfOptions,
  checkSetOptions,
  checkTimeout,
  sessionSettings,
  type KvClientOptions,
  type KvGetOptions,
  type KvSetIfOptions,
  type KvSetOptions,
  type SessionKind,
  type SessionSettings,
} from './options.js';
import type { WriteSpec } from './outbox.js';
import { sessionSockets } from './session-sockets.js';

/**
 * How a client stands: no picture yet; one that is current; one that may not be, while that heals by itself. A client that
 * only writes tells of its connection instead: not made yet, standing, lost.
 */
export type KvClientStatus = 'syncing' | 'synced' | 'stale' | 'closed';

/** What is told to those who watch, all of one step. */
interface Batch {
  /** There is a picture for the first time. */
  readonly first: boolean;
  readonly changes: readonly KvItemChange[];
}

interface SetIfCaller {
  readonly key: string;
  readonly expectedSeq: bigint;
  readonly resolve: (seq: bigint) => void;
  readonly reject: (error: KvError) => void;
}

/** What the faces of this library have in common: a machine at work, its status, its picture, and those who wait for it. */
export class KvSession {
  readonly settings: SessionSettings;
  /** The current status at once, then each change; completes after `closed`. */
  readonly status$: Observable<KvClientStatus>;
  readonly #clock: Clock;
  readonly #machine: CloneClient;
  readonly #driven: Driven<KvClientPort, KvClientEvent>;
  readonly #statuses = new ReplaySubject<KvClientStatus>(1);
  readonly #batches = new Subject<Batch>();
  readonly #setIfs = new Map<number, SetIfCaller>();
  #status: KvClientStatus = 'syncing';
  #lastId = 0;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** @throws {@link KvOptionError} telling every mistake */
  constructor(options: KvClientOptions, kind: SessionKind) {
    this.settings = sessionSettings(options, kind);
    this.#clock = options.clock ?? systemClock;
    this.status$ = this.#statuses.pipe(distinctUntilChanged());
    this.#statuses.next(this.#status);
    this.#machine = new CloneClient({
      ...this.settings,
      subtree: this.settings.subtreeFrame,
      random: Math.random,
      firstRequest: randomBytes(8).readBigUInt64BE(),
    });
    this.#driven = drive({
      machine: this.#machine,
      clock: this.#clock,
      open: sessionSockets(options, this.settings),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  get status(): KvClientStatus {
    return this.#status;
  }

  get size(): number {
    return this.#machine.size;
  }

  statistics(): KvClientStatistics {
    return this.#machine.statistics();
  }

  peek(key: string): KvEntry | undefined {
    const item = this.#machine.get(frameKey(this.#keyInside(key)));
    return item === undefined ? undefined : entryOf(item, this.#machine.restoredSeq);
  }

  entries(subtree: string): KvEntry[] {
    return this.#entriesUnder(this.#inside(subtree));
  }

  get(key: string, { timeoutMs = 5_000, signal }: KvGetOptions): Promise<KvEntry | undefined> {
    return new Promise((resolve, reject) => {
      checkTimeout(timeoutMs);
      this.#keyInside(key);
      if (signal?.aborted === true) throw new KvAbortedError(key, signal.reason);
      const ended = new Subject<void>();
      const end = (settle: () => void): void => {
        ended.next();
        cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = (): void => end(() => reject(new KvAbortedError(key, signal?.reason)));
      const cancel = this.#clock.schedule(this.#clock.now() + timeoutMs, () => {
        const { snapshot, publisher } = this.settings.endpoints;
        end(() => reject(new KvNotSyncedError(key, timeoutMs, `${snapshot} and ${publisher}`)));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#whenSettled(ended, (closed) => {
        end(() => (closed ? reject(new KvClosedError(key)) : resolve(this.peek(key))));
      });
    });
  }

  watch(subtree: string): Observable<KvChange> {
    const prefix = this.#inside(subtree);
    return new Observable((subscriber) => {
      const tellAll = (): void => {
        subscriber.next({ type: 'snapshot', entries: this.#entriesUnder(prefix), seq: this.#machine.seq });
      };
      if (this.#machine.exists) tellAll();
      return this.#batches.subscribe({
        // A whole step at once: who begins to watch while it is told has it in its snapshot, and is not among these.
        next: ({ first, changes }) => {
          if (first) tellAll();
          for (const change of changes) {
            const key = change.type === 'set' ? change.item.key : change.key;
            if (hasPrefix(key, prefix)) subscriber.next(changeOf(change, this.#machine.restoredSeq));
          }
        },
        complete: () => subscriber.complete(),
      });
    });
  }

  set(key: string, value: string | Uint8Array, options: KvSetOptions): void {
    checkSetOptions(options);
    const body = bodyOf(value);
    if (body.length === 0) throw new KvLimitError(key, 'empty-body');
    this.#write(key, body, options);
  }

  delete(key: string, options: Pick<KvSetOptions, 'ifOffline'>): void {
    checkSetOptions(options);
    this.#write(key, EMPTY_FRAME, options);
  }

  setIf(
    key: string,
    value: string | Uint8Array,
    expectedSeq: bigint,
    { ttlMs, timeoutMs = 5_000 }: KvSetIfOptions,
  ): Promise<bigint> {
    return new Promise((resolve, reject) => {
      checkSetIfOptions(ttlMs, timeoutMs, expectedSeq);
      const body = bodyOf(value);
      if (body.length === 0) throw new KvLimitError(key, 'empty-body');
      const keyFrame = this.#writable(key, body);
      if (this.#machine.conditionalsFull) throw new KvTooManyPendingError(key);
      const id = ++this.#lastId;
      this.#setIfs.set(id, { key, expectedSeq, resolve, reject });
      const properties = ttlProperties(ttlMs);
      this.#driven.perform((now) =>
        this.#machine.setIf(now, { id, key: keyFrame, body, properties, expected: expectedSeq, timeoutMs }),
      );
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // As a step of its own: called from within an event it runs after the step that is at work.
    await new Promise<void>((resolve) => {
      this.#driven.perform((now) => {
        resolve();
        return this.#machine.close(now);
      });
    });
    await this.#driven.close();
    this.#setStatus('closed');
    this.#statuses.complete();
    this.#batches.complete();
  }

  #write(key: string, body: Frame, { ttlMs, keepAlive = false, ifOffline = 'keep' }: KvSetOptions): void {
    const spec: WriteSpec = { key: this.#writable(key, body), body, ttlMs, mayWait: ifOffline === 'keep' };
    const refusal = this.#machine.refuses(spec);
    if (refusal === 'offline') throw new KvOfflineError(key);
    if (refusal === 'too-many') throw new KvTooManyPendingError(key);
    this.#driven.perform((now) => this.#machine.write(now, spec, keepAlive));
  }

  #writable(key: string, body: Frame): Frame {
    if (this.#closed) throw new KvClosedError(key);
    const frame = textFrame(key);
    const reason = refusalOf(frame, body, this.settings.limits);
    if (reason !== undefined) throw new KvLimitError(key, reason);
    return frame;
  }

  /** Calls back once, at once when that is so already, when there is a current picture or it is closed. */
  #whenSettled(ended: Observable<void>, settled: (closed: boolean) => void): void {
    if (this.#status === 'synced') {
      settled(false);
      return;
    }
    const waiting = this.#statuses.subscribe((status) => {
      if (status === 'synced' || status === 'closed') settled(status === 'closed');
    });
    waiting.add(ended.subscribe(() => waiting.unsubscribe()));
  }

  /** @throws {@link KvOutsideSubtreeError} for a key that this client does not follow */
  #keyInside(key: string): Frame {
    const frame = textFrame(key);
    if (!this.settings.read) throw new KvOutsideSubtreeError(key, NOT_READING);
    if (!hasPrefix(frame, this.settings.subtreeFrame)) {
      throw new KvOutsideSubtreeError(key, this.settings.subtree);
    }
    return frame;
  }

  /** @throws {@link KvOutsideSubtreeError} for a subtree that this client does not follow as a whole */
  #inside(subtree: string): Frame {
    return this.#keyInside(normalSubtree(subtree));
  }

  #entriesUnder(prefix: Frame): KvEntry[] {
    const items: KvItem[] = [];
    for (const item of this.#machine.items()) if (hasPrefix(item.key, prefix)) items.push(item);
    items.sort((a, b) => (a.id < b.id ? -1 : 1));
    return items.map((item) => entryOf(item, this.#machine.restoredSeq));
  }

  #onEvent(event: KvClientEvent): void {
    if (event.type === 'status') this.#setStatus(event.status);
    else if (event.type === 'picture') this.#batches.next(event);
    else if (event.type === 'change') this.#batches.next({ first: false, changes: [event.change] });
    else if (event.type === 'setif') this.#settleSetIf(event.id, event.outcome);
  }

  #setStatus(status: KvClientStatus): void {
    this.#status = status;
    this.#statuses.next(status);
  }

  #settleSetIf(id: number, outcome: SetIfOutcome): void {
    const caller = this.#setIfs.get(id);
    if (caller === undefined) return;
    this.#setIfs.delete(id);
    const { key, expectedSeq, resolve, reject } = caller;
    if (outcome.type === 'made') resolve(outcome.seq);
    else if (outcome.type === 'conflict') reject(new KvConflictError(key, expectedSeq, outcome.seq));
    else if (outcome.type === 'refused') reject(new KvLimitError(key, 'refused-by-server', outcome.reason));
    else if (outcome.type === 'unknown') reject(new KvUnknownOutcomeError(key));
    else reject(this.#closed ? new KvClosedError(key) : new KvOfflineError(key));
  }
}

/** The bytes of a value; copied, since an update may wait, and be repeated, after its caller has gone on. */
function bodyOf(value: string | Uint8Array): Frame {
  return typeof value === 'string' ? textFrame(value) : Uint8Array.from(value);
}
