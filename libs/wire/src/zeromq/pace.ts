import type { Millis } from '@raspy/clock';

/**
 * What one step of a machine may hand over before libzmq has told the fate of the first message: a fuse against a
 * runaway loop, far above any honest burst.
 */
export const TRANSIT_MESSAGES = 1_000_000;
export const TRANSIT_BYTES = 1024 * 1024 * 1024;
/** After so many sends in a row without a pause the event loop gets a turn; libzmq's other side is a thread and keeps up. */
export const SENDS_PER_TURN = 500;
/** A publisher's are quicker, and it must not fall behind what several sockets bring in one turn, 512 messages each. */
export const PUBLISHES_PER_TURN = 2_048;
/** When a router's peer whose buffer is full is tried again. */
export const RETRY_MIN_MS: Millis = 2;
export const RETRY_MAX_MS: Millis = 50;
/**
 * How long a router's last words may take to be read before it hangs up: a dealer that connects with ZMQ_IMMEDIATE, as
 * others may, loses with the connection what it has received but not read yet.
 */
export const PARTING_MS: Millis = 50;
