import type { Call } from './call.js';
import type { ClientEffects, ClientPort } from './client-types.js';
import type { WaitingList } from './waiting-list.js';

/** A socket that carries one request at a time, for brokers that know no envelopes. */
export interface Lane {
  readonly port: ClientPort;
  state: 'closed' | 'connecting' | 'idle' | 'busy';
  /** Set while `busy`. */
  call: Call | undefined;
}

/** The lanes of a client: opened when a call waits for one, closed when they cannot be trusted or are not needed. */
export class Lanes {
  readonly #lanes: readonly Lane[];
  #allClosed = true;

  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, (_, index) => ({
      port: `lane-${index}`,
      state: 'closed',
      call: undefined,
    }));
  }

  /** The lane behind a port. */
  at(port: ClientPort): Lane {
    return this.#lanes[Number(port.slice('lane-'.length))]!;
  }

  /** Gives waiting calls to free lanes, and opens as many more as there are calls left. */
  serve(waiting: WaitingList<Call>, send: (call: Call, lane: Lane) => void, out: ClientEffects): void {
    let connecting = 0;
    for (const lane of this.#lanes) {
      const call = waiting.first;
      if (call === undefined) return;
      if (lane.state === 'connecting') connecting++;
      if (lane.state !== 'idle') continue;
      waiting.remove(call);
      send(call, lane);
    }
    for (const lane of this.#lanes) {
      if (connecting >= waiting.length) return;
      if (lane.state !== 'closed') continue;
      lane.state = 'connecting';
      this.#allClosed = false;
      out.push({ type: 'open', port: lane.port });
      connecting++;
    }
  }

  /** Occupies a lane with a call. */
  occupy(lane: Lane, call: Call): void {
    lane.state = 'busy';
    lane.call = call;
    call.lane = lane;
  }

  /**
   * Frees the lane that a call is on, if it is on one.
   * @param clean - its reply has come. Otherwise a late one would be taken for the next call's: only a new identity is safe
   */
  release(call: Call, clean: boolean, out: ClientEffects): void {
    const lane = call.lane;
    if (lane === undefined) return;
    call.lane = undefined;
    lane.call = undefined;
    lane.state = 'idle';
    if (!clean) this.close(lane, out);
  }

  close(lane: Lane, out: ClientEffects): void {
    lane.state = 'closed';
    out.push({ type: 'close', port: lane.port });
  }

  /** Closes all but busy lanes; these follow at the next time. */
  closeUnused(out: ClientEffects): void {
    if (this.#allClosed) return;
    for (const lane of this.#lanes) {
      if (lane.state === 'idle' || lane.state === 'connecting') this.close(lane, out);
    }
    this.#allClosed = this.#lanes.every((lane) => lane.state === 'closed');
  }
}
