import { z } from 'zod';
import { InvalidJobError } from '../cron/errors.js';
import { choose, isObject, mistakesOf } from '../cron/mistakes.js';
import { parseJob, type Job, type JobDefaults } from '../cron/parse-job.js';
import {
  entryName,
  entrySchemas,
  fireSchemas,
  MAX_ENTRIES,
  MAX_FIRES,
  scenarioFields,
  type Entry,
  type EntryKind,
  type Fire,
  type ScenarioDefinition,
} from './definition.js';
import { valueConditionSchemas } from './condition.js';
import { InvalidScenarioError, type ScenarioMistake } from './errors.js';
import { hostileIn } from './hostile.js';

/** What holds for the times of scenarios that do not say it themselves. */
export type ScenarioDefaults = JobDefaults;

/**
 * Reads the JSON form of a scenario.
 * @throws {@link InvalidScenarioError} with all mistakes and their paths
 */
export function parseScenario(json: unknown, defaults: ScenarioDefaults = {}): ScenarioDefinition {
  const form = isObject(json) ? json : {};
  const named = typeof form['name'] === 'string' ? form['name'].slice(0, 100) : '(without a name)';
  const hostile = isObject(json) ? hostileIn(json) : [{ path: '', message: 'is no JSON object' }];
  if (hostile.length > 0) throw new InvalidScenarioError(named, hostile);
  const mistakes: ScenarioMistake[] = [];
  const { entries: entriesForm = {}, fires: firesForm = [], ...rest } = form;
  const read = z.strictObject(scenarioFields).safeParse(rest);
  if (!read.success) mistakes.push(...mistakesOf(read.error.issues));
  const entries = parseEntries(entriesForm, defaults, mistakes);
  const fires = parseFires(firesForm, entries, mistakes);
  if (read.success) checkPermissions(read.data.permissions.commands ?? [], entries, mistakes);
  if (!read.success || mistakes.length > 0) throw new InvalidScenarioError(named, mistakes);
  return { ...read.data, entries, fires };
}

/** The times of an entry of kind `cron` or `sun`. */
export function jobOf(name: string, { when }: { readonly when: unknown }, defaults: ScenarioDefaults): Job {
  return parseJob({ name, when, overlap: 'skip' }, defaults);
}

/** Reads the entries; those that are wrong are left out, and the mistakes tell. */
export function parseEntries(
  form: unknown,
  defaults: ScenarioDefaults,
  mistakes: ScenarioMistake[],
): Readonly<Record<string, Entry>> {
  const entries: Record<string, Entry> = {};
  if (!isObject(form)) {
    mistakes.push({ path: 'entries', message: 'is an object of entries by name' });
    return entries;
  }
  const names = Object.keys(form);
  if (names.length > MAX_ENTRIES) {
    mistakes.push({ path: 'entries', message: `are ${names.length}: ${MAX_ENTRIES} are the limit` });
    return entries;
  }
  for (const name of names) {
    const path = `entries.${name}`;
    const before = mistakes.length;
    const named = entryName.safeParse(name);
    if (!named.success) mistakes.push({ path, message: `its name: ${named.error.issues[0]!.message}` });
    const entry = parseEntry(form[name], path, defaults, mistakes);
    if (entry !== undefined && mistakes.length === before) entries[name] = entry;
  }
  return entries;
}

function parseEntry(
  form: unknown,
  path: string,
  defaults: ScenarioDefaults,
  mistakes: ScenarioMistake[],
): Entry | undefined {
  const kind = isObject(form) ? form['kind'] : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(entrySchemas, kind)) {
    mistakes.push({
      path: `${path}.kind`,
      message: `is one of ${Object.keys(entrySchemas).join(', ')}`,
    });
    return undefined;
  }
  const read = entrySchemas[kind as EntryKind].safeParse(form);
  if (!read.success) {
    mistakes.push(...below(path, mistakesOf(read.error.issues)));
    return undefined;
  }
  const entry = read.data;
  if (entry.kind === 'cron' || entry.kind === 'sun') return timed(entry, path, defaults, mistakes);
  if ((entry.kind === 'value' || entry.kind === 'variable') && entry.key === undefined && !entry.optional) {
    mistakes.push({ path: `${path}.key`, message: 'is needed: only an optional entry can do without' });
  }
  if (entry.kind === 'setting') {
    const { value, min = -Infinity, max = Infinity } = entry;
    if (typeof value === 'number' && (value < min || value > max)) {
      mistakes.push({ path: `${path}.value`, message: `is a number from ${min} to ${max}` });
    }
  }
  return entry;
}

