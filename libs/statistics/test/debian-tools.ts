import { execFile, spawnSync } from 'node:child_process';

/** `describe`, skipped with a reason where a program of Debian's is missing; not in CI, where it has to be there. */
export function describeWith(program: string, name: string, tests: () => void): void {
  const found = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
  if (!found) process.stderr.write(`${program} is not installed: what needs it is skipped\n`);
  (found || process.env['CI'] === 'true' ? describe : describe.skip)(name, tests);
}

/** What a program answered. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of Debian's without keeping this process from answering it. */
export function run(program: string, args: readonly string[], input?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number')
        reject(new Error(`${program} did not run`, { cause: error }));
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
