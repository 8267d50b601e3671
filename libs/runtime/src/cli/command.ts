import { loadSettings } from '../config/load-settings.js';
import { renderHelp } from '../config/help.js';
import type { SettingsOf, SettingsShape } from '../config/setting.js';
import { readCommandLine } from '../config/command-line.js';
import { UsageError } from '../lifecycle/complain.js';
import { ExitCode } from '../lifecycle/exit-code.js';
import type { ProgramHost } from '../lifecycle/host.js';
import { withTracing } from '../lifecycle/tracing.js';

/** What a command gets when it runs. */
export interface CommandContext<T> {
  readonly settings: T;
  /** What was typed after the command's words, flags apart. */
  readonly args: readonly string[];
  /** All that was typed after the command's words. */
  readonly argv: readonly string[];
  readonly host: ProgramHost;
}

/** What a command runs with. */
export interface LoadedCommand<T> {
  readonly values: T;
  /** What was typed and is no flag. */
  readonly positionals: readonly string[];
}

/** One command of a tool, such as `raspy device get`. */
export interface CommandDefinition<S extends SettingsShape, T = SettingsOf<S>> {
  /** As typed after the tool's name, e.g. `device get`. */
  readonly words: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** What its own help says besides. */
  readonly details?: string;
  /** Each argument with what it is; `<name>` must be given, `[name]` may, and one that ends in `...` takes the rest. */
  readonly args?: readonly (readonly [name: string, description: string])[];
  readonly settings: S;
  readonly examples?: readonly (readonly [string, string])[];
  /**
   * Puts together what it runs with.
   * @default the values of its settings, by `loadSettings`
   */
  load?(argv: readonly string[], host: ProgramHost): Promise<LoadedCommand<T>>;
  /** @returns the exit code; what it throws is told on stderr and ends with the code that fits */
  run(context: CommandContext<T>): Promise<ExitCode>;
}

/** A command whatever its settings are. */
export interface Command {
  readonly words: readonly string[];
  readonly summary: string;
  /** Reads what was typed after its words, answers `--help`, and runs. */
  execute(tool: string, argv: readonly string[], host: ProgramHost): Promise<ExitCode>;
}

/** Makes a command of its definition. */
export function command<S extends SettingsShape, T = SettingsOf<S>>(
  definition: CommandDefinition<S, T>,
): Command {
  const { words, summary, args = [], settings } = definition;
  return {
    words: words.split(' '),
    summary,
    async execute(tool, argv, host) {
      if (readCommandLine(argv, settings).help) {
        const usage = [tool, words, ...args.map(([name]) => name), '[options]'].join(' ');
        const text = definition.details === undefined ? `${summary}.` : `${summary}. ${definition.details}`;
        const sections = args.length === 0 ? [] : [{ title: 'Arguments', rows: args }];
        host.stdout.write(renderHelp({ ...definition, summary: text, usage, sections }, host.machine));
        return ExitCode.OK;
      }
      const load =
        definition.load ??
        // What a definition that loads nothing itself runs with.
        (() => loadSettings(settings, argv, host.machine) as unknown as Promise<LoadedCommand<T>>);
      const { values, positionals } = await load(argv, host);
      checkArguments(`${tool} ${words}`, args, positionals);
      const isOn = (values as { readonly tracing?: unknown } | undefined)?.tracing === true;
      const warn = (text: string): void => {
        host.stderr.write(`${tool}: ${text}\n`);
      };
      return withTracing({ isOn, clock: host.clock, warn }, () =>
        definition.run({ settings: values, args: positionals, argv, host }),
      );
    },
  };
}

function checkArguments(
  typed: string,
  args: readonly (readonly [string, string])[],
  given: readonly string[],
): void {
  const missing = args.slice(given.length).find(([name]) => name.startsWith('<'));
  if (missing !== undefined) throw new UsageError(`${typed} needs ${missing[0]}: ${missing[1]}`);
  const takesRest = args.at(-1)?.[0].includes('...') === true;
  if (!takesRest && given.length > args.length) {
    throw new UsageError(
      `${typed} takes ${args.length || 'no'} arguments, and got "${given[args.length]!}" too`,
    );
  }
}
