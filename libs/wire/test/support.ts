import type { Frames, FrameSocket, UndeliveredReason } from '../src/index.js';

/** Collects what a socket reports, and lets a test wait for it. */
export class Recorder {
  readonly messages: Frames[] = [];
  readonly undelivered: { frames: Frames; why: UndeliveredReason }[] = [];
  readonly delivered: Frames[] = [];
  readonly links: boolean[] = [];
  #wake: (() => void)[] = [];

  constructor(
    readonly socket: FrameSocket,
    private readonly onMessage?: (frames: Frames) => void,
  ) {
    socket.start({
      message: (frames) => {
        this.messages.push(frames);
        this.onMessage?.(frames);
        this.#changed();
      },
      undelivered: (frames, why) => {
        this.undelivered.push({ frames, why });
        this.#changed();
      },
      delivered: (frames) => {
        this.delivered.push(frames);
        this.#changed();
      },
      link: (up) => {
        this.links.push(up);
        this.#changed();
      },
    });
  }

  /** Resolves when the condition holds; the test's own time-out is the bound. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** Messages as text, frames joined by a bar. */
  get texts(): string[] {
    return this.messages.map((frames) => frames.map(String).join('|'));
  }

  /** What a publisher was told: `+` or `-` and the prefix. */
  get notices(): string[] {
    return this.messages.map(([notice]) => {
      const [kind, ...prefix] = notice!;
      return `${kind === 1 ? '+' : '-'}${Buffer.from(prefix).toString()}`;
    });
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** A message of text frames. */
export function message(...frames: (string | Uint8Array)[]): Frames {
  return frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame));
}
