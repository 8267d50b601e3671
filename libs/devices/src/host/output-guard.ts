import type { OutputValue } from '../safety/definition.js';

/** A lease that was given. */
export interface GrantedLease {
  readonly lease: string;
  readonly leaseMs: number;
}

/** What a hosted device asks before it sets an output, and tells after; devices are named in full. */
export interface OutputGuard {
  /** The value of a device that is guarded, `undefined` when none is. */
  outputOf(device: string): string | undefined;
  /** The session stands, and nothing has been done with it: now the output is driven to the state it begins with. */
  opened(device: string): void;
  /** The session is gone, and with it what is known of the output. */
  lost(device: string): void;
  /**
   * Whether the output may be set to this now.
   * @throws SafetyRefusedError
   */
  request(device: string, value: OutputValue, leaseMs: number | undefined): GrantedLease | undefined;
  /** It was set to this, or that failed, so that its state is not known. */
  applied(device: string, value: OutputValue, ok: boolean): void;
  /** Something was done to it that nobody waited for any more: its state is not known. */
  uncertain(device: string): void;
  /**
   * Whether the command may be executed now; what it uses of a budget is on record, for good, when this resolves.
   * @returns `undefined` when nothing has to be put on record
   * @throws SafetyRefusedError (or rejects)
   */
  spend(device: string, command: string, args: Readonly<Record<string, unknown>>): Promise<void> | undefined;
  /** The command was not executed after all. */
  refund(device: string, command: string, args: Readonly<Record<string, unknown>>): void;
  /** Drives the output to its fail-safe state, since control over it ends; resolves when it is there, or that failed. */
  makeSafe(device: string): Promise<void>;
}
