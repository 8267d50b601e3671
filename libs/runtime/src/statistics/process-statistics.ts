import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Statistics } from '../server/sub-services.js';

const NS_PER_S = 1e9;
const RESOLUTION_MS = 50;

/** What the process that a server runs in costs; servers of one process tell the same. */
export class ProcessStatistics {
  /** Since the start: whoever asks must not take from the others what they would see. */
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  read(): Statistics {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    // Above what the sampling itself takes.
    const delay = (ns: number): number => Math.max(0, ns / NS_PER_S - RESOLUTION_MS / 1_000);
    return {
      'process.residentBytes': rss,
      'process.heapBytes': heapUsed,
      'process.externalBytes': external,
      'process.cpu': Math.round((user + system) / 1_000),
      'process.uptime': Math.round(process.uptime()),
      'process.loopDelay.p50': delay(this.#delay.percentile(50)),
      'process.loopDelay.p99': delay(this.#delay.percentile(99)),
      'process.loopDelay.max': delay(this.#delay.max),
    };
  }

  close(): void {
    this.#delay.disable();
  }
}
