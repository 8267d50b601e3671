/** A tank that loses water to the air. */
export interface OpenTank {
  readonly volumeLitres: number;
  readonly evaporationLitresPerDay: number;
}

/**
 * Level in percent after `ms` of a steady flow, which is negative when it empties the tank; between empty and full,
 * where what overflows is gone.
 */
export function levelPercent(tank: OpenTank, percent: number, litresPerMinute: number, ms: number): number {
  const litresPerMs = litresPerMinute / 60_000 - tank.evaporationLitresPerDay / 86_400_000;
  const level = percent + (litresPerMs * ms * 100) / tank.volumeLitres;
  return Math.min(Math.max(level, 0), 100);
}
