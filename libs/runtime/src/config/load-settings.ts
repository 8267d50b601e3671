import { readCommandLine, type CommandLine } from './command-line.js';
import { SHARED_NAMES } from './common-settings.js';
import { didYouMean } from './nearest.js';
import {
  settingKey,
  settingVariable,
  type MachineFacts,
  type Reading,
  type SettingsOf,
  type SettingsShape,
} from './setting.js';
import { SettingsError, type SettingProblem } from './settings-error.js';
import {
  parseSettingsFile,
  readDefaultFile,
  readNamedFile,
  type FileValue,
  type SettingsFile,
} from './settings-file.js';

/** Settings that were put together. */
export interface LoadedSettings<S extends SettingsShape> {
  readonly values: SettingsOf<S>;
  /** What was typed and is no flag. */
  readonly positionals: readonly string[];
  /** The file that was read, if any. */
  readonly file: string | undefined;
}

/** Which part of a settings file is meant. */
export interface FileScope {
  /** The section under `servers`; `null` is none. @default that of the setting `service` */
  readonly section?: string | null;
  /** Settings that are taken from that section alone, not from the top. @default none */
  readonly sectionOnly?: readonly string[];
}

/**
 * Puts the settings of a program together: flags win over `RASPY_*` variables, these over the file, this over
 * the defaults.
 *
 * @throws {@link SettingsError} (rejects) with every mistake at once: unknown flags, variables and keys, bad values
 */
export async function loadSettings<S extends SettingsShape>(
  settings: S,
  argv: readonly string[],
  machine: MachineFacts,
  scope: FileScope = {},
): Promise<LoadedSettings<S>> {
  const { problems, ...loaded } = await readSettings(settings, argv, machine, scope);
  if (problems.length > 0) throw new SettingsError(problems);
  return loaded;
}

/** {@link loadSettings} for whoever goes on looking for mistakes: what cannot be read has its default. */
export async function readSettings<S extends SettingsShape>(
  settings: S,
  argv: readonly string[],
  machine: MachineFacts,
  scope: FileScope = {},
): Promise<LoadedSettings<S> & { readonly problems: readonly SettingProblem[] }> {
  const line = readCommandLine(argv, settings);
  const problems = [...line.problems];
  const variables = readVariables(settings, machine, problems);
  const source = await sourceOf(line, variables.get('config'), machine, problems);
  const values: Record<string, unknown> = {};
  const take = async (
    name: string,
    where: (path?: readonly PropertyKey[]) => string,
    input: unknown,
  ): Promise<void> => {
    const reading = await settings[name]!.read(input, machine, values);
    if ('value' in reading) values[name] = reading.value;
    else problems.push(...told(reading, where));
  };

  for (const [name, setting] of Object.entries(settings)) values[name] = setting.fallback(machine);
  for (const [name, text] of variables) await take(name, () => settingVariable(name), text);
  for (const [name, text] of line.texts) await take(name, () => `--${settingKey(name)}`, text);

  let file: SettingsFile | undefined;
  if (source !== undefined) {
    const service = typeof values['service'] === 'string' ? values['service'] : undefined;
    file = await parseSettingsFile(source.path, source.text, {
      settings,
      othersNames: SHARED_NAMES,
      service: scope.section === undefined ? service : (scope.section ?? undefined),
      sectionOnly: scope.sectionOnly ?? [],
    });
    problems.push(...file.problems);
    for (const [name, { value, where }] of structuresLast(file, settings)) {
      // A value that is overruled is still checked: the file is wrong all the same.
      const before = values[name];
      await take(name, where, value);
      if (variables.has(name) || line.texts.has(name)) values[name] = before;
    }
  }
  return { values: values as SettingsOf<S>, positionals: line.positionals, file: source?.path, problems };
}

function readVariables(
  settings: SettingsShape,
  machine: MachineFacts,
  problems: SettingProblem[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, { from }] of Object.entries(settings)) {
    if (from !== 'file') names.set(settingVariable(name), name);
  }
  const known = new Set([...names.keys(), ...SHARED_NAMES.map(settingVariable)]);
  const texts = new Map<string, string>();
  for (const [variable, value] of Object.entries(machine.env)) {
    if (!variable.startsWith('RASPY_') || value === undefined) continue;
    const name = names.get(variable);
    if (name !== undefined) texts.set(name, value);
    else if (!known.has(variable)) {
      problems.push({
        where: variable,
        problem: `no such variable${didYouMean(variable, known) || ': --help lists them'}`,
      });
    }
  }
  return texts;
}

/** What a structure may be depends on other settings, such as the plugins. */
function structuresLast({ values }: SettingsFile, settings: SettingsShape): [string, FileValue][] {
  const isStructure = ([name]: [string, FileValue]): boolean => settings[name]!.from === 'file';
  return [...[...values].filter((entry) => !isStructure(entry)), ...[...values].filter(isStructure)];
}

/** The file that is named by the command line or by a variable, else the one that is there. */
export async function sourceOf(
  line: CommandLine,
  variable: string | undefined,
  machine: MachineFacts,
  problems: SettingProblem[],
): Promise<{ path: string; text: string } | undefined> {
  const chosen = line.texts.get('config') ?? variable;
  try {
    if (chosen === undefined) return await readDefaultFile(machine);
    const where = line.texts.has('config') ? '--config' : settingVariable('config');
    return await readNamedFile(chosen, where);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function told(
  reading: Exclude<Reading<never>, { readonly value: never }>,
  where: (path?: readonly PropertyKey[]) => string,
): SettingProblem[] {
  return reading.map(({ problem, path }) => ({ where: where(path), problem }));
}
