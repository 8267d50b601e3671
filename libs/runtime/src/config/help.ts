import { settingKey, settingVariable, type MachineFacts, type SettingsShape } from './setting.js';

/** What `--help` tells besides the settings. */
export interface HelpText {
  /** As typed, e.g. `raspy device get <device> [value]`. */
  readonly usage: string;
  readonly summary: string;
  readonly settings: SettingsShape;
  /** Titled blocks between summary and settings: commands, arguments. */
  readonly sections?: readonly {
    readonly title: string;
    readonly rows: readonly (readonly [string, string])[];
  }[];
  /** Lines to type, each with what it does. */
  readonly examples?: readonly (readonly [string, string])[];
}

const WIDTH = 100;

/** The help of a program or command, at most 100 characters wide. */
export function renderHelp(help: HelpText, machine: MachineFacts): string {
  const flags: [string, string][] = [];
  const fileOnly: [string, string][] = [];
  for (const [name, setting] of Object.entries(help.settings)) {
    const fallback = setting.fallbackText(machine);
    const notes = fallback === undefined ? [] : [`default: ${fallback}`];
    if (setting.from === 'file') {
      fileOnly.push([`${settingKey(name)}:`, `${setting.description}${inBrackets(notes)}`]);
    } else {
      notes.push(`env: ${settingVariable(name)}`);
      const flag = `--${settingKey(name)}${setting.hint === '' ? '' : `=${setting.hint}`}`;
      flags.push([flag, `${setting.description}${inBrackets(notes)}`]);
    }
  }
  flags.push(['--help', 'Show this text'], ['--version', 'Show the version']);
  const sections = [
    ...(help.sections ?? []),
    { title: 'Options', rows: flags },
    ...(fileOnly.length === 0 ? [] : [{ title: 'In the file only', rows: fileOnly }]),
    ...(help.examples === undefined ? [] : [{ title: 'Examples', rows: help.examples }]),
  ];
  return [
    `Usage: ${help.usage}`,
    '',
    ...wrap(help.summary, WIDTH),
    ...sections.flatMap(({ title, rows }) => ['', `${title}:`, ...renderRows(rows)]),
    '',
  ].join('\n');
}

function renderRows(rows: readonly (readonly [string, string])[]): string[] {
  const column = Math.min(34, Math.max(...rows.map(([left]) => left.length)) + 4);
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, WIDTH - column);
    const head = `  ${left}`;
    const first = head.length + 2 <= column ? [head.padEnd(column) + (lines.shift() ?? '')] : [head];
    return [...first, ...lines.map((line) => ' '.repeat(column) + line)];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function inBrackets(notes: readonly string[]): string {
  return notes.length === 0 ? '' : ` (${notes.join('; ')})`;
}
