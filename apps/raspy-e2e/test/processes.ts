import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const workspace = path.resolve(__dirname, '../../..');

/** A process under test: its output, its end, and means to wait for both. */
export class Running {
  stdout = '';
  stderr = '';
  /** Exit code, or the signal's name; `undefined` while it runs. */
  ended: number | string | undefined;
  readonly #child: ChildProcess;
  #wake: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
      this.#changed();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      this.#changed();
    });
    child.once('close', (code, signal) => {
      this.ended = code ?? signal ?? -1;
      this.#changed();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** All that it gets to read. */
  write(input: string): void {
    this.#child.stdin?.end(input);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the condition holds; fails when the process ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended !== undefined) {
        throw new Error(`ended with ${this.ended} first:\n${this.stdout}\n${this.stderr}`);
      }
      await this.#change();
    }
  }

  async end(): Promise<number | string> {
    while (this.ended === undefined) await this.#change();
    return this.ended;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** Processes and folders of one test file; `cleanUp` belongs into `afterEach`. */
export class Workbench {
  readonly #running: Running[] = [];
  readonly #folders: string[] = [];

  folder(): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'raspy-e2e-'));
    this.#folders.push(folder);
    return folder;
  }

  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(command, args, {
      cwd: workspace,
      env: { ...process.env, NO_COLOR: '1', RASPY_WEB_PORT: '0', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const running = new Running(child);
    this.#running.push(running);
    return running;
  }

  /** One of the apps, by the name of its bin. */
  app(
    bin: 'raspy' | 'raspy-broker' | 'raspy-core' | 'raspy-fake' | 'raspy-titanic' | 'raspy-web',
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): Running {
    const folder = bin.replace(/^raspy-/, '');
    return this.start(
      process.execPath,
      [path.join(workspace, 'apps', folder, 'bin', `${bin}.mjs`), ...args],
      env,
    );
  }

  /** A third-party peer; see python/peers.py. */
  python(...args: string[]): Running {
    return this.start(pythonWithZmq()!, [path.join(__dirname, 'python/peers.py'), ...args]);
  }

  async cleanUp(): Promise<void> {
    for (const running of this.#running.splice(0)) {
      if (running.ended === undefined) {
        const hosts = childrenOf(running.pid);
        running.kill('SIGCONT');
        running.kill('SIGKILL');
        for (const pid of hosts) killIfAlive(pid);
        await running.end();
      }
    }
    // A host whose home was killed by a test still writes for a moment, until it has made its outputs safe.
    const patient = { recursive: true, force: true, maxRetries: 50, retryDelay: 100 };
    for (const folder of this.#folders.splice(0)) rmSync(folder, patient);
  }
}

/** Of a process that is alive. None where the system does not tell. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Ports after the broker's that its key/value tree takes. */
const OFFSETS = [0, 1, 2, 3, 6, 7, 8];

/** A port for a broker that was free a moment ago, as were those of its key/value tree: below those of outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const free = await Promise.all(OFFSETS.map((offset) => isFree(port + offset)));
    if (!free.includes(false)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A Python that has pyzmq, if this machine has one (Debian: python3-zmq). */
export function pythonWithZmq(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (candidate) => spawnSync(candidate, ['-c', 'import zmq'], { stdio: 'ignore' }).status === 0,
  );
}
