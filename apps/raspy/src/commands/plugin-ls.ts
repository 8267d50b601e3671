import { ExitCode } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import { installedPlugins, loadPlugins, pluginsFolder, type PluginMistake } from '@raspy/runtime/plugins';
import { pluginToolSettings } from '../plugins.js';
import type { ToolOptions } from '../tool.js';

/** A plugin as it is listed. */
export interface PluginRow {
  readonly package: string;
  /** `?` when it cannot be told. */
  readonly version: string;
  /** `built in` brings itself; `unused` is installed, and nobody names it. */
  readonly state: 'loaded' | 'refused' | 'built in' | 'unused';
  readonly drivers: readonly { readonly oid: string; readonly title: string }[];
  readonly problems: readonly PluginMistake[];
}

/** `raspy plugin ls` */
export function pluginLs(options: ToolOptions): Command {
  return command({
    words: 'plugin ls',
    summary: 'List device plugins: those that the settings name, and others that are installed',
    details:
      'The plugins that are named are loaded as a server would, without opening a device; no other is. The exit code is 1 ' +
      'when one of them cannot be used.',
    settings: pluginToolSettings,
    examples: [['raspy plugin ls --plugins=raspy-plugin-dht22', 'whether a server could use it']],
    run: async ({ settings, host }) => {
      const from = await pluginsFolder(settings, options.cwd ?? process.cwd());
      const rows = await listPlugins(settings.plugins, from, options);
      const lines = settings.json ? rows.map((row) => JSON.stringify(row)) : pluginTable(rows, from);
      host.stdout.write(lines.map((line) => `${line}\n`).join(''));
      return rows.some(({ state }) => state === 'refused') ? ExitCode.FAILED : ExitCode.OK;
    },
  });
}

async function listPlugins(
  names: readonly string[],
  from: string,
  { importPlugin }: ToolOptions,
): Promise<readonly PluginRow[]> {
  const [{ plugins, failures }, installed, builtIn] = await Promise.all([
    loadPlugins(names, { from, ...(importPlugin !== undefined && { importer: importPlugin }) }),
    installedPlugins(from),
    builtInRows(names),
  ]);
  const versions = new Map(installed.map(({ packageName, version }) => [packageName, version]));
  const named = names.map((name): PluginRow => {
    const loaded = plugins.find(({ packageName }) => packageName === name);
    const common = { package: name, version: loaded?.version ?? versions.get(name) ?? '?' };
    if (loaded !== undefined) {
      return { ...common, state: 'loaded', drivers: driversIn(loaded.plugin), problems: [] };
    }
    const problems = failures
      .filter(({ packageName }) => packageName === name)
      .map(({ code, message }) => ({ code, message }));
    return { ...common, state: 'refused', drivers: [], problems };
  });
  const unused = installed
    .filter(({ packageName }) => ![...named, ...builtIn].some((row) => row.package === packageName))
    .map(({ packageName, version }): PluginRow => {
      return { package: packageName, version, state: 'unused', drivers: [], problems: [] };
    });
  return [...named, ...builtIn, ...unused];
}

/** Those that this program brings along, unless they are named. */
async function builtInRows(names: readonly string[]): Promise<readonly PluginRow[]> {
  const { builtInPlugins } = await import('../built-in/plugins.js');
  const unnamed = builtInPlugins.filter(({ packageName }) => !names.includes(packageName));
  return Promise.all(
    unnamed.map(async ({ packageName, version, load }) => {
      const drivers = driversIn(await load());
      return { package: packageName, version, state: 'built in', drivers, problems: [] };
    }),
  );
}

function driversIn(plugin: {
  readonly drivers: readonly { readonly type: { readonly oid: string; readonly title: string } }[];
}): PluginRow['drivers'] {
  return plugin.drivers.map(({ type: { oid, title } }) => ({ oid, title }));
}

const STATES = {
  loaded: 'loaded',
  refused: 'refused',
  'built in': 'built in',
  unused: 'installed, not used',
};

/** The plugins as lines for people, a line a driver, then what is wrong. */
function pluginTable(rows: readonly PluginRow[], from: string): string[] {
  const table = renderTable(
    ['PLUGIN', 'VERSION', 'STATE', 'TYPE', 'TITLE'],
    rows.flatMap(({ package: name, version, state, drivers }) => {
      const first = [name, version, STATES[state]];
      if (drivers.length === 0) return [first];
      return drivers.map(({ oid, title }, index) => [...(index === 0 ? first : ['', '', '']), oid, title]);
    }),
  );
  const problems = rows.flatMap(({ package: name, problems }) =>
    problems.map(({ code, message }) => printable(`${name}: ${code}: ${message}`)),
  );
  const unused = rows.filter(({ state }) => state === 'unused');
  const hint = `a plugin is used when the setting plugins names it: --plugins=${unused[0]?.package ?? ''}, or in the file`;
  return [
    ...table,
    ...(problems.length > 0 ? ['', ...problems] : []),
    ...(unused.length > 0 ? ['', hint] : []),
    ...(problems.length + unused.length > 0 ? [] : ['', printable(`plugins are looked for in ${from}`)]),
  ];
}
