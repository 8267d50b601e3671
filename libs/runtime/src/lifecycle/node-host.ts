import { homedir, hostname } from 'node:os';
import { systemClock } from '@raspy/clock';
import type { ExitCode } from './exit-code.js';
import type { Output, ProgramHost } from './host.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program in this process and ends the process with its exit code: the one line of a `main.ts`.
 * Whatever is still open then ends with it.
 */
export function main(program: (host: ProgramHost) => Promise<ExitCode>): void {
  // Nothing else may keep the process alive while parts start and stop: sockets may be shut and timers never do.
  const alive = setInterval(() => undefined, 2 ** 30);
  program(nodeHost())
    .finally(() => clearInterval(alive))
    .then(
      (code) => process.stdout.write('', () => process.exit(code)),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      },
    );
}

/** The process as a {@link ProgramHost}. */
export function nodeHost(): ProgramHost {
  return {
    argv: process.argv.slice(2),
    machine: { hostname: shortName(hostname()), homeDir: homedir(), env: process.env },
    clock: systemClock,
    pid: process.pid,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    stdin: process.stdin,
    onSignal,
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

/** Size and terminal are there on terminals only, whatever Node's types say. */
function outputOf(
  stream: Pick<NodeJS.WritableStream, 'write'> & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  },
): Output {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 0;
    },
    get rows() {
      return stream.rows ?? 0;
    },
  };
}

function onSignal(handler: (name: string) => void): () => void {
  for (const name of SIGNALS) process.on(name, handler);
  // Nobody reads any more (`raspy start | head`): a request to end as good as a signal.
  const onError = (error: { code?: string }): void => handler(error.code ?? 'output failed');
  process.stdout.on('error', onError);
  return () => {
    for (const name of SIGNALS) process.off(name, handler);
    process.stdout.off('error', onError);
  };
}
