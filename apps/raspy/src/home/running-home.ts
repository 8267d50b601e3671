import {
  SettingsError,
  settingKey,
  VERSION,
  type Logger,
  type LogLevel,
  type Part,
  type ProgramHost,
  type StatisticsBoard,
} from '@raspy/runtime';
import {
  ControlDoor,
  residentBytes,
  Supervisor,
  type ControlRequest,
  type ReloadReport,
  type ServerStatus,
  type SpawnChild,
  type StoppedServer,
} from '@raspy/runtime/supervisor';
import type { Transport } from '@raspy/wire';
import { resolve } from 'node:path';
import type { DriverLoader } from './drivers.js';
import { HomeMaker } from './home-maker.js';
import type { LoadedHome } from './load-home.js';
import { SHARED_WITH_BROKER } from './server-kinds.js';

/** What a {@link RunningHome} is told. */
export interface RunningHomeOptions {
  readonly home: LoadedHome;
  readonly host: ProgramHost;
  /** Reads the settings anew. */
  readonly reread: () => Promise<LoadedHome>;
  readonly load: DriverLoader;
  /** The log of the home, and that of a server with a level of its own. */
  readonly log: Logger;
  readonly logger: (level: LogLevel) => Promise<Logger>;
  /** Takes the lines that hosts write. */
  readonly output: (line: string) => void;
  readonly transport?: Transport;
  /** Takes the registries of the servers of this process. */
  readonly board?: StatisticsBoard;
  /** @default processes of this very program */
  readonly spawnHost?: SpawnChild;
}

/** A home as `raspy status` tells of it; plain JSON. */
export interface HomeStatus {
  readonly version: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Memory of this process. */
  readonly residentBytes: number | undefined;
  readonly servers: readonly ServerStatus[];
}

/** What `raspy stop` is told; plain JSON. */
export interface StoppedHome {
  readonly pid: number;
  readonly servers: readonly StoppedServer[];
}

/**
 * A home that runs: its servers under a supervisor, and the control socket by which it is asked. It passes on the requests
 * to end that its process gets, and those that come by the socket. SIGHUP means reload, unless it comes from a terminal that
 * goes away.
 */
export class RunningHome implements Part, Pick<ProgramHost, 'onSignal'> {
  readonly name = 'home';
  readonly #options: RunningHomeOptions;
  readonly #maker: HomeMaker;
  readonly #supervisor: Supervisor;
  readonly #handlers = new Set<(name: string) => void>();

  constructor(options: RunningHomeOptions) {
    const { home, host, log, transport, spawnHost } = options;
    const { clock } = host;
    const dataDir = resolve(home.values.dataDir);
    this.#options = options;
    this.#maker = new HomeMaker({
      ...options,
      clock,
      dataDir,
      ...(transport !== undefined && { transport }),
      ...(spawnHost !== undefined && { spawn: spawnHost }),
    });
    this.#supervisor = new Supervisor({
      servers: home.servers,
      maker: this.#maker,
      shared: SHARED_WITH_BROKER,
      door: new ControlDoor({
        dataDir,
        handle: (request) => this.#handle(request),
        clock,
        logger: log,
        system: { env: host.machine.env },
      }),
      clock,
      logger: log,
    });
  }

  /** Where its own clients find the broker. */
  readonly endpoint = (): string => this.#maker.endpointFor({ settings: this.#options.home.values });

  /** Where it is for browsers; `undefined` while it is not. */
  readonly webUrl = (): string | undefined => this.#maker.webUrl;

  /** How its servers are. */
  servers(): Promise<readonly ServerStatus[]> {
    return this.#supervisor.status();
  }

  start(signal: AbortSignal): Promise<void> {
    return this.#supervisor.start(signal);
  }

  stop(deadlineMs: number): Promise<void> {
    return this.#supervisor.stop(deadlineMs);
  }

  onSignal(handler: (name: string) => void): () => void {
    const { host } = this.#options;
    this.#handlers.add(handler);
    const deaf = host.onSignal((name) => {
      if (name === 'SIGHUP' && !host.stdout.isTTY) void this.#reloadOnSignal();
      else handler(name);
    });
    return () => {
      this.#handlers.delete(handler);
      deaf();
    };
  }

  async #handle(request: ControlRequest): Promise<unknown> {
    switch (request) {
      case 'status':
        return this.#status();
      case 'reload':
        return this.#reload();
      case 'stop':
        return this.#stopAll();
    }
  }

  async #status(): Promise<HomeStatus> {
    const { home, host } = this.#options;
    return {
      version: VERSION,
      pid: host.pid,
      dataDir: home.values.dataDir,
      residentBytes: await residentBytes(process.pid),
      servers: await this.servers(),
    };
  }

  async #stopAll(): Promise<StoppedHome> {
    for (const handler of [...this.#handlers]) handler('raspy stop');
    return { pid: this.#options.host.pid, servers: await this.#supervisor.ended };
  }

  /** @throws SettingsError (rejects) with all mistakes; nothing is changed then */
  async #reload(): Promise<ReloadReport> {
    const { reread, home } = this.#options;
    const next = await reread();
    if (next.broken.size > 0) {
      throw new SettingsError(
        [...next.broken].flatMap(([server, failures]) =>
          failures.map((problem) => ({ where: `plugins of ${server}`, problem })),
        ),
      );
    }
    const { actions, needsRestart } = await this.#supervisor.reload(next.servers);
    const ours = (['dataDir', 'logLevel', 'tracing'] as const).filter(
      (name) => next.values[name] !== home.values[name],
    );
    const waiting = [...needsRestart, ...ours.map((name) => `the home: ${name}`)];
    return { actions, needsRestart: [...new Set(waiting)].map(asKey) };
  }

  async #reloadOnSignal(): Promise<void> {
    const { log } = this.#options;
    try {
      const { actions, needsRestart } = await this.#reload();
      log.info('reloaded', { actions, needsRestart });
    } catch (error) {
      log.error(`nothing was reloaded: ${(error as Error).message}`);
    }
  }
}

/** `broker: kvFlushMs` as people write it. */
function asKey(text: string): string {
  const [server, name = ''] = text.split(': ');
  return `${server!}: ${settingKey(name)}`;
}
