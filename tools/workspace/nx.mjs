import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// Without daemon nothing stays behind; without isolated plugins Nx then starts in one second instead of six.
const env = { ...process.env, NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' };

/** Starts a development tool of the workspace by its own entry file, one of its package: no npx, no shell in between. */
export function spawnTool(name, args, stdio, entryName = name) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entry = join(folder, typeof bin === 'string' ? bin : bin[entryName]);
  return spawn(process.execPath, [entry, ...args], { cwd: root, env, stdio });
}

/** The exit code of a child; 1 when a signal ended it or it could not be started. */
export function exitCode(child) {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
}
