import { parseArgs } from 'node:util';
import { didYouMean } from './nearest.js';
import { settingKey, type SettingsShape } from './setting.js';
import type { SettingProblem } from './settings-error.js';

/** What was typed, sorted but not yet understood. */
export interface CommandLine {
  readonly help: boolean;
  readonly version: boolean;
  /** Texts by setting name; a flag given twice keeps its last text. */
  readonly texts: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  readonly problems: readonly SettingProblem[];
}

/** Sorts the arguments of a program: `--a-b=x` and `--a-b x` alike; after `--` everything is positional. */
export function readCommandLine(argv: readonly string[], settings: SettingsShape): CommandLine {
  const names = new Map<string, string>();
  for (const [name, setting] of Object.entries(settings)) {
    if (setting.from !== 'file') names.set(settingKey(name), name);
  }
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  };
  for (const [key, name] of names)
    options[key] = { type: settings[name]!.hint === '' ? 'boolean' : 'string' };

  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const texts = new Map<string, string>();
  const positionals: string[] = [];
  const problems: SettingProblem[] = [];
  let help = false;
  let version = false;
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const name = names.get(token.name);
    const value = token.value;
    if (token.name === 'help') help = true;
    else if (token.name === 'version') version = true;
    else if (name === undefined) {
      const known = [...Object.keys(options)].map((key) => `--${key}`);
      problems.push({
        where: token.rawName,
        problem: `no such flag${didYouMean(token.rawName, known) || ': --help lists them'}`,
      });
    } else if (options[token.name]?.type === 'string' && isMissing(value, token.inlineValue)) {
      problems.push({
        where: token.rawName,
        problem: `needs a value: ${token.rawName}=${settings[name]!.hint}`,
      });
    } else texts.set(name, value ?? '');
  }
  return { help, version, texts, positionals, problems };
}

/** A flag that follows is no value; one that begins with dashes must be given with `=`. */
function isMissing(value: string | undefined, inline: boolean | undefined): boolean {
  return value === undefined || (inline === false && value.startsWith('--'));
}
