import type { SettingsStore } from '@raspy/titanic-store';
import { sameFrame, textFrame, type Frame } from '@raspy/wire';

/** A value that is to be in the settings store. */
export interface ImportedSetting {
  readonly service: string;
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** How settings are imported. */
export interface ImportMode {
  /** Only look. */
  readonly dryRun: boolean;
  /** Replace other values; else they are kept. */
  readonly overwrite: boolean;
}

/** What became of one, or would without `dryRun`. */
export type ImportResult =
  | { readonly type: 'added' | 'same' | 'overwritten' }
  /** There is another value, which is kept. */
  | { readonly type: 'differs' }
  /** The store does not take it. */
  | { readonly type: 'failed'; readonly problem: string };

/** Others may set the same key meanwhile; so often it is looked at anew. */
const MAX_LOOKS = 10;

/**
 * Puts one setting into the store, so that a value which is there already, or is set meanwhile, is not lost by accident.
 * @throws Error (rejects) when the store cannot be asked
 */
export async function importSetting(
  store: Pick<SettingsStore, 'get' | 'compareAndSet'>,
  { service, section, key, value }: ImportedSetting,
  { dryRun, overwrite }: ImportMode,
): Promise<ImportResult> {
  const wanted = textFrame(value);
  const put = (current: Frame | undefined): Promise<boolean> =>
    dryRun ? Promise.resolve(true) : store.compareAndSet(service, section, key, current, wanted);
  try {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const current = await store.get(service, section, key);
      if (current === undefined) {
        if (await put(undefined)) return { type: 'added' };
      } else if (sameFrame(current, wanted)) return { type: 'same' };
      else if (!overwrite) return { type: 'differs' };
      else if (await put(current)) return { type: 'overwritten' };
    }
    return { type: 'failed', problem: 'others set it all the time: stop them, and try again' };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'STORE_FAILED') throw error;
    return { type: 'failed', problem: (error as Error).message };
  }
}
