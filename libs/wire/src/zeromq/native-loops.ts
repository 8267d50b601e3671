import type * as zmq from 'zeromq';
import type { Frames } from '../frames.js';

/** What of a native socket is read by the loops. */
export interface NativeReader {
  receive(): Promise<Frames>;
}

/**
 * The one receive loop of a socket: a plain `receive()` in a row is the fastest form the package has. A socket that
 * lingers goes on reading, its owner drops what comes: the pending receive keeps the process alive until it is closed.
 */
export async function receiveAll(
  native: NativeReader,
  message: (frames: Frames) => void,
  isClosed: () => boolean,
): Promise<void> {
  try {
    for (;;) message(await native.receive());
  } catch (error) {
    // Closing rejects the pending receive; anything else is a fault of ours that must not pass in silence.
    if (!isClosed()) throw error;
  }
}

/** Reports each change of a connecting socket's link; begins before it connects, so that no event is missed. */
export async function watchLink(
  events: zmq.Observer,
  report: (up: boolean) => void,
  isClosed: () => boolean,
): Promise<void> {
  let linkUp = false;
  const change = (up: boolean): void => {
    if (linkUp === up) return;
    linkUp = up;
    report(up);
  };
  try {
    for await (const event of events) {
      if (event.type === 'handshake') change(true);
      else if (event.type === 'disconnect') change(false);
      else if (event.type === 'end') return;
    }
  } catch (error) {
    if (!isClosed()) throw error;
  }
}
