import type { SandboxEnd, SandboxFault } from './sandbox.js';

/** A place in a code, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The end of a program that failed. */
export function failed(reason: SandboxFault, message: string, place?: Place): SandboxEnd {
  return { kind: 'failed', reason, message, ...place };
}
