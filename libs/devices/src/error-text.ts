/** Longest reason that travels with a reading or an error. */
const LONGEST_REASON = 300;

/** A short text of whatever a driver threw. */
export function errorText(error: unknown): string {
  let text: string;
  try {
    const message: unknown = (error as { message?: unknown } | null | undefined)?.message;
    text = typeof message === 'string' && message !== '' ? message : String(error);
  } catch {
    text = 'an error that cannot be printed';
  }
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text;
}
