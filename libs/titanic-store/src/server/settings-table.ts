import { OptionCheck, frameKey, sameFrame, type Frame } from '@raspy/wire';
import { TitanicOptionError } from '../option-error.js';
import { areNames, MAX_VALUE_BYTES, settingText } from '../setting-names.js';
import type { SettingKey, TitanicChange, TitanicStorage } from '../storage.js';

/** How much the settings store takes. */
export interface SettingsLimits {
  /** Values that are kept; one more is refused. @default 100,000 */
  readonly maxSettings: number;
}

/** What became of a compare-and-set. */
export type CompareResult =
  | { readonly type: 'set' }
  | { readonly type: 'differs'; readonly current: Frame | undefined };

/** A name, and what is below it. */
interface Named<T> {
  readonly name: Frame;
  readonly below: Map<string, T>;
}

type Sections = Named<Named<Frame>>;

/** Thrown where a name or a value is longer than it may be, or there are as many values as may be. */
export class SettingRefused extends Error {
  override readonly name = 'SettingRefused';
}

/**
 * The settings store: bytes by service, section and key. Names are kept in memory, values by the storage. Changes of one key
 * are made one after the other, as are those of a service or section as a whole and of anything in it.
 */
export class SettingsTable {
  readonly #storage: TitanicStorage;
  readonly #maxSettings: number;
  readonly #services = new Map<string, Sections>();
  /** By service: the changes under way, each ended or not. */
  readonly #changing = new Map<
    string,
    { readonly keys: Map<string, Promise<unknown>>; all: Promise<unknown> }
  >();
  #size = 0;

