import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const NODE = [
  process.execPath,
  '--conditions=@raspy/source',
  '--import',
  'tsx',
  join(__dirname, 'child.ts'),
] as const;

/** The child of child.ts, its output line by line. */
export class Child {
  readonly lines: string[] = [];
  /** What it, or what it loads, wrote on its standard error. */
  complaints = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #process: ChildProcess;
  #watch: () => void = () => undefined;

  /** @param maxFileKiB - the largest file it may write; default as large as the system allows */
  constructor(args: readonly string[], maxFileKiB?: number) {
    const [command, ...rest] =
      maxFileKiB === undefined
        ? [...NODE, ...args]
        : ['sh', '-c', `ulimit -f ${maxFileKiB}; exec "$@"`, 'sh', ...NODE, ...args];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => (this.complaints += chunk.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#watch();
    });
    this.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal!)));
    this.#process = child;
  }

  /** Resolves when it has written so many lines. */
  async saidLines(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#watch = () => {
        if (this.lines.length >= count) resolve();
      };
      this.#watch();
    });
    await Promise.race([enough, this.ended]);
  }

  kill(): Promise<number | NodeJS.Signals> {
    this.#process.kill('SIGKILL');
    return this.ended;
  }
}
