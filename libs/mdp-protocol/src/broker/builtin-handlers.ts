import { OptionCheck, type Frames } from '@raspy/wire';
import { inspect } from 'node:util';
import { MdpOptionError } from '../option-error.js';
import type { BuiltinAnswer, BuiltinRequestSignal } from './signals.js';

/**
 * Serves one request for a service that is built into the broker.
 * @param body - what the client sent; one frame at least
 * @returns the reply, one frame at least; no frame, a throw or a rejection is `["500"]` to the client
 */
export type BuiltinHandler = (body: Frames) => Frames | Promise<Frames>;

/** Calls the handlers of built-in services, many at a time, and gathers what they answer in one turn. */
export class BuiltinHandlers {
  readonly #handlers: ReadonlyMap<string, BuiltinHandler>;
  readonly #answer: (answers: readonly BuiltinAnswer[]) => void;
  #gathered: BuiltinAnswer[] = [];

  /**
   * @param answer - takes what is to be given to the machine
   * @throws MdpOptionError for a handler that is no function
   */
  constructor(
    handlers: Readonly<Record<string, BuiltinHandler>>,
    answer: (answers: readonly BuiltinAnswer[]) => void,
  ) {
    const check = new OptionCheck(MdpOptionError);
    for (const [name, handler] of Object.entries<unknown>(handlers)) {
      check.require(typeof handler === 'function', `builtin["${name}"] must be a function`);
    }
    check.done();
    this.#handlers = new Map(Object.entries(handlers));
    this.#answer = answer;
  }

  get names(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  handle({ ticket, service, body }: BuiltinRequestSignal): void {
    try {
      // The machine names only the services that it was given.
      const reply = this.#handlers.get(service)!(body);
      if (isReply(reply)) this.#settle(ticket, reply);
      else void this.#await(ticket, reply);
    } catch (error) {
      this.#fail(ticket, error);
    }
  }

  async #await(ticket: number, reply: Promise<Frames>): Promise<void> {
    try {
      this.#settle(ticket, await reply);
    } catch (error) {
      this.#fail(ticket, error);
    }
  }

  #settle(ticket: number, reply: unknown): void {
    if (isFrames(reply)) this.#gather({ ticket, body: reply });
    else this.#gather({ ticket, error: 'it gave something else than frames' });
  }

  #fail(ticket: number, error: unknown): void {
    this.#gather({ ticket, error: error instanceof Error ? String(error) : inspect(error) });
  }

  /** A step of the machine costs more than an answer: those of one turn share one. */
  #gather(answer: BuiltinAnswer): void {
    if (this.#gathered.push(answer) > 1) return;
    queueMicrotask(() => {
      const answers = this.#gathered;
      this.#gathered = [];
      this.#answer(answers);
    });
  }
}

function isReply(reply: Frames | Promise<Frames>): reply is Frames {
  return Array.isArray(reply);
}

function isFrames(reply: unknown): reply is Frames {
  return Array.isArray(reply) && reply.every((frame) => frame instanceof Uint8Array);
}
