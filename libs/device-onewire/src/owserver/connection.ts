import { connect, type Socket } from 'node:net';
import type { DriverContext } from '@raspy/devices';
import {
  AnswerDecoder,
  encodeRequest,
  PERSISTENT,
  ProtocolError,
  type Answer,
  type Request,
} from './message.js';

/** What a {@link Connection} is told. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: DriverContext['clock'];
  /** Milliseconds without a sign of life after which it is given up. */
  readonly silenceMs: number;
  /** Milliseconds that one answer may take, however often the server says that it is at work. */
  readonly answerMs: number;
}

/** Why there is no answer. */
export class ConnectionError extends Error {
  readonly code: 'CONNECT' | 'CLOSED' | 'SILENT' | 'PROTOCOL';
  /** Whether the server may have read the request. */
  readonly wasSent: boolean;

  constructor(code: ConnectionError['code'], message: string, wasSent: boolean) {
    super(message);
    this.name = 'ConnectionError';
    this.code = code;
    this.wasSent = wasSent;
  }
}

interface Waiting {
  readonly resolve: (answer: Exclude<Answer, 'wait'>) => void;
  readonly reject: (error: ConnectionError) => void;
}

/**
 * One connection to an owserver, for one request at a time. Whatever goes wrong ends it: what comes late must never be taken
 * for the answer to the next request.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #decoder = new AnswerDecoder();
  #open = false;
  #ended = false;
  #waiting: Waiting | undefined;
  #cancelSilence: () => void = () => undefined;
  #cancelAnswer: () => void = () => undefined;

  /** Begins to connect. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true });
    this.#socket.on('connect', () => (this.#open = true));
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => {
      this.#end(new ConnectionError(this.#open ? 'CLOSED' : 'CONNECT', error.message, this.#open));
    });
    this.#socket.on('close', () => {
      this.#end(
        new ConnectionError(this.#open ? 'CLOSED' : 'CONNECT', 'it closed the connection', this.#open),
      );
    });
  }

  /** Whether another request may be sent. */
  get isUsable(): boolean {
    return !this.#ended && this.#waiting === undefined;
  }

  /** Sends a request, when the connection stands. @throws ConnectionError (rejects): the connection is over */
  ask(request: Request): Promise<Exclude<Answer, 'wait'>> {
    return new Promise((resolve, reject) => {
      if (!this.isUsable) {
        reject(new ConnectionError('CLOSED', 'it is closed', false));
        return;
      }
      this.#waiting = { resolve, reject };
      const { clock, answerMs } = this.#options;
      this.#cancelAnswer = clock.schedule(clock.now() + answerMs, () => this.#giveUp(answerMs));
      this.#awaitLife();
      this.#socket.write(encodeRequest(request));
    });
  }

  close(): void {
    this.#end(new ConnectionError('CLOSED', 'it was closed', true));
  }

  #take(chunk: Buffer): void {
    try {
      for (const answer of this.#decoder.push(chunk)) this.#accept(answer);
    } catch (error) {
      this.#end(new ConnectionError('PROTOCOL', (error as Error).message, true));
    }
  }

  #accept(answer: Answer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) throw new ProtocolError('it answers what was not asked');
    if (answer === 'wait') {
      this.#awaitLife();
      return;
    }
    this.#waiting = undefined;
    this.#cancelSilence();
    this.#cancelAnswer();
    waiting.resolve(answer);
    // Without its consent the server closes the connection now.
    if ((answer.flags & PERSISTENT) === 0) this.close();
    else if (this.#decoder.isAmidst) throw new ProtocolError('it answers twice');
  }

  #awaitLife(): void {
    const { clock, silenceMs } = this.#options;
    this.#cancelSilence();
    this.#cancelSilence = clock.schedule(clock.now() + silenceMs, () => this.#giveUp(silenceMs));
  }

  #giveUp(afterMs: number): void {
    const what = this.#open ? 'no answer' : 'no connection';
    this.#end(
      new ConnectionError(this.#open ? 'SILENT' : 'CONNECT', `${what} within ${afterMs} ms`, this.#open),
    );
  }

  #end(error: ConnectionError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelSilence();
    this.#cancelAnswer();
    this.#socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}
