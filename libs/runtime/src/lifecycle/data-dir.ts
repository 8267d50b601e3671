import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from './exit-code.js';

/**
 * Makes the data folder, for its owner alone, unless it is there, and proves that it can be written.
 * @throws {@link EnvironmentError} (rejects) when it cannot
 */
export async function prepareDataDir(path: string): Promise<void> {
  // Asking for rights would not find a full or read-only disk, nor mean anything for root: a file is written.
  const probe = join(path, `.probe-${randomUUID()}`);
  try {
    await makeFolder(path);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    const { code } = error as { code?: string };
    throw new EnvironmentError(
      `the data folder ${path} cannot be written (${code ?? String(error)}): ` +
        'give this user the right to write there, or choose another one with --data-dir',
      { cause: error },
    );
  }
}

/** Node's own `recursive` never ends where a folder may not be made in one that is there, as under `/proc`. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { code?: string };
    // What is there and is no folder shows when the probe is written.
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: 0o700 });
  }
}
