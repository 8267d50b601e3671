/** A length of time for people, rounded up: whoever waits for so long has waited long enough. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.ceil(ms / 360_000) / 10} h`;
}
