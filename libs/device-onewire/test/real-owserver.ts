import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Whether there is one on this machine. */
export const hasOwserver = spawnSync('owserver', ['--version'], { stdio: 'ignore' }).error === undefined;

/** `describe`, skipped with a reason where there is no owserver; not in CI, where it has to be there. */
export function describeWithOwserver(name: string, tests: () => void): void {
  if (!hasOwserver) process.stderr.write('owserver is not installed: what needs it is skipped\n');
  (hasOwserver || process.env['CI'] === 'true' ? describe : describe.skip)(name, tests);
}

/** What an owserver is started with. */
export interface OwserverOptions {
  /** Chips with identities and values of chance. */
  readonly fake?: readonly string[];
  /** Chips with identities and values that never change. */
  readonly tester?: readonly string[];
  /** Adapters on the network, of the kind LINK; it takes some seconds until it answers. */
  readonly link?: readonly string[];
  /** Bounds of the temperatures of fake thermometers. */
  readonly temperatures?: readonly [number, number];
  /** Names of chips, by identity as owserver writes it. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** @default a free one */
  readonly port?: number;
}

/** A real owserver with chips that it makes up. */
export class RealOwserver {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.#child = child;
    this.port = port;
    this.#folder = folder;
  }

  static async start(options: OwserverOptions): Promise<RealOwserver> {
    const {
      fake = [],
      tester = [],
      link = [],
      temperatures = [20, 20.5],
      aliases = {},
      port = await freePort(),
    } = options;
    const folder = mkdtempSync(join(tmpdir(), 'raspy-owserver-'));
    const aliasFile = join(folder, 'aliases');
    writeFileSync(
      aliasFile,
      Object.entries(aliases)
        .map(([id, name]) => `${id} = ${name}\n`)
        .join(''),
    );
    const child = spawn(
      'owserver',
      [
        // Somewhere above 120 chips it crashes.
        ...(fake.length > 0 ? [`--fake=${fake.join(',')}`] : []),
        ...(tester.length > 0 ? [`--tester=${tester.join(',')}`] : []),
        ...link.map((address) => `--link=${address}`),
        `--temperature_low=${temperatures[0]}`,
        `--temperature_high=${temperatures[1]}`,
        `--alias=${aliasFile}`,
        '--foreground',
        '--nozero',
        '-p',
        `127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    const server = new RealOwserver(child, port, folder);
    await server.#answers();
    return server;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** By its own pid. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('close', resolve));
      this.#child.kill('SIGCONT');
      this.#child.kill(signal);
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    for (;;) {
      const ended = this.#child.exitCode ?? this.#child.signalCode;
      if (ended !== null) throw new Error(`owserver ended with ${ended}`);
      if (await canConnect(this.port)) return;
      // Attempts without a pause would take a whole processor from it for the seconds that it takes to start.
      await setTimeout(20);
    }
  }
}

async function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (can: boolean): void => {
      socket.destroy();
      resolve(can);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
