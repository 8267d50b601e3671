import { InlineEngine, type InlineEngineOptions } from '../src/sandbox/inline-engine.js';
import type {
  CodeMistake,
  RunningProgram,
  SandboxEngine,
  SandboxHooks,
  SandboxProgram,
} from '../src/sandbox/sandbox.js';

interface Running {
  readonly program: RunningProgram;
  readonly fail: (reason: 'budget' | 'memory' | 'hung' | 'lost') => void;
}

/** The engine of this thread, which a test can let fail. */
export class TestEngine implements SandboxEngine {
  readonly #engine: InlineEngine;
  readonly #running = new Set<Running>();

  constructor(options: InlineEngineOptions) {
    this.#engine = new InlineEngine(options);
  }

  get running(): number {
    return this.#running.size;
  }

  ready(): Promise<void> {
    return this.#engine.ready();
  }

  check(code: string): Promise<readonly CodeMistake[]> {
    return this.#engine.check(code);
  }

  start(program: SandboxProgram, hooks: SandboxHooks): RunningProgram {
    let failing = false;
    const started = this.#engine.start(program, {
      call: (method, args, signal) => hooks.call(method, args, signal),
      ended: (end) => {
        this.#running.delete(running);
        if (!failing) hooks.ended(end);
      },
    });
    const running: Running = {
      program: started,
      fail: (reason) => {
        failing = true;
        this.#running.delete(running);
        void started.stop();
        hooks.ended({ kind: 'failed', reason, message: `for the test: ${reason}` });
      },
    };
    this.#running.add(running);
    return started;
  }

  /** As if the thread had died, or a limit had been met. */
  fail(reason: 'budget' | 'memory' | 'hung' | 'lost'): void {
    for (const running of [...this.#running]) running.fail(reason);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
