import { BusError } from '../bus.js';
import type { RomId } from '../rom-id.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder; is 1-Wire switched on?',
  EACCES: 'this user may not read it.',
  EPERM: 'this user may not read it.',
  ENOTDIR: 'it is not a folder.',
};

/** Why the folder of the chips cannot be read, and what to do. */
export function unreachable(folder: string, error: unknown): BusError {
  if (error instanceof BusError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? `${message}.`;
  return new BusError('UNREACHABLE', `${folder} cannot be read: ${reason} See \`raspy doctor onewire\``, {
    cause: error,
  });
}

/** What the kernel says when a chip does not answer, or went while it was asked. */
export function absentIfGone(id: RomId, error: unknown): BusError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES') return new BusError('REFUSED', `${id}: this user may not read it`, { cause: error });
  const gone = ['ENOENT', 'ENODEV', 'ENXIO', 'ENOTDIR'].includes(code);
  if (gone) return new BusError('ABSENT', `${id} is gone`, { cause: error });
  // EIO and what else there is: the line is disturbed, or nobody answered this time.
  return new BusError('GARBLED', `${id} cannot be read: ${message}`, { cause: error });
}
