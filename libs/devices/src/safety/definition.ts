/** What an output that is guarded may be set to: on or off, or an amount such as percent. */
export type OutputValue = boolean | number;

/** Why an output was driven by the guard, or may not be switched on. */
export type SafetyRule =
  /** Its lease ended without renewal, or was released. */
  | 'lease'
  /** A value that it depends on is not known: stale, suspect, bad or missing. */
  | 'input'
  /** A condition on another device does not hold. */
  | 'interlock'
  /** It was on for as long as it may be at a time. */
  | 'maxOn'
  /** It has not been off for as long as it must be. */
  | 'minOff'
  /** It was on for as long as it may be within the window. */
  | 'duty'
  /** What was asked for is more than a budget allows, at once or within its window. */
  | 'budget'
  /** It does not report what it was set to, or could not be set. */
  | 'disobeyed'
  /** It is switched off by a person until it is enabled again. */
  | 'disabled'
  /** The host starts, or the device is opened: its first state is not reached, or its turn has not come. */
  | 'boot'
  /** The host ends, or the device is reset, reconfigured or removed. */
  | 'shutdown';

/** All rules. */
export const SAFETY_RULES = [
  'lease',
  'input',
  'interlock',
  'maxOn',
  'minOff',
  'duty',
  'budget',
  'disobeyed',
  'disabled',
  'boot',
  'shutdown',
] as const satisfies readonly SafetyRule[];

/** The rules that drive an output out of use, so that their trips can hold until they are acknowledged. */
export const LATCHABLE_RULES = [
  'lease',
  'input',
  'interlock',
  'maxOn',
  'duty',
  'disobeyed',
] as const satisfies readonly SafetyRule[];

/**
 * State of an output when its host starts: inactive, as it was, or active. One that begins active waits for its turn and
 * for all its rules, for as long as it takes; whatever is asked of it meanwhile takes the place of that.
 */
export type BootState = 'off' | 'last' | 'on';

/** How long an output may be active within any window of time. */
export interface DutyLimit {
  readonly onMs: number;
  /** The window, which slides. */
  readonly windowMs: number;
}

/** How much of an argument a command may be given: at once and within a window, as millilitres of a doser. */
export interface BudgetLimit {
  /** Name of the command. */
  readonly command: string;
  /** Name of its argument, a number that is not negative. */
  readonly argument: string;
  /** The most at once. @default the whole window's */
  readonly maxAtOnce?: number;
  /** The most within any window of `windowMs`. */
  readonly max: number;
  readonly windowMs: number;
}

/** What can be declared by a type, and made tighter by the configuration of a device. */
export interface SafetyLimits {
  /**
   * What it is driven to when control, an input or the host is lost. An active one, as of a pump that keeps fish alive,
   * does not go together with what limits being active. @default its inactive value
   */
  readonly failSafe?: OutputValue;
  /** State when the host starts. @default 'off', but 'on' where the fail-safe state is active */
  readonly boot?: BootState;
  /**
   * Whether it may be active only under a lease: who controls it renews the lease, and silence is the fail-safe state.
   * @default false: a lease may be taken, and ends as any
   */
  readonly leaseRequired?: boolean;
  /** The longest lease, in milliseconds. @default 3600000 */
  readonly maxLeaseMs?: number;
  /** The longest it may be active at a time, counted from when it became so: commands do not prolong it. @default no limit */
  readonly maxOnMs?: number;
  /** The shortest time between active and active; after a start it counts from the start. @default 0 */
  readonly minOffMs?: number;
  /** @default no limit */
  readonly duty?: DutyLimit;
  /** Limits of what commands may be given; one that was begun counts, whatever became of it. @default none */
  readonly budgets?: readonly BudgetLimit[];
  /** Rules whose trips hold until a person acknowledges them. @default none */
  readonly latch?: readonly SafetyRule[];
}

/** What a type of actuator declares of its safety; the host keeps it whatever a driver, a client or the network does. */
export interface SafetyDefinition extends SafetyLimits {
  /** The writable value that is guarded. */
  readonly output: string;
  /** Its inactive value. @default false for an output that is a boolean, 0 for a number */
  readonly off?: OutputValue;
  /**
   * Whether commands with a budget make it active by themselves, as a doser turns its pump. Then it is not taken for
   * disobedience when it reports to be active; the time counts all the same. @default false
   */
  readonly selfActing?: boolean;
}

/**
 * A condition on a value of a device of the same host; its reading must be good for it to be known. Of a guarded output
 * both count, what it was set to and what it reports. All comparisons that are given must hold.
 */
export interface Condition {
  readonly device: string;
  readonly value: string;
  /** It equals this. */
  readonly is?: boolean | number | string;
  /** It is a number above this. */
  readonly above?: number;
  /** It is a number below this. */
  readonly below?: number;
}

/**
 * What the configuration of one device adds to its type's safety. Limits can be made tighter, never looser: duty, budgets and
 * rules that latch hold beside the type's own.
 */
export interface SafetyConfig extends SafetyLimits {
  /** It may be active only while each of these holds; one without comparison asks for a good reading alone. */
  readonly onlyWhile?: readonly Condition[];
  /** It may not be active while any of these holds, or is not known. */
  readonly notWhile?: readonly Condition[];
}
