import type { Clock } from '@raspy/clock';
import type { Observable } from 'rxjs';
import type {
  CommandArgs,
  CommandName,
  ConfigOf,
  DeviceType,
  ReadableName,
  SubdevicesOf,
  ValueName,
  ValueOf,
  WritableName,
} from './device-type.js';

/** Where drivers and the host write what people should know. `fields` are plain JSON. */
export interface DeviceLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a driver gets besides its configuration. */
export interface DriverContext {
  /** All time and timers of the driver: tests hand in a virtual one. */
  readonly clock: Clock;
  /** Name of the device. */
  readonly name: string;
  /** The log of this device. */
  readonly log: DeviceLog;
}

/** What a session has to say about one of its values. */
export type DeviceUpdate<T extends DeviceType = DeviceType> = {
  [N in ReadableName<T>]: ValueUpdate<N, ValueOf<T, N>> | FailedUpdate<N>;
}[ReadableName<T>];

/** A new value. */
export interface ValueUpdate<N extends string = string, V = unknown> {
  readonly name: N;
  readonly value: V;
  /** Unix milliseconds of the measurement. @default the moment it is emitted */
  readonly at?: number;
  /** Why the value is hard to believe, if the driver knows it to be. @default it is believed */
  readonly suspect?: string;
}

/** The value could not be had; the last one is kept and marked bad. */
export interface FailedUpdate<N extends string = string> {
  readonly name: N;
  /** Why, for people. */
  readonly bad: string;
}

/**
 * Carries out one command. It returns (or resolves to) a JSON value or nothing.
 * It throws CommandRefusedError when nothing was done; any other error marks the device's readings bad, since its
 * state is then unknown, until new ones come.
 */
export type CommandHandler<Args = never> = {
  // A method, so that handlers of particular arguments fit where handlers of any are asked for.
  handle(args: Args): unknown;
}['handle'];

/** What the handler of a command with `bytes: true` returns. */
export interface CommandOutput {
  /** A JSON value. @default null */
  readonly result?: unknown;
  /** What comes back beside it, such as a picture; up to 16 frames. */
  readonly bytes: readonly Uint8Array[];
}

/** Sets one value of a device; returns (or resolves) when the device has it. Fails as a {@link CommandHandler}. */
export type WriteHandler<Value = never> = {
  // A method, for the same reason.
  write(value: Value): void | Promise<void>;
}['write'];

/** One handler for each value that can be set. */
export type WriteHandlers<T extends DeviceType = DeviceType> = {
  readonly [N in WritableName<T>]: WriteHandler<ValueOf<T, N>>;
};

/** One handler for each command that the type declares; called as a method of this object. */
export type CommandHandlers<T extends DeviceType = DeviceType> = {
  readonly [N in CommandName<T>]: CommandHandler<CommandArgs<T, N>>;
};

/** What a session has for a device, or for one of its sub-devices. */
export interface SessionPart<T extends DeviceType = DeviceType> {
  /**
   * What the device reports. Subscribed once, when `open` has returned; may emit at once. An error means that the
   * session is lost: it is closed, and opened anew after a while. Completion means that nothing more comes by itself.
   */
  readonly values$: Observable<DeviceUpdate<T>>;
  /** Handlers of the type's commands. */
  readonly commands: CommandHandlers<T>;
  /** Handlers of the values that can be set; only a type without such values may leave it out. */
  readonly write?: WriteHandlers<T>;
  /** Units that the configuration decides, by value; they go before those of the type. @default the type's */
  readonly units?: { readonly [N in ValueName<T>]?: string };
}

/**
 * One device, opened. The host never asks it two things at once: writes, commands and polls come one after the other,
 * sub-devices included. Two exceptions: after one that timed out the next one may overlap; and an output that has to
 * be made safe waits for what is under way for a second at most.
 */
export interface DeviceSession<T extends DeviceType = DeviceType> extends SessionPart<T> {
  /** What belongs to the sub-devices, by name; only a type without any may leave it out. */
  readonly subdevices?: {
    readonly [N in keyof SubdevicesOf<T> & string]: SubdevicesOf<T>[N] extends DeviceType
      ? SessionPart<SubdevicesOf<T>[N]>
      : never;
  };
  /** Reads the device now; the result comes through `values$`. Leave it out when the device cannot be asked. */
  poll?(): void | Promise<void>;
  /**
   * Takes a changed configuration without being closed.
   * @returns whether it did; the host closes and opens it anew when not. Leave it out for "never"
   */
  configure?(config: ConfigOf<T>): boolean | Promise<boolean>;
  /** Frees everything, so that no timer is left. Called once, when nobody is subscribed to `values$` any more. */
  close(): void | Promise<void>;
}

/** Knows how to talk to devices of one type. A plain object without state of its own. */
export interface DeviceDriver<T extends DeviceType = DeviceType> {
  readonly type: T;
  /** There is no hardware behind it: what it drives can harm nobody. @default false */
  readonly simulated?: boolean;
  /** Seconds between two polls where a device's configuration does not say. @default 0: polled when asked */
  readonly pollSeconds?: number;
  /** Which piece of hardware a configuration means: what has the same address is the same. @default nobody knows */
  addressOf?(config: ConfigOf<T>): string | undefined;
  /** Opens one device; throws or rejects when it cannot be reached, and is called again later then. */
  open(config: ConfigOf<T>, context: DriverContext): DeviceSession<T> | Promise<DeviceSession<T>>;
}
