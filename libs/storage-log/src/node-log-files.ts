import { constants } from 'node:fs';
import {
  copyFile,
  mkdir,
  open as openFile,
  readdir,
  readFile,
  rm,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './log-error.js';
import type { LogFile, LogFiles } from './log-files.js';

/** A folder of the machine, by Node's asynchronous calls: none of them holds the event loop up. */
export class NodeLogFiles implements LogFiles {
  constructor(readonly folder: string) {}

  /** Node's `recursive` would never end in some places, and a typing error would make a path of folders. */
  async make(): Promise<void> {
    try {
      await mkdir(this.folder, { mode: 0o700 });
    } catch (error) {
      // What is there and is no folder shows when it is listed.
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  list(): Promise<readonly string[]> {
    return readdir(this.folder);
  }

  async size(name: string): Promise<number> {
    return (await stat(join(this.folder, name))).size;
  }

  read(name: string): Promise<Buffer> {
    return readFile(join(this.folder, name));
  }

  async open(name: string, isNew: boolean): Promise<LogFile> {
    return new NodeLogFile(await openFile(join(this.folder, name), isNew ? 'wx+' : 'r+', 0o600));
  }

  remove(name: string): Promise<void> {
    return unlink(join(this.folder, name));
  }

  async copy(from: string, to: string): Promise<void> {
    const target = join(this.folder, to);
    try {
      await copyFile(join(this.folder, from), target, constants.COPYFILE_EXCL);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') await rm(target, { force: true });
      throw error;
    }
  }

  async sync(): Promise<void> {
    const handle = await openFile(this.folder, 'r');
    try {
      await handle.sync();
    } catch (error) {
      // Windows and some network drives cannot sync a folder.
      if (!['EPERM', 'EINVAL', 'EISDIR'].includes(systemCode(error) ?? '')) throw error;
    } finally {
      await handle.close();
    }
  }
}

class NodeLogFile implements LogFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    let at = position;
    for (const piece of pieces) {
      // The system may take a part only, as of a piece above 2 GiB; the rest then shows why.
      for (let done = 0; done < piece.length;) {
        const { bytesWritten } = await this.#handle.write(piece, done, piece.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    }
  }

  async read(position: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await this.#handle.read(buffer, done, bytes - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  }

  truncate(bytes: number): Promise<void> {
    return this.#handle.truncate(bytes);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
