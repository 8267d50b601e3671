import { randomBytes } from 'node:crypto';
import type { Clock } from '@raspy/clock';

/** An id for one run of a server, such as `mb1x2k9q-5f3a9c01`; of two, the one that started earlier sorts first. */
export function newInstanceId(clock: Clock): string {
  const started = Math.max(0, Math.floor(clock.wallNow()));
  return `${started.toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`;
}
