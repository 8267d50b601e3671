import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { FromThread, ThreadData, ToThread } from './messages.js';

/** A thread that runs programs. */
export interface SandboxThread {
  post(message: ToThread): void;
  /** Ends it, whatever it does. */
  terminate(): Promise<void>;
}

/** What a thread brings. */
export interface ThreadListener {
  received(messages: readonly FromThread[]): void;
  /** It is gone. Once, and not after `terminate()`. */
  died(why: string): void;
}

/** Starts a thread. */
export type SpawnThread = (data: ThreadData, listener: ThreadListener) => SandboxThread;

/** Native stack that QuickJS takes for a byte of `stackBytes`, at most; measured: 24. */
const NATIVE_STACK_RATIO = 32;
const HEAP_MIB = 128;

/**
 * Threads of Node, which keep no process alive.
 *
 * @param url - the built `worker-main.js`. To be given where a bundler moved it; by default it is found beside this file
 */
export function workerThreads(url: URL = besideThisFile()): SpawnThread {
  return (data, { received, died }) => {
    const worker = new Worker(url, {
      name: 'raspy-sandbox',
      workerData: data,
      execArgv: [],
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: HEAP_MIB,
        stackSizeMb: 2 + Math.ceil((data.limits.stackBytes * NATIVE_STACK_RATIO) / 2 ** 20),
      },
    });
    let gone = false;
    const tell = (why: string): void => {
      if (gone) return;
      gone = true;
      died(why);
    };
    worker.on('message', (messages: readonly FromThread[]) => {
      if (!gone) received(messages);
    });
    worker.on('error', (error: unknown) => tell(String(error)));
    worker.on('exit', (code) => tell(`it ended with code ${code}`));
    // After the listeners, which would hold the process again.
    worker.unref();
    return {
      post: (message) => worker.postMessage(message),
      terminate: async () => {
        gone = true;
        await worker.terminate();
      },
    };
  };
}

/** Run from its sources (tests of this workspace), it takes the built thread: Node 20 runs no TypeScript. */
function besideThisFile(): URL {
  const built = new URL('./worker-main.js', import.meta.url);
  return existsSync(built) ? built : new URL('../../dist/sandbox/worker-main.js', import.meta.url);
}
