import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseIni, type IniProblem } from './parse-ini.js';

/** A value of the original's settings store. */
export interface IniEntry {
  readonly service: string;
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** Something in one of the files that was not understood, or the whole file, which is line 0. */
export interface IniFileProblem extends IniProblem {
  /** Its name in the folder. */
  readonly file: string;
}

/** What the files of a folder say. */
export interface IniStores {
  readonly entries: readonly IniEntry[];
  readonly problems: readonly IniFileProblem[];
}

const EXTENSION = '.sto';

/**
 * Reads the settings that the original RasPy kept: one INI file a service, `<service>.sto`, in the order of their names. Values
 * and keys are as the files have them, see {@link parseIni}. Nothing is changed.
 *
 * @param folder - `<data_dir>/store` of the original
 * @throws Error of `node:fs` (rejects) when the folder cannot be read; a file that cannot is a problem
 */
export async function readIniStores(folder: string): Promise<IniStores> {
  const entries: IniEntry[] = [];
  const problems: IniFileProblem[] = [];
  const names = (await readdir(folder)).filter(
    (name) => name.endsWith(EXTENSION) && name.length > EXTENSION.length,
  );
  for (const file of names.sort()) {
    const service = file.slice(0, -EXTENSION.length);
    const read = await readText(join(folder, file));
    if (!read.ok) {
      problems.push({ file, line: 0, text: '', reason: read.reason });
      continue;
    }
    const parsed = parseIni(read.text);
    for (const [section, values] of parsed.sections) {
      for (const [key, value] of values) entries.push({ service, section, key, value });
    }
    problems.push(...parsed.problems.map((problem) => ({ file, ...problem })));
  }
  return { entries, problems };
}

type ReadText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

async function readText(path: string): Promise<ReadText> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    return { ok: false, reason: `it cannot be read: ${(error as Error).message}` };
  }
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, reason: 'it is not UTF-8, and nothing of it was read: convert it first' };
  }
}
