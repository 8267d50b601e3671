import type { Entry, ScenarioDefinition } from './definition.js';

/** What the files of scenarios call themselves. */
export const FILE_FORMAT = 'raspy-scenario';
export const FILE_VERSION = 1;

/** A scenario to share: its entries as what is needed, without what they are here. JSON. */
export interface ScenarioFile {
  readonly format: typeof FILE_FORMAT;
  readonly version: typeof FILE_VERSION;
  readonly scenario: Omit<ScenarioDefinition, 'entries' | 'fires' | 'permissions' | 'code' | 'enabled'>;
  readonly entries: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly fires: ScenarioDefinition['fires'];
  /** The devices that it commands, and whether it changes jobs. */
  readonly permissions: ScenarioDefinition['permissions'];
  readonly code: string;
}

/** What of an entry is local, by its kind: an import has to say it anew. */
export const LOCAL_MEMBERS: Readonly<Record<Entry['kind'], readonly string[]>> = {
  value: ['key'],
  variable: ['key'],
  device: ['service', 'device'],
  service: ['service'],
  scenario: ['name'],
  cron: [],
  sun: [],
  setting: [],
};

export function exportScenario(definition: ScenarioDefinition): ScenarioFile {
  const { entries, fires, permissions, code, name, title, description, mode, policy } = definition;
  const commands =
    permissions.commands ?? Object.keys(entries).filter((entry) => entries[entry]!.kind === 'device');
  return {
    format: FILE_FORMAT,
    version: FILE_VERSION,
    scenario: {
      name,
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      mode,
      policy,
    },
    entries: Object.fromEntries(Object.entries(entries).map(([entry, of]) => [entry, withoutLocal(of)])),
    fires,
    permissions: { ...permissions, commands },
    code,
  };
}

function withoutLocal(entry: Entry): Readonly<Record<string, unknown>> {
  const kept = Object.entries(entry).filter(([member]) => !LOCAL_MEMBERS[entry.kind].includes(member));
  const members = Object.fromEntries(kept) as Record<string, unknown>;
  if (entry.kind === 'cron' || entry.kind === 'sun') {
    // Where and in which time zone is somebody's home.
    const when = Object.entries(entry.when).filter(([member]) => !['timeZone', 'place'].includes(member));
    members['when'] = Object.fromEntries(when);
  }
  return members;
}
