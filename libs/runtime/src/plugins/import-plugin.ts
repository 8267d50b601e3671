import type { Clock, Millis } from '@raspy/clock';
import { pathToFileURL } from 'node:url';
import { entryFile } from './entry-file.js';
import type { FoundPackage } from './package-files.js';
import type { PluginMistake } from './plugin-failure.js';

/** Imports a module by its `file:` URL. */
export type Importer = (url: string) => Promise<unknown>;

/** How a plugin is imported. */
export interface ImportOptions {
  readonly importer: Importer;
  readonly clock: Clock;
  readonly timeoutMs: Millis;
}

/** Longest reason of a foreign error that is told. */
const LONGEST_REASON = 500;

/** Imports a package, never rejects, and does not wait for longer than it may. */
export async function importPackage(
  found: FoundPackage,
  { importer, clock, timeoutMs }: ImportOptions,
): Promise<{ readonly module: unknown } | { readonly mistake: PluginMistake }> {
  let file: string;
  try {
    file = await entryFile(found);
  } catch (error) {
    return { mistake: { code: 'PLUGIN_ENTRY', message: (error as Error).message } };
  }
  let cancel = (): void => undefined;
  const tooLong = new Promise<'too long'>((resolve) => {
    // Held, since an import that waits for nothing would let the process end without a word.
    cancel = clock.schedule(clock.now() + timeoutMs, () => resolve('too long'), true);
  });
  try {
    const outcome = await Promise.race([imported(importer, file), tooLong]);
    if (outcome !== 'too long') return outcome;
    const message = `importing ${file} did not end within ${timeoutMs} ms: it may await something at its top level`;
    return { mistake: { code: 'PLUGIN_IMPORT_TIMEOUT', message } };
  } catch (error) {
    const message = `importing ${file} failed: ${reasonOf(error)}`;
    return { mistake: { code: 'PLUGIN_IMPORT_FAILED', message } };
  } finally {
    cancel();
  }
}

async function imported(importer: Importer, file: string): Promise<{ readonly module: unknown }> {
  return { module: await importer(pathToFileURL(file).href) };
}

/** A short text of whatever foreign code threw. */
export function reasonOf(error: unknown): string {
  let text: string;
  try {
    const { message } = error as { message?: unknown };
    text = typeof message === 'string' && message !== '' ? message : String(error);
  } catch {
    text = 'an error that cannot be printed';
  }
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text;
}
