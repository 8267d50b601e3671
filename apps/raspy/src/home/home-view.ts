import type { Clock, Millis } from '@raspy/clock';
import { MdpClient, MmiClient } from '@raspy/mdp-protocol';
import type { Part } from '@raspy/runtime';
import type { Transport } from '@raspy/wire';
import type { Bus } from '../bus.js';
import { listServices, type ServiceRow } from '../commands/service-ls.js';
import { findDevices, type FoundDevice } from '../devices.js';
import { pause } from '../pause.js';

/** What a home looks like at one moment, as its bus tells. */
export interface HomeSnapshot {
  readonly services: readonly ServiceRow[];
  readonly devices: readonly FoundDevice[];
  /** Where it is for browsers; absent while it is not. */
  readonly webUrl?: string;
}

/** Shows a home to somebody. */
export interface HomePresenter {
  /** Everything serves. */
  ready(endpoint: string): void;
  show(snapshot: HomeSnapshot): void;
  /** The bus could not be asked. */
  trouble(reason: string): void;
}

/** What a {@link HomeView} is told. */
export interface HomeViewOptions {
  readonly endpoint: () => string;
  /** Where the home is for browsers; `undefined` while it is not. @default nowhere */
  readonly webUrl?: () => string | undefined;
  readonly presenter: HomePresenter;
  readonly clock: Clock;
  /** From one look to the next. */
  readonly everyMs: Millis;
  readonly transport?: Transport;
}

/** Looks at the home over its own bus, like any client, and shows what it sees. It is the last part to start. */
export class HomeView implements Part {
  readonly name = 'view';
  readonly #options: HomeViewOptions;
  readonly #ending = new AbortController();
  #client: MdpClient | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: HomeViewOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const { endpoint, presenter, clock, transport } = this.#options;
    const client = new MdpClient({
      endpoint: endpoint(),
      clock,
      ...(transport !== undefined && { transport }),
    });
    this.#client = client;
    presenter.ready(endpoint());
    this.#looking = this.#look({ client, mmi: new MmiClient(client) });
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#client?.close();
    await this.#looking;
  }

  async #look(bus: Bus): Promise<void> {
    const { presenter, clock, everyMs } = this.#options;
    const { signal } = this.#ending;
    const isEnding = (): boolean => signal.aborted;
    while (!isEnding()) {
      try {
        const [services, devices] = await Promise.all([listServices(bus), findDevices(bus)]);
        const webUrl = this.#options.webUrl?.();
        presenter.show({ services, devices, ...(webUrl !== undefined && { webUrl }) });
      } catch (error) {
        if (!isEnding()) presenter.trouble((error as Error).message);
      }
      await pause(clock, everyMs, signal);
    }
  }
}
