import type { Deadlined, Millis } from '@raspy/clock';
import type { Frame, Frames } from '@raspy/wire';
import type { MdpVersion } from '../codec.js';
import type { Lane } from './lanes.js';
import type { Linked } from './waiting-list.js';

/** What a client machine is asked to do. */
export interface CallSpec {
  /** Chosen by the owner, different for each call that is not settled yet. */
  readonly id: number;
  /** As text, for errors. */
  readonly service: string;
  readonly serviceFrame: Frame;
  /** One frame at least. */
  readonly body: Frames;
  /** For each attempt; `Infinity` for no limit. */
  readonly timeoutMs: Millis;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Speak 0.2 and pass on PARTIAL replies. */
  readonly streaming: boolean;
  /** Ask `mmi.service` before the request is sent for the first time. */
  readonly checkWorker: boolean;
}

/** A call under way: where it stands in the machine's queues. */
export class Call implements Deadlined, Linked<Call> {
  deadline: Millis;
  heapIndex = -1;
  readonly order: number;
  previous: Call | undefined;
  next: Call | undefined;
  waiting = false;
  /** The number in its correlation frame while it is under way on the shared connection. */
  correlation: number | undefined;
  /** The lane it is under way on. */
  lane: Lane | undefined;
  /** What is under way is the question whether a worker exists, not the request. */
  checking: boolean;
  retriesLeft: number;
  /** How often the request itself was sent. */
  sent = 0;

  constructor(
    readonly spec: CallSpec,
    order: number,
    now: Millis,
  ) {
    this.order = order;
    this.deadline = now + spec.timeoutMs;
    this.retriesLeft = spec.retries;
    this.checking = spec.checkWorker;
  }

  /** Version of the message that is under way or next. */
  get version(): MdpVersion {
    return this.spec.streaming && !this.checking ? 2 : 1;
  }
}
