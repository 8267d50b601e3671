import { open, readdir, realpath, stat, statfs } from 'node:fs/promises';

/** Files of the kernel, as far as 1-Wire needs them; everything rejects as `node:fs` does, with a `code`. */
export interface SysFiles {
  /** Names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Whether it is a folder, or a link to one. */
  isFolder(path: string): Promise<boolean>;
  /** Where a path leads, without links. */
  resolve(path: string): Promise<string>;
  /** The text of a file, up to 4 KiB of it. */
  read(path: string): Promise<string>;
  /** In one write, to a file that is there. */
  write(path: string, text: string): Promise<void>;
  /** Whether the kernel itself answers there, and not a copy of its files. */
  isKernel(folder: string): Promise<boolean>;
}

const MAX_BYTES = 4_096;
/** What statfs says of sysfs. */
const SYSFS_MAGIC = 0x62656572;

/** The files of this machine. */
export const sysFiles: SysFiles = {
  list: (folder) => readdir(folder),
  isFolder: async (path) => (await stat(path)).isDirectory(),
  resolve: (path) => realpath(path),
  read: async (path) => {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, null);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  },
  write: async (path, text) => {
    const file = await open(path, 'r+').catch((error: unknown) => {
      // What the kernel lets nobody read is opened to write alone.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') return open(path, 'w');
      throw error;
    });
    try {
      await file.write(text);
    } finally {
      await file.close();
    }
  },
  isKernel: async (folder) => (await statfs(folder)).type === SYSFS_MAGIC,
};
