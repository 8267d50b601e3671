import { spawn } from 'node:child_process';

/** How a program ended, and what it said. */
export interface Outcome {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; one that is not done after `timeoutMs` is killed. Rejects only if it cannot be started. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  timeoutMs = 120_000,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: strangersEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

/** The environment without what npm, Nx and jest add to it for this workspace; settings such as a registry stay. */
export function strangersEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(NX_|JEST_|npm_(package|lifecycle)_|npm_config_local_prefix$|NODE_|FORCE_COLOR$|NO_COLOR$|INIT_CWD$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
