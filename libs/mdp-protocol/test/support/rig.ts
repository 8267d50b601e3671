import type { Effect, Frames, Machine } from '@raspy/wire';
import { dumpFrames, frameText } from '@raspy/wire';

/** Drives a machine by hand: time is a number, sockets are lists. It refuses what no socket could do. */
export class Rig<P extends string, E, M extends Machine<P, E> = Machine<P, E>> {
  now = 0;
  readonly sent: { port: P; frames: Frames }[] = [];
  readonly events: E[] = [];
  readonly open = new Map<P, 'down' | 'up'>();
  readonly log: string[] = [];
  /** When set, `send` is refused while it says so, as by a socket whose queue is full. */
  refuse: (port: P, frames: Frames) => boolean = () => false;

  constructor(readonly machine: M) {
    this.step(() => machine.tick(this.now));
  }

  step(step: (now: number) => readonly Effect<P, E>[]): void {
    this.#apply(step(this.now));
  }

  up(port: P): void {
    if (this.open.get(port) !== 'down') throw new Error(`${port} cannot come up: ${this.open.get(port)}`);
    this.open.set(port, 'up');
    this.step((now) => this.machine.link(now, port, true));
  }

  down(port: P): void {
    if (this.open.get(port) !== 'up') throw new Error(`${port} cannot go down: ${this.open.get(port)}`);
    this.open.set(port, 'down');
    this.step((now) => this.machine.link(now, port, false));
  }

  receive(port: P, frames: Frames): void {
    this.step((now) => this.machine.receive(now, port, frames));
  }

  /** Lets time pass, with a tick at each deadline. */
  advance(ms: number): void {
    const end = this.now + ms;
    let idle = 0;
    while (this.machine.nextDeadline <= end) {
      const at = Math.max(this.now, this.machine.nextDeadline);
      idle = at === this.now ? idle + 1 : 0;
      if (idle > 100) throw new Error(`the machine asks for ticks at ${at} without end`);
      this.now = at;
      this.step((now) => this.machine.tick(now));
    }
    this.now = end;
  }

  /** What was sent since the last call. */
  takeSent(): { port: P; frames: Frames }[] {
    return this.sent.splice(0);
  }

  takeEvents(): E[] {
    return this.events.splice(0);
  }

  #apply(effects: readonly Effect<P, E>[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'open':
          this.log.push(`open ${effect.port}`);
          this.open.set(effect.port, 'down');
          break;
        case 'close':
          if (this.open.delete(effect.port)) this.log.push(`close ${effect.port}`);
          break;
        case 'event':
          this.events.push(effect.event);
          break;
        case 'send':
          if (this.open.get(effect.port) !== 'up') {
            throw new Error(`sent at ${effect.port} without link:\n${dumpFrames(effect.frames)}`);
          }
          if (this.refuse(effect.port, effect.frames)) {
            this.#apply(this.machine.undelivered(this.now, effect.port, effect.frames, 'full'));
          } else this.sent.push({ port: effect.port, frames: effect.frames });
          break;
      }
    }
  }
}

/** Frames as texts; control bytes as `\x01`, so that commands can be read. */
export function texts(frames: Frames): string[] {
  return frames.map((frame) =>
    Array.from(frameText(frame))
      .map((char) => (char < ' ' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char))
      .join(''),
  );
}

/** Texts as frames; `\x01` stands for that byte. */
export function frames(...parts: (string | Uint8Array)[]): Frames {
  return parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
}
