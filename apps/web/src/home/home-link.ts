import type { Clock, Millis } from '@raspy/clock';
import { KvClient } from '@raspy/kv-clone';
import {
  MdpClient,
  MmiClient,
  serviceClient,
  type MdpClientStatus,
  type ServiceClient,
} from '@raspy/mdp-protocol';
import {
  cronService,
  devicesService,
  kvClientEndpoints,
  scenarioService,
  scenariosService,
} from '@raspy/runtime';
import { TitanicClient, titanicAdmin } from '@raspy/titanic-store';
import type { Transport } from '@raspy/wire';
import type { Subscription } from 'rxjs';
import { HttpProblem } from '../problem.js';

/** What a {@link HomeLink} is told. */
export interface HomeLinkOptions {
  readonly endpoint: string;
  readonly kvChpPort: number;
  readonly clock: Clock;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
}

/** Commands of devices may take a while: a camera, a doser. */
const TIMEOUT_MS: Millis = 10_000;
/** A question to a server for a list of many. */
export const QUESTION_MS: Millis = 3_000;

type Devices = ServiceClient<(typeof devicesService)['actions']>;
type Cron = ServiceClient<(typeof cronService)['actions']>;
type Running = ServiceClient<(typeof scenarioService)['actions']>;
type Kept = ServiceClient<(typeof scenariosService)['actions']>;

/** The clients of a running home, as the web server uses them. Nothing is sent twice. */
export class HomeLink {
  readonly client: MdpClient;
  readonly mmi: MmiClient;
  readonly tree: KvClient;
  readonly titanic: TitanicClient;
  readonly #watch: Subscription;
  #status: MdpClientStatus = 'connecting';

  constructor({ endpoint, kvChpPort, clock, transport }: HomeLinkOptions) {
    const bus = { clock, ...(transport !== undefined && { transport }) };
    this.client = new MdpClient({ ...bus, endpoint, timeoutMs: TIMEOUT_MS, maxQueued: 1_000 });
    this.mmi = new MmiClient(this.client);
    this.tree = new KvClient({ ...bus, endpoints: kvClientEndpoints(endpoint, kvChpPort) });
    this.titanic = new TitanicClient(this.client, { clock });
    this.#watch = this.client.status$.subscribe((status) => (this.#status = status));
  }

  /** How the connection to the broker stands. */
  get status(): MdpClientStatus {
    return this.#status;
  }

  /** @param server - `<hostname>.<service>` */
  devices(server: string): Devices {
    return serviceClient(devicesService, this.client, `${server}.devices`).with({ ifNoWorker: 'fail' });
  }

  get titanicAdmin() {
    return serviceClient(titanicAdmin, this.client, 'titanic.admin').with({ timeoutMs: QUESTION_MS });
  }

  /** The server of jobs. @throws HttpProblem (rejects) when there is none */
  async cron(): Promise<Cron> {
    const service = await this.#only('\\.cron$', 'jobs');
    return serviceClient(cronService, this.client, service).with({ ifNoWorker: 'fail' });
  }

  /** The server of scenarios: as they run, and as they are kept. @throws HttpProblem (rejects) when there is none */
  async scenarios(): Promise<{ readonly running: Running; readonly kept: Kept }> {
    const service = await this.#only('\\.scenarios$', 'scenarios');
    return {
      running: serviceClient(scenarioService, this.client, service.slice(0, -1)).with({ ifNoWorker: 'fail' }),
      kept: serviceClient(scenariosService, this.client, service).with({ ifNoWorker: 'fail' }),
    };
  }

  async close(): Promise<void> {
    this.#watch.unsubscribe();
    await this.tree.close();
    await this.client.close();
  }

  async #only(pattern: string, what: string): Promise<string> {
    const [found] = await this.mmi.discover(pattern, { timeoutMs: QUESTION_MS });
    if (found === undefined)
      throw new HttpProblem(503, 'NO_CORE', `nobody has ${what} now: core is not running`);
    return found;
  }
}
