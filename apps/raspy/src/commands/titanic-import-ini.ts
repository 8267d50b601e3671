import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, ExitCode, toggle, toolSettings } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import { readIniStores } from '@raspy/titanic-store';
import {
  importSetting,
  type ImportedSetting,
  type ImportMode,
  type ImportResult,
} from '../import-settings.js';
import { withTitanic } from '../titanic.js';
import type { ToolOptions } from '../tool.js';

/** `raspy titanic import-ini <folder>` */
export function titanicImportIni(options: ToolOptions): Command {
  return command({
    words: 'titanic import-ini',
    summary: 'Take over the settings of the original RasPy, *.sto files, into the settings store',
    details:
      'What is there already with another value is kept unless --overwrite is given, and what cannot be read is told ' +
      'with its line; both make the exit code 1, and the rest is imported. Twice is as good as once. The original ' +
      'lower-cased keys: they stay as the files have them, and names are exact here.',
    args: [['<folder>', 'data folder of the original, or the folder store in it']],
    settings: {
      ...toolSettings,
      dryRun: toggle({ description: 'Only tell what would be done' }),
      overwrite: toggle({ description: 'Replace values that differ' }),
    },
    examples: [['raspy titanic import-ini ~/raspy-data --dry-run', 'what would be done']],
    run: async ({ settings, args, host }) => {
      const { stdout, stderr } = host;
      const { dryRun, overwrite, json } = settings;
      const mode: ImportMode = { dryRun, overwrite };
      const { entries, problems } = await read(args[0]!);
      return withTitanic(settings, host.clock, options, async (titanic) => {
        const tally = new Map<ImportResult['type'], number>();
        let file = '';
        for (const entry of entries) {
          const result = await importSetting(titanic.settings, entry, mode);
          tally.set(result.type, (tally.get(result.type) ?? 0) + 1);
          if (json) {
            stdout.write(`${jsonLine(entry, result, mode)}\n`);
            continue;
          }
          if (entry.service !== file) {
            file = entry.service;
            stdout.write(`${printable(`${file}.sto`)}\n`);
          }
          const { section, key } = entry;
          stdout.write(`  ${printable(`[${section}] ${key}`)}: ${resultText(result, mode)}\n`);
        }
        for (const problem of problems) stderr.write(`raspy: ${printable(problem)}\n`);
        if (!json) stdout.write(`${summary(tally, problems.length, dryRun)}\n`);
        const whole = problems.length === 0 && !tally.has('differs') && !tally.has('failed');
        return whole ? ExitCode.OK : ExitCode.FAILED;
      });
    },
  });
}

/** What is in the files. @throws EnvironmentError (rejects) when they cannot be read, or there are none */
async function read(
  folder: string,
): Promise<{ readonly entries: readonly ImportedSetting[]; readonly problems: readonly string[] }> {
  const place = await placeOfStores(folder);
  try {
    const { entries, problems } = await readIniStores(place);
    return {
      entries,
      problems: problems.map(({ file, line, reason }) => `${join(place, file)}:${line}: ${reason}`),
    };
  } catch (error) {
    throw unreadable(place, error);
  }
}

/** The folder that has the files: the one that was given, or `store` in it. */
async function placeOfStores(folder: string): Promise<string> {
  const names = await namesIn(folder);
  if (names.some(isStore)) return folder;
  const inner = join(folder, 'store');
  if (names.includes('store') && (await namesIn(inner)).some(isStore)) return inner;
  throw new EnvironmentError(
    `${folder} has no .sto files, nor a folder store with some: give that of the original`,
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function isStore(name: string): boolean {
  return name.endsWith('.sto');
}

function unreadable(folder: string, error: unknown): EnvironmentError {
  return new EnvironmentError(`${folder} cannot be read: ${(error as Error).message}`, { cause: error });
}

function jsonLine(
  { service, section, key }: ImportedSetting,
  result: ImportResult,
  { dryRun }: ImportMode,
): string {
  const problem = result.type === 'failed' ? result.problem : undefined;
  return JSON.stringify({ service, section, key, result: result.type, problem, dryRun });
}

function resultText(result: ImportResult, { dryRun }: ImportMode): string {
  switch (result.type) {
    case 'added':
      return dryRun ? 'would be added' : 'added';
    case 'overwritten':
      return dryRun ? 'would be overwritten' : 'overwritten';
    case 'same':
      return 'is there already';
    case 'differs':
      return 'has another value, which is kept; --overwrite replaces it';
    case 'failed':
      return `failed: ${printable(result.problem)}`;
  }
}

function summary(
  tally: ReadonlyMap<ImportResult['type'], number>,
  unreadable: number,
  dryRun: boolean,
): string {
  const of = (type: ImportResult['type']): number => tally.get(type) ?? 0;
  const parts: readonly (readonly [number, string])[] = [
    [of('added'), 'added'],
    [of('overwritten'), 'overwritten'],
    [of('same'), 'there already'],
    [of('differs'), 'different and kept'],
    [of('failed'), 'failed'],
    [unreadable, 'not readable'],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${dryRun ? 'nothing was changed; it would be: ' : ''}${told.join(', ') || 'nothing to import'}`;
}
