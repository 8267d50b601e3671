import { VirtualClock, type Millis } from '@raspy/clock';
import { MemoryNetwork, type MemoryNetworkOptions } from '@raspy/wire/testing';
import { startBroker, type RunningBroker, type StartBrokerOptions } from '../broker/start-broker.js';
import { MdpClient } from '../client/mdp-client.js';
import type { MdpClientOptions } from '../client/options.js';
import { MdpWorker } from '../worker/mdp-worker.js';
import type { MdpWorkerOptions } from '../worker/options.js';

/** What {@link startTestBus} takes; all of it may be left out. */
export interface TestBusOptions {
  /** How the network treats messages. Default: at once, without loss. */
  readonly network?: Omit<MemoryNetworkOptions, 'clock'>;
  /** As for `startBroker`. */
  readonly broker?: Omit<StartBrokerOptions, 'clock' | 'transport' | 'endpoint'>;
}

/** A broker, and as many clients and workers as a test makes, in memory and in virtual time: nothing sleeps. */
export interface TestBus {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** Of the broker. */
  readonly endpoint: string;
  readonly broker: RunningBroker;
  /** A client of this bus; {@link TestBus.close} closes it. */
  client(options?: Omit<MdpClientOptions, 'clock' | 'transport'>): MdpClient;
  /** A worker of this bus; {@link TestBus.close} closes it. */
  worker(options: Omit<MdpWorkerOptions, 'clock' | 'transport'>): MdpWorker;
  /** Lets `span` of virtual time pass, with everything that happens in it; 0 for what happens now. */
  advance(span: Millis): Promise<void>;
  /**
   * What a promise gives, with time moving on from event to event until it does.
   * @param withinMs - virtual milliseconds it may take. Default 60,000
   * @throws Error (rejects) when it takes longer, or nothing is left that could happen
   */
  until<T>(promise: Promise<T>, withinMs?: Millis): Promise<T>;
  /** The broker stops, as at the end of its process, and a new one begins at the same endpoint. */
  restartBroker(): Promise<void>;
  /** Closes clients and workers, then the broker. */
  close(): Promise<void>;
}

/** Starts a broker on a memory network with a virtual clock. */
export async function startTestBus(options: TestBusOptions = {}): Promise<TestBus> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ ...options.network, clock });
  const start = (endpoint: string): Promise<RunningBroker> =>
    startBroker({ ...options.broker, clock, transport: network, endpoint });
  return new MemoryBus(clock, network, start, await start('memory://broker:*'));
}

class MemoryBus implements TestBus {
  readonly endpoint: string;
  readonly #parts: { close(): Promise<void> }[] = [];
  readonly #start: (endpoint: string) => Promise<RunningBroker>;
  #broker: RunningBroker;

  constructor(
    readonly clock: VirtualClock,
    readonly network: MemoryNetwork,
    start: (endpoint: string) => Promise<RunningBroker>,
    broker: RunningBroker,
  ) {
    this.endpoint = broker.endpoint;
    this.#start = start;
    this.#broker = broker;
  }

  get broker(): RunningBroker {
    return this.#broker;
  }

  client(options: Omit<MdpClientOptions, 'clock' | 'transport'> = {}): MdpClient {
    const client = new MdpClient({
      endpoint: this.endpoint,
      ...options,
      clock: this.clock,
      transport: this.network,
    });
    this.#parts.push(client);
    return client;
  }

  worker(options: Omit<MdpWorkerOptions, 'clock' | 'transport'>): MdpWorker {
    const worker = new MdpWorker({
      endpoint: this.endpoint,
      ...options,
      clock: this.clock,
      transport: this.network,
    });
    this.#parts.push(worker);
    return worker;
  }

  advance(span: Millis): Promise<void> {
    return this.clock.advanceByAsync(span);
  }

  async until<T>(promise: Promise<T>, withinMs: Millis = 60_000): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    const end = this.clock.now() + withinMs;
    await this.advance(0);
    // The linter does not see that the reactions above run meanwhile.
    for (const done = (): boolean => settled; !done();) {
      const next = this.clock.nextAt;
      if (next === Infinity || next > end) {
        throw new Error(
          next === Infinity
            ? 'nothing is left that could happen, and the promise has not settled'
            : `the promise has not settled within ${withinMs} ms of virtual time`,
        );
      }
      await this.advance(next - this.clock.now());
    }
    return promise;
  }

  async restartBroker(): Promise<void> {
    await this.until(this.#broker.close());
    this.#broker = await this.#start(this.endpoint);
  }

  async close(): Promise<void> {
    await this.until(Promise.all(this.#parts.map((part) => part.close())));
    await this.until(this.#broker.close());
  }
}
