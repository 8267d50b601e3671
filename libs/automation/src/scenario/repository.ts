import { createHash } from 'node:crypto';
import type { Json } from '../sandbox/sandbox.js';
import type { ScenarioDefinition } from './definition.js';
import { ScenarioStoreError } from './errors.js';
import type { Firing } from './firing.js';
import type { ScenarioStore } from './ports.js';

/** The service of the settings store that scenarios are kept under. */
export const STORE_SERVICE = 'scenario';
const MAIN = 'main';
const MAX_ATTEMPTS = 5;

/** A scenario as it was found in the store: as it was saved, or why it cannot be used. */
export type StoredScenario =
  | {
      readonly name: string;
      readonly json: unknown;
      readonly variables: Readonly<Record<string, Json>>;
      /** The firing of the run that was under way when core ended without a word. */
      readonly cut: Firing | undefined;
    }
  | { readonly name: string; readonly broken: string };

interface Stored {
  readonly conf: Readonly<Record<string, unknown>>;
  readonly entries: unknown;
  readonly code: unknown;
}

/**
 * Scenarios in the settings store, under the keys of the manual: `scenario.main.conf`, `.keys`,
 * `scenario.<name>.conf`, `.entries`, `.code`; beside them `.next`, `.variables` and `.run`.
 *
 * The store changes one key at a time, and a scenario is three. So the new one is written whole into `.next` first, then
 * into its places, and `.next` is deleted last. Whoever reads finds `.next` and goes on with it, or does not find it and
 * has the scenario as it was; `conf` has a digest of the other two, so that what does not belong together is not run.
 * A new scenario is listed in `keys` when all of it is there; one that is deleted is taken from the list first.
 */
export class ScenarioRepository {
  readonly #store: ScenarioStore;

  constructor(store: ScenarioStore) {
    this.#store = store;
  }

  /** All that are listed, in their order. @throws ScenarioStoreError */
  async load(): Promise<readonly StoredScenario[]> {
    const scenarios: StoredScenario[] = [];
    for (const name of await this.#names()) scenarios.push(await this.#read(name));
    return scenarios;
  }

  /** What was left under this name by another scenario is gone first. @throws ScenarioStoreError */
  async add(definition: ScenarioDefinition): Promise<void> {
    await this.#told(() => this.#store.delete(STORE_SERVICE, definition.name));
    await this.save(definition);
    await this.#told(() =>
      this.#store.set(STORE_SERVICE, MAIN, 'conf', bytesOf({ format: 'raspy-scenarios', version: 1 })),
    );
    await this.#list((names) => (names.includes(definition.name) ? names : [...names, definition.name]));
  }

  /** @throws ScenarioStoreError */
  async save({ name, entries, code, ...rest }: ScenarioDefinition): Promise<void> {
    const conf = { ...rest, digest: digestOf(entries, code) };
    await this.#set(name, 'next', { conf, entries, code });
    await this.#place(name, { conf, entries, code });
  }

  /** @throws ScenarioStoreError */
  async delete(name: string): Promise<void> {
    await this.#list((names) => names.filter((each) => each !== name));
    await this.#told(() => this.#store.delete(STORE_SERVICE, name));
  }

  /** @throws ScenarioStoreError */
  saveVariables(name: string, variables: Readonly<Record<string, Json>>): Promise<void> {
    return this.#set(name, 'variables', variables);
  }

  /** Puts on record that a run is under way, or that none is. @throws ScenarioStoreError */
  noteRun(name: string, firing: Firing | undefined): Promise<void> {
    return firing === undefined
      ? this.#told(() => this.#store.delete(STORE_SERVICE, name, 'run'))
      : this.#set(name, 'run', firing);
  }

  async #read(name: string): Promise<StoredScenario> {
    const next = await this.#get(name, 'next');
    if (isStored(next)) await this.#place(name, next);
    const [conf, entries, code, variables = {}, cut] = await Promise.all(
      ['conf', 'entries', 'code', 'variables', 'run'].map((key) => this.#get(name, key)),
    );
    if (!isDict(conf)) return { name, broken: 'its configuration is missing or cannot be read' };
    const { digest, ...rest } = conf;
    if (digest !== undefined && digest !== digestOf(entries, code)) {
      return { name, broken: 'its entries and its code are not those that were saved together' };
    }
    if (!isDict(variables)) return { name, broken: 'its variables cannot be read' };
    return {
      name,
      json: { ...rest, name, entries, code },
      variables: variables as Readonly<Record<string, Json>>,
      cut: isDict(cut) ? (cut as unknown as Firing) : undefined,
    };
  }

  async #place(name: string, { conf, entries, code }: Stored): Promise<void> {
    await this.#set(name, 'code', code);
    await this.#set(name, 'entries', entries);
    await this.#set(name, 'conf', conf);
    await this.#told(() => this.#store.delete(STORE_SERVICE, name, 'next'));
  }

  async #names(): Promise<readonly string[]> {
    const names = await this.#get(MAIN, 'keys');
    if (names === undefined) return [];
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
    throw new ScenarioStoreError('the list of scenarios (scenario.main.keys) is no JSON list of names');
  }

  /** Changes the list as it is then, whoever else changes it. */
  async #list(change: (names: readonly string[]) => readonly string[]): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const before = await this.#told(() => this.#store.get(STORE_SERVICE, MAIN, 'keys'));
      const names = change(await this.#names());
      const changed = await this.#told(() =>
        this.#store.compareAndSet(STORE_SERVICE, MAIN, 'keys', before, bytesOf(names)),
      );
      if (changed) return;
    }
    throw new ScenarioStoreError('others change the list of scenarios all the time; try again');
  }

  async #get(section: string, key: string): Promise<unknown> {
    const bytes = await this.#told(() => this.#store.get(STORE_SERVICE, section, key));
    if (bytes === undefined) return undefined;
    try {
      return JSON.parse(Buffer.from(bytes).toString()) as unknown;
    } catch {
      return null;
    }
  }

  #set(section: string, key: string, value: unknown): Promise<void> {
    return this.#told(() => this.#store.set(STORE_SERVICE, section, key, bytesOf(value)));
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'for no known reason';
      throw new ScenarioStoreError(`the settings store did not do it: ${reason}`, { cause: error });
    }
  }
}

function isDict(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStored(value: unknown): value is Stored {
  return (
    isDict(value) &&
    isDict(value['conf']) &&
    value['conf']['digest'] === digestOf(value['entries'], value['code'])
  );
}

function digestOf(entries: unknown, code: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([entries, code]))
    .digest('hex')
    .slice(0, 32);
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
