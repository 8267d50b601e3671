import type { Json } from '../sandbox/sandbox.js';
import { CallError } from './call-error.js';

/** Most that the variables of one scenario may come to, as JSON. */
export const MAX_VARIABLES_BYTES = 65_536;

/** The variables of one scenario. What is set is durable when the promise resolves; changes are saved one after another. */
export class Variables {
  readonly #save: (all: Readonly<Record<string, Json>>) => Promise<void>;
  #all: Readonly<Record<string, Json>>;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    all: Readonly<Record<string, Json>>,
    save: (all: Readonly<Record<string, Json>>) => Promise<void>,
  ) {
    this.#all = all;
    this.#save = save;
  }

  /** As they are on record. */
  get all(): Readonly<Record<string, Json>> {
    return this.#all;
  }

  /** Rejects when they would be too much, or the store did not take them; then they are as they were. */
  set(name: string, value: Json): Promise<void> {
    return this.#change((all) => ({ ...all, [name]: value }));
  }

  delete(name: string): Promise<void> {
    return this.#change((all) => Object.fromEntries(Object.entries(all).filter(([each]) => each !== name)));
  }

  #change(change: (all: Readonly<Record<string, Json>>) => Readonly<Record<string, Json>>): Promise<void> {
    const saved = this.#saving.then(async () => {
      const all = change(this.#all);
      const json = JSON.stringify(all);
      if (json === JSON.stringify(this.#all)) return;
      if (Buffer.byteLength(json) > MAX_VARIABLES_BYTES) {
        throw new CallError(
          'TOO_MUCH',
          `the variables of a scenario are ${MAX_VARIABLES_BYTES} bytes at most`,
        );
      }
      await this.#save(all);
      this.#all = all;
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
