import type { SafetyConfig } from './definition.js';
import type { SafetyRules } from './rules.js';

/** Members that cannot be meant together. */
export interface Contradiction {
  /** The members that take part. */
  readonly members: readonly (keyof SafetyConfig)[];
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** What cannot hold at the same time. */
export function contradictions(rules: SafetyRules): Contradiction[] {
  const found: Contradiction[] = [];
  const { failSafe, off, boot } = rules;
  const activeFailSafe = failSafe !== off;
  if (boot !== 'off' && rules.leaseRequired && !activeFailSafe) {
    found.push({
      members: ['boot', 'leaseRequired'],
      message: `an output that is active only under a lease cannot begin with "${boot}": nobody holds a lease then; use boot "off"`,
    });
  }
  if (boot === 'on' && !activeFailSafe && rules.kind === 'number') {
    found.push({
      members: ['boot', 'failSafe'],
      message: 'boot "on" does not say how much: use boot "last", or give the amount as failSafe',
    });
  }
  if (activeFailSafe) {
    const says = `the fail-safe state ${String(failSafe)} is active, so that`;
    for (const [member, isLimited] of limits(rules)) {
      if (!isLimited) continue;
      found.push({
        members: [member, 'failSafe'],
        message:
          member === 'leaseRequired'
            ? `${says} it is active when nobody holds a lease: leave leaseRequired out, or let failSafe be ${String(off)}`
            : `${says} ${member} could not be kept: leave ${member} out, or let failSafe be ${String(off)}`,
      });
    }
  }
  return found;
}

function limits(rules: SafetyRules): [keyof SafetyConfig, boolean][] {
  return [
    ['leaseRequired', rules.leaseRequired],
    ['maxOnMs', rules.maxOnMs < Infinity],
    ['minOffMs', rules.minOffMs > 0],
    ['duty', rules.duties.length > 0],
    ['onlyWhile', rules.onlyWhile.length > 0],
    ['notWhile', rules.notWhile.length > 0],
  ];
}
