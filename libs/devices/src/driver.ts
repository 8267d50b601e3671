import type { Clock } from '@raspy/clock';
import type { Observable } from 'rxjs';
import type { CommandArgs, CommandName, ConfigOf, DeviceType, ValueName, ValueOf } from './device-type.js';

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
  [N in ValueName<T>]: ValueUpdate<N, ValueOf<T, N>> | FailedUpdate<N>;
}[ValueName<T>];

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

/** One handler for each command that the type declares; called as a method of this object. */
export type CommandHandlers<T extends DeviceType = DeviceType> = {
  readonly [N in CommandName<T>]: CommandHandler<CommandArgs<T, N>>;
};

/**
 * One device, opened. The host never asks it two things at once: commands and polls come one after the other
 * (after one that timed out the next one may overlap).
 */
export interface DeviceSession<T extends DeviceType = DeviceType> {
  /**
   * What the device reports. Subscribed once, when `open` has returned; may emit at once. An error means that the
   * session is lost: it is closed, and opened anew after a while. Completion means that nothing more comes by itself.
   */
  readonly values$: Observable<DeviceUpdate<T>>;
  /** Handlers of the type's commands. */
  readonly commands: CommandHandlers<T>;
  /** Units that the configuration decides, by value; they go before those of the type. @default the type's */
  readonly units?: { readonly [N in ValueName<T>]?: string };
  /** Reads the device now; the result comes through `values$`. Leave it out when the device cannot be asked. */
  poll?(): void | Promise<void>;
  /** Frees everything, so that no timer is left. Called once, when nobody is subscribed to `values$` any more. */
  close(): void | Promise<void>;
}

/** Knows how to talk to devices of one type. A plain object without state of its own. */
export interface DeviceDriver<T extends DeviceType = DeviceType> {
  readonly type: T;
  /** Opens one device; throws or rejects when it cannot be reached, and is called again later then. */
  open(config: ConfigOf<T>, context: DriverContext): DeviceSession<T> | Promise<DeviceSession<T>>;
}
