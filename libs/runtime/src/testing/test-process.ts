import { spawn, type ChildProcess } from 'node:child_process';
import { TestOutput } from './test-host.js';

/** A program that a test runs as a real process, by Node. */
export class TestProcess {
  static readonly #running = new Set<ChildProcess>();

  /** Kills what a test that failed has left running; for `afterEach`. */
  static killAll(): void {
    for (const child of TestProcess.#running) child.kill('SIGKILL');
  }

  readonly stdout = new TestOutput(false);
  readonly stderr = new TestOutput(false);
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;

  /**
   * @param script - path of its main file
   * @param env - its variables; those of the test are not handed on, save PATH; browsers are served at any free port
   */
  constructor(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { PATH } = process.env;
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...(PATH !== undefined && { PATH }), RASPY_CONFIG: '/dev/null', RASPY_WEB_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Buffer) => this.stdout.write(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => this.stderr.write(chunk.toString()));
    this.#child = child;
    TestProcess.#running.add(child);
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        TestProcess.#running.delete(child);
        resolve(code ?? signal!);
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Sends a signal and resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return this.ended;
  }

  /**
   * Resolves when its standard output matches.
   * @throws Error (rejects) with all that it wrote, when it ends before
   */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const matches = this.stdout.until(pattern).then(() => true);
    if (!(await Promise.race([matches, this.ended.then(() => false)]))) {
      throw new Error(`ended before ${String(pattern)}:\n${this.stdout.text}${this.stderr.text}`);
    }
    return pattern.exec(this.stdout.text)!;
  }
}
