import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { KvChange, KvClient, KvClientStatus, KvEntry } from '@raspy/kv-clone';
import type { Subscription } from 'rxjs';
import { entryJson, type EntryJson } from './entry-json.js';
import { EventRing, eventText, type EventRingLimits, type LiveEvent } from './event-ring.js';
import { HistoryRing, type Point } from './history-ring.js';
import { Outflow } from './outflow.js';

/** How the picture of the tree stands, as browsers are told. */
export type TreeStatus = 'synced' | 'syncing' | 'stale';

/** What a {@link LiveTree} is told. */
export interface LiveTreeOptions {
  readonly tree: KvClient;
  readonly clock: Clock;
  /** Names this run. */
  readonly epoch: string;
  readonly ring?: EventRingLimits;
  /** Bytes that may wait for one reader. @default 1 MiB */
  readonly maxQueuedBytes?: number;
  /** Readers at a time. @default 256 */
  readonly maxReaders?: number;
}

/** What one reader wants. */
export interface ReaderOptions {
  /** `''` for everything, else as `/device/pi.fake`. */
  readonly subtree: string;
  /** The last event that it has. */
  readonly lastId?: string | undefined;
  /** Whether it may still read; asked at each heartbeat. */
  readonly mayRead: () => boolean;
  /** Ends its connection, at which more may wait than it will ever take. @default nothing is done */
  readonly hangUp?: () => void;
}

/** One reader of the tree. */
export interface Reader {
  readonly outflow: Outflow;
  close(): void;
}

const HEARTBEAT_MS: Millis = 15_000;

/** The tree as it changes, for many browsers: each change is put into words once, and remembered for a while. */
export class LiveTree {
  readonly #options: LiveTreeOptions;
  readonly #ring: EventRing;
  readonly #history = new HistoryRing();
  readonly #readers = new Set<OneReader>();
  readonly #subscriptions: Subscription[] = [];
  #status: TreeStatus = 'syncing';
  #cancel: Cancel = () => undefined;
  /** Readers that were sent away because too much waited for them, so far. */
  shed = 0;

  constructor(options: LiveTreeOptions) {
    this.#options = options;
    this.#ring = new EventRing(options.epoch, options.ring);
  }

  get status(): TreeStatus {
    return this.#status;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Events that can be resumed, and values with a history. */
  get remembered(): { readonly events: number; readonly values: number } {
    return { events: this.#ring.size, values: this.#history.size };
  }

  start(): void {
    const { tree } = this.#options;
    this.#subscriptions.push(
      tree.status$.subscribe((status) => this.#turn(status)),
      tree.watch('').subscribe((change) => this.#take(change)),
    );
    this.#beat();
  }

  stop(): void {
    this.#cancel();
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    for (const reader of [...this.#readers]) reader.close();
  }

  entries(subtree: string): EntryJson[] {
    return this.#options.tree.entries(subtree).map(entryJson);
  }

  history(key: string): readonly Point[] {
    return this.#history.of(key, this.#options.clock.wallNow());
  }

  /** Begins to tell a reader; `undefined` when there are too many. */
  read(options: ReaderOptions): Reader | undefined {
    const { maxReaders = 256, maxQueuedBytes = 1_048_576 } = this.#options;
    if (this.#readers.size >= maxReaders) return undefined;
    const reader = new OneReader(new Outflow(maxQueuedBytes), options, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    const missed = this.#ring.since(options.lastId);
    reader.outflow.push(eventText('status', this.#ring.id, { status: this.#status }));
    if (missed === undefined) reader.outflow.push(this.#snapshot(options.subtree), true);
    else for (const event of missed) this.#tell(reader, event);
    return reader;
  }

  #snapshot(subtree: string): string {
    return eventText('snapshot', this.#ring.id, { entries: this.entries(subtree) });
  }

  #turn(status: KvClientStatus): void {
    const told = status === 'closed' ? 'stale' : status;
    if (told === this.#status) return;
    this.#status = told;
    this.#tellAll(this.#ring.add('status', undefined, { status: told }));
  }

  #take(change: KvChange): void {
    switch (change.type) {
      case 'snapshot':
        for (const entry of change.entries) this.#remember(entry);
        this.#ring.forget();
        for (const reader of [...this.#readers]) {
          reader.outflow.push(this.#snapshot(reader.options.subtree), true);
        }
        break;
      case 'set':
        this.#remember(change.entry);
        this.#tellAll(this.#ring.add('set', change.entry.key, entryJson(change.entry)));
        break;
      case 'delete':
        this.#tellAll(this.#ring.add('delete', change.key, { key: change.key }));
    }
  }

  #remember(entry: KvEntry): void {
    if (!entry.key.startsWith('/device/') || entry.restored) return;
    const { value } = entryJson(entry);
    const { value: number, at } = (value ?? {}) as { readonly value?: unknown; readonly at?: unknown };
    if (typeof number !== 'number' || typeof at !== 'number') return;
    const wallNow = this.#options.clock.wallNow();
    this.#history.add(entry.key, Math.min(at, wallNow), number);
  }

  #tellAll(event: LiveEvent): void {
    for (const reader of [...this.#readers]) this.#tell(reader, event);
  }

  #tell(reader: OneReader, event: LiveEvent): void {
    if (event.key !== undefined && !isUnder(event.key, reader.options.subtree)) return;
    reader.outflow.push(event.text);
    this.#look(reader);
  }

  #look(reader: OneReader): void {
    if (!reader.outflow.isShed || !this.#readers.has(reader)) return;
    this.shed += 1;
    reader.close();
  }

  #beat(): void {
    const { clock } = this.#options;
    this.#cancel = clock.schedule(clock.now() + HEARTBEAT_MS, () => {
      for (const reader of [...this.#readers]) {
        if (!reader.options.mayRead()) reader.close();
        else {
          reader.outflow.push(': still here\n\n');
          this.#look(reader);
        }
      }
      this.#beat();
    });
  }
}

class OneReader implements Reader {
  constructor(
    readonly outflow: Outflow,
    readonly options: ReaderOptions,
    private readonly onClose: () => void,
  ) {}

  close(): void {
    this.onClose();
    this.outflow.shed();
    this.options.hangUp?.();
  }
}

/** Whether a key lies in a subtree, as the tree itself sees it: `/device/a` is not in `/device/a`. */
export function isUnder(key: string, subtree: string): boolean {
  const inner = subtree.replace(/^\/+|\/+$/g, '');
  return inner === '' || key.startsWith(`/${inner}/`);
}
