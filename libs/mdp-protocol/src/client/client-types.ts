import type { Millis } from '@raspy/clock';
import type { Effect, Frames } from '@raspy/wire';
import type { MdpError } from '../errors.js';

/** Names of the client machine's ports: the shared connection, and one-at-a-time sockets. */
export type ClientPort = 'broker' | `lane-${number}`;

/** What a client machine tells its owner. Each call gets any number of `partial`, then one `final` or `failed`. */
export type ClientEvent =
  | { readonly type: 'status'; readonly status: 'connected' | 'disconnected' }
  | { readonly type: 'partial' | 'final'; readonly id: number; readonly body: Frames }
  | { readonly type: 'failed'; readonly id: number; readonly error: MdpError };

/** What a client machine is made with; see `MdpClientOptions` for the meaning. */
export interface ClientMachineOptions {
  readonly maxInFlight: number;
  readonly maxQueued: number;
  readonly lanes: number;
  readonly featureTimeoutMs: Millis;
  /**
   * First correlation number, 0 to 2^32 - 1. Random at the face: a restarted client with a fixed routing id must not
   * take a late reply for its own.
   */
  readonly firstCorrelation: number;
}

/** Effects of a step, while they are gathered. */
export type ClientEffects = Effect<ClientPort, ClientEvent>[];
