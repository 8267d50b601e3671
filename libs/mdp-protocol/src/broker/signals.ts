import type { Millis } from '@raspy/clock';
import type { Frame, Frames } from '@raspy/wire';
import type { BrokerFailure } from '../broker-failure.js';

/** A request for a built-in service: whoever drives the machine has it handled, and gives the answer to the machine. */
export interface BuiltinRequestSignal {
  readonly type: 'builtin-request';
  /** To be named in the {@link BuiltinAnswer}. */
  readonly ticket: number;
  /** As in `builtinServices`. */
  readonly service: string;
  readonly body: Frames;
}

/** How a request of this process ended: a reply, whatever it says, or a failure that the broker made. */
export type LocalOutcomeSignal =
  | { readonly type: 'local-reply'; readonly ticket: number; readonly body: Frames }
  | { readonly type: 'local-failure'; readonly ticket: number; readonly reason: BrokerFailure };

/** A service has got, or lost, a worker. */
export interface WorkersChangedSignal {
  readonly type: 'workers-changed';
  /** Its name, byte for byte. */
  readonly service: Frame;
  /** Registered now, idle and busy. */
  readonly workers: number;
}

/** What a broker machine tells the process that it runs in, and not its operator. */
export type BrokerSignal = BuiltinRequestSignal | LocalOutcomeSignal | WorkersChangedSignal;

/** What became of a {@link BuiltinRequestSignal}: the reply, or why there is none (the client is sent `500`). */
export type BuiltinAnswer =
  { readonly ticket: number; readonly body: Frames } | { readonly ticket: number; readonly error: string };

/** A request of the process that the broker runs in. */
export interface LocalRequest {
  /** Its sender's own, above 0 and never used before: named in the {@link LocalOutcomeSignal}. */
  readonly ticket: number;
  /** 1 to 4,096 bytes. */
  readonly service: Frame;
  /** One frame at least. */
  readonly body: Frames;
  /** How long it may wait for a worker, in ms; `undefined`: as long as the service's policy says. */
  readonly ttlMs: Millis | undefined;
}
