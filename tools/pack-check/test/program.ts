import { spawn, type ChildProcess } from 'node:child_process';
import { strangersEnvironment, type Outcome } from './run.ts';

/** A program that runs beside the test. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Outcome>;
  readonly #listeners = new Set<() => void>();
  stdout = '';
  stderr = '';

  /** Runs a script by Node. */
  constructor(script: string, args: readonly string[], cwd: string) {
    this.#child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...strangersEnvironment(), RASPY_CONFIG: '/dev/null' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        for (const look of [...this.#listeners]) look();
      });
    }
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => {
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /**
   * Resolves as soon as its standard output matches.
   * @throws Error (rejects) with all that it wrote, when it ends before
   */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const matches = new Promise<true>((resolve) => {
      const look = (): void => {
        if (pattern.test(this.stdout)) resolve(true);
      };
      this.#listeners.add(look);
      look();
    });
    if ((await Promise.race([matches, this.#ended])) !== true) {
      throw new Error(`ended before ${String(pattern)}:\n${this.stdout}${this.stderr}`);
    }
    return pattern.exec(this.stdout)!;
  }

  /** Asks it to end, and waits until it has. */
  end(): Promise<Outcome> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }
}
