import type { Clock } from '@raspy/clock';
import type { DeviceConfig } from '@raspy/devices';
import { DeviceHost } from '@raspy/devices';
import {
  complain,
  connectEndpoint,
  ExitCode,
  exitCodeOf,
  Exporters,
  startLog,
  StatisticsBoard,
  supervise,
  UsageError,
  withTracing,
  type Logger,
  type LogLevel,
  type ParentChannel,
  type Part,
  type ProgramHost,
  type TracingOptions,
} from '@raspy/runtime';
import { failureOf, type FromHost, type HostMode, type ToHost } from '@raspy/runtime/supervisor';
import type { Transport } from '@raspy/wire';
import { composeDevices } from './compose-devices.js';
import { driverLoader, pluginsOf, registryOf, type PluginChoice } from './drivers.js';
import type { LoadedHome } from './load-home.js';
import type { ServerSurroundings } from './server-context.js';

/** What a supervisor has a host serve; plain JSON. */
export interface HostedServer {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly devices: readonly DeviceConfig[];
}

/** To end in order when the supervisor is gone: the next one waits for it. */
const ALONE_DEADLINE_MS = 2_000;

/** What a host runs on; tests hand in a network of their own. */
export interface HostOptions {
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
}

/** Parts that serve devices, which can be given others. */
interface Hosting {
  readonly part: Part;
  readonly applyDevices: (devices: readonly DeviceConfig[]) => Promise<unknown>;
}

/**
 * The life of a host that a supervisor has started: it is told what to serve, and ends in order when it is told to, or when
 * the supervisor is gone, so that none is left that another supervisor would have to fight.
 */
export async function runSupervised(host: ProgramHost, options: HostOptions = {}): Promise<ExitCode> {
  const { parent } = host;
  if (parent === undefined) {
    throw new UsageError('--supervised is for hosts that raspy start runs: leave it out');
  }
  const tell = (message: FromHost): Promise<void> => parent.send(message);
  const requests = new ParentRequests(parent, tell);
  try {
    await tell({ type: 'hello' });
    const begin = await requests.begin;
    if (begin === undefined) return ExitCode.OK;
    const { settings: server, mode } = begin;
    const { name, settings } = server as unknown as HostedServer;
    const logger = await startLog(`raspy host ${name}`, settings['logLevel'] as LogLevel, host);
    return await withTracing(tracingOf(settings, { clock: host.clock, logger }), async () => {
      const load = driverLoader({ clock: host.clock, logger });
      const hosting = await hostingOf(server as unknown as HostedServer, mode, {
        ...options,
        clock: host.clock,
        logger,
        load,
        // Its supervisor is who tells its statistics.
        board: new StatisticsBoard(),
      });
      requests.applyDevices = hosting.applyDevices;
      return supervise({
        parts: [hosting.part],
        host: {
          onSignal: (handler) => {
            const deaf = host.onSignal(handler);
            requests.onStop(handler);
            return deaf;
          },
        },
        clock: host.clock,
        logger,
        stopDeadlineMs: () => requests.deadlineMs,
        onReady: () => void tell({ type: 'ready' }),
      });
    });
  } catch (error) {
    complain(host, 'raspy host', error);
    await tell({ type: 'failed', failure: failureOf(error) });
    return exitCodeOf(error);
  }
}

