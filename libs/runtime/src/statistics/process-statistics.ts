import { systemClock, type Clock, type Millis } from '@raspy/clock';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Statistics } from '../server/sub-services.js';

const NS_PER_S = 1e9;
const RESOLUTION_MS = 50;
/** Delays are told of this long at least, and of twice as long at most while somebody asks more often than that. */
const WINDOW_MS: Millis = 60_000;

/** How late the event loop was, in ns with what the sampling itself takes. */
type LoopDelay = Readonly<Record<'p50' | 'p99' | 'max', number>>;

const NONE: LoopDelay = { p50: 0, p99: 0, max: 0 };

/** What the process that a server runs in costs; servers of one process tell the same. */
export class ProcessStatistics {
  readonly #clock: Clock;
  /** Of this window; it begins anew by time and not by who asks, who must not take from the others what they would see. */
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #begun: Millis;
  /** Of the window before. */
  #before = NONE;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#begun = clock.now();
    this.#delay.enable();
  }

  read(): Statistics {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    const delay = this.#loopDelay();
    // Above what the sampling itself takes.
    const seconds = (ns: number): number => Math.max(0, ns / NS_PER_S - RESOLUTION_MS / 1_000);
    return {
      'process.residentBytes': rss,
      'process.heapBytes': heapUsed,
      'process.externalBytes': external,
      'process.cpu': Math.round((user + system) / 1_000),
      'process.uptime': Math.round(process.uptime()),
      'process.loopDelay.p50': seconds(delay.p50),
      'process.loopDelay.p99': seconds(delay.p99),
      'process.loopDelay.max': seconds(delay.max),
    };
  }

  close(): void {
    this.#delay.disable();
  }

  /** The worse of this window and the one before. */
  #loopDelay(): LoopDelay {
    const now = {
      p50: this.#delay.percentile(50),
      p99: this.#delay.percentile(99),
      max: this.#delay.max,
    };
    const before = this.#before;
    if (this.#clock.now() - this.#begun >= WINDOW_MS) {
      this.#before = now;
      this.#begun = this.#clock.now();
      this.#delay.reset();
    }
    return {
      p50: Math.max(now.p50, before.p50),
      p99: Math.max(now.p99, before.p99),
      max: Math.max(now.max, before.max),
    };
  }
}
