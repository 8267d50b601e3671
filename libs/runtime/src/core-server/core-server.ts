import type { JobDefaults } from '@raspy/automation';
import type { Millis } from '@raspy/clock';
import type { DeviceConfig, RaspyPlugin } from '@raspy/devices';
import { KvClient } from '@raspy/kv-clone';
import { MdpClient, MmiClient } from '@raspy/mdp-protocol';
import { SettingsClient } from '@raspy/titanic-store';
import { filter, firstValueFrom } from 'rxjs';
import type { Part } from '../lifecycle/executive.js';
import { kvClientEndpoints } from '../server/endpoint.js';
import { machineClockTrust } from '../server/clock-trust.js';
import { newInstanceId } from '../server/instance-id.js';
import { RaspyServer, type RaspyServerOptions } from '../server/raspy-server.js';
import { carryOutBy } from './carry-out.js';
import { cronHandler } from './cron-handler.js';
import { CronJobs } from './cron-jobs.js';
import { CoreDevices } from './core-devices.js';
import { JobStore } from './job-store.js';
import { HomeScenarios } from './scenarios/home-scenarios.js';

/** What a {@link CoreServer} is told. */
export interface CoreServerOptions extends RaspyServerOptions {
  /** What holds for jobs that do not say it themselves: their time zone, UTC unless told, and their place. */
  readonly defaults?: JobDefaults;
  /** Whether the wall clock can be believed now. @default what the machine tells of its clock */
  readonly isClockTrusted?: () => boolean;
  /** First port of the key/value tree by CHP. @default 0, the broker's + 6 */
  readonly kvChpPort?: number;
  /** All scenarios are there, and none runs. @default false */
  readonly safeMode?: boolean;
  /** Plugins whose drivers its own devices have. @default none */
  readonly plugins?: readonly RaspyPlugin[];
  /** Devices of its own, such as the clock of the board. @default none */
  readonly devices?: readonly DeviceConfig[];
}

/** Requests that are served at a time: a run by hand is waited for. */
const CONCURRENCY = 8;
/** How long the start waits for the jobs, so that whoever asks at once is told of them. */
const FIRST_LOOK_MS: Millis = 2_000;
/** Runs that were missed may begin at once: so long the tree, which is told of them, is waited for. */
const TREE_MS: Millis = 5_000;
/** So long after the deadline the store may take what it does not have yet. */
const LAST_NOTES_MS: Millis = 500;
/** An event is in the tree for so long. */
const EVENT_TTL_MS: Millis = 3_600_000;
/** So long what scenarios hold has to be given back at the end; then their leases run out by themselves. */
const LEAST_CLOSE_MS: Millis = 500;
const STORE = 'titanic.store';
const DECIDING_SERVICES = '\\.(cron|scenarios)$';

/**
 * The server that decides: `<hostname>.core.cron` has the jobs of the home, and runs them; `.scenario` and `.scenarios` have its
 * scenarios. It starts also while the settings store is away; nothing runs then until that has told what there is.
 */
export class CoreServer implements Part {
  /** `<hostname>.<service>` */
  readonly name: string;
  /** Resolves when another server has taken the name for good. */
  readonly lost: Promise<Error>;
  readonly #options: CoreServerOptions;
  #lose: (reason: Error) => void = () => undefined;
  #running: Running | undefined;

