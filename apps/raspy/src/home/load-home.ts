import type { DeviceConfig } from '@raspy/devices';
import {
  readServerSections,
  readSettings,
  SettingsError,
  type LoadedSettings,
  type MachineFacts,
  type ServerSection,
  type SettingProblem,
} from '@raspy/runtime';
import type { ServerPlan } from '@raspy/runtime/supervisor';
import { mayDoHarm, type DriverLoader } from './drivers.js';
import { homeSettings, type HomeValues } from './home-settings.js';
import { nameMistake, SERVER_KINDS } from './server-kinds.js';

/** A home as its settings describe it. */
export interface LoadedHome {
  /** Of the home itself: from flags, variables and the top of the file. */
  readonly values: HomeValues;
  readonly positionals: readonly string[];
  readonly servers: readonly ServerPlan[];
  /** Servers with plugins that cannot be loaded, with why: devices of those are left out. */
  readonly broken: ReadonlyMap<string, readonly string[]>;
}

/** How a home is read. */
export interface LoadHomeOptions {
  /** What names the servers: the flag `--servers`, or the arguments. @default 'flag' */
  readonly serversFrom?: 'flag' | 'arguments';
}

/** A server that is to run, before its settings are read. */
interface Candidate {
  readonly name: string;
  readonly kind: string;
  /** Its section in the file, if it has one. */
  readonly section: ServerSection | undefined;
  /** Whether it has the devices that stand on top of the file. */
  readonly isShortForm: boolean;
}

/** Servers that a home has besides its broker and its device servers. */
const LAST = ['core', 'web'];
/** What a section does not take from the top of the file. */
const SECTION_ONLY = ['kind', 'devices'];

/**
 * Reads the settings of a home and of each of its servers: those that the command line names, else the broker, every
 * device server that the file has, without any one with example devices, core and web.
 *
 * @throws SettingsError (rejects) with all mistakes at once
 */
export async function loadHome(
  argv: readonly string[],
  machine: MachineFacts,
  load: DriverLoader,
  options: LoadHomeOptions = {},
): Promise<LoadedHome> {
  return new HomeLoader(argv, machine, load).home(options);
}

class HomeLoader {
  readonly #shape: ReturnType<typeof homeSettings>;
  readonly #problems = new Map<string, SettingProblem>();
  readonly #broken = new Map<string, readonly string[]>();

  constructor(
    private readonly argv: readonly string[],
    private readonly machine: MachineFacts,
    private readonly load: DriverLoader,
  ) {
    this.#shape = homeSettings(load);
  }

