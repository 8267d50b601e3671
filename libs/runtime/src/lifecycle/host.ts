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
  /** Calls back for each request to end the process; returns what ends that. */
  onSignal(handler: (name: string) => void): () => void;
  /**
   * From now on standard output is a courtesy, as a server's ready line is: when it cannot be written any more the
   * program goes on. Before, that ends it: a tool without a reader has nothing left to do.
   */
  outputIsCourtesy(): void;
}

/** Whether colours are wanted on `output`: a terminal, and no `NO_COLOR`. */
export function wantsColour(host: ProgramHost, output: Output): boolean {
  const { NO_COLOR } = host.machine.env;
  return output.isTTY && (NO_COLOR === undefined || NO_COLOR === '');
}
