import { join } from 'node:path';
import { isFile, type FoundPackage } from './package-files.js';

/** As Node's own loader has them for an import. */
const CONDITIONS = ['node', 'import', 'module-sync', 'default'];

/**
 * The file that an import of the package would load. Node tells that only to a module inside the folder where the package is
 * installed, which a loader of plugins is not.
 *
 * @throws Error (rejects) saying what is missing
 */
export async function entryFile({ folder, manifest }: FoundPackage): Promise<string> {
  const { exports, main } = manifest;
  if (exports !== undefined && exports !== null) {
    const target = targetOf(mainExport(exports));
    if (target === undefined) throw new Error('the "exports" of its package.json have no "." for an import');
    const path = join(folder, target);
    if (await isFile(path)) return path;
    throw new Error(`${target}, the "." of its "exports", is not there: was it built?`);
  }
  const names =
    typeof main === 'string' ? [main, `${main}.js`, `${main}/index.js`, 'index.js'] : ['index.js'];
  for (const name of names) {
    const path = join(folder, name);
    if (await isFile(path)) return path;
  }
  throw new Error(`${names[0]!}, its "main", is not there: was it built?`);
}

/** What stands for the package itself, without a subpath. */
function mainExport(exports: unknown): unknown {
  const isMap =
    typeof exports === 'object' && Object.keys(exports as object).some((key) => key.startsWith('.'));
  return isMap ? (exports as Record<string, unknown>)['.'] : exports;
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target.startsWith('./') ? target : undefined;
  if (typeof target !== 'object' || target === null) return undefined;
  const choices = Array.isArray(target)
    ? (target as unknown[])
    : Object.entries(target)
        .filter(([condition]) => CONDITIONS.includes(condition))
        .map(([, choice]) => choice as unknown);
  for (const choice of choices) {
    const found = targetOf(choice);
    if (found !== undefined) return found;
  }
  return undefined;
}
