import { systemClock } from '@raspy/clock';
import { MdpWorker, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { runTool } from '@raspy/runtime/cli';
import { TestHost, type TestHostOptions } from '@raspy/runtime/testing';
import { brokerBus, memoryTitanicStorage, Titanic, type OpenTitanicOptions } from '@raspy/titanic-store';
import type { Frames } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

/** What a command printed, and how it ended. */
export interface Told {
  readonly code: number;
  readonly out: string[];
  readonly err: string;
  /** What was no text. */
  readonly bytes: readonly Uint8Array[];
}

/** A broker with a Titanic, in memory. */
export class TitanicHome {
  readonly network = new MemoryNetwork({ clock: systemClock });
  readonly titanic: Titanic;
  readonly #broker: RunningBroker;
  readonly #workers: MdpWorker[] = [];

  private constructor(titanic: Titanic, network: MemoryNetwork, broker: RunningBroker) {
    this.titanic = titanic;
    this.network = network;
    this.#broker = broker;
  }

  static async start(options: Partial<OpenTitanicOptions> = {}): Promise<TitanicHome> {
    const network = new MemoryNetwork({ clock: systemClock });
    const titanic = await Titanic.open({ storage: memoryTitanicStorage(), ...options });
    const broker = await startBroker({ transport: network, builtin: titanic.services });
    titanic.connect(brokerBus(broker));
    return new TitanicHome(titanic, network, broker);
  }

  /** Serves a name from now on. */
  serve(service: string, handle: (body: Frames) => Promise<Frames>): void {
    this.#workers.push(new MdpWorker({ service, transport: this.network, handle }));
  }

  /** Runs a command to its end. */
  async raspy(...argv: string[]): Promise<Told> {
    return this.running(argv).ended;
  }

  /** A command that may be asked to end. */
  running(
    argv: readonly string[],
    options: TestHostOptions = {},
  ): { readonly host: TestHost; readonly ended: Promise<Told> } {
    const host = new TestHost({ argv, ...options });
    const bytes: Uint8Array[] = [];
    const tool = raspyTool({ transport: this.network, writeBytes: (more) => bytes.push(more) });
    const ended = runTool(tool, host).then((code) => ({
      code,
      out: host.stdout.lines,
      err: host.stderr.text,
      bytes,
    }));
    return { host, ended };
  }

  /** Resolves when Titanic has told of an event of this type. */
  event(type: string): Promise<void> {
    return new Promise((resolve) => {
      const watching = this.titanic.events$.subscribe((event) => {
        if (event.type !== type) return;
        watching.unsubscribe();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.titanic.close();
    await this.#broker.close();
  }
}
