import 'reflect-metadata';
import { systemClock } from '@raspy/clock';
import type { DeviceConfig, RaspyPlugin } from '@raspy/devices';
import { KvClient, startKvServer, type RunningKvServer } from '@raspy/kv-clone';
import { MdpClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { brokerBus, memoryTitanicStorage, Titanic } from '@raspy/titanic-store';
import { frameText } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Container } from 'inversify';
import type { CoreServer } from '../src/core-server/core-server.js';
import { CORE_SERVER, coreServerModule, type CoreValues } from '../src/core-server/module.js';
import { silentLogger, type Logger } from '../src/log/logger.js';
import { kvClientEndpoints } from '../src/server/endpoint.js';

const ENDPOINT = 'tcp://127.0.0.1:5514';

/** What a core server of a bench is made with. */
export interface CoreBenchOptions {
  readonly values?: Partial<CoreValues & { hostname: string }>;
  readonly logger?: Logger;
  readonly plugins?: readonly RaspyPlugin[];
  readonly devices?: readonly DeviceConfig[];
}

/** A broker, a settings store and a key/value tree without network, and core servers at them. */
export class CoreBench {
  readonly network = new MemoryNetwork({ clock: systemClock });
  broker!: RunningBroker;
  client!: MdpClient;
  tree!: KvClient;
  #titanic!: Titanic;
  #kv!: RunningKvServer;
  readonly #closers: (() => Promise<unknown>)[] = [];

  async open(): Promise<void> {
    const transport = this.network;
    this.#titanic = await Titanic.open({ storage: memoryTitanicStorage() });
    this.broker = await startBroker({ endpoint: ENDPOINT, transport, builtin: this.#titanic.services });
    this.#titanic.connect(brokerBus(this.broker));
    this.#kv = await startKvServer({ transport, chp: kvClientEndpoints(ENDPOINT, 0) });
    this.client = new MdpClient({ endpoint: ENDPOINT, transport });
    this.tree = new KvClient({ endpoints: kvClientEndpoints(ENDPOINT, 0), transport });
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    await this.tree.close();
    await this.client.close();
    await this.#kv.close();
    await this.#titanic.close();
    await this.broker.close();
  }

  composed({ values = {}, logger = silentLogger, plugins, devices }: CoreBenchOptions = {}): CoreServer {
    const container = new Container();
    container.load(
      coreServerModule({
        settings: {
          brokerIp: '127.0.0.1',
          brokerPort: 5514,
          kvChpPort: 0,
          hostname: 'pi',
          service: 'core',
          dataDir: '',
          heartbeatMs: 3_500,
          liveness: 5,
          config: undefined,
          logLevel: 'info',
          tracing: false,
          latitude: 48.85,
          longitude: 2.35,
          timeZone: 'Europe/Paris',
          clockTrust: 'always',
          safeMode: false,
          ...values,
        },
        clock: systemClock,
        logger,
        transport: this.network,
        ...(plugins !== undefined && { plugins }),
        ...(devices !== undefined && { devices }),
      }),
    );
    return container.get(CORE_SERVER);
  }

  async start(options: CoreBenchOptions = {}): Promise<CoreServer> {
    const server = this.composed(options);
    await server.start(new AbortController().signal);
    this.closing(() => server.stop(1_000));
    return server;
  }

  /** Is closed before the bench. */
  closing(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  /** A request as frames, and the reply as texts. */
  async ask(service: string, ...body: string[]): Promise<string[]> {
    return (await this.client.request(service, body)).map(frameText);
  }
}
