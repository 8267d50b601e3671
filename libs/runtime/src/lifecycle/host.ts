import type { Clock } from '@raspy/clock';
import type { MachineFacts } from '../config/setting.js';

/** A stream that a program writes text to. */
export interface Output {
  write(text: string): void;
  /** Whether a person sees it come. */
  readonly isTTY: boolean;
  /** Width in characters, for a terminal; 0 where it is not known. */
  readonly columns: number;
  /** Height in lines, likewise. */
  readonly rows: number;
}

/** The process that has started this one and holds a channel to it, as `child_process` opens it. */
export interface ParentChannel {
  /** Messages are what JSON can say. Resolves when it is handed over, or the parent is gone. */
  send(message: object): Promise<void>;
  /** Calls back for each message from now on; those that came before are kept for the first who asks. */
  onMessage(handler: (message: unknown) => void): void;
  /** Resolves when the parent is gone, or has shut the channel. */
  readonly gone: Promise<void>;
}

/** What a program gets from outside: the process as parameters, so that tests can play it. */
export interface ProgramHost {
  /** The arguments after the program's own name. */
  readonly argv: readonly string[];
  readonly machine: MachineFacts;
  readonly clock: Clock;
  readonly pid: number;
  /** Results and the ready line. */
  readonly stdout: Output;
  /** Logs and complaints. */
  readonly stderr: Output;
  /** The chunks of standard input; ends with it. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** @default none has */
  readonly parent?: ParentChannel;
  /** Calls back for each request to end the process; returns what ends that. */
  onSignal(handler: (name: string) => void): () => void;
  /**
   * From now on standard output is a courtesy, as a server's ready line is: when it cannot be written any more the
   * program goes on. Before, that ends it: a tool without a reader has nothing left to do.
   */
  outputIsCourtesy(): void;
}

/** Whether colours are wanted on `output`: a terminal, and no `NO_COLOR`. */
export function wantsColour(host: Pick<ProgramHost, 'machine'>, output: Output): boolean {
  const { NO_COLOR } = host.machine.env;
  return output.isTTY && (NO_COLOR === undefined || NO_COLOR === '');
}
