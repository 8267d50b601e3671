import type { Frames, FrameSocket, Transport } from '@raspy/wire';

/** A bound ROUTER played by hand: what came in is waited for, what goes out is given as frames. */
export class RawRouter {
  readonly received: Frames[] = [];
  /** Peers that a message could not be sent to. */
  undelivered = 0;
  #wake: () => void = () => undefined;

  private constructor(readonly socket: FrameSocket) {
    socket.start({
      message: (frames) => {
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

  static async bind(transport: Transport, endpoint = 'tcp://127.0.0.1:*'): Promise<RawRouter> {
    return new RawRouter(await transport.bind('router', endpoint));
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
