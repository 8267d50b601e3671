import { readFile } from 'node:fs/promises';
import { UsageError, type ProgramHost } from '@raspy/runtime';

/**
 * A JSON object out of a file, or of standard input for `-`.
 * @param what - it should be, for the message: `a job`
 * @throws UsageError (rejects) when it cannot be read, or is no JSON object
 */
export async function jsonFile(
  file: string,
  host: Pick<ProgramHost, 'stdin'>,
  what: string,
): Promise<object> {
  let read: string;
  try {
    read = file === '-' ? await allOf(host.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const json = JSON.parse(read) as unknown;
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  } catch (error) {
    throw new UsageError(`${file} has no JSON: ${(error as Error).message}`, { cause: error });
  }
  throw new UsageError(`${file} has no JSON object: ${what} is one`);
}

async function allOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}
