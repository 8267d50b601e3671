import { systemClock, type Millis } from '@raspy/clock';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ToHost } from './host-protocol.js';

/** A process that a supervisor has started, as it sees it. */
export interface ChildPort {
  /** `undefined` when it could not be started; its end is told then. */
  readonly pid: number | undefined;
  /** Does nothing when the process is gone. */
  send(message: ToHost): void;
  /** To it and whatever it has started itself. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Whatever comes: see `readFromHost`. */
  onMessage(handler: (message: unknown) => void): void;
  /** Calls back once, when it has ended and told everything, with how: `exit code 1`, `SIGKILL`. */
  onEnd(handler: (how: string) => void): void;
}

/** What is started. */
export interface ChildCommand {
  /** The program's file, for the same Node as ours, and its arguments. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Takes what it writes, line by line, each with its line end. */
  readonly output: (line: string) => void;
}

/** Starts a process with a channel to it. */
export type SpawnChild = (command: ChildCommand) => ChildPort;

/** A small young generation: a host makes little garbage, and on a Pi memory is dear. Saves some 8 MB. */
const NODE_FLAGS = ['--max-semi-space-size=1'];
/** What is cut when a line does not end. */
const MAX_LINE = 64 * 1024;
/** For what it said last to come, once it has ended. */
const LAST_WORDS_MS: Millis = 500;

/**
 * Starts a Node process in a group of its own, so that Ctrl-C at a terminal reaches its supervisor alone, which ends it in
 * order.
 */
export const spawnChild: SpawnChild = ({ entry, args, output }) => {
  const child = spawn(process.execPath, [...NODE_FLAGS, entry, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let failure = '';
  child.on('error', (error) => (failure = error.message));
  // There are none when the system has no room for another process.
  for (const stream of [child.stdout, child.stderr] as (Readable | null | undefined)[]) {
    if (stream) forwardLines(stream.setEncoding('utf8'), output);
  }
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: (signal) => {
      // An id that is free again may be another's.
      if (child.exitCode === null && child.signalCode === null) killGroup(child, signal);
    },
    onMessage: (handler) => void child.on('message', handler),
    onEnd: (handler) => {
      const end = once((code: number | null, signal: NodeJS.Signals | null) => {
        handler(failure || signal || `exit code ${code ?? '?'}`);
      });
      child
        // When all that it said has come.
        .once('close', end)
        .once('exit', (code, signal) => {
          // What it has started itself goes with it, and would keep its outputs open.
          killGroup(child, 'SIGKILL');
          systemClock.schedule(systemClock.now() + LAST_WORDS_MS, () => end(code, signal));
        })
        .once('error', () => {
          if (child.pid === undefined) end(null, null);
        });
    },
  };
};

function killGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // There is nobody left in it.
  }
}

function once<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
  let done = false;
  return (...args) => {
    if (!done) act(...args);
    done = true;
  };
}

function forwardLines(stream: Readable, output: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) output(`${line}\n`);
    if (rest.length > MAX_LINE) {
      output(`${rest}\n`);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest !== '') output(`${rest}\n`);
  });
  stream.on('error', () => undefined);
}
