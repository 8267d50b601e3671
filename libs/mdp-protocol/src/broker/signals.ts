import type { Millis } from '@raspy/clock';
import type { Frame, Frames } from '@raspy/wire';
import type { BrokerFailure } from '../broker-failure.js';
import type { TraceContext } from '../tracing/trace-context.js';

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

/** What becomes of a request that says whose part it is: `id` is its own, and in `trace-ended` for the last time. */
export type TraceSignal =
  | {
      readonly type: 'trace-begun';
      readonly id: number;
      readonly service: string;
      /** The first frame of its body. */
      readonly action: string | undefined;
      readonly parent: TraceContext;
      /** Its `trace`. */
      readonly cause: string | undefined;
    }
  | {
      /** A worker has it now, whose routing id is told, or this process itself. */
      readonly type: 'trace-dispatched';
      readonly id: number;
      /** From 1. */
      readonly attempt: number;
      readonly worker?: string;
    }
  /** Its worker is gone; it waits for another. */
  | { readonly type: 'trace-given-back'; readonly id: number }
  | {
      readonly type: 'trace-ended';
      readonly id: number;
      /** Of the reply, if it ends with one. */
      readonly status?: string | undefined;
      /** What the broker itself made of it, whether or not its client is told. */
      readonly failure?: BrokerFailure;
    };

/** What a broker machine tells the process that it runs in, and not its operator. */
export type BrokerSignal = BuiltinRequestSignal | LocalOutcomeSignal | TraceSignal | WorkersChangedSignal;

/** What became of a {@link BuiltinRequestSignal}: the reply, or why there is none (the client is sent `500`). */
export type BuiltinAnswer =
  | { readonly ticket: number; readonly body: Frames }
  | { readonly ticket: number; readonly error: string };

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
