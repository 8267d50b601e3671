import { CommandRefusedError, type DriverContext } from '@raspy/devices';
import { Observable, Subject } from 'rxjs';
import type { Clock } from './clock.js';
import {
  commandedFault,
  configuredFaults,
  faultsAt,
  isGone,
  isRelayStuck,
  MAX_FAULTS,
  nextGone,
  shownValue,
  slowMs,
  type Fault,
  type FaultArguments,
  type FaultsConfig,
} from './faults.js';
import { World } from './world.js';

/** What all fake devices are told by their configuration. */
export interface FakeConfig {
  readonly faults: FaultsConfig;
  /** Milliseconds between reports. @default it reports changes alone */
  readonly intervalMs?: number;
}

/** Values by name as updates of a session. */
type UpdatesOf<V> = {
  [N in keyof V & string]:
    | { readonly name: N; readonly value: V[N] }
    | { readonly name: N; readonly bad: string };
}[keyof V & string];

/** Faults that commands began, and when all were mended; this outlives sessions, or a device could not be gone. */
interface Injected {
  faults: readonly Fault[];
  mendedAt: number;
}

/** What the sessions of all fake devices have in common: reports, orders that take their time, faults, and an end. */
export class FakeDevice {
  /** Handlers of the commands that all have. */
  readonly commands = {
    fault: (args: FaultArguments): unknown => this.#inject(args),
    mend: (): unknown => this.#mend(),
  };
  readonly #clock: Clock;
  readonly #injected: Injected;
  /** Asks for a report; with `true`, from which the intervals count anew. */
  readonly #reports = new Subject<boolean>();
  readonly #ends = new Set<() => void>();
  #configured: readonly Fault[];
  #intervalMs: number;

  /** @throws Error when a fault lets the device be gone */
  constructor({ clock, name }: DriverContext, oid: string, { faults, intervalMs = Infinity }: FakeConfig) {
    this.#clock = clock;
    this.#injected = World.of(clock).remembered<Injected>(`faults ${oid}`, name, () => ({
      faults: [],
      mendedAt: -Infinity,
    }));
    this.#configured = configuredFaults(faults);
    this.#intervalMs = intervalMs;
    this.#expectThere();
  }

  /** Whether it has a fault by which orders change nothing. */
  get relayStuck(): boolean {
    return isRelayStuck(this.#faults, this.#clock.now());
  }

  /** What `read` returns, as the faults let it be seen: at once, at each interval, and when a report is due. */
  values$<V extends object>(read: () => V): Observable<UpdatesOf<V>> {
    return new Observable((subscriber) => {
      const told = new Map<string, unknown>();
      let due = this.#clock.now();
      let cancel = (): void => undefined;
      const report = (): void => {
        if (isGone(this.#faults, this.#clock.now())) {
          subscriber.error(new Error(GONE));
          return;
        }
        for (const [name, value] of Object.entries<unknown>(read() as Record<string, unknown>)) {
          subscriber.next(this.#shown(name, value, told) as UpdatesOf<V>);
        }
      };
      const tick = (): void => {
        const now = this.#clock.now();
        if (now >= due) due = Math.max(due + this.#intervalMs, now);
        cancel = this.#clock.schedule(Math.min(due, nextGone(this.#faults, now)), tick);
        report();
      };
      tick();
      const asked = this.#reports.subscribe((anew) => {
        const now = this.#clock.now();
        if (anew) due = now + this.#intervalMs;
        cancel();
        cancel = this.#clock.schedule(Math.min(due, nextGone(this.#faults, now)), tick);
        report();
      });
      return () => {
        cancel();
        asked.unsubscribe();
      };
    });
  }

  /** Does what was asked for, after the time that a slow device takes, and reports what came of it. */
  async act<R>(run: () => R | Promise<R>): Promise<R> {
    await this.wait(slowMs(this.#faults, this.#clock.now()));
    this.#expectThere();
    try {
      return await run();
    } finally {
      this.report();
    }
  }

  /** Reads it now. */
  readonly poll = (): Promise<void> => this.act(() => undefined);

  report(): void {
    this.#reports.next(false);
  }

  /**
   * @param stopped - is given what ends the wait before its time, as closing does
   * @throws Error (rejects) when the device is closed meanwhile
   */
  async wait(ms: number, stopped: (stop: () => void) => void = () => undefined): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        cancel();
        this.#ends.delete(close);
        settle();
      };
      const close = (): void => end(() => reject(new Error('it was closed meanwhile')));
      const cancel = this.#clock.schedule(this.#clock.now() + ms, () => end(resolve));
      this.#ends.add(close);
      stopped(() => end(resolve));
    });
  }

  /** Takes another configuration. */
  configure({ faults, intervalMs = Infinity }: FakeConfig): void {
    this.#configured = configuredFaults(faults);
    this.#intervalMs = intervalMs;
    this.#reports.next(true);
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#reports.complete();
  }

  get #faults(): readonly Fault[] {
    const { faults, mendedAt } = this.#injected;
    return [...this.#configured.filter(({ fromMs }) => fromMs > mendedAt), ...faults];
  }

  #shown(name: string, value: unknown, told: Map<string, unknown>): object {
    const shown = shownValue(this.#faults, this.#clock.now(), value, told.get(name));
    if ('bad' in shown) return { name, bad: shown.bad };
    told.set(name, shown.value);
    return { name, value: shown.value };
  }

  #inject(args: FaultArguments): unknown {
    const now = this.#clock.now();
    const left = this.#injected.faults.filter(({ untilMs }) => now < untilMs);
    if (left.length >= MAX_FAULTS) {
      throw new CommandRefusedError(`it has ${MAX_FAULTS} faults already: mend it first`);
    }
    this.#injected.faults = [...left, commandedFault(args, now)];
    return this.#tell();
  }

  #mend(): unknown {
    this.#injected.faults = [];
    this.#injected.mendedAt = this.#clock.now();
    return this.#tell();
  }

  /** Shows at once what the faults make of it. */
  #tell(): { faults: string[] } {
    this.report();
    return { faults: faultsAt(this.#faults, this.#clock.now()).map(({ kind }) => kind) };
  }

  #expectThere(): void {
    if (isGone(this.#faults, this.#clock.now())) throw new Error(GONE);
  }
}

const GONE = 'no answer: it is gone';
