import { SettingsError } from '../config/settings-error.js';
import { ExitCode, exitCodeOf } from './exit-code.js';
import type { ProgramHost } from './host.js';

/** More than a person looks through at once. */
const MOST_LINES = 50;

/** Thrown when a program was typed wrongly; the message says how it is typed. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** Tells a person on stderr why a program ends: what to change if they can, with a trace if only we can. */
export function complain(host: Pick<ProgramHost, 'stderr'>, program: string, error: unknown): void {
  const lines: string[] = [];
  if (error instanceof SettingsError) {
    const count = error.problems.length;
    lines.push(`${program}: ${count === 1 ? 'one setting is' : `${count} settings are`} wrong`);
    lines.push(...error.problems.slice(0, MOST_LINES).map(({ where, problem }) => `  ${where}: ${problem}`));
    if (count > MOST_LINES) lines.push(`  and ${count - MOST_LINES} more`);
  } else if (error instanceof Error) {
    const known = typeof (error as { code?: unknown }).code === 'string';
    lines.push(`${program}: ${known ? error.message : (error.stack ?? error.message)}`);
  } else lines.push(`${program}: ${String(error)}`);
  if (exitCodeOf(error) === ExitCode.USAGE) lines.push(`${program} --help tells what can be given`);
  host.stderr.write(`${lines.join('\n')}\n`);
}
