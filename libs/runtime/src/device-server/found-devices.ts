import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { DeviceFinder, FinderSession, FoundDevice } from '@raspy/devices';
import { BehaviorSubject, type Observable, type Subscription } from 'rxjs';
import type { Logger } from '../log/logger.js';

/** What {@link FoundDevices} are told. */
export interface FoundDevicesOptions {
  readonly finders: readonly DeviceFinder[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most that is taken of one finder. @default 1000 */
  readonly maxDevices?: number;
}

const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 30_000;
/** A finder that takes longer to open has failed; one that takes longer to close is left to itself. */
const OPEN_WITHIN_MS = 30_000;
const CLOSE_WITHIN_MS = 2_000;

/** What the finders of a server's plugins find, all together. One that fails is opened again after a while. */
export class FoundDevices {
  /** All that is there, each time that changes; begins with nothing. */
  readonly found$: Observable<readonly FoundDevice[]>;
  readonly #found = new BehaviorSubject<readonly FoundDevice[]>([]);
  readonly #searches: readonly Search[];

  constructor({ finders, clock, logger, maxDevices = 1_000 }: FoundDevicesOptions) {
    this.found$ = this.#found.asObservable();
    this.#searches = finders.map(
      (finder) => new Search({ finder, clock, logger, maxDevices, told: () => this.#tell() }),
    );
  }

  /** Why somebody cannot look now; nothing when all can. */
  get troubles(): readonly string[] {
    return this.#searches.flatMap(({ trouble }) => trouble ?? []);
  }

  /** Begins to search. */
  open(): void {
    for (const search of this.#searches) void search.open();
  }

  /** Resolves when each has looked once, or said that it cannot. */
  async looked(): Promise<void> {
    await Promise.all(this.#searches.map((search) => search.looked));
  }

  async close(): Promise<void> {
    await Promise.all(this.#searches.map((search) => search.close()));
    this.#found.complete();
  }

  #tell(): void {
    const addresses = new Set<string>();
    const all = this.#searches.flatMap(({ found }) => found);
    // Two finders may see the same hardware.
    this.#found.next(all.filter(({ address }) => !addresses.has(address) && addresses.add(address)));
  }
}

interface SearchOptions {
  readonly finder: DeviceFinder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxDevices: number;
  readonly told: () => void;
}

/** One finder: open, or waiting to be opened again. */
class Search {
  found: readonly FoundDevice[] = [];
  trouble: string | undefined;
  readonly looked: Promise<void>;
  readonly #options: SearchOptions;
  #look: () => void = () => undefined;
  #session: FinderSession | undefined;
  #subscription: Subscription | undefined;
  #cancelRetry: Cancel | undefined;
  #failures = 0;
  #saidOfRubbish = false;
  #closed = false;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.looked = new Promise((resolve) => (this.#look = resolve));
  }

  async open(): Promise<void> {
    const { finder, clock, logger } = this.#options;
    let isAwaited = true;
    try {
      const opening = Promise.resolve().then(() => finder.open({ clock, log: logger }));
      // Nobody has use for one that comes too late.
      void opening.then(
        (session) => (isAwaited ? undefined : this.#close(session)),
        () => undefined,
      );
      const session = await within(clock, OPEN_WITHIN_MS, opening);
      if (session === LATE) throw new Error(`it did not open within ${OPEN_WITHIN_MS / 1_000} s`);
      if (this.#closed) {
        await this.#close(session);
        return;
      }
      this.#session = session;
      this.#subscription = session.found$.subscribe({
        next: (found) => this.#take(found),
        error: (error: unknown) => this.#fail(error),
      });
    } catch (error) {
      isAwaited = false;
      this.#fail(error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    await this.#end();
    this.#look();
  }

  #take(found: unknown): void {
    const { logger, maxDevices, told } = this.#options;
    if (this.trouble !== undefined) logger.info('devices can be looked for again');
    this.trouble = undefined;
    this.#failures = 0;
    const entries: readonly unknown[] = Array.isArray(found) ? found : [];
    const sound = entries.filter(isFoundDevice);
    const taken = sound.slice(0, maxDevices);
    if (taken.length < entries.length || !Array.isArray(found))
      this.#tellOfRubbish(entries.length - taken.length);
    this.found = taken;
    this.#look();
    told();
  }

  /** What it found before stays: those devices tell by themselves that they cannot be read. */
  #fail(error: unknown): void {
    const { clock, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.trouble) logger.warn('devices cannot be looked for', { reason });
    this.trouble = reason;
    this.#look();
    void this.#end();
    if (this.#closed) return;
    const waitMs = Math.min(RETRY_MIN_MS * 2 ** this.#failures++, RETRY_MAX_MS);
    this.#cancelRetry = clock.schedule(clock.now() + waitMs, () => void this.open());
  }

  async #end(): Promise<void> {
    this.#subscription?.unsubscribe();
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await this.#close(session);
  }

  /** Never rejects, and takes no longer than its bound. */
  async #close(session: FinderSession): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      const closing = Promise.resolve().then(() => session.close());
      if ((await within(clock, CLOSE_WITHIN_MS, closing)) === LATE) throw new Error('it does not end');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn('a search for devices did not end properly', { reason });
    }
  }

  #tellOfRubbish(left: number): void {
    if (this.#saidOfRubbish) return;
    this.#saidOfRubbish = true;
    this.#options.logger.error('a plugin finds what are no devices, or too many: they are left out', {
      left,
    });
  }
}

const LATE = Symbol('late');

/** What work comes to, or `LATE` when that takes longer. */
async function within<T>(clock: Clock, ms: Millis, work: Promise<T>): Promise<T | typeof LATE> {
  let cancel: Cancel = () => undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    cancel = clock.schedule(clock.now() + ms, () => resolve(LATE));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

function isFoundDevice(candidate: unknown): candidate is FoundDevice {
  const { device, address, note } = (candidate ?? {}) as Partial<Record<keyof FoundDevice, unknown>>;
  const { name, oid } = (device ?? {}) as { name?: unknown; oid?: unknown };
  return (
    typeof name === 'string' &&
    typeof oid === 'string' &&
    typeof address === 'string' &&
    (note === undefined || typeof note === 'string')
  );
}
