import type { Cancel, Clock, Millis } from './clock.js';

/** The longest delay a Node timer takes; more fires at once with a warning. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

class SystemClock implements Clock {
  now(): Millis {
    return performance.now();
  }

  wallNow(): Millis {
    return Date.now();
  }

  schedule(at: Millis, task: () => void, hold = false): Cancel {
    let timer: NodeJS.Timeout | undefined;
    let immediate: NodeJS.Immediate | undefined;
    const arm = (): void => {
      const delay = at - performance.now();
      timer = setTimeout(
        () => {
          // Timers count whole milliseconds and may fire a fraction early: look again. Input that has already arrived
          // goes first (timers run before it in Node's loop), so that nobody is expired whose message is waiting.
          if (at - performance.now() > 0) arm();
          else immediate = setImmediate(task);
        },
        Math.min(Math.max(Math.ceil(delay), 0), LONGEST_TIMER_MS),
      );
      if (!hold) timer.unref();
    };
    if (at !== Infinity) arm();
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  }
}

/** The clock of this machine: `performance.now`, `Date.now` and Node timers. Stateless, one serves all. */
export const systemClock: Clock = new SystemClock();
