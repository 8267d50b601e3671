import type { Cancel } from '@raspy/clock';
import type { StatisticsManager } from '@raspy/statistics';
import type { Statistics } from '../server/sub-services.js';
import { ProcessStatistics } from './process-statistics.js';

/** The registries of all servers of a process, for those who tell them together. */
export class StatisticsBoard {
  /** Those that serve now; the list itself stays the same. */
  readonly managers: StatisticsManager[] = [];
  #process: ProcessStatistics | undefined;

  /** Tells of a registry from now on; the result ends that. */
  add(manager: StatisticsManager): Cancel {
    this.#process ??= new ProcessStatistics();
    this.managers.push(manager);
    return () => {
      const index = this.managers.indexOf(manager);
      if (index >= 0) this.managers.splice(index, 1);
    };
  }

  /** What the process costs; servers of one process tell the same. */
  process(): Statistics {
    this.#process ??= new ProcessStatistics();
    return this.#process.read();
  }

  close(): void {
    this.#process?.close();
    this.#process = undefined;
  }
}
