import type { Clock, Millis } from '@raspy/clock';
import { readdir, readFile } from 'node:fs/promises';
import type { Logger } from '../log/logger.js';

/** What {@link endOrphans} needs. */
export interface EndOrphansOptions {
  /** What the process was started with, after Node itself: its file and arguments, exactly. */
  readonly command: readonly string[];
  /** For it to end by itself, as it does when its supervisor is gone. */
  readonly patienceMs: Millis;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOK_EVERY_MS: Millis = 50;
/** For the kernel to end what was killed; what it cannot end (another user's) is left. */
const KILLED_WITHIN_MS: Millis = 2_000;

/**
 * Waits for a process that a supervisor which was killed has left, and kills it when it does not end: one that hangs does
 * not notice that it is alone, and two hosts must not drive one relay. To be called by the only supervisor of a home. It
 * looks in `/proc`, and finds nothing on systems without one.
 */
export async function endOrphans(options: EndOrphansOptions): Promise<void> {
  const { command, patienceMs, clock, logger } = options;
  const until = clock.now() + patienceMs;
  for (;;) {
    const found = await processesOf(command);
    if (found.length === 0 || clock.now() >= until + KILLED_WITHIN_MS) return;
    if (clock.now() >= until) {
      for (const pid of found) {
        logger.warn('a host that an earlier supervisor has left does not end, and is killed', { pid });
        kill(pid);
      }
    }
    await new Promise<void>((resolve) => {
      clock.schedule(clock.now() + LOOK_EVERY_MS, resolve, true);
    });
  }
}

/** Ids of the processes of a command; those that have ended, and wait to be noticed, have none. */
async function processesOf(command: readonly string[]): Promise<number[]> {
  const wanted = command.join('\0');
  const names = await readdir('/proc').catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
        const [, ...rest] = line.split('\0').slice(0, -1);
        // Node's own flags stand before the program.
        const program = rest.slice(rest.findIndex((word) => !word.startsWith('-')));
        return program.join('\0') === wanted ? [Number(name)] : [];
      }),
  );
  return found.flat();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or is another user's.
  }
}
