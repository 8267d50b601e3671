import { z } from 'zod';
import { isObject, mistakesOf } from '../cron/mistakes.js';
import { entrySchemas, type EntryKind, type ScenarioDefinition } from './definition.js';
import { InvalidScenarioError, ScenarioFileError, type ScenarioMistake } from './errors.js';
import { FILE_FORMAT, FILE_VERSION, LOCAL_MEMBERS } from './export-scenario.js';
import { hostileIn } from './hostile.js';
import { parseScenario, type ScenarioDefaults } from './parse-scenario.js';
import type { HomePort } from './ports.js';

/** Longest file, as text. */
export const MAX_FILE_LENGTH = 1_048_576;

/**
 * What the entries of a file are here: `{ key }` for a value or a variable, `{ service, device }`, `{ service }`,
 * `{ name }` for a scenario. Needed for all of these but those that are optional; for a setting (`{ value }`) and a time
 * (`{ when }`), what the file says holds otherwise.
 */
export interface ImportMapping {
  /** Default the name in the file */
  readonly name?: string;
  readonly entries?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Default false: look at it first */
  readonly enabled?: boolean;
}

const fileSchema = z.strictObject({
  format: z.literal(FILE_FORMAT),
  version: z.literal(FILE_VERSION),
  scenario: z.record(z.string(), z.unknown()),
  entries: z.record(z.string(), z.record(z.string(), z.unknown())),
  fires: z.unknown(),
  permissions: z.unknown(),
  code: z.string(),
});
const mappingSchema = z.strictObject({
  name: z.string().optional(),
  entries: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  enabled: z.boolean().default(false),
});

/** What a mapping may say of an entry, by its kind. */
const MAPPED: Readonly<Record<EntryKind, readonly string[]>> = {
  ...LOCAL_MEMBERS,
  cron: ['when'],
  sun: ['when'],
  setting: ['value'],
};

/**
 * Reads a file, as text or as what its JSON says, and puts in what its entries are here.
 * @throws ScenarioFileError, InvalidScenarioError
 */
export function readImport(file: unknown, mapping: unknown, defaults: ScenarioDefaults): ScenarioDefinition {
  const { scenario, entries, fires, permissions, code } = readFile(file);
  const hostile = hostileIn(mapping);
  if (hostile.length > 0) throw new ScenarioFileError('mapping', hostile);
  const map = mappingSchema.safeParse(mapping);
  if (!map.success) throw new ScenarioFileError('mapping', mistakesOf(map.error.issues));
  const { name = scenario['name'], entries: mapped, enabled } = map.data;
  const local = map.data.entries;
  const mistakes: ScenarioMistake[] = Object.keys(mapped)
    .filter((entry) => !Object.hasOwn(entries, entry))
    .map((entry) => ({ path: `entries.${entry}`, message: 'the file has no such entry' }));
  const whole: Record<string, unknown> = {};
  for (const [entry, of] of Object.entries(entries)) {
    whole[entry] = { ...of, ...mappedEntry(entry, of, local[entry], mistakes) };
  }
  if (mistakes.length > 0) throw new ScenarioFileError('mapping', mistakes);
  try {
    return parseScenario({ ...scenario, name, entries: whole, fires, permissions, code, enabled }, defaults);
  } catch (error) {
    if (!(error instanceof InvalidScenarioError)) throw error;
    throw new ScenarioFileError('wrong', error.mistakes);
  }
}

function readFile(file: unknown): z.output<typeof fileSchema> {
  const json = typeof file === 'string' ? jsonOf(file) : file;
  if (!isObject(json) || json['format'] !== FILE_FORMAT) {
    throw new ScenarioFileError('not a scenario', [
      { path: 'format', message: `is not "${FILE_FORMAT}": this is no scenario` },
    ]);
  }
  const hostile = hostileIn(json);
  if (hostile.length > 0) throw new ScenarioFileError('hostile', hostile);
  const version = json['version'];
  if (typeof version === 'number' && version > FILE_VERSION) {
    throw new ScenarioFileError('newer version', [
      {
        path: 'version',
        message: `is ${version}: it was made by a newer RasPy; this one reads up to ${FILE_VERSION}`,
      },
    ]);
  }
  const read = fileSchema.safeParse(json);
  if (!read.success) throw new ScenarioFileError('wrong', mistakesOf(read.error.issues));
  const mistakes = Object.entries(read.data.entries).flatMap(([entry, of]) => localIn(entry, of));
  if (mistakes.length > 0) throw new ScenarioFileError('wrong', mistakes);
  return read.data;
}

