import type { StandardSchema } from '@raspy/mdp-protocol';

/** What the machine says about itself; defaults may be made from it. */
export interface MachineFacts {
  /** The short host name, e.g. `pi`. */
  readonly hostname: string;
  readonly homeDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One value was read, or why it cannot be: a phrase that says what would be right. */
export type Reading<T> =
  | { readonly value: T }
  | { readonly problem: string; readonly path?: readonly PropertyKey[] }[];

/** One setting of a program: a flag, its `RASPY_*` twin and a key of the file. */
export interface Setting<T> {
  readonly description: string;
  /** What stands for the value in the help, e.g. `PORT`; empty for a switch. */
  readonly hint: string;
  /** `everywhere`, or where alone it may be given: lists of devices have no flag, `--config` stands in no file. */
  readonly from: 'everywhere' | 'command' | 'file';
  /** The value when nobody gives one. */
  readonly fallback: (machine: MachineFacts) => T;
  /** The default as the help shows it; `undefined` shows none. */
  readonly fallbackText: (machine: MachineFacts) => string | undefined;
  /**
   * Reads the text of a flag or variable, or a value of the YAML file.
   * @param others - values of the settings that can be given everywhere; complete when one is read that only the file has
   */
  readonly read: (
    input: unknown,
    machine: MachineFacts,
    others?: SettingValues,
  ) => Reading<T> | Promise<Reading<T>>;
}

/** Values of settings by their names, as far as they are known. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** The settings of a program by their camelCase names: `brokerPort` is `--broker-port` and `RASPY_BROKER_PORT`. */
export type SettingsShape = Readonly<Record<string, Setting<unknown>>>;

/** The values of a {@link SettingsShape}. */
export type SettingsOf<S extends SettingsShape> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** What every kind of setting is told. */
export interface SettingOptions<T> {
  readonly description: string;
  readonly hint?: string;
  readonly default: T | ((machine: MachineFacts) => T);
  /** What the help shows instead of the default itself. */
  readonly defaultText?: string;
  readonly from?: Setting<T>['from'];
}

/** A text; `pattern` with `expected` says which, e.g. `letters, digits, - and _`. */
export function text<T extends string | undefined = string>(
  options: SettingOptions<T> & { readonly pattern?: RegExp; readonly expected?: string },
): Setting<string | T> {
  return make<string | T>(options, 'TEXT', (input) => {
    if (typeof input !== 'string') return bad('is not a text: put it in quotes');
    if (options.pattern?.test(input) === false) {
      return bad(
        `"${input}" will not do: give ${options.expected ?? `what matches ${options.pattern.source}`}`,
      );
    }
    return { value: input };
  });
}

/** A whole number within bounds, both included. */
export function integer(
  options: SettingOptions<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max } = options;
  return make(options, 'NUMBER', (input) => {
    const value = typeof input === 'string' && /^-?\d+$/.test(input) ? Number(input) : input;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
      return { value };
    return bad(`${show(input)} will not do: give a whole number from ${min} to ${max}`);
  });
}

/** A number within bounds, both included. */
export function decimal<T extends number | undefined = number>(
  options: SettingOptions<T> & { readonly min: number; readonly max: number },
): Setting<number | T> {
  const { min, max } = options;
  return make<number | T>(options, 'NUMBER', (input) => {
    const value = typeof input === 'string' && /^-?\d+(\.\d+)?$/.test(input) ? Number(input) : input;
    if (typeof value === 'number' && value >= min && value <= max) return { value };
    return bad(`${show(input)} will not do: give a number from ${min} to ${max}`);
  });
}

/** One of a few words. */
export function oneOf<const T extends string>(
  options: SettingOptions<T> & { readonly words: readonly T[] },
): Setting<T> {
  return make(options, options.words.join('|'), (input) => {
    const value = options.words.find((word) => word === input);
    if (value !== undefined) return { value };
    return bad(`${show(input)} will not do: give one of ${options.words.join(', ')}`);
  });
}

/** A switch: `--json`, `RASPY_JSON=true`, `json: true`, `--json=false`. */
export function toggle(
  options: Omit<SettingOptions<boolean>, 'default'> & {
    /** @default false */
    readonly default?: boolean;
  },
): Setting<boolean> {
  const fallback = options.default ?? false;
  const words = new Map<unknown, boolean>([
    [true, true],
    [false, false],
    ['', true],
    ['true', true],
    ['false', false],
    ['1', true],
    ['0', false],
  ]);
  return {
    ...make<boolean>({ ...options, default: fallback, hint: '' }, '', (input) => {
      const value = words.get(input);
      return value === undefined ? bad(`${show(input)} will not do: give true or false`) : { value };
    }),
    fallbackText: () => (fallback ? 'true' : undefined),
  };
}

/** A path; a leading `~` is the home folder. */
export function path(options: SettingOptions<string>): Setting<string> {
  return make(options, 'PATH', (input, machine) => {
    if (typeof input !== 'string' || input === '') return bad('is not a path: give one, e.g. /var/lib/raspy');
    return { value: input === '~' || input.startsWith('~/') ? machine.homeDir + input.slice(1) : input };
  });
}

/**
 * A structure that only the file can hold, checked by a schema; each of its mistakes is told with its own line. The
 * schema is loaded when a file has the setting, since schema libraries cost start-up time; it may hang on other settings.
 */
export function structure<T>(
  options: Omit<SettingOptions<T>, 'from'> & {
    readonly schema: (others: SettingValues) => Promise<StandardSchema<unknown, T>>;
  },
): Setting<T> {
  return make<T>({ ...options, from: 'file' }, 'LIST', async (input, _machine, others = {}) => {
    const schema = await options.schema(others);
    const result = await schema['~standard'].validate(input);
    if (result.issues === undefined) return { value: result.value };
    return result.issues.map(({ message, path: steps = [] }) => ({
      problem: message,
      path: steps.map((step) => (typeof step === 'object' ? step.key : step)),
    }));
  });
}

/** `brokerPort` as a flag without its dashes and as a key of the file: `broker-port`. */
export function settingKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `brokerPort` as a variable: `RASPY_BROKER_PORT`. */
export function settingVariable(name: string): string {
  return `RASPY_${settingKey(name).replaceAll('-', '_').toUpperCase()}`;
}

function make<T>(options: SettingOptions<T>, hint: string, read: Setting<T>['read']): Setting<T> {
  const given = options.default;
  const fallback = (machine: MachineFacts): T =>
    typeof given === 'function' ? (given as (machine: MachineFacts) => T)(machine) : given;
  return {
    description: options.description,
    hint: options.hint ?? hint,
    from: options.from ?? 'everywhere',
    fallback,
    fallbackText: (machine) => {
      if (options.defaultText !== undefined) return options.defaultText;
      const value = fallback(machine);
      return value === undefined ? undefined : String(value);
    },
    read,
  };
}

function bad(problem: string): Reading<never> {
  return [{ problem }];
}

function show(input: unknown): string {
  return typeof input === 'string' ? `"${input}"` : JSON.stringify(input);
}
