import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '@raspy/runtime';
import type { z } from 'zod';

/** A file of JSON that is replaced as a whole, for its owner alone: after a power cut it is the old one or the new one. */
export class JsonFile<T> {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly schema: z.ZodType<T>,
  ) {}

  /**
   * What it holds; `undefined` when there is none.
   * @throws EnvironmentError (rejects) for one that cannot be read: to take it for an empty one would let anybody in
   */
  async load(): Promise<T | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === 'ENOENT') return undefined;
      throw this.#unreadable(code ?? String(error), error);
    }
    try {
      return this.schema.parse(JSON.parse(text));
    } catch (error) {
      throw this.#unreadable('it is damaged, or of a later version', error);
    }
  }

  /** Resolves when it is on disk; saves come one after the other. */
  save(value: T): Promise<void> {
    const saved = this.#last.then(() => this.#write(`${JSON.stringify(value)}\n`));
    this.#last = saved.catch(() => undefined);
    return saved;
  }

  async #write(text: string): Promise<void> {
    const next = `${this.path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const file = await open(next, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.path);
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    }
    const folder = await open(dirname(this.path));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #unreadable(why: string, cause: unknown): EnvironmentError {
    return new EnvironmentError(
      `${this.path} cannot be read (${why}): put back a copy of it, or move it away to begin anew`,
      { cause },
    );
  }
}
