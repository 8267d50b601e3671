import type { Lease } from './leases.js';
import { OutputState } from './output-state.js';
import type { SafetyRules } from './rules.js';
import type { SafetyState } from './safety-state.js';
import { awayMs, readSavedSafety, type SavedSafety } from './saved.js';

/** What was saved of an output, and how far the wall clock tells how long ago. */
export interface RestoredSafety {
  /** As `save` gave it; it may come from anywhere. */
  readonly saved?: unknown;
  /** Unix milliseconds now. @default that of `saved`: no time has passed */
  readonly wallNow?: number;
  /** Whether the wall clock is right, now and when it was saved. @default true */
  readonly trusted?: boolean;
}

/** An output that has not been opened, with what was known of it before its host started. */
export function restoredOutput(
  now: number,
  device: string,
  rules: SafetyRules,
  { saved: candidate, wallNow, trusted = true }: RestoredSafety,
): { output: OutputState; lost: boolean } {
  const saved = candidate === undefined || candidate === null ? undefined : readSavedSafety(candidate);
  const output = new OutputState(device, rules, now, saved?.active ?? false);
  if (saved === undefined) return { output, lost: candidate !== undefined && candidate !== null };
  const { trip, disabled } = saved;
  const savedAt = now - awayMs(saved, wallNow ?? saved.wall, trusted);
  output.onTime.restore(saved.on.map(([from, to]) => [savedAt - from, savedAt - to]));
  // What was on when it was saved may have stayed on until now.
  if (saved.active) output.onTime.restore([[savedAt, now]]);
  output.budgets.restore(
    saved.spent.map(([command, argument, before, amount]) => ({
      command,
      argument,
      at: savedAt - before,
      amount,
    })),
  );
  if (output.isValue(saved.output)) output.last = saved.output;
  if (trip !== undefined) output.trip = { ...trip, latched: true };
  output.disabled = disabled;
  return { output, lost: false };
}

/** What has to be known of the output after the next start. */
export function saveOutput(now: number, wallNow: number, output: OutputState): SavedSafety {
  const { trip, disabled, onTime, budgets } = output;
  return {
    version: 1,
    wall: wallNow,
    output: output.pendingBoot ?? output.last,
    active: output.on,
    // Rounded to the side on which more was used, and later.
    on: onTime
      .intervals(now)
      .map(([from, to]) => [Math.ceil(now - from), Math.max(0, Math.floor(now - to))] as const),
    spent: budgets
      .uses(now)
      .map(
        ({ command, argument, at, amount }) =>
          [command, argument, Math.max(0, Math.floor(now - at)), amount] as const,
      ),
    ...(trip?.latched === true && { trip: { rule: trip.rule, reason: trip.reason } }),
    ...(disabled !== undefined && { disabled }),
  };
}

/** What is told of the output. */
export function outputReport(
  now: number,
  output: OutputState,
  lease: Lease | undefined,
  waitsFor: { readonly rule: SafetyState['rule']; readonly reason: string } | undefined,
): SafetyState {
  const { rules, wanted, actual, trip, disabled, drive, onTime, offSince } = output;
  const why =
    disabled === undefined
      ? (trip ?? (drive !== undefined && drive.failures > 0 ? drive : undefined) ?? waitsFor)
      : { rule: 'disabled' as const, reason: disabled };
  const dutyLeft = rules.duties.map(({ onMs, windowMs }) => Math.max(0, onMs - onTime.used(now, windowMs)));
  const offUntil = offSince === undefined ? -Infinity : offSince + rules.minOffMs;
  return {
    output: rules.output,
    wanted,
    ...(actual !== undefined && { actual }),
    failSafe: rules.failSafe,
    state: disabled !== undefined ? 'disabled' : trip === undefined ? 'ok' : 'tripped',
    ...(why !== undefined && { rule: why.rule, reason: why.reason }),
    latched: trip?.latched === true,
    ...(lease !== undefined && { lease: { endsInMs: Math.round(Math.max(0, lease.until - now)) } }),
    ...(onTime.since !== undefined && { onForMs: Math.round(now - onTime.since) }),
    ...(dutyLeft.length > 0 && { dutyLeftMs: Math.round(Math.min(...dutyLeft)) }),
    ...(offUntil > now && { offUntilInMs: Math.round(offUntil - now) }),
    ...(rules.budgets.length > 0 && { budgets: output.budgets.state(now) }),
  };
}
