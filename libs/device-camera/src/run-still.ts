import { spawn } from 'node:child_process';
import type { DriverContext } from '@raspy/devices';

/** What is run, and how far it may go. */
export interface StillOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** It is killed after so many milliseconds. */
  readonly timeoutMs: number;
  /** It is killed when it prints more. */
  readonly maxBytes: number;
  readonly clock: DriverContext['clock'];
}

/** So much of what it complains about is told. */
const COMPLAINT_CHARACTERS = 300;

/**
 * Runs the command, without a shell, and gives what it printed.
 * @throws Error (rejects) with what it complained about when it fails, prints nothing or too much, or takes too long
 */
export function runStill(options: StillOptions): Promise<Buffer> {
  const { command, args, timeoutMs, maxBytes, clock } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces: Buffer[] = [];
    let size = 0;
    let complaint = '';
    let stopped: string | undefined;
    const stop = (reason: string): void => {
      stopped ??= reason;
      child.kill('SIGKILL');
    };
    const cancel = clock.schedule(clock.now() + timeoutMs, () => stop(`no photo within ${timeoutMs} ms`));
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > maxBytes) stop(`the photo has more than ${maxBytes} bytes`);
      else pieces.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => {
      complaint = (complaint + piece.toString()).slice(-COMPLAINT_CHARACTERS);
    });
    child.on('error', (error) => {
      cancel();
      reject(new Error(`"${command}" cannot be run: ${error.message}`, { cause: error }));
    });
    child.on('close', (code, killedBy) => {
      cancel();
      const failed = stopped ?? (code === 0 ? undefined : `it ended with ${killedBy ?? code}`);
      const told = complaint.trim() === '' ? '' : `; it said: ${complaint.trim()}`;
      if (failed !== undefined) reject(new Error(`"${command}": ${failed}${told}`));
      else if (size === 0) reject(new Error(`"${command}" printed no picture${told}`));
      else resolve(Buffer.concat(pieces));
    });
  });
}