  async home({ serversFrom = 'flag' }: LoadHomeOptions): Promise<LoadedHome> {
    const { sections, topKeys } = await readServerSections(this.#shape, this.argv, this.machine);
    const top = await this.#read(null, SECTION_ONLY);
    const configured = candidates(sections, topKeys, top.values.service);
    const names = serversFrom === 'arguments' ? top.positionals : top.values.servers;
    const chosen = this.#choose(configured, names, sections);
    const plans = new Map<string, ServerPlan>();
    for (const candidate of chosen) {
      const plan = await this.#plan(candidate);
      if (plan !== undefined) plans.set(plan.name, plan);
    }
    if (this.#problems.size > 0) throw new SettingsError([...this.#problems.values()]);
    const withTitanic = plans.has('titanic');
    const servers = [...plans.values()].map((plan) =>
      // Two of them would not know each other's requests.
      plan.kind === 'broker' && withTitanic
        ? { ...plan, settings: { ...plan.settings, titanic: false } }
        : plan,
    );
    const { values, positionals } = top;
    return { values, positionals, servers, broken: this.#broken };
  }

  #choose(
    configured: readonly Candidate[],
    names: readonly string[] | undefined,
    sections: readonly ServerSection[],
  ): readonly Candidate[] {
    const kindAlone = (kind: string): Candidate => {
      const section = sections.find(({ name }) => name === kind);
      return { name: kind, kind, section, isShortForm: kind === 'fake' };
    };
    if (names === undefined) {
      // They are shown last, wherever their sections stand.
      const others = configured.filter(({ name }) => !LAST.includes(name));
      return [kindAlone('broker'), ...others, ...LAST.map(kindAlone)];
    }
    const known = new Map(configured.map((candidate) => [candidate.name, candidate]));
    // `devices` names no server by itself: which devices?
    const kinds = Object.keys(SERVER_KINDS).filter((kind) => kind !== 'devices');
    return [...new Set(names)].flatMap((name) => {
      const found = known.get(name) ?? (kinds.includes(name) ? kindAlone(name) : undefined);
      if (found !== undefined) return [found];
      this.#report('--servers', nameMistake(name, [...kinds, ...known.keys()]));
      return [];
    });
  }

  async #plan(candidate: Candidate): Promise<ServerPlan | undefined> {
    const { name, section, isShortForm } = candidate;
    const read = await this.#read(name, isShortForm ? ['kind'] : SECTION_ONLY);
    const { values, file } = read;
    const kind = values.kind ?? candidate.kind;
    const where = `${file ?? ''}, servers.${name}`;
    const { settings: names, hasDevices, single } = SERVER_KINDS[kind]!;
    if (single ? name !== kind : name in SERVER_KINDS && SERVER_KINDS[name]!.single) {
      const wanted = single ? `a ${kind} is called ${kind}` : `the name ${name} is for the ${name} itself`;
      this.#report(where, `cannot be of the kind ${kind}: ${wanted}`);
      return undefined;
    }
    const settings = Object.fromEntries(
      names.map((setting) => [setting, values[setting as keyof HomeValues]]),
    );
    if (!hasDevices) {
      for (const key of ['isolate', 'devices', 'plugins'].filter(
        (word) => section?.keys.has(word) === true,
      )) {
        this.#report(`${where}.${key}`, `is for device servers: a ${kind} has no ${key}`);
      }
      const fixed = kind === 'broker';
      return { name, kind, isolated: false, settings, ...(fixed && { fixed }) };
    }
    const isExample = values.devices === undefined && (kind === 'fake' || isShortForm);
    // Of a kind that is none there is nothing to ask for.
    if (!isExample && values.kind !== undefined && section?.keys.has('devices') !== true) {
      this.#report(where, 'has no devices: give it devices: [], a list of { name, oid, config }');
    }
    const devices = isExample ? (await import('../built-in/fake.js')).exampleDevices : (values.devices ?? []);
    return { name, kind, isolated: await this.#isIsolated(name, values, devices), settings, devices };
  }

  async #isIsolated(
    name: string,
    { isolate, plugins, pluginsDir }: HomeValues,
    devices: readonly DeviceConfig[],
  ): Promise<boolean> {
    const { plugins: loaded, failures } = await this.load(plugins, pluginsDir);
    if (failures.length > 0) this.#broken.set(name, failures);
    return isolate === 'auto' ? mayDoHarm(loaded, devices) : isolate;
  }

  async #read(
    section: string | null,
    sectionOnly: readonly string[],
  ): Promise<LoadedSettings<ReturnType<typeof homeSettings>>> {
    const read = await readSettings(this.#shape, this.argv, this.machine, { section, sectionOnly });
    for (const { where, problem } of read.problems) this.#report(where, problem);
    return read;
  }

  /** What stands on top of the file is read, and told, for each server. */
  #report(where: string, problem: string): void {
    this.#problems.set(`${where}\n${problem}`, { where, problem });
  }
}

/**
 * The servers that a file asks for: a section with a `kind`, and the short form: devices on top, a section `fake`, or
 * nothing of the kind.
 */
function candidates(
  sections: readonly ServerSection[],
  topKeys: ReadonlySet<string>,
  service: string | undefined,
): Candidate[] {
  const found = sections
    .filter(({ keys }) => keys.has('kind'))
    .map((section): Candidate => {
      return { name: section.name, kind: 'devices', section, isShortForm: false };
    });
  const name = service ?? 'fake';
  if (found.some((candidate) => candidate.name === name)) return found;
  const section = sections.find((one) => one.name === name);
  const isWanted =
    service !== undefined || section !== undefined || topKeys.has('devices') || found.length === 0;
  return isWanted ? [...found, { name, kind: 'fake', section, isShortForm: true }] : found;
}