  constructor(options: CoreServerOptions) {
    this.#options = options;
    this.name = `${options.hostname}.${options.service}`;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /** @throws EnvironmentError (rejects) when a server of this name lives */
  async start(signal: AbortSignal): Promise<void> {
    const running = this.#compose();
    this.#running = running;
    try {
      await running.devices?.open();
      await running.server.start(signal);
    } catch (error) {
      await this.#end(0);
      throw error;
    }
    void running.server.lost.then(this.#lose);
    running.devices?.start();
    const reading = Promise.all([this.#read(running), running.scenarios.start()]);
    await this.#patiently(reading, FIRST_LOOK_MS);
  }

  /** Lets runs that go on end, within the deadline; nothing begins any more. */
  async stop(deadlineMs: Millis): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + deadlineMs;
    const running = this.#running;
    // What scenarios hold is given back before anything else is waited for.
    const scenarios = running?.scenarios.close() ?? Promise.resolve();
    await Promise.all([
      this.#patiently(scenarios, Math.max(deadlineMs, LEAST_CLOSE_MS)),
      running?.server.stop(deadlineMs),
    ]);
    await this.#end(Math.max(0, until - clock.now()));
  }

  #compose(): Running {
    const { endpoint, clock, logger, transport, kvChpPort = 0, subServices = [] } = this.#options;
    const { isClockTrusted = machineClockTrust(), defaults = {}, safeMode = false } = this.#options;
    const bus = { clock, ...(transport !== undefined && { transport }) };
    const client = new MdpClient({ ...bus, endpoint: endpoint() });
    const tree = new KvClient({ ...bus, endpoints: kvClientEndpoints(endpoint(), kvChpPort) });
    const store = new SettingsClient(failingAtOnce(client));
    const instanceId = newInstanceId(clock);
    const mayRun = (): Promise<void> => this.#assertAlone(new MmiClient(client));
    const jobs = new CronJobs({
      store: new JobStore(store),
      clock,
      logger,
      isClockTrusted,
      defaults,
      instanceId,
      carryOut: carryOutBy(client, clock),
      // An event that comes late is none.
      publish: (job, event) =>
        tree.set(`/event/cron/${job}`, event, { ttlMs: EVENT_TTL_MS, ifOffline: 'fail' }),
      mayRun,
    });
    const scenarios = new HomeScenarios({
      mayRun,
      client,
      tree,
      store,
      jobs,
      clock,
      logger,
      isClockTrusted,
      defaults,
      safeMode,
    });
    const devices = this.#devices(tree, instanceId);
    const onError = (error: unknown, action: string): void => {
      logger.error('a request about jobs failed', { action, error: String(error) });
    };
    const server = new RaspyServer({
      ...this.#options,
      instanceId,
      statistics: () => ({ ...this.#options.statistics?.(), ...jobs.statistics, ...scenarios.statistics }),
      wellBeing: () => jobs.areRead && scenarios.areRead && this.#options.wellBeing?.() !== false,
      subServices: [
        ...subServices,
        { suffix: 'cron', concurrency: CONCURRENCY, handle: cronHandler(jobs, { clock, onError }) },
        ...scenarios.subServices,
        ...(devices === undefined ? [] : [devices.subService]),
      ],
    });
    return {
      server,
      client,
      tree,
      jobs,
      scenarios,
      ...(devices !== undefined && { devices }),
      ending: new AbortController(),
    };
  }

  #devices(tree: KvClient, instanceId: string): CoreDevices | undefined {
    const { plugins = [], devices = [], clock, logger } = this.#options;
    if (devices.length === 0) return undefined;
    return new CoreDevices({ plugins, devices, server: this.name, instanceId, tree, clock, logger });
  }

  #read({ tree, jobs, ending }: Running): Promise<void> {
    const settled = tree.status$.pipe(filter((status) => status === 'synced' || status === 'closed'));
    return jobs.load(ending.signal, this.#patiently(firstValueFrom(settled), TREE_MS));
  }

  /** All core servers of a home have one list of jobs and scenarios: two that run it would do everything twice. */
  async #assertAlone(mmi: MmiClient): Promise<void> {
    const found = await mmi.discover(DECIDING_SERVICES);
    const others = found.filter((service) => !service.startsWith(`${this.name}.`));
    if (others.length > 0) throw new Error(`${others.join(' and ')} decides for this home already`);
  }

  async #patiently(work: Promise<unknown>, ms: Millis): Promise<void> {
    const { clock } = this.#options;
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + ms, resolve);
    });
    await Promise.race([work, patience]);
    cancel();
  }

  async #end(deadlineMs: Millis): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.ending.abort(new Error('the server stops'));
    await this.#patiently(running.scenarios.close(), LEAST_CLOSE_MS);
    // What waits for a broker that is gone is not waited for.
    await this.#patiently(running.jobs.close(deadlineMs), deadlineMs + LAST_NOTES_MS);
    await running.devices?.close();
    await running.client.close();
    await running.tree.close();
  }
}

/** What there is while it runs. */
interface Running {
  readonly server: RaspyServer;
  readonly client: MdpClient;
  readonly tree: KvClient;
  readonly jobs: CronJobs;
  readonly scenarios: HomeScenarios;
  readonly devices?: CoreDevices;
  readonly ending: AbortController;
}

/** A client that does not wait for a settings store which is not there. */
function failingAtOnce(client: MdpClient): Pick<MdpClient, 'request'> {
  return {
    request: (service, body, options) =>
      client.request(service, body, service === STORE ? { ...options, ifNoWorker: 'fail' } : options),
  };
}
