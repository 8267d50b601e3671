import type { Clock, Millis } from '@raspy/clock';
import type { Effect, Machine } from './machine.js';
import type { FrameSocket } from './socket.js';

/** What {@link drive} joins. */
export interface DriveOptions<P extends string, E> {
  readonly machine: Machine<P, E>;
  readonly clock: Clock;
  /** Makes the socket of a port, unstarted: a connecting one, or one that was bound before. */
  readonly open: (port: P) => FrameSocket;
  /** Told of every event, in order. May call {@link Driven.perform}; that step then runs after the current one. */
  readonly onEvent: (event: E) => void;
}

/** A machine at work. */
export interface Driven<P extends string, E> {
  /** Runs a step of the machine's own vocabulary and carries out what it returns; nothing after {@link Driven.close}. */
  perform(step: (now: Millis) => readonly Effect<P, E>[]): void;
  /** Cancels the timer and closes every port. */
  close(): Promise<void>;
}

/** The one loop in which a machine meets sockets and the clock. It begins with the machine's first `tick`. */
export function drive<P extends string, E>(options: DriveOptions<P, E>): Driven<P, E> {
  return new Drive(options);
}

type Step<P extends string, E> = (now: Millis) => readonly Effect<P, E>[];

class Drive<P extends string, E> implements Driven<P, E> {
  readonly #machine: Machine<P, E>;
  readonly #options: DriveOptions<P, E>;
  readonly #sockets = new Map<P, FrameSocket>();
  readonly #closing = new Set<Promise<void>>();
  readonly #waiting: Step<P, E>[] = [];
  #busy = false;
  #closed = false;
  #timerAt: Millis = Infinity;
  #timerHolds = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: DriveOptions<P, E>) {
    this.#options = options;
    this.#machine = options.machine;
    this.perform((now) => this.#machine.tick(now));
  }

  perform(step: Step<P, E>): void {
    if (this.#closed) return;
    // Effects of one step are all carried out before the next begins, whoever asks meanwhile.
    if (this.#busy) {
      this.#waiting.push(step);
      return;
    }
    this.#busy = true;
    try {
      this.#apply(step(this.#options.clock.now()));
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#apply(next(this.#options.clock.now()));
      }
    } finally {
      this.#busy = false;
    }
    this.#armTimer();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const port of [...this.#sockets.keys()]) this.#closePort(port);
    await Promise.all(this.#closing);
  }

  #apply(effects: readonly Effect<P, E>[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'send': {
          const socket = this.#sockets.get(effect.port);
          if (socket?.send(effect.frames, effect.confirm) !== true) {
            const why = socket === undefined ? 'closed' : 'full';
            this.#apply(
              this.#machine.undelivered(this.#options.clock.now(), effect.port, effect.frames, why),
            );
          }
          break;
        }
        case 'event':
          this.#options.onEvent(effect.event);
          break;
        case 'open':
          this.#openPort(effect.port);
          break;
        case 'close':
          this.#closePort(effect.port);
          break;
      }
    }
  }

  #openPort(port: P): void {
    this.#closePort(port);
    const socket = this.#options.open(port);
    this.#sockets.set(port, socket);
    // A socket that was replaced may still deliver what was under way; it no longer speaks for the port.
    const current = (): boolean => this.#sockets.get(port) === socket;
    socket.start({
      message: (frames) => {
        if (current()) this.perform((now) => this.#machine.receive(now, port, frames));
      },
      undelivered: (frames, why) => {
        if (current()) this.perform((now) => this.#machine.undelivered(now, port, frames, why));
      },
      delivered: (frames) => {
        if (current()) this.perform((now) => this.#machine.delivered?.(now, port, frames) ?? []);
      },
      link: (up) => {
        if (current()) this.perform((now) => this.#machine.link(now, port, up));
      },
    });
  }

  #closePort(port: P): void {
    const socket = this.#sockets.get(port);
    if (socket === undefined) return;
    this.#sockets.delete(port);
    const closing = socket.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Re-arms only for an earlier deadline: a timer that fires too early costs one idle tick, re-arming costs every message. */
  #armTimer(): void {
    const at = this.#machine.nextDeadline;
    // Open ports keep the process alive; without any, as in the pause before a port is opened again, only this does.
    const holds = this.#sockets.size === 0;
    if (this.#closed || (at >= this.#timerAt && (!holds || this.#timerHolds))) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#timerHolds = holds;
    const fire = (): void => {
      this.#timerAt = Infinity;
      this.#timerHolds = false;
      this.#cancelTimer = undefined;
      this.perform((now) => (now >= this.#machine.nextDeadline ? this.#machine.tick(now) : []));
    };
    this.#cancelTimer = this.#options.clock.schedule(at, fire, holds);
  }
}
