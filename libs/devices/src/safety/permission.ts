import { violation, type Knowledge } from './conditions.js';
import type { SafetyAsk } from './decisions.js';
import type { OutputValue } from './definition.js';
import { durationText } from './duration-text.js';
import type { Lease } from './leases.js';
import type { OutputState } from './output-state.js';
import type { Refusal } from './refusal.js';

/** Why the output may not become, be or stay active now, whoever wants it; `undefined` when it may. */
export function activeRefusal(output: OutputState, now: number, knowledge: Knowledge): Refusal | undefined {
  return (
    outOfUse(output) ??
    beingDriven(output) ??
    minOffRefusal(output, now) ??
    onTimeRefusal(output, now) ??
    conditionRefusal(output, knowledge)
  );
}

/** As {@link activeRefusal}, of an output that was to be active when its session ended, and is open again. */
export function resumeRefusal(output: OutputState, now: number, knowledge: Knowledge): Refusal | undefined {
  const { minOffMs } = output.rules;
  if (minOffMs > 0 && output.wantedActive) {
    const reason = `nobody knows whether it was off while its device was not open: it must stay off for ${durationText(minOffMs)}`;
    return { rule: 'minOff', reason };
  }
  return outOfUse(output) ?? onTimeRefusal(output, now) ?? conditionRefusal(output, knowledge);
}

/** Whether a condition forbids it to be active. */
export function conditionRefusal({ rules }: OutputState, knowledge: Knowledge): Refusal | undefined {
  return violation(rules.onlyWhile, rules.notWhile, knowledge);
}

/** Why a command that has a budget may not be executed now, apart from what is left of the budget. */
export function commandRefusal(output: OutputState, now: number, knowledge: Knowledge): Refusal | undefined {
  if (output.rules.selfActing) return activeRefusal(output, now, knowledge);
  return outOfUse(output) ?? conditionRefusal(output, knowledge);
}

/** Why it may not be set to an inactive value that is not its fail-safe state. */
export function inactiveRefusal({ held, disabled }: OutputState): Refusal | undefined {
  return heldRefusal({ held, disabled });
}

/** Whether the asker's lease will do. */
export function leaseRefusal(
  { rules }: OutputState,
  value: OutputValue,
  { leaseMs, leaseId }: SafetyAsk,
  lease: Lease | undefined,
): Refusal | undefined {
  const { maxLeaseMs, leaseRequired, off } = rules;
  if (leaseMs !== undefined) {
    const reason = leaseLengthMistake(leaseMs, maxLeaseMs);
    if (reason !== undefined) return { rule: 'lease', reason };
  }
  if (leaseId !== undefined && lease?.id !== leaseId) {
    return {
      rule: 'lease',
      reason: 'this lease has ended, or somebody else has the output: ask for a new one',
    };
  }
  if (leaseRequired && value !== off && leaseMs === undefined && leaseId === undefined) {
    return { rule: 'lease', reason: `it is only obeyed with a lease: give leaseMs, at most ${maxLeaseMs}` };
  }
  return undefined;
}

/** What is wrong with the length of a lease. */
export function leaseLengthMistake(leaseMs: number, maxLeaseMs: number): string | undefined {
  if (!(leaseMs > 0 && leaseMs < Infinity)) return 'leaseMs must be a positive number of milliseconds';
  return leaseMs > maxLeaseMs
    ? `a lease of ${leaseMs} ms is too long: give at most ${maxLeaseMs}, and renew it in time`
    : undefined;
}

function outOfUse(output: OutputState): Refusal | undefined {
  return heldRefusal(output) ?? latchRefusal(output) ?? notOpen(output);
}

function heldRefusal({ held, disabled }: Pick<OutputState, 'held' | 'disabled'>): Refusal | undefined {
  if (held) {
    return {
      rule: 'shutdown',
      reason: 'its device is being closed, reset or configured: ask again when it is open',
    };
  }
  return disabled === undefined
    ? undefined
    : { rule: 'disabled', reason: `it is disabled (${disabled}): enable it first` };
}

function latchRefusal({ trip }: OutputState): Refusal | undefined {
  return trip?.latched === true
    ? { rule: trip.rule, reason: `it tripped (${trip.reason}) and stays so until it is acknowledged` }
    : undefined;
}

function notOpen({ open }: OutputState): Refusal | undefined {
  return open ? undefined : { rule: 'boot', reason: 'its device is not open: ask again when it is' };
}

function beingDriven({ drive }: OutputState): Refusal | undefined {
  if (drive === undefined) return undefined;
  const { value, rule, reason, failures } = drive;
  const so = failures === 0 ? '' : `, which failed ${failures} times`;
  return {
    rule,
    reason: `it is being driven to ${String(value)}${so} (${reason}): ask again when it is there`,
  };
}

function minOffRefusal(output: OutputState, now: number): Refusal | undefined {
  const { minOffMs } = output.rules;
  if (minOffMs === 0 || output.wantedActive) return undefined;
  const { offSince } = output;
  if (offSince === undefined) {
    const reason = `it must be off for ${durationText(minOffMs)}, and is not known to be off`;
    return { rule: 'minOff', reason };
  }
  const retryAt = offSince + minOffMs;
  return now < retryAt
    ? { rule: 'minOff', reason: `it must stay off for ${durationText(retryAt - now)} more`, retryAt }
    : undefined;
}

function onTimeRefusal(output: OutputState, now: number): Refusal | undefined {
  const { rules, onTime } = output;
  if (now >= output.maxOnAt()) {
    const reason = `it has been on for ${durationText(rules.maxOnMs)}, as long as it may: it must be off first`;
    return { rule: 'maxOn', reason };
  }
  for (const duty of rules.duties) {
    if (onTime.used(now, duty.windowMs) < duty.onMs) continue;
    const retryAt = onTime.freeAt(now, duty);
    const reason =
      `it was on for ${durationText(duty.onMs)} within ${durationText(duty.windowMs)}, as long as it may:` +
      ` it must stay off for ${durationText(retryAt - now)} more`;
    return { rule: 'duty', reason, retryAt };
  }
  return undefined;
}
