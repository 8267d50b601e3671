import type { Millis } from '@raspy/clock';
import type { Frames } from './frames.js';

/** Why a message that a machine sent did not leave: no such peer, its queue is full, or the port is not open. */
export type UndeliveredReason = 'unreachable' | 'full' | 'closed';

/** What a machine wants done. Effects are carried out in the order they are returned. */
export type Effect<P extends string, E> =
  | {
      readonly type: 'send';
      readonly port: P;
      readonly frames: Frames;
      /** Whether {@link Machine.delivered} is to be told when the message has left: for what is sent in pieces. */
      readonly confirm?: boolean;
    }
  /** Opens the port; one that is open is closed first, unsent messages and all, and gets a new identity. */
  | { readonly type: 'open'; readonly port: P }
  | { readonly type: 'close'; readonly port: P }
  | { readonly type: 'event'; readonly event: E };

/**
 * A protocol without sockets, timers or clock: it is told what happened and when, and answers with what to do.
 *
 * Every method is total: whatever bytes come in, it returns. `now` is monotonic (see `Clock.now`) and never goes
 * back between calls.
 *
 * @typeParam P - names of its ports, e.g. `'frontend'`
 * @typeParam E - what it reports to its owner
 */
export interface Machine<P extends string, E> {
  /** When {@link Machine.tick} wants to be called at the latest; `Infinity` for never. It may be called earlier. */
  readonly nextDeadline: Millis;
  /** Time has passed. Called once at the start, when the machine opens its ports. */
  tick(now: Millis): readonly Effect<P, E>[];
  /** A message came in at `port`. */
  receive(now: Millis, port: P, frames: Frames): readonly Effect<P, E>[];
  /** A message sent before at `port` did not leave. */
  undelivered(now: Millis, port: P, frames: Frames, why: UndeliveredReason): readonly Effect<P, E>[];
  /** A message that asked for it was handed on to the transport; sent before it at `port` to the same peer, nothing waits. */
  delivered?(now: Millis, port: P, frames: Frames): readonly Effect<P, E>[];
  /** The connection behind `port` was made or lost (connecting ports only). */
  link(now: Millis, port: P, up: boolean): readonly Effect<P, E>[];
}
