import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { Json, SandboxEngine } from '../sandbox/sandbox.js';
import type { ScenarioDefinition } from './definition.js';
import {
  DuplicateScenarioError,
  ScenarioCodeError,
  ScenarioError,
  ScenarioRefusedError,
  ScenarioStoreError,
  TooManyScenariosError,
  UnknownScenarioError,
} from './errors.js';
import { exportScenario, type ScenarioFile } from './export-scenario.js';
import type { Firing } from './firing.js';
import { checkHouse, readImport, type ImportMapping } from './import-scenario.js';
import { parseScenario, type ScenarioDefaults } from './parse-scenario.js';
import type { HomePort, ScenarioLog, ScenarioStore } from './ports.js';
import { ScenarioRepository, type StoredScenario } from './repository.js';
import type { ScenarioStatus } from './status.js';
import { SupervisedScenario } from './supervised-scenario.js';
import { Trace, type TraceEntry } from './trace.js';
import { Variables } from './variables.js';

const FIRST_RETRY_MS: Millis = 1_000;
const LONGEST_RETRY_MS: Millis = 60_000;

export interface ScenarioManagerOptions {
  readonly clock: Clock;
  /** Runs the code. It stays open: whoever made it closes it. */
  readonly engine: SandboxEngine;
  readonly home: HomePort;
  readonly store: ScenarioStore;
  readonly log: ScenarioLog;
  /** Time zone and place of times that do not say theirs. Default UTC, and no place */
  readonly defaults?: ScenarioDefaults;
  /** Whether the wall clock can be believed: times fire nothing while it cannot. Default always */
  readonly isClockTrusted?: () => boolean;
  /** Everything is there, and nothing runs. Default false */
  readonly safeMode?: boolean;
  /** Default 1 000 */
  readonly maxScenarios?: number;
}

/** A scenario and how it stands. */
export interface ScenarioInfo {
  /** Absent where what is stored cannot be used. */
  readonly definition?: ScenarioDefinition;
  readonly status: ScenarioStatus;
}

interface Member {
  readonly name: string;
  readonly trace: Trace;
  readonly variables: Variables;
  readonly scenario: SupervisedScenario | undefined;
  readonly broken: string | undefined;
}

/**
 * All scenarios of a home. Those that are changed are changed in the store first: when it refuses, the call rejects and
 * what runs goes on as it was. Changes are made one after another.
 */
export class ScenarioManager {
  readonly #options: ScenarioManagerOptions;
  readonly #repository: ScenarioRepository;
  readonly #members = new Map<string, Member>();
  readonly #notes = new Map<string, Promise<void>>();
  #changes: Promise<unknown> = Promise.resolve();
  #loaded = false;
  #closed = false;
  #endWait: () => void = () => undefined;

  constructor(options: ScenarioManagerOptions) {
    this.#options = options;
    this.#repository = new ScenarioRepository(options.store);
  }