  /** @throws TitanicOptionError for limits without meaning */
  constructor(
    storage: TitanicStorage,
    settings: readonly SettingKey[],
    limits: Partial<SettingsLimits> = {},
  ) {
    this.#storage = storage;
    this.#maxSettings = limits.maxSettings ?? 100_000;
    const check = new OptionCheck(TitanicOptionError);
    check.count('maxSettings', this.#maxSettings, 0);
    check.done();
    for (const setting of settings) this.#add(setting);
  }

  /** Values that are kept. */
  get size(): number {
    return this.#size;
  }

  /** @returns the value; `undefined` when there is none. Rejects when it cannot be read. */
  get(setting: SettingKey): Promise<Frame | undefined> {
    return this.#has(setting) ? this.#storage.setting(setting) : Promise.resolve(undefined);
  }

  /** Durable when it resolves. @throws {@link SettingRefused} (rejects), or what the storage says */
  set(setting: SettingKey, value: Frame): Promise<void> {
    return this.#exclusive(setting, () => this.#put(setting, value));
  }

  /** Sets the value if it is now `expected`; `undefined` for none. @throws as {@link SettingsTable.set} */
  compareAndSet(setting: SettingKey, expected: Frame | undefined, value: Frame): Promise<CompareResult> {
    return this.#exclusive(setting, async () => {
      const current = await this.get(setting);
      const same =
        current === undefined || expected === undefined ? current === expected : sameFrame(current, expected);
      if (!same) return { type: 'differs', current };
      await this.#put(setting, value);
      return { type: 'set' };
    });
  }

  /** @returns whether the section is there, with the key or without */
  async delete(setting: SettingKey): Promise<boolean> {
    return this.#exclusive(setting, async () => {
      const section = this.#section(setting);
      if (section === undefined) return false;
      if (this.#has(setting)) await this.#unset([setting]);
      return true;
    });
  }

  /** Everything of a service, or of one of its sections. */
  deleteAll(service: Frame, section?: Frame): Promise<void> {
    return this.#exclusive({ service }, async () => {
      const gone: SettingKey[] = [];
      const sections = this.#services.get(frameKey(service))?.below.values() ?? [];
      for (const { name, below } of sections) {
        if (section !== undefined && !sameFrame(name, section)) continue;
        for (const key of below.values()) gone.push({ service, section: name, key });
      }
      if (gone.length > 0) await this.#unset(gone);
    });
  }

  /** Names of services; of a service's sections; of a section's keys. Bytewise sorted. */
  list(service?: Frame, section?: Frame): Frame[] {
    if (service === undefined) return names(this.#services, ({ name }) => name);
    const sections = this.#services.get(frameKey(service))?.below;
    if (section === undefined) return names(sections, ({ name }) => name);
    return names(sections?.get(frameKey(section))?.below, (name) => name);
  }

  #section({ service, section }: SettingKey): Named<Frame> | undefined {
    return this.#services.get(frameKey(service))?.below.get(frameKey(section));
  }

  #has(setting: SettingKey): boolean {
    return this.#section(setting)?.below.has(frameKey(setting.key)) === true;
  }

  async #put(setting: SettingKey, value: Frame): Promise<void> {
    if (!areNames(setting.service, setting.section, setting.key)) {
      throw new SettingRefused('a name has more than 255 bytes');
    }
    if (value.length > MAX_VALUE_BYTES) throw new SettingRefused('the value has more than 1,048,576 bytes');
    const isNew = !this.#has(setting);
    if (isNew && this.#size >= this.#maxSettings) {
      throw new SettingRefused(`${this.#maxSettings} values are kept, and no more may be`);
    }
    // Counted before it is stored, so that many at a time do not pass the bound together.
    if (isNew) this.#size++;
    try {
      await this.#storage.commit([{ type: 'set', setting, value }]);
    } catch (error) {
      if (isNew) this.#size--;
      throw error;
    }
    if (isNew) this.#size--;
    this.#add(setting);
  }

  async #unset(settings: readonly SettingKey[]): Promise<void> {
    const changes = settings.map((setting): TitanicChange => ({ type: 'unset', setting }));
    await this.#storage.commit(changes);
    for (const setting of settings) this.#drop(setting);
  }

  #add({ service, section, key }: SettingKey): void {
    const sections = named(this.#services, service);
    const keys = named(sections.below, section).below;
    if (keys.has(frameKey(key))) return;
    // A copy: the frame may be a slice of something large.
    keys.set(frameKey(key), Buffer.from(key));
    this.#size++;
  }

  /** A section without keys, and a service without sections, are not there. */
  #drop({ service, section, key }: SettingKey): void {
    const sections = this.#services.get(frameKey(service))?.below;
    const keys = sections?.get(frameKey(section))?.below;
    if (keys?.delete(frameKey(key)) !== true) return;
    this.#size--;
    if (keys.size === 0) sections?.delete(frameKey(section));
    if (sections?.size === 0) this.#services.delete(frameKey(service));
  }

  /** Runs a change when those before it have ended that it could meet. */
  async #exclusive<T>(
    place: SettingKey | { readonly service: Frame; readonly section?: undefined },
    change: () => Promise<T>,
  ): Promise<T> {
    const serviceKey = frameKey(place.service);
    let changing = this.#changing.get(serviceKey);
    if (changing === undefined) {
      changing = { keys: new Map(), all: Promise.resolve() };
      this.#changing.set(serviceKey, changing);
    }
    const key = place.section === undefined ? undefined : settingText(place);
    const before =
      key === undefined
        ? Promise.allSettled([changing.all, ...changing.keys.values()])
        : (changing.keys.get(key) ?? changing.all);
    const run = before.then(change, change);
    const ended = run.then(noop, noop);
    if (key === undefined) {
      // Whoever comes later waits for it, by whatever key.
      changing.keys.clear();
      changing.all = ended;
    } else {
      changing.keys.set(key, ended);
    }
    try {
      return await run;
    } finally {
      if (key !== undefined && changing.keys.get(key) === ended) changing.keys.delete(key);
      if (changing.all === ended) changing.all = Promise.resolve();
      if (changing.keys.size === 0 && this.#changing.get(serviceKey) === changing)
        this.#tidy(serviceKey, changing);
    }
  }

  /** Forgets a service in which nothing is under way. */
  #tidy(serviceKey: string, changing: { readonly keys: Map<string, unknown>; all: Promise<unknown> }): void {
    const { all } = changing;
    void all.then(() => {
      if (changing.keys.size === 0 && changing.all === all) this.#changing.delete(serviceKey);
    });
  }
}

function noop(): void {
  // Only that it has ended counts.
}

function named<T>(within: Map<string, Named<T>>, name: Frame): Named<T> {
  const key = frameKey(name);
  let found = within.get(key);
  if (found === undefined) {
    // A copy, likewise.
    found = { name: Buffer.from(name), below: new Map() };
    within.set(key, found);
  }
  return found;
}

function names<T>(within: ReadonlyMap<string, T> | undefined, nameOf: (value: T) => Frame): Frame[] {
  const keys = [...(within?.keys() ?? [])].sort();
  return keys.map((key) => nameOf(within!.get(key)!));
}