/** A device server in a process of its own that somebody else keeps alive, such as systemd. */
export async function runAlone(
  home: LoadedHome,
  name: string,
  host: ProgramHost,
  options: HostOptions = {},
): Promise<ExitCode> {
  const plan = home.servers.find((server) => server.name === name);
  if (plan?.devices === undefined) throw new UsageError(`${name} is no device server: raspy start runs it`);
  const { clock } = host;
  const { brokerIp, brokerPort } = home.values;
  const logger = await startLog(`raspy host ${name}`, plan.settings['logLevel'] as LogLevel, host);
  host.outputIsCourtesy();
  return withTracing(tracingOf(plan.settings, { clock, logger }), async () => {
    const board = new StatisticsBoard();
    const exporters = new Exporters({ values: home.values, board, clock, logger });
    const part = await composeDevices({
      plan,
      load: driverLoader({ clock, logger }),
      clock,
      logger,
      board,
      ...options,
    });
    return supervise({
      parts: [part, exporters],
      host,
      clock,
      logger,
      onReady: () => {
        const where = connectEndpoint(brokerIp, brokerPort);
        host.stdout.write(`raspy host ready as ${part.name} on ${where} (pid ${host.pid})\n`);
      },
    });
  });
}

function tracingOf(
  settings: Readonly<Record<string, unknown>>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): TracingOptions {
  return { isOn: settings['tracing'] === true, clock, warn: (text) => logger.warn(text) };
}

async function hostingOf(
  server: HostedServer,
  mode: HostMode,
  surroundings: Omit<ServerSurroundings, 'plan'>,
): Promise<Hosting> {
  const { load, clock, logger } = surroundings;
  if (mode === 'serve') {
    const part = await composeDevices({ plan: server, ...surroundings });
    return { part, applyDevices: (devices) => part.applyDevices(devices) };
  }
  const loaded = await pluginsOf(server.settings as unknown as PluginChoice, load);
  return {
    part: safePart(
      new DeviceHost({ registry: registryOf(loaded.plugins), clock, log: logger }),
      server.devices,
    ),
    applyDevices: () => Promise.resolve(),
  };
}

/** Opens devices, which brings their outputs into the state of a start, and closes them, which makes them safe. */
function safePart(host: DeviceHost, devices: readonly DeviceConfig[]): Part {
  return {
    name: 'devices',
    start: async () => {
      for (const device of devices) host.add(device);
      await host.opened();
    },
    stop: () => host.close(),
  };
}

/** What a supervisor asks of its host. */
class ParentRequests {
  /** Resolves with what is to be served; with `undefined` when the supervisor wants nothing any more. */
  readonly begin: Promise<Extract<ToHost, { type: 'begin' }> | undefined>;
  applyDevices: (devices: readonly DeviceConfig[]) => Promise<unknown> = () => Promise.resolve();
  /** For the orderly end. */
  deadlineMs = ALONE_DEADLINE_MS;
  #begin: ((message: Extract<ToHost, { type: 'begin' }> | undefined) => void) | undefined;
  #stop: ((reason: string) => void) | undefined;
  #reason: string | undefined;

  constructor(
    parent: ParentChannel,
    private readonly tell: (message: FromHost) => Promise<void>,
  ) {
    this.begin = new Promise((resolve) => {
      this.#begin = resolve;
    });
    parent.onMessage((message) => this.#receive(message as ToHost));
    void parent.gone.then(() => this.#end('loss of its supervisor'));
  }

  /** Calls back once when it is to end, also when that was before. */
  onStop(handler: (reason: string) => void): void {
    this.#stop = handler;
    if (this.#reason !== undefined) handler(this.#reason);
  }

  #receive(message: ToHost): void {
    switch (message.type) {
      case 'begin':
        this.#begin?.(message);
        break;
      case 'ping':
        void this.tell({ type: 'pong' });
        break;
      case 'devices':
        void this.#apply(message.id, message.devices);
        break;
      case 'stop':
        this.deadlineMs = message.deadlineMs;
        this.#end('its supervisor');
    }
  }

  async #apply(id: number, devices: readonly DeviceConfig[]): Promise<void> {
    const changes = (await this.applyDevices(devices)) as Extract<FromHost, { type: 'devices' }>['changes'];
    await this.tell({ type: 'devices', id, changes });
  }

  #end(reason: string): void {
    // Its end comes after its request, and is no second one.
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#begin?.(undefined);
    this.#stop?.(reason);
  }
}
