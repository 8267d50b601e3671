import { SettingsError } from '../config/settings-error.js';
import { ExitCode, exitCodeOf } from './exit-code.js';
import type { ProgramHost } from './host.js';

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
    lines.push(...error.problems.map(({ where, problem }) => `  ${where}: ${problem}`));
  } else if (error instanceof Error) {
    const known = typeof (error as { code?: unknown }).code === 'string';
    lines.push(`${program}: ${known ? error.message : (error.stack ?? error.message)}`);
  } else lines.push(`${program}: ${String(error)}`);
  if (exitCodeOf(error) === ExitCode.USAGE) lines.push(`${program} --help tells what can be given`);
  host.stderr.write(`${lines.join('\n')}\n`);
}
