import type { Clock } from '@raspy/clock';
import {
  connectEndpoint,
  peerEndpoint,
  type Logger,
  type LogLevel,
  type StatisticsBoard,
} from '@raspy/runtime';
import {
  ChildLife,
  endOrphans,
  InProcessLife,
  spawnChild,
  type HostMode,
  type ServerLife,
  type ServerMaker,
  type ServerPlan,
  type SpawnChild,
} from '@raspy/runtime/supervisor';
import type { Transport } from '@raspy/wire';
import { composeDevices } from './compose-devices.js';
import type { DriverLoader } from './drivers.js';
import type { ServerSurroundings } from './server-context.js';

/** What a {@link HomeMaker} is told. */
export interface HomeMakerOptions {
  readonly dataDir: string;
  readonly load: DriverLoader;
  readonly clock: Clock;
  /** Makes the log of a server. */
  readonly logger: (level: LogLevel) => Promise<Logger>;
  /** Takes the lines that hosts write. */
  readonly output: (line: string) => void;
  readonly transport?: Transport;
  /** Takes the registries of the servers of this process. */
  readonly board?: StatisticsBoard;
  /** @default processes of this very program */
  readonly spawn?: SpawnChild;
}

/** For a host that an earlier supervisor has left to end by itself. */
const ORPHAN_PATIENCE_MS = 3_000;

/** Makes the lives of the servers of a home, in this process or in one of their own. */
export class HomeMaker implements ServerMaker {
  readonly #options: HomeMakerOptions;
  /** Where the broker of this home is bound; it comes back there. */
  #bound: string | undefined;
  #browsersAt = (): string => '';

  constructor(options: HomeMakerOptions) {
    this.#options = options;
  }

  /** Where peers of this machine find the broker that a plan is for. */
  endpointFor({ settings }: Pick<ServerPlan, 'settings'>): string {
    if (this.#bound !== undefined) return peerEndpoint(this.#bound);
    return connectEndpoint(String(settings['brokerIp']), Number(settings['brokerPort']));
  }

  async create(plan: ServerPlan): Promise<ServerLife> {
    if (plan.isolated) return this.#isolated(plan);
    const surroundings = await this.#surroundings(plan);
    switch (plan.kind) {
      case 'broker':
        return this.#broker(surroundings);
      case 'titanic':
        return this.#inProcess(
          surroundings,
          (await import('./compose-titanic.js')).composeTitanic(surroundings),
        );
      case 'core':
        return this.#inProcess(surroundings, [(await import('./compose-core.js')).composeCore(surroundings)]);
      case 'web':
        return this.#web(surroundings);
      default: {
        const server = await composeDevices(surroundings);
        return new InProcessLife({
          ...surroundings,
          parts: [server],
          applyDevices: (devices) => server.applyDevices(devices),
        });
      }
    }
  }

  /** Where the home is for browsers; `undefined` while it is not. */
  get webUrl(): string | undefined {
    const url = this.#browsersAt();
    return url === '' ? undefined : url;
  }

  createSafe(plan: ServerPlan): (() => ServerLife) | undefined {
    return plan.isolated ? () => this.#child(plan, 'safe') : undefined;
  }

  async #surroundings(plan: ServerPlan): Promise<ServerSurroundings> {
    const { load, clock, logger, transport, board } = this.#options;
    return {
      plan,
      endpoint: () => this.endpointFor(plan),
      load,
      clock,
      logger: await logger(plan.settings['logLevel'] as LogLevel),
      ...(transport !== undefined && { transport }),
      ...(board !== undefined && { board }),
    };
  }

  async #broker(surroundings: ServerSurroundings): Promise<ServerLife> {
    const { plan } = surroundings;
    // One that took any free port the first time must be found again.
    const [, port] = /:(\d+)$/.exec(this.#bound ?? '') ?? [];
    const settings = { ...plan.settings, ...(port !== undefined && { brokerPort: Number(port) }) };
    const { composeBroker } = await import('./compose-broker.js');
    const broker = composeBroker({ ...surroundings, plan: { ...plan, settings } });
    return this.#inProcess(surroundings, [
      ...broker.parts,
      {
        name: 'address of the broker',
        start: () => {
          this.#bound = broker.endpoint();
          return Promise.resolve();
        },
        stop: () => Promise.resolve(),
      },
    ]);
  }

  async #web(surroundings: ServerSurroundings): Promise<ServerLife> {
    const web = (await import('./compose-web.js')).composeWeb(surroundings);
    this.#browsersAt = () => web.url;
    return this.#inProcess(surroundings, [web]);
  }

  #inProcess({ clock, logger }: ServerSurroundings, parts: InProcessParts): ServerLife {
    return new InProcessLife({ parts, clock, logger });
  }

  async #isolated(plan: ServerPlan): Promise<ServerLife> {
    const { clock, logger, spawn } = this.#options;
    if (spawn === undefined) {
      await endOrphans({
        command: [entryFile(), ...this.#args(plan)],
        patienceMs: ORPHAN_PATIENCE_MS,
        clock,
        logger: await logger(plan.settings['logLevel'] as LogLevel),
      });
    }
    return this.#child(plan, 'serve');
  }

  #child(plan: ServerPlan, mode: HostMode): ServerLife {
    const { clock, output, spawn = spawnChild } = this.#options;
    const [, brokerIp, port] = /^tcp:\/\/(.*):(\d+)$/.exec(this.endpointFor(plan)) ?? [];
    return new ChildLife({
      spawn: () => spawn({ entry: entryFile(), args: this.#args(plan), output }),
      settings: {
        name: plan.name,
        settings: { ...plan.settings, ...(port !== undefined && { brokerIp, brokerPort: Number(port) }) },
        devices: plan.devices ?? [],
      },
      mode,
      clock,
    });
  }

  /** Exactly these: by them a host is known that an earlier supervisor has left. */
  #args({ name }: ServerPlan): string[] {
    return ['host', name, '--supervised', `--data-dir=${this.#options.dataDir}`];
  }
}

type InProcessParts = ConstructorParameters<typeof InProcessLife>[0]['parts'];

/** The file that this program was started by. */
function entryFile(): string {
  return process.argv[1]!;
}
