import type { Cancel, Clock, Millis } from '@raspy/clock';
import { Observable, Subject } from 'rxjs';
import type { Series, StatisticValue } from './items/item.js';

/** What changed since the last time. */
export interface StatisticsChanges {
  /** New values by their keys, as MMI tells them. */
  readonly values: Readonly<Record<string, StatisticValue>>;
  /** Keys that are there no more. */
  readonly removed: readonly string[];
  /** Oids of items that have as many series as they may have and counted something as `other`. */
  readonly full: readonly string[];
}

/** Joins the items of one manager with whoever listens: collects what changed, and tells it once in a while. */
export class ChangeHub {
  /** Whether anybody listens; while nobody does, an update costs this one look. */
  listening = false;
  /** Rises when a series is added or removed. */
  structure = 0;
  readonly changes$: Observable<StatisticsChanges>;
  readonly #subject = new Subject<StatisticsChanges>();
  readonly #clock: Clock;
  readonly #everyMs: Millis;
  readonly #read: (series: Series) => Record<string, StatisticValue>;
  readonly #touched = new Set<Series>();
  readonly #removed = new Set<string>();
  readonly #full = new Set<string>();
  #listeners = 0;
  #cancel: Cancel | undefined;
  #next = -Infinity;

  constructor(clock: Clock, everyMs: Millis, read: (series: Series) => Record<string, StatisticValue>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#read = read;
    this.changes$ = new Observable((subscriber) => {
      this.#listeners += 1;
      this.listening = true;
      const subscription = this.#subject.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        this.#listeners -= 1;
        if (this.#listeners === 0) this.#stop();
      };
    });
  }

  /** A series has a new value. */
  touch(series: Series): void {
    this.#touched.add(series);
    if (this.#cancel === undefined) this.#plan();
  }

  /** A series is there no more. */
  gone(series: Series): void {
    if (!this.listening) return;
    this.#touched.delete(series);
    for (const key of Object.keys(this.#read(series))) this.#removed.add(key);
    if (this.#cancel === undefined) this.#plan();
  }

  /** Something was counted as `other`, since an item has as many series as it may have. */
  overflow(oid: string): void {
    if (!this.listening) return;
    this.#full.add(oid);
    if (this.#cancel === undefined) this.#plan();
  }

  #plan(): void {
    this.#cancel = this.#clock.schedule(Math.max(this.#clock.now(), this.#next), () => this.#tell());
  }

  #tell(): void {
    this.#cancel = undefined;
    this.#next = this.#clock.now() + this.#everyMs;
    const values: Record<string, StatisticValue> = {};
    for (const series of this.#touched) Object.assign(values, this.#read(series));
    const changes = {
      values,
      removed: [...this.#removed].filter((key) => !(key in values)),
      full: [...this.#full],
    };
    this.#clear();
    this.#subject.next(changes);
  }

  #stop(): void {
    this.listening = false;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#clear();
  }

  #clear(): void {
    this.#touched.clear();
    this.#removed.clear();
    this.#full.clear();
  }
}
