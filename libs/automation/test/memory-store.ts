import type { ScenarioStore } from '../src/scenario/ports.js';

/** A settings store in memory, which fails when it is told to. */
export class MemoryStore implements ScenarioStore {
  readonly values = new Map<string, Uint8Array>();
  /** Changes that it takes yet; then each one fails, as when the power is cut. */
  changesLeft = Infinity;
  isDown = false;
  changes = 0;

  get(service: string, section: string, key: string): Promise<Uint8Array | undefined> {
    return this.#do(() => this.values.get(`${service}.${section}.${key}`));
  }

  set(service: string, section: string, key: string, value: Uint8Array): Promise<void> {
    return this.#change(() => {
      this.values.set(`${service}.${section}.${key}`, value);
    });
  }

  delete(service: string, section: string, key?: string): Promise<void> {
    const prefix = `${service}.${section}.`;
    return this.#change(() => {
      for (const name of [...this.values.keys()]) {
        if (key === undefined ? name.startsWith(prefix) : name === prefix + key) this.values.delete(name);
      }
    });
  }

  compareAndSet(
    service: string,
    section: string,
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    return this.#change(() => {
      const name = `${service}.${section}.${key}`;
      const now = this.values.get(name);
      const same =
        now === undefined
          ? expected === undefined
          : expected !== undefined && Buffer.compare(now, expected) === 0;
      if (same) this.values.set(name, value);
      return same;
    });
  }

  json(section: string, key: string): unknown {
    const bytes = this.values.get(`scenario.${section}.${key}`);
    return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
  }

  #change<T>(work: () => T): Promise<T> {
    if (this.changesLeft <= 0) return Promise.reject(new Error('the power is cut'));
    this.changesLeft -= 1;
    this.changes += 1;
    return this.#do(work);
  }

  #do<T>(work: () => T): Promise<T> {
    return this.isDown ? Promise.reject(new Error('the store is down')) : Promise.resolve(work());
  }
}
