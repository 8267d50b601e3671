import { systemClock, VirtualClock } from '@raspy/clock';
import { ScenarioManager, type ScenarioManagerOptions } from '../src/scenario/scenario-manager.js';
import { MemoryStore } from './memory-store.js';
import { TestEngine } from './test-engine.js';
import { TestHome } from './test-home.js';

/** A manager with all that it needs, in virtual time. */
export class ScenarioRig {
  readonly clock = new VirtualClock();
  readonly store = new MemoryStore();
  readonly home = new TestHome(this.clock);
  readonly log: string[] = [];
  engine = this.#engine();
  manager: ScenarioManager;
  readonly #options: Partial<ScenarioManagerOptions>;

  constructor(options: Partial<ScenarioManagerOptions> = {}) {
    this.#options = options;
    this.manager = this.#make({});
  }

  static async started(options: Partial<ScenarioManagerOptions> = {}): Promise<ScenarioRig> {
    const rig = new ScenarioRig(options);
    await rig.engine.ready();
    await rig.manager.start();
    return rig;
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceByAsync(ms);
  }

  /** As by kill -9: nothing is given back, nobody renews; then a new manager reads the store. */
  async crash(
    options: Partial<ScenarioManagerOptions> = {},
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    this.home.cut();
    this.home.trouble = () => new Error('core is dead');
    const left = this.store.changesLeft;
    this.store.changesLeft = 0;
    await this.manager.close();
    this.store.changesLeft = left;
    await meanwhile();
    this.home.trouble = () => undefined;
    this.engine = this.#engine();
    await this.engine.ready();
    this.log.length = 0;
    this.manager = this.#make(options);
    await this.manager.start();
    await this.pass(0);
  }

  /** What the trace of a scenario holds of a kind. */
  traced(name: string, kind: string): readonly string[] {
    return this.manager
      .trace(name)
      .filter((entry) => entry.kind === kind)
      .map(({ text }) => text);
  }

  /** Values that a scenario published under a name. */
  published(path: string): readonly unknown[] {
    return this.home.published.filter(({ key }) => key === `/scenario/${path}`).map(({ value }) => value);
  }

  /** A busy machine must not cut a program in a test: by the machine's clock, which is cheaper to ask than the thread's. */
  #engine(): TestEngine {
    return new TestEngine({
      limits: { turnBudgetMs: 60_000 },
      now: () => systemClock.now(),
      wallNow: () => this.clock.wallNow(),
    });
  }

  #make(options: Partial<ScenarioManagerOptions>): ScenarioManager {
    return new ScenarioManager({
      clock: this.clock,
      engine: this.engine,
      home: this.home,
      store: this.store,
      log: (level, message, { scenario }) => this.log.push(`${level} ${scenario ?? '-'}: ${message}`),
      ...this.#options,
      ...options,
    });
  }
}
