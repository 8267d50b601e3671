/** One command to execute. */
export interface CheckedCommand {
  /** Of the type, or `set`, whose arguments are values that can be set. */
  readonly name: string;
  /** Arguments that are right. @default {} */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Name of the sub-device that it is for. @default the device itself */
  readonly subdevice?: string;
}

/** Options of {@link checkDriver}. A value of a sub-device is named `<sub-device>.<value>`. */
export interface CheckDriverOptions {
  /** A configuration with which the device can be opened. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What the open device is offered where its session can take another configuration. @default the same */
  readonly changedConfig?: Readonly<Record<string, unknown>>;
  /** Commands to execute, in order. @default none */
  readonly commands?: readonly CheckedCommand[];
  /**
   * What values are set to, by name. @default for each value that can be set what its schema tells: a boolean both ways,
   * a number its lowest and highest, a choice each; nothing where that is not to be known
   */
  readonly writes?: Readonly<Record<string, readonly unknown[]>>;
  /** Milliseconds of virtual time during which the session is watched. @default 60000 */
  readonly observeMs?: number;
  /** Milliseconds within which an output has to report what it was set to. @default 2000 */
  readonly settleMs?: number;
  /** Names of values that need not come within that time. @default none */
  readonly silentValues?: readonly string[];
}