function jsonOf(text: string): unknown {
  if (text.length > MAX_FILE_LENGTH) {
    throw new ScenarioFileError('hostile', [
      { path: '', message: `has ${text.length} characters: ${MAX_FILE_LENGTH} are the limit` },
    ]);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new ScenarioFileError('not a scenario', [{ path: '', message: `is no JSON: ${message}` }]);
  }
}

/** What a file must not say: it would point into a home that is not its maker's. */
function localIn(entry: string, of: Readonly<Record<string, unknown>>): readonly ScenarioMistake[] {
  const kind = kindOf(of);
  if (kind === undefined) {
    return [{ path: `entries.${entry}.kind`, message: `is one of ${Object.keys(entrySchemas).join(', ')}` }];
  }
  return LOCAL_MEMBERS[kind]
    .filter((member) => Object.hasOwn(of, member))
    .map((member) => ({ path: `entries.${entry}.${member}`, message: 'is local: a file has it not' }));
}

function mappedEntry(
  entry: string,
  of: Readonly<Record<string, unknown>>,
  local: Readonly<Record<string, unknown>> | undefined,
  mistakes: ScenarioMistake[],
): Readonly<Record<string, unknown>> {
  const kind = kindOf(of)!;
  const path = `entries.${entry}`;
  if (local === undefined) {
    const needed = LOCAL_MEMBERS[kind].length > 0 && of['optional'] !== true;
    if (needed) {
      const title = typeof of['title'] === 'string' ? ` (${of['title'].slice(0, 100)})` : '';
      mistakes.push({
        path,
        message: `has to be mapped to a ${kind}${title}: give ${MAPPED[kind].join(' and ')}`,
      });
    }
    return {};
  }
  for (const member of Object.keys(local)) {
    if (MAPPED[kind].includes(member)) continue;
    mistakes.push({
      path: `${path}.${member}`,
      message: `a ${kind} is mapped by ${MAPPED[kind].join(' and ')} alone`,
    });
  }
  return local;
}

function kindOf(of: Readonly<Record<string, unknown>>): EntryKind | undefined {
  const kind = of['kind'];
  return typeof kind === 'string' && Object.hasOwn(entrySchemas, kind) ? (kind as EntryKind) : undefined;
}

/**
 * Compares what the entries are declared to be with what the house knows of what they were mapped to.
 * @returns what could not be compared, for people
 * @throws ScenarioFileError (rejects) when a unit or a type is another one
 */
export async function checkHouse(
  { entries }: ScenarioDefinition,
  home: Pick<HomePort, 'describe'>,
): Promise<readonly string[]> {
  const mistakes: ScenarioMistake[] = [];
  const notes: string[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const target =
      entry.kind === 'device'
        ? { service: entry.service, device: entry.device }
        : entry.kind === 'value' && entry.key !== undefined
          ? { key: entry.key }
          : undefined;
    if (target === undefined) continue;
    const found = await home.describe(target);
    const where = 'key' in target ? target.key : `${target.service} ${target.device}`;
    if (found === undefined) {
      notes.push(`nothing is known of ${where} ("${name}") now: it was not checked`);
    } else if (entry.kind === 'device') {
      if (entry.type !== undefined && found.type !== undefined && found.type !== entry.type) {
        mistakes.push({ path: `entries.${name}`, message: `is a ${found.type}, not a ${entry.type}` });
      }
    } else if (entry.kind === 'value' && entry.unit !== undefined && found.unit !== entry.unit) {
      const is = found.unit === undefined ? 'has no unit' : `is in ${found.unit}`;
      mistakes.push({ path: `entries.${name}`, message: `${is}, not in ${entry.unit}` });
    }
  }
  if (mistakes.length > 0) throw new ScenarioFileError('mapping', mistakes);
  return notes;
}
