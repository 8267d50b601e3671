import {
  frameText,
  textFrame,
  type Frame,
  type Frames,
  type FrameSocket,
  type SocketOptions,
  type Transport,
} from '@raspy/wire';

/** A peer of raw frames on any transport: nothing of the library under test but the transport. */
export class RawSocket {
  readonly #socket: FrameSocket;
  readonly #received: Frames[] = [];
  #wake: (() => void) | undefined;
  #up = false;

  constructor(transport: Transport, endpoint: string, options?: SocketOptions) {
    this.#socket = transport.connect('dealer', endpoint, options);
    this.#socket.start({
      message: (frames) => {
        this.#received.push(frames);
        this.#wake?.();
      },
      undelivered: () => undefined,
      link: (up) => {
        this.#up = up;
        this.#wake?.();
      },
    });
  }

  /** Text stands for its bytes, byte for byte. */
  send(...frames: (string | Frame)[]): void {
    const taken = this.#socket.send(
      frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame)),
    );
    if (!taken) throw new Error('the send queue of a test peer is full');
  }

  /** Frames that have come and were not asked for. */
  get waiting(): readonly Frames[] {
    return this.#received;
  }

  /** Resolves when the connection stands. */
  async connected(): Promise<this> {
    while (!this.#up) await this.#change();
    return this;
  }

  /** The next message, now or when it comes. */
  async next(): Promise<Frames> {
    for (;;) {
      const frames = this.#received.shift();
      if (frames !== undefined) return frames;
      await this.#change();
    }
  }

  async nextText(): Promise<string[]> {
    return (await this.next()).map(frameText);
  }

  async nextHex(): Promise<string[]> {
    return (await this.next()).map((frame) => Buffer.from(frame).toString('hex'));
  }

  /** Sends a 0.1 request and waits for what comes back: its body. */
  async ask(service: string, ...body: string[]): Promise<string[]> {
    this.send('', 'MDPC01', ...[service, ...body].map(textFrame));
    return (await this.nextText()).slice(3);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
