import { ExitCode } from './exit-code.js';

/** A stream as far as its failures go. */
export interface FailingStream {
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown;
}

/** What an {@link OutputWatch} works on; the process, unless a test plays it. */
export interface OutputWatchOptions {
  readonly stdout: FailingStream;
  readonly stderr: FailingStream & { write(text: string): unknown };
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => void;
}

/**
 * What becomes of a program whose outputs cannot be written. A failing log never ends it. A failing standard output
 * asks it to end, once: well when nobody reads any more (`raspy request | head`), else as failed.
 */
export class OutputWatch {
  readonly #options: OutputWatchOptions;
  readonly #handlers = new Set<(reason: string) => void>();
  #courtesy = false;
  #outcome: ExitCode | undefined;

  constructor(options: OutputWatchOptions) {
    this.#options = options;
    // Whoever reads the log, or the disk that takes it, must not be able to end a server: its lines are lost.
    options.stderr.on('error', () => undefined);
    options.stdout.on('error', (error) => this.#failed(error));
  }

  /** How the program has to end on account of its output, whatever it says itself; `undefined` while that is well. */
  get outcome(): ExitCode | undefined {
    return this.#outcome;
  }

  /** Failures of standard output are of no account from now on. */
  outputIsCourtesy(): void {
    this.#courtesy = true;
  }

  /** Calls back when the program is to end in good order; without anyone to tell, it ends at once. */
  onLost(handler: (reason: string) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #failed({ code, message }: Error & { code?: string }): void {
    // Each further line fails as well, and must not count as a second request to end.
    if (this.#courtesy || this.#outcome !== undefined) return;
    const { stderr, exit } = this.#options;
    const unread = code === 'EPIPE';
    this.#outcome = unread ? ExitCode.OK : ExitCode.FAILED;
    if (!unread)
      stderr.write(`standard output cannot be written (${message}): give it room, or another place\n`);
    if (this.#handlers.size === 0) exit(this.#outcome);
    for (const handler of [...this.#handlers]) handler(code ?? 'output failed');
  }
}
