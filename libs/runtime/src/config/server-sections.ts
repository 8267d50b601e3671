import { readCommandLine } from './command-line.js';
import { sourceOf } from './load-settings.js';
import type { MachineFacts, SettingsShape } from './setting.js';

/** A section under `servers` of a settings file. */
export interface ServerSection {
  readonly name: string;
  /** Its keys as they are written, such as `log-level`. */
  readonly keys: ReadonlySet<string>;
}

/** What a settings file says about servers. */
export interface ServerSections {
  /** In the order of the file. */
  readonly sections: readonly ServerSection[];
  /** Keys that stand on top. */
  readonly topKeys: ReadonlySet<string>;
}

/**
 * Which servers the settings file of a program knows. Mistakes are left to `loadSettings`, which has to be called
 * anyway: where there are any, this tells what it understands.
 */
export async function readServerSections(
  settings: SettingsShape,
  argv: readonly string[],
  machine: MachineFacts,
): Promise<ServerSections> {
  const line = readCommandLine(argv, settings);
  const source = await sourceOf(line, machine.env['RASPY_CONFIG'], machine, []);
  if (source === undefined) return { sections: [], topKeys: new Set() };
  const { parseDocument } = await import('./yaml.js');
  const document = parseDocument(source.text, { prettyErrors: false });
  const root: unknown = document.errors.length > 0 ? {} : document.toJS();
  const servers = isObject(root) ? root['servers'] : undefined;
  return {
    sections: Object.entries(isObject(servers) ? servers : {}).map(([name, section]) => ({
      name,
      keys: new Set(isObject(section) ? Object.keys(section) : []),
    })),
    topKeys: new Set(isObject(root) ? Object.keys(root) : []),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
