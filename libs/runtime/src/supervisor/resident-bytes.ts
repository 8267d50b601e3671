import { readFile } from 'node:fs/promises';

/** Memory that a process occupies; `undefined` where the system does not tell. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  if (pid === process.pid) return process.memoryUsage.rss();
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
