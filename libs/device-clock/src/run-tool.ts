import { spawn } from 'node:child_process';
import type { DriverContext } from '@raspy/devices';

/** A program of the system and its arguments; no shell is involved. */
export type ToolCommand = readonly string[];

/** How far a tool may go. */
export interface RunToolOptions {
  readonly clock: DriverContext['clock'];
  /** It is killed after so many milliseconds. */
  readonly timeoutMs: number;
}

/** So much of what it prints is kept. */
const MOST_CHARACTERS = 16_384;
const COMPLAINT_CHARACTERS = 300;

/**
 * Runs a tool and gives what it printed.
 * @throws Error (rejects) with what it complained about when it cannot be run, fails or takes too long
 */
export function runTool([command = '', ...args]: ToolCommand, options: RunToolOptions): Promise<string> {
  const { clock, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    // Its words are read, so they have to be English.
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let printed = '';
    let complaint = '';
    let isLate = false;
    const cancel = clock.schedule(clock.now() + timeoutMs, () => {
      isLate = true;
      child.kill('SIGKILL');
    });
    child.stdout.on(
      'data',
      (piece: Buffer) => (printed = (printed + piece.toString()).slice(0, MOST_CHARACTERS)),
    );
    child.stderr.on(
      'data',
      (piece: Buffer) => (complaint = (complaint + piece.toString()).slice(-COMPLAINT_CHARACTERS)),
    );
    child.on('error', (error) => {
      cancel();
      reject(new Error(`"${command}" cannot be run: ${error.message}`, { cause: error }));
    });
    child.on('close', (code, killedBy) => {
      cancel();
      if (code === 0) {
        resolve(printed);
        return;
      }
      const why = isLate ? `no end within ${timeoutMs} ms` : `it ended with ${killedBy ?? code}`;
      const told = complaint.trim() === '' ? '' : `: ${complaint.trim()}`;
      reject(new Error(`"${[command, ...args].join(' ')}": ${why}${told}`));
    });
  });
}