  /**
   * Reads the store and starts what is enabled. While the store is down it is asked again and again, which the log says
   * once; nothing runs before it was read. Resolves when it was, or when the manager was closed first.
   */
  async start(): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; !this.#isClosed(); pauseMs = Math.min(2 * pauseMs, LONGEST_RETRY_MS)) {
      try {
        const stored = await this.#repository.load();
        if (this.#isClosed()) return;
        if (pauseMs > FIRST_RETRY_MS) this.#options.log('info', 'the scenarios could be read now', {});
        this.#begin(stored);
        return;
      } catch (error) {
        if (pauseMs === FIRST_RETRY_MS) {
          const text = `no scenario runs yet: ${(error as Error).message}; it is tried again until it can`;
          this.#options.log('error', text, {});
        }
        await this.#pause(pauseMs);
      }
    }
  }

  /** Names in the order in which they were added. */
  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** Whether the store was read. */
  get isReady(): boolean {
    return this.#loaded;
  }

  list(): readonly ScenarioStatus[] {
    return [...this.#members.values()].map((member) => this.#statusOf(member));
  }

  /** @throws UnknownScenarioError */
  info(name: string): ScenarioInfo {
    const member = this.#member(name);
    const { scenario } = member;
    return {
      ...(scenario && { definition: { ...scenario.definition, enabled: scenario.isEnabled } }),
      status: this.#statusOf(member),
    };
  }

  /** @throws UnknownScenarioError */
  status(name: string): ScenarioStatus {
    return this.#statusOf(this.#member(name));
  }

  /** The last 200 things that it did, the oldest first. @throws UnknownScenarioError */
  trace(name: string): readonly TraceEntry[] {
    return this.#member(name).trace.list();
  }

  /** @throws InvalidScenarioError, ScenarioCodeError, DuplicateScenarioError, TooManyScenariosError, ScenarioStoreError (rejects) */
  add(json: unknown): Promise<void> {
    return this.#change(async () => {
      const definition = await this.#checked(json);
      await this.#add(definition);
    });
  }

  /** The run that goes on is ended, and the new one begins as after a start. Rejects like {@link ScenarioManager.add}. */
  update(json: unknown): Promise<void> {
    return this.#change(async () => {
      const definition = await this.#checked(json);
      const member = this.#member(definition.name);
      await this.#repository.save(definition);
      await member.scenario?.close(false);
      this.#open({ ...member, definition });
    });
  }

  /** Its variables are gone, too. @throws UnknownScenarioError, ScenarioStoreError (rejects) */
  delete(name: string): Promise<void> {
    return this.#change(async () => {
      const member = this.#member(name);
      await this.#repository.delete(name);
      this.#members.delete(name);
      await member.scenario?.close(false);
    });
  }

  /**
   * A scenario that is disabled ends, and gives back what it holds first; also when the store cannot keep that it is.
   * @throws UnknownScenarioError, ScenarioRefusedError when it is broken, ScenarioStoreError (rejects)
   */
  enable(name: string, enabled: boolean): Promise<void> {
    return this.#change(async () => {
      const scenario = this.#usable(name);
      if (!enabled) await scenario.enable(false);
      await this.#repository.save({ ...scenario.definition, enabled });
      if (enabled) await scenario.enable(true);
    });
  }

  /**
   * Runs it by hand; a quarantine is over.
   * @param payload - what its code finds in `fired.payload`
   * @throws UnknownScenarioError, ScenarioRefusedError
   */
  run(name: string, payload?: Json): void {
    const scenario = this.#usable(name);
    if (scenario.refusal !== undefined) throw new ScenarioRefusedError(name, scenario.refusal);
    scenario.runByHand(payload);
  }

  /** Ends the run that there is; resolves when what it held was given back. @throws UnknownScenarioError (rejects) */
  async stop(name: string): Promise<void> {
    await this.#member(name).scenario?.stop();
  }

  /** The scenario as a file for others: without anything that is local. @throws UnknownScenarioError, ScenarioRefusedError */
  export(name: string): ScenarioFile {
    return exportScenario(this.#usable(name).definition);
  }

  /**
   * What an import would come to, without saving anything.
   * @returns notes for people: what could not be checked
   * @throws ScenarioFileError, InvalidScenarioError, ScenarioCodeError (rejects)
   */
  async checkImport(file: unknown, mapping: ImportMapping): Promise<readonly string[]> {
    return (await this.#readImport(file, mapping)).notes;
  }

  /** Adds what a file holds, disabled unless the mapping says otherwise. Rejects like `checkImport` and `add`. */
  import(
    file: unknown,
    mapping: ImportMapping,
  ): Promise<{ readonly name: string; readonly notes: readonly string[] }> {
    return this.#change(async () => {
      const { definition, notes } = await this.#readImport(file, mapping);
      await this.#add(definition);
      return { name: definition.name, notes };
    });
  }

  /** All runs end; what they held is given back. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endWait();
    await this.#changes.catch(() => undefined);
    await Promise.all(
      [...this.#members.values()].map((member) => member.scenario?.close(true) ?? Promise.resolve()),
    );
    await Promise.all(this.#notes.values());
  }

  #begin(stored: readonly StoredScenario[]): void {
    const cuts = new Map<string, Firing | undefined>();
    for (const each of stored) cuts.set(each.name, this.#take(each));
    this.#loaded = true;
    if (this.#options.safeMode === true) {
      this.#options.log('warn', 'safe mode: no scenario runs', {});
    }
    for (const { name, scenario } of [...this.#members.values()]) scenario?.open(cuts.get(name));
  }

  /** @returns the firing of a run that was cut off */
  #take(stored: StoredScenario): Firing | undefined {
    const { name } = stored;
    if ('broken' in stored) {
      this.#break(name, stored.broken, {});
      return undefined;
    }
    try {
      const definition = parseScenario(stored.json, this.#options.defaults);
      this.#members.set(
        name,
        this.#memberOf(definition, new Trace(), this.#variables(name, stored.variables)),
      );
      return stored.cut;
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.#break(name, error.message, stored.variables);
      return undefined;
    }
  }

  /** A scenario that cannot run is no reason for the others not to, but has to be heard of. */
  #break(name: string, broken: string, variables: Readonly<Record<string, Json>>): void {
    this.#options.log('error', `cannot run: ${broken}`, { scenario: name });
    const member = { name, trace: new Trace(), variables: this.#variables(name, variables) };
    this.#members.set(name, { ...member, scenario: undefined, broken });
  }

  async #add(definition: ScenarioDefinition): Promise<void> {
    const { maxScenarios = 1_000 } = this.#options;
    const { name } = definition;
    if (this.#members.has(name)) throw new DuplicateScenarioError(name);
    if (this.#members.size >= maxScenarios) throw new TooManyScenariosError(name, maxScenarios);
    await this.#repository.add(definition);
    this.#open({ definition, trace: new Trace(), variables: this.#variables(name, {}) });
  }

  #open(of: { definition: ScenarioDefinition; trace: Trace; variables: Variables }): void {
    const member = this.#memberOf(of.definition, of.trace, of.variables);
    this.#members.set(of.definition.name, member);
    if (!this.#closed) member.scenario?.open();
  }

  #memberOf(definition: ScenarioDefinition, trace: Trace, variables: Variables): Member {
    const {
      clock,
      engine,
      home,
      log,
      defaults = {},
      isClockTrusted = () => true,
      safeMode = false,
    } = this.#options;
    const { name } = definition;
    const scenario = new SupervisedScenario(definition, {
      clock,
      engine,
      home,
      log,
      trace,
      variables,
      defaults,
      isClockTrusted,
      safeMode,
      moment: (of, moment) => {
        for (const each of this.#members.values()) each.scenario?.moment(of, moment);
      },
      startScenario: (other, payload) => this.#fireOther(other, name, payload),
      stopScenario: (other) => {
        void this.#usable(other).stop();
      },
      noteRun: (firing) => this.#note(name, firing),
    });
    return { name, trace, variables, scenario, broken: undefined };
  }

  #fireOther(name: string, by: string, payload: Json): void {
    const scenario = this.#usable(name);
    if (scenario.refusal !== undefined) throw new ScenarioRefusedError(name, scenario.refusal);
    scenario.fire({ why: 'scenario', at: this.#options.clock.wallNow(), value: by, payload });
  }

  /** In order, each scenario for itself. A store that is down keeps nothing from running: the policy is not kept then. */
  #note(name: string, firing: Firing | undefined): void {
    const before = this.#notes.get(name) ?? Promise.resolve();
    const noted = before
      .then(() => this.#repository.noteRun(name, firing))
      .catch((error: unknown) => {
        const text = `what a restart would have to know of its run was not kept: ${(error as Error).message}`;
        this.#options.log('warn', text, { scenario: name });
      });
    this.#notes.set(name, noted);
  }

  #variables(name: string, all: Readonly<Record<string, Json>>): Variables {
    return new Variables(all, (changed) => this.#repository.saveVariables(name, changed));
  }

  async #checked(json: unknown): Promise<ScenarioDefinition> {
    const definition = parseScenario(json, this.#options.defaults);
    await this.#checkCode(definition);
    return definition;
  }

  async #checkCode({ name, code }: ScenarioDefinition): Promise<void> {
    const mistakes = await this.#options.engine.check(code);
    if (mistakes.length > 0) throw new ScenarioCodeError(name, mistakes);
  }

  async #readImport(
    file: unknown,
    mapping: ImportMapping,
  ): Promise<{ readonly definition: ScenarioDefinition; readonly notes: readonly string[] }> {
    const definition = readImport(file, mapping, this.#options.defaults ?? {});
    await this.#checkCode(definition);
    return { definition, notes: await checkHouse(definition, this.#options.home) };
  }

  #statusOf({ name, scenario, broken }: Member): ScenarioStatus {
    if (scenario !== undefined) return scenario.status(this.#troublesOf(scenario.definition));
    return {
      name,
      mode: 'fired',
      enabled: false,
      safeMode: this.#options.safeMode ?? false,
      state: 'broken',
      ...(broken !== undefined && { reason: broken }),
      runs: 0,
      queued: 0,
      holds: [],
      fires: [],
      troubles: [],
    };
  }

  #troublesOf({ entries }: ScenarioDefinition): readonly string[] {
    return Object.entries(entries).flatMap(([name, entry]) =>
      entry.kind === 'scenario' && !this.#members.has(entry.name)
        ? [`the entry "${name}" is the scenario "${entry.name}", which does not exist`]
        : [],
    );
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new UnknownScenarioError(name);
    return member;
  }

  #usable(name: string): SupervisedScenario {
    const { scenario, broken } = this.#member(name);
    if (scenario === undefined)
      throw new ScenarioRefusedError(name, `cannot be used: ${broken ?? 'it is broken'}`);
    return scenario;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const changed = this.#changes.then(() => {
      if (!this.#loaded)
        throw new ScenarioStoreError('the scenarios were not read from the store yet; try again');
      if (this.#isClosed()) throw new ScenarioStoreError('the scenarios are being closed');
      return work();
    });
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #pause(ms: Millis): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const cancel: Cancel = clock.schedule(clock.now() + ms, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}
