import { readFile } from 'node:fs/promises';
import type { Document, LineCounter, Node, YAMLMap } from 'yaml';
import { didYouMean } from './nearest.js';
import { settingKey, type MachineFacts, type SettingsShape } from './setting.js';
import { SettingsError, type SettingProblem } from './settings-error.js';

/** A value of the file with where it stands. */
export interface FileValue {
  readonly value: unknown;
  /** Where it stands, or the member of it that a path leads to. */
  where(path?: readonly PropertyKey[]): string;
}

/** What a file says. */
export interface SettingsFile {
  readonly values: ReadonlyMap<string, FileValue>;
  readonly problems: readonly SettingProblem[];
}

/** Which keys a file may have. */
export interface FileKeys {
  readonly settings: SettingsShape;
  /** Names that mean something to other programs, and are passed over. */
  readonly othersNames: readonly string[];
  /** The section under `servers` that is ours, if any. */
  readonly service: string | undefined;
  /** Names that are ours in that section alone, and are passed over on top. */
  readonly sectionOnly: readonly string[];
}

/**
 * The file that is read when none is named: the user's own, or the machine's.
 * @returns its path and text, `undefined` when there is neither
 */
export async function readDefaultFile(
  machine: MachineFacts,
): Promise<{ path: string; text: string } | undefined> {
  const own = machine.env['XDG_CONFIG_HOME'];
  const folder = own?.startsWith('/') === true ? own : `${machine.homeDir}/.config`;
  for (const path of [`${folder}/raspy/raspy.yaml`, '/etc/raspy/raspy.yaml']) {
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (error) {
      if (!isAbsent(error)) throw cannotRead(path, path, error);
    }
  }
  return undefined;
}

/** Reads the file that was named. @throws {@link SettingsError} when it cannot be read */
export async function readNamedFile(path: string, where: string): Promise<{ path: string; text: string }> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw cannotRead(path, where, error);
  }
}

/**
 * Takes a file apart. On top stand settings for every server; under `servers: <service>:` those of one, which win.
 * A key that no program knows is a problem.
 */
export async function parseSettingsFile(path: string, text: string, keys: FileKeys): Promise<SettingsFile> {
  // Loaded here, since most programs start without a file.
  const yaml = await import('./yaml.js');
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader = new FileReader(path, document, lines, yaml.isMap, keys);
  for (const error of document.errors) {
    reader.report(error.pos[0], '', `is not YAML: ${error.message.toLowerCase()}`);
  }
  if (document.errors.length === 0) reader.read();
  return reader;
}

class FileReader implements SettingsFile {
  readonly values = new Map<string, FileValue>();
  readonly problems: SettingProblem[] = [];

  constructor(
    private readonly path: string,
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
    private readonly isMap: (node: unknown) => node is YAMLMap,
    private readonly keys: FileKeys,
  ) {}

  report(offset: number, key: string, problem: string): void {
    this.problems.push({ where: this.#place(offset, key), problem });
  }

  read(): void {
    const root = this.document.contents;
    if (root === null || this.#isNull(root)) return;
    if (!this.isMap(root)) {
      this.report(root.range[0], '', 'must be a list of "key: value" lines');
      return;
    }
    this.#readSettings(root, []);
    const servers = root.get('servers', true) as Node | undefined;
    if (servers === undefined) return;
    if (!this.isMap(servers)) {
      this.report(offsetOf(servers), 'servers', 'must be "service: settings of that server" lines');
      return;
    }
    for (const { key, value } of servers.items) {
      const service = String(key);
      if (value === null || this.#isNull(value)) continue;
      if (!this.isMap(value)) {
        this.report(offsetOf(value), `servers.${service}`, 'must be a list of "key: value" lines');
      } else if (service === this.keys.service) this.#readSettings(value, ['servers', service]);
    }
  }

  #readSettings(map: YAMLMap, parents: readonly string[]): void {
    const names = new Map(Object.keys(this.keys.settings).map((name) => [settingKey(name), name]));
    const passedOver = new Set(this.keys.othersNames.map(settingKey));
    const onTop = parents.length === 0;
    if (onTop) {
      for (const name of this.keys.sectionOnly) names.delete(settingKey(name));
      for (const name of this.keys.sectionOnly) passedOver.add(settingKey(name));
      // The sections, whatever else may be called so.
      names.delete('servers');
      passedOver.add('servers');
    }
    for (const pair of map.items) {
      const key = String(pair.key);
      const name = names.get(key);
      const label = [...parents, key].join('.');
      const offset = offsetOf(pair.key);
      if (name !== undefined && this.keys.settings[name]!.from === 'command') {
        this.report(offset, label, `cannot be set in a file: give --${key} to the program itself`);
      } else if (name !== undefined) {
        const path = [...parents, key];
        this.values.set(name, {
          value: (pair.value as Node | null)?.toJS(this.document) ?? null,
          where: (inner = []) => this.#whereOf(path, inner, offset),
        });
      } else if (!passedOver.has(key)) {
        const known = [...names.keys(), ...passedOver];
        this.report(offset, label, `no such setting${didYouMean(key, known) || ': --help lists them'}`);
      }
    }
  }

  /** The line of the deepest member of a path that the file has. */
  #whereOf(path: readonly string[], inner: readonly PropertyKey[], fallback: number): string {
    for (let depth = inner.length; depth >= 0; depth--) {
      const node = this.document.getIn([...path, ...inner.slice(0, depth)], true) as Node | undefined;
      const offset = node?.range?.[0];
      if (offset !== undefined) return this.#place(offset, [...path, ...inner].map(String).join('.'));
    }
    return this.#place(fallback, path.join('.'));
  }

  #place(offset: number, key: string): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.path}:${line}:${col}${key === '' ? '' : `, ${key}`}`;
  }

  #isNull(node: unknown): boolean {
    return (node as { value?: unknown }).value === null;
  }
}

function offsetOf(node: unknown): number {
  return (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
}

function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function cannotRead(path: string, where: string, error: unknown): SettingsError {
  const why = (error as { code?: string }).code ?? String(error);
  const problem = isAbsent(error)
    ? `there is no file ${path}: give the path of a YAML file`
    : `${path} cannot be read (${why}): give this user the right to read it`;
  return new SettingsError([{ where, problem }]);
}
