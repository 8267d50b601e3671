import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { JsonFile } from './json-file.js';

const secretSchema = z.object({ secret: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * The secret of this installation, 32 bytes, made when there is none (the manual's `install_secret_key`).
 * @throws EnvironmentError (rejects) when its file cannot be read
 */
export async function installSecret(folder: string): Promise<Buffer> {
  const file = new JsonFile(join(folder, 'secret.json'), secretSchema);
  const kept = await file.load();
  if (kept !== undefined) return Buffer.from(kept.secret, 'hex');
  const secret = randomBytes(32);
  await file.save({ secret: secret.toString('hex') });
  return secret;
}