function timed(
  entry: { readonly kind: 'cron' | 'sun'; readonly title?: string | undefined; readonly when?: unknown },
  path: string,
  defaults: ScenarioDefaults,
  mistakes: ScenarioMistake[],
): Entry | undefined {
  if (isObject(entry.when) && 'sun' in entry.when !== (entry.kind === 'sun')) {
    mistakes.push({ path: `${path}.when`, message: `is no time of the kind "${entry.kind}"` });
    return undefined;
  }
  try {
    const { when } = jobOf('entry', { when: entry.when }, defaults).definition;
    return { kind: entry.kind, ...(entry.title !== undefined && { title: entry.title }), when };
  } catch (error) {
    if (!(error instanceof InvalidJobError)) throw error;
    mistakes.push(...below(path, error.mistakes));
    return undefined;
  }
}

/** Which conditions fit an entry of a kind; those that are missing fire nothing. */
const FIRED_BY: Readonly<Partial<Record<EntryKind, Readonly<Record<string, z.ZodType>>>>> = {
  value: valueConditionSchemas,
  variable: valueConditionSchemas,
  scenario: { when: fireSchemas.scenario },
};

export function parseFires(
  form: unknown,
  entries: Readonly<Record<string, Entry>>,
  mistakes: ScenarioMistake[],
): readonly Fire[] {
  if (!Array.isArray(form) || form.length > MAX_FIRES) {
    mistakes.push({ path: 'fires', message: `is a list of up to ${MAX_FIRES} conditions` });
    return [];
  }
  const fires: Fire[] = [];
  for (const [index, fire] of (form as unknown[]).entries()) {
    const path = `fires[${index}]`;
    const name: unknown = isObject(fire) ? fire['entry'] : undefined;
    const kind = typeof name === 'string' && Object.hasOwn(entries, name) ? entries[name]!.kind : undefined;
    if (kind === undefined) {
      mistakes.push({ path: `${path}.entry`, message: `is no entry of this scenario: ${shown(name)}` });
      continue;
    }
    const choices = FIRED_BY[kind];
    const schema =
      kind === 'cron' || kind === 'sun' ? fireSchemas.time : choices && choose(fire, path, choices, mistakes);
    if (schema === undefined) {
      if (choices === undefined) {
        mistakes.push({ path: `${path}.entry`, message: `an entry of the kind "${kind}" fires nothing` });
      }
      continue;
    }
    const read = schema.safeParse(fire);
    if (read.success) fires.push(read.data as Fire);
    else mistakes.push(...below(path, mistakesOf(read.error.issues)));
  }
  return fires;
}

function checkPermissions(
  commands: readonly string[],
  entries: Readonly<Record<string, Entry>>,
  mistakes: ScenarioMistake[],
): void {
  for (const [index, name] of commands.entries()) {
    if (!Object.hasOwn(entries, name) || entries[name]!.kind !== 'device') {
      mistakes.push({
        path: `permissions.commands[${index}]`,
        message: `is no entry of the kind "device": ${shown(name)}`,
      });
    }
  }
}

function below(path: string, mistakes: readonly ScenarioMistake[]): readonly ScenarioMistake[] {
  return mistakes.map((mistake) => ({
    path:
      mistake.path.startsWith('[') || mistake.path === '' ? path + mistake.path : `${path}.${mistake.path}`,
    message: mistake.message,
  }));
}

function shown(name: unknown): string {
  return typeof name === 'string' ? `"${name.slice(0, 40)}"` : 'it has none';
}
