import type { Cancel, Clock } from '@raspy/clock';
import type { HomeReading } from '@raspy/automation';
import type { KvChange, KvClient, KvEntry } from '@raspy/kv-clone';
import type { Subscription } from 'rxjs';
import { readingOf } from './reading.js';

/** What {@link HomeValues} are told. */
export interface HomeValuesOptions {
  /** Reads all of the tree. */
  readonly tree: Pick<KvClient, 'watch' | 'peek' | 'status$'>;
  readonly clock: Clock;
}

/** Told the reading of a key; `undefined` when it is gone. */
export type HomeListener = (reading: HomeReading | undefined) => void;

/** `/device/<hostname>.<service>`, which is there while that server is, and what it tells is below. */
const SERVER = /^\/device\/[^/]+$/;
const BELOW_SERVER = /^(\/device\/[^/]+)\/.+/;

/**
 * Readings of the home out of the key/value tree. What nobody stands behind is told as stale: what the tree has from before it
 * was started, what a server that is away told, and everything while the tree itself cannot be heard.
 */
export class HomeValues {
  readonly #options: HomeValuesOptions;
  readonly #listeners = new Map<string, Set<HomeListener>>();
  /** Keys that are listened to, by the key of the server that tells them. */
  readonly #byServer = new Map<string, Set<string>>();
  readonly #subscriptions: readonly Subscription[];
  /** Those servers of which it was told that they are there. */
  readonly #there = new Set<string>();
  #isHeard = false;

  constructor(options: HomeValuesOptions) {
    this.#options = options;
    const { tree } = options;
    this.#subscriptions = [
      tree.watch().subscribe((change) => this.#take(change)),
      tree.status$.subscribe((status) => this.#hear(status === 'synced')),
    ];
  }

  /** Tells the reading that there is, at once if there is one, and each that comes. */
  watch(key: string, listener: HomeListener): Cancel {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    // One for each call, also where one listens twice.
    const own: HomeListener = (reading) => listener(reading);
    listeners.add(own);
    const server = serverOf(key);
    if (server !== undefined) {
      this.#byServer.set(server, (this.#byServer.get(server) ?? new Set()).add(key));
      if (this.#isThere(server)) this.#there.add(server);
    }
    const reading = this.reading(key);
    if (reading !== undefined) own(reading);
    return () => {
      listeners.delete(own);
      if (listeners.size > 0 || this.#listeners.get(key) !== listeners) return;
      this.#listeners.delete(key);
      const keys = server === undefined ? undefined : this.#byServer.get(server);
      keys?.delete(key);
      if (keys?.size === 0) this.#byServer.delete(server!);
    };
  }

  /** What is known of a key now. */
  reading(key: string): HomeReading | undefined {
    const { tree, clock } = this.#options;
    const entry = tree.peek(key);
    if (entry === undefined) return undefined;
    const reading = readingOf(entry, clock.wallNow());
    const doubt = this.#doubt(entry);
    if (doubt === undefined) return reading;
    return {
      ...reading,
      quality: reading.quality === 'bad' ? 'bad' : 'stale',
      reason: reading.quality === 'bad' ? (reading.reason ?? doubt) : doubt,
      ...(entry.restored && { restored: true }),
    };
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#listeners.clear();
    this.#byServer.clear();
  }

  /** Why it may not be what is now. */
  #doubt({ key, restored }: KvEntry): string | undefined {
    if (!this.#isHeard) return 'the key/value tree is not heard';
    if (restored) return 'it is from before the key/value tree was started';
    const server = serverOf(key);
    if (server === undefined || this.#isThere(server)) return undefined;
    return `the server ${server.slice('/device/'.length)} is away`;
  }

  #isThere(server: string): boolean {
    const presence = this.#options.tree.peek(server);
    return presence !== undefined && !presence.restored;
  }

  #take(change: KvChange): void {
    switch (change.type) {
      case 'snapshot':
        this.#tellAll();
        break;
      case 'set':
        this.#tell(change.entry.key);
        break;
      case 'delete':
        this.#tell(change.key);
    }
  }

  #hear(isHeard: boolean): void {
    if (isHeard === this.#isHeard) return;
    this.#isHeard = isHeard;
    this.#tellAll();
  }

  /** @param key - of a value, or of a server that came or went */
  #tell(key: string): void {
    if (SERVER.test(key)) this.#tellServer(key);
    const listeners = this.#listeners.get(key);
    if (listeners === undefined) return;
    const reading = this.reading(key);
    for (const listener of [...listeners]) listener(reading);
  }

  /** A server tells every few seconds that it lives: only its coming and going is news. */
  #tellServer(server: string): void {
    const isThere = this.#isThere(server);
    if (isThere === this.#there.has(server)) return;
    if (isThere) this.#there.add(server);
    else this.#there.delete(server);
    for (const key of this.#byServer.get(server) ?? []) this.#tell(key);
  }

  #tellAll(): void {
    for (const server of this.#byServer.keys()) {
      if (this.#isThere(server)) this.#there.add(server);
      else this.#there.delete(server);
    }
    for (const key of [...this.#listeners.keys()]) this.#tell(key);
  }
}

/** The key of the server that tells a value of a device. */
function serverOf(key: string): string | undefined {
  return BELOW_SERVER.exec(key)?.[1];
}
