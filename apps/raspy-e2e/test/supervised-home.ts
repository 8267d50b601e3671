import { systemClock } from '@raspy/clock';
import { askHome } from '@raspy/runtime/supervisor';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { installPlugin } from './plugin-folder.js';
import type { Running, Workbench } from './processes.js';

/** A server as `raspy status --json` tells it. */
export interface ServerStatus {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly since: number;
  readonly restarts: number;
  readonly reason?: string;
}

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home that `raspy start` runs in a folder of its own, with a plugin installed there. */
export class SupervisedHome {
  readonly folder: string;
  readonly #bench: Workbench;
  process!: Running;
  port = '';

  constructor(bench: Workbench, plugin: string, source: string) {
    this.#bench = bench;
    this.folder = bench.folder();
    installPlugin(this.folder, plugin, source);
  }

  /** Flags that say which home is meant. */
  get where(): string[] {
    return [
      `--data-dir=${path.join(this.folder, 'data')}`,
      `--config=${path.join(this.folder, 'raspy.yaml')}`,
    ];
  }

  /** Writes the settings file. @param servers - what stands under `servers:` */
  configure(servers: string): void {
    const head = `hostname: pi\nplugins-dir: ${this.folder}\nservers:\n`;
    writeFileSync(path.join(this.folder, 'raspy.yaml'), head + servers);
  }

  async start(brokerPort = '0'): Promise<void> {
    this.process = this.#bench.app('raspy', ['start', `--broker-port=${brokerPort}`, ...this.where]);
    await this.process.until(() => /ready on tcp:.*:(\d+) /.test(this.process.stdout));
    this.port = /ready on tcp:.*:(\d+) /.exec(this.process.stdout)![1]!;
  }

  async raspy(...args: string[]): Promise<Ended> {
    const running = this.#bench.app('raspy', args);
    const code = await running.end();
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  /** A command that talks to the home by its bus. */
  onBus(...args: string[]): Promise<Ended> {
    return this.raspy(...args, `--broker-port=${this.port}`, '--config=/dev/null');
  }

  /** As `raspy status` asks it, but without a process for each look. */
  async servers(): Promise<readonly ServerStatus[]> {
    const dataDir = path.join(this.folder, 'data');
    const status = await askHome('status', { dataDir, clock: systemClock, timeoutMs: 30_000 });
    return (status as { readonly servers: readonly ServerStatus[] }).servers;
  }

  /** A server, as soon as it is as it should be. */
  async server(name: string, fits: (server: ServerStatus) => boolean = () => true): Promise<ServerStatus> {
    let found: ServerStatus | undefined;
    await until(async () => {
      found = (await this.servers()).find((one) => one.name === name)!;
      return fits(found);
    });
    return found!;
  }
}

/**
 * Resolves once it holds: of what is outside of this process nobody tells, so it is looked at again and again.
 * @param pauseMs - between two looks; longer where a look costs a process
 */
export async function until(condition: () => boolean | Promise<boolean>, pauseMs = 20): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
