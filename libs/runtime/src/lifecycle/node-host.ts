import { homedir, hostname } from 'node:os';
import { systemClock } from '@raspy/clock';
import type { ExitCode } from './exit-code.js';
import type { Output, ParentChannel, ProgramHost } from './host.js';
import { OutputWatch } from './output-watch.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program in this process and ends the process with its exit code: the one line of a `main.ts`.
 * Whatever is still open then ends with it.
 */
export function main(program: (host: ProgramHost) => Promise<ExitCode>): void {
  // Nothing else may keep the process alive while parts start and stop: sockets may be shut and timers never do.
  const alive = setInterval(() => undefined, 2 ** 30);
  const outputs = watchOutputs();
  program(hostWith(outputs))
    .finally(() => clearInterval(alive))
    .then(
      (code) =>
        process.stdout.write('', () => {
          // That the last line could not be written is told after this.
          setImmediate(() => process.exit(outputs.outcome ?? code));
        }),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      },
    );
}

/** The process as a {@link ProgramHost}. */
export function nodeHost(): ProgramHost {
  return hostWith(watchOutputs());
}

function watchOutputs(): OutputWatch {
  const { stdout, stderr } = process;
  return new OutputWatch({ stdout, stderr, exit: (code) => process.exit(code) });
}

function hostWith(outputs: OutputWatch): ProgramHost {
  return {
    argv: process.argv.slice(2),
    machine: { hostname: shortName(hostname()), homeDir: homedir(), env: process.env },
    clock: systemClock,
    pid: process.pid,
    stdout: outputOf(process.stdout, process.env),
    stderr: outputOf(process.stderr, process.env),
    stdin: process.stdin,
    ...(process.send !== undefined && { parent: parentOf(process) }),
    onSignal: (handler) => onSignal(handler, outputs),
    outputIsCourtesy: () => outputs.outputIsCourtesy(),
  };
}

/** The host name without its domain, in the characters that service names allow. */
export function shortName(name: string): string {
  const short = name
    .split('.')[0]!
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 64);
  return short === '' ? 'localhost' : short;
}

/**
 * Size and terminal are there on terminals only, whatever Node's types say. One that cannot move its cursor gets what
 * a file gets.
 */
export function outputOf(
  stream: Pick<NodeJS.WritableStream, 'write'> & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  },
  { TERM }: Readonly<Record<string, string | undefined>>,
): Output {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true && TERM !== undefined && TERM !== '' && TERM !== 'dumb',
    get columns() {
      return stream.columns ?? 0;
    },
    get rows() {
      return stream.rows ?? 0;
    },
  };
}

/** @param child - this process, with a channel to its parent */
export function parentOf(child: Pick<NodeJS.Process, 'send' | 'on' | 'once' | 'connected'>): ParentChannel {
  return {
    send: (message) =>
      new Promise((resolve) => {
        // A parent that goes away meanwhile shows by `gone`.
        if (child.connected) child.send?.(message, undefined, undefined, () => resolve());
        else resolve();
      }),
    onMessage: (handler) => void child.on('message', handler),
    gone: new Promise((resolve) => {
      if (child.connected) child.once('disconnect', resolve);
      else resolve();
    }),
  };
}

function onSignal(handler: (name: string) => void, outputs: OutputWatch): () => void {
  for (const name of SIGNALS) process.on(name, handler);
  const deaf = outputs.onLost(handler);
  return () => {
    for (const name of SIGNALS) process.off(name, handler);
    deaf();
  };
}
