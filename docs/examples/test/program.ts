import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

const examples = resolve(__dirname, '..');
const loader = join(examples, '../../node_modules/tsx/dist/loader.mjs');

/** An example that runs as a process of its own. */
export interface Program {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code, once it has ended; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves when it has printed `text`; rejects when it ends without. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `typescript/<name>` or `python/<name>`, told where the broker is. */
export function start(name: `typescript/${string}` | `python/${string}`, endpoint: string): Program {
  const path = join(examples, name);
  const [command, args] = name.startsWith('python/')
    ? [python, ['-u', path]]
    : [process.execPath, ['--import', loader, path]];
  // What a test runner sets for its own output would colour theirs.
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...env } = process.env;
  const child = spawn(command, [...args, endpoint], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const hear = (stream: 'stdout' | 'stderr') => (text: string) => {
    said[stream] += text;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', hear('stdout'));
  child.stderr.setEncoding('utf8').on('data', hear('stderr'));
  const ended = new Promise<number | null>((resolveEnd, reject) => {
    child.once('error', reject);
    child.once('close', resolveEnd);
  });
  return {
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    ended,
    printed: async (text) => {
      const heard = new Promise<'heard'>((resolveHeard) => {
        const look = (): void => {
          if (said.stdout.includes(text)) resolveHeard('heard');
        };
        listeners.add(look);
        look();
      });
      if ((await Promise.race([heard, ended])) !== 'heard') {
        throw new Error(`${name} ended without saying "${text}": ${said.stdout}${said.stderr}`);
      }
    },
    kill: (signal) => child.kill(signal),
  };
}

/** Debian's own Python, for which its package python3-zmq is made; any other on the path may lack it. */
export const python = '/usr/bin/python3';
