/** How programs end. */
export const ExitCode = {
  OK: 0,
  /** It ran and failed. */
  FAILED: 1,
  /** Wrong flags or settings; nothing was started. */
  USAGE: 2,
  /** The machine does not allow it: a port in use, a folder that cannot be written, a name that is taken. */
  ENVIRONMENT: 3,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Thrown when the surroundings do not let a program start; the message says what to change. Exit code 3. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly code = 'ENVIRONMENT';
}

const CODES: Readonly<Record<string, ExitCode>> = {
  SETTINGS: ExitCode.USAGE,
  USAGE: ExitCode.USAGE,
  ENVIRONMENT: ExitCode.ENVIRONMENT,
  ENDPOINT_IN_USE: ExitCode.ENVIRONMENT,
  ENDPOINT_UNUSABLE: ExitCode.ENVIRONMENT,
};

/** The exit code for an error, by its `code`: classes may come from two copies of a library. */
export function exitCodeOf(error: unknown): ExitCode {
  const code = (error as { code?: unknown } | null)?.code;
  return (typeof code === 'string' ? CODES[code] : undefined) ?? ExitCode.FAILED;
}
