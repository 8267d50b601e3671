import { PLUGIN_API_VERSION } from '@raspy/devices';
import { hasKeyword, type Manifest } from './package-files.js';
import { isPluginPackageName } from './package-name.js';
import type { PluginMistake } from './plugin-failure.js';

/** What a plugin shares with RasPy: of two copies each would have its own. */
const SHARED = ['@raspy/devices', 'rxjs'];

/** What package.json alone says against using a package as a plugin. */
export function manifestMistakes(manifest: Manifest, packageName: string): PluginMistake[] {
  const mistakes: PluginMistake[] = [];
  const add = (code: PluginMistake['code'], message: string): void => void mistakes.push({ code, message });
  if (!isPluginPackageName(packageName)) add('PLUGIN_NAME', nameMistake(packageName));
  else if (manifest['name'] !== packageName) {
    add(
      'PLUGIN_NAME',
      `its package.json says that it is ${shown(manifest['name'])}: install it by that name`,
    );
  }
  if (!hasKeyword(manifest)) {
    add('PLUGIN_KEYWORD', 'it does not say that it is a plugin: "keywords" must hold "raspy-plugin"');
  }
  const { kind, api } = (manifest['raspy'] ?? {}) as { kind?: unknown; api?: unknown };
  if (kind !== 'drivers') {
    add('PLUGIN_KIND', `"raspy" must have "kind": "drivers", and has ${shown(kind)}`);
  }
  const wrongApi = apiMistake(api);
  if (wrongApi !== undefined) add('PLUGIN_API', wrongApi);
  return mistakes;
}

/** Why a package of this name is no plugin. */
export function nameMistake(packageName: string): string {
  return `${shown(packageName)} is no name of a plugin: those are raspy-plugin-… or @scope/raspy-plugin-…`;
}

/** What package.json says that will make a second copy at some user's; for authors. */
export function peerMistakes(manifest: Manifest): PluginMistake[] {
  const namesOf = (field: string): readonly string[] => Object.keys(manifest[field] ?? {});
  const wrong = SHARED.filter((name) => namesOf('dependencies').includes(name));
  const missing = namesOf('peerDependencies').includes('@raspy/devices') ? [] : ['@raspy/devices'];
  const named = [...new Set([...missing, ...wrong])];
  if (named.length === 0) return [];
  const message =
    `${named.join(' and ')} must stand in "peerDependencies", and not in "dependencies": ` +
    'a plugin shares the copy that RasPy uses';
  return [{ code: 'PLUGIN_PEERS', message }];
}

function apiMistake(api: unknown): string | undefined {
  if (api === PLUGIN_API_VERSION) return undefined;
  if (typeof api !== 'number' || !Number.isInteger(api) || api < 1) {
    return `"raspy" must have "api": ${PLUGIN_API_VERSION}, the plugin interface it is written for, and has ${shown(api)}`;
  }
  return api > PLUGIN_API_VERSION
    ? `it needs a newer RasPy: it is written for version ${api} of the plugin interface, this one has version ${PLUGIN_API_VERSION}`
    : `it was written for an older RasPy, version ${api} of the plugin interface; this one has version ${PLUGIN_API_VERSION}: install a newer version of it`;
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
