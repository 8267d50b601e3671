import { resolve } from 'node:path';
import { path, type Reading, type Setting } from '../config/setting.js';
import { ownInstallation } from './devices-copy.js';
import { nameMistake } from './manifest-mistakes.js';
import { isPluginPackageName } from './package-name.js';

/** More in one process is a mistake. */
const MAX_PLUGINS = 100;

/** Settings of a program that loads plugins. */
export const pluginsSettings = {
  plugins: packageList('Packages that bring drivers; only those that are named are loaded'),
  pluginsDir: path({
    description: 'Folder in which they are installed, by npm install',
    default: '',
    defaultText: 'that in which RasPy is installed',
  }),
};

/**
 * The folder in which plugins are installed: the one that is set, else that in which RasPy itself is, since they have to
 * share its `@raspy/devices`.
 *
 * @param cwd - what a relative path is relative to
 */
export async function pluginsFolder(
  { pluginsDir }: { readonly pluginsDir: string },
  cwd: string,
): Promise<string> {
  return pluginsDir === '' ? ((await ownInstallation()) ?? resolve(cwd)) : resolve(cwd, pluginsDir);
}

/** Package names: a list in the file, or a text with commas between them anywhere. */
function packageList(description: string): Setting<readonly string[]> {
  return {
    description,
    hint: 'NAME,…',
    from: 'everywhere',
    fallback: () => [],
    fallbackText: () => 'none',
    read: readNames,
  };
}

function readNames(input: unknown): Reading<readonly string[]> {
  const given: unknown =
    typeof input === 'string'
      ? input
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
      : input;
  if (!Array.isArray(given))
    return [{ problem: 'is not a list of packages: one "- raspy-plugin-…" for each' }];
  if (given.length > MAX_PLUGINS)
    return [{ problem: `names ${given.length} packages: at most ${MAX_PLUGINS}` }];
  const names: readonly unknown[] = given;
  const problems = names.flatMap((name, index) => {
    if (typeof name !== 'string')
      return [{ problem: 'is not a text: give the name of a package', path: [index] }];
    if (!isPluginPackageName(name)) return [{ problem: nameMistake(name), path: [index] }];
    if (names.indexOf(name) < index) return [{ problem: `"${name}" stands twice`, path: [index] }];
    return [];
  });
  return problems.length > 0 ? problems : { value: names as readonly string[] };
}
