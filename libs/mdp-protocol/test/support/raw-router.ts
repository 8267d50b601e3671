import { frameText, textFrame, type Frames, type FrameSocket, type Transport } from '@raspy/wire';
import { encodeToClient } from '../../src/codec.js';

/** A bound ROUTER played by hand: what came in is waited for, what goes out is given as frames. */
export class RawRouter {
  readonly received: Frames[] = [];
  /** Peers that a message could not be sent to. */
  undelivered = 0;
  #wake: () => void = () => undefined;

  private constructor(
    readonly socket: FrameSocket,
    features: readonly string[] | undefined,
  ) {
    socket.start({
      message: (frames) => {
        const [peer, , , service] = frames;
        if (features !== undefined && frames.length === 5 && frameText(service!) === 'mmi.features') {
          this.send(encodeToClient('final', 1, peer!, [], service!, [...features, '200'].map(textFrame)));
          return;
        }
        this.received.push(frames);
        this.#wake();
      },
      undelivered: () => {
        this.undelivered++;
        this.#wake();
      },
      link: () => undefined,
    });
  }

  /** @param features - answered to `mmi.features`, which is then not received; left out, it is */
  static async bind(
    transport: Transport,
    endpoint = 'tcp://127.0.0.1:*',
    features?: readonly string[],
  ): Promise<RawRouter> {
    // It answers in bursts, to one peer: room for them all.
    const room = { sendQueueMessages: 20_000, transportBufferMessages: 20_000 };
    return new RawRouter(await transport.bind('router', endpoint, room), features);
  }

  get endpoint(): string {
    return this.socket.endpoint;
  }

  /** The next message that a condition holds for; what came before it is dropped. */
  async next(wanted: (frames: Frames) => boolean = () => true): Promise<Frames> {
    for (;;) {
      for (let frames = this.received.shift(); frames !== undefined; frames = this.received.shift()) {
        if (wanted(frames)) return frames;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  send(frames: Frames): void {
    if (!this.socket.send(frames)) throw new Error('the raw router takes no more');
  }

  close(): Promise<void> {
    return this.socket.close();
  }
}
