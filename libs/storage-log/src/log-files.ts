/** A segment's file, as the store uses it. */
export interface LogFile {
  /** Writes all pieces, one behind the other. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>;
  /** @returns what there is of so many bytes */
  read(position: number, bytes: number): Promise<Buffer>;
  truncate(bytes: number): Promise<void>;
  /** Resolves when all that was written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The folder of a store: all that it asks of the system, so that tests can make it fail. */
export interface LogFiles {
  readonly folder: string;
  /** Makes the folder unless it is there. */
  make(): Promise<void>;
  list(): Promise<readonly string[]>;
  /** @returns the size in bytes */
  size(name: string): Promise<number>;
  read(name: string): Promise<Buffer>;
  /** For reading and writing. `isNew`: it must not be there yet. */
  open(name: string, isNew: boolean): Promise<LogFile>;
  remove(name: string): Promise<void>;
  /** `to` must not be there; what a copy that fails leaves is removed. */
  copy(from: string, to: string): Promise<void>;
  /** Resolves when names of files are on the disk. */
  sync(): Promise<void>;
}
