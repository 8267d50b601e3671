import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { platform } from 'node:process';

/** What {@link controlPath} needs of the machine, so that tests can play another one. */
export interface ControlPathSystem {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default `process.platform` */
  readonly platform?: NodeJS.Platform;
}

/**
 * Where the control socket of a home is: `control.sock` in its data folder. The kernel takes no longer path for a socket
 * than 107 bytes (103 elsewhere than on Linux); for a folder whose path is longer it is
 * `raspy-<hash of the path>.sock` in `$XDG_RUNTIME_DIR`, else in `raspy-<user id>` in the folder for temporary files.
 */
export async function controlPath(dataDir: string, system: ControlPathSystem = {}): Promise<string> {
  const most = (system.platform ?? platform) === 'linux' ? 107 : 103;
  const path = join(resolve(dataDir), 'control.sock');
  if (Buffer.byteLength(path) <= most) return path;
  const real = await realpath(dataDir).catch(() => resolve(dataDir));
  const name = `raspy-${createHash('sha256').update(real).digest('hex').slice(0, 32)}.sock`;
  const own = system.env?.['XDG_RUNTIME_DIR'];
  return own?.startsWith('/') === true ? join(own, name) : join(tmpdir(), `raspy-${userInfo().uid}`, name);
}
