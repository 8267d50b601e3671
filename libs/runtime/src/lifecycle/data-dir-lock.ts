import { randomUUID } from 'node:crypto';
import { link, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pid, platform } from 'node:process';
import { EnvironmentError } from './exit-code.js';

/** Gives the folder back; calling it again does nothing. */
export type ReleaseDataDir = () => Promise<void>;

/** What {@link lockDataDir} needs of the system, so that tests can play another one. */
export interface LockSystem {
  /** @default `process.platform` */
  readonly platform?: NodeJS.Platform;
}

const LOCK_FILE = '.raspy.lock';
/** How long an owner that is busy or stopped is waited for; without its answer the message is poorer. */
const ASK_OWNER_MS = 500;
/** Of those who ask for the owner at a time; more are turned away. */
const MAX_ASKING = 16;

/**
 * Makes this process the only one that uses a data folder, until it is released or the process ends in whatever way. On
 * Linux that is a name that the kernel forgets with the process; elsewhere a file with the process id, which one that was
 * killed leaves, and the next owner takes over.
 *
 * @param path - a folder that is there; other paths to it, by links, mean the same
 * @throws {@link EnvironmentError} (rejects) when another process, or this one, has it; or when it cannot be locked
 */
export async function lockDataDir(path: string, system: LockSystem = {}): Promise<ReleaseDataDir> {
  try {
    return await ((system.platform ?? platform) === 'linux' ? lockByName(path) : lockByFile(path));
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    const { code } = error as { code?: string };
    throw new EnvironmentError(
      `the data folder ${path} cannot be locked (${code ?? String(error)}): choose another one with --data-dir`,
      { cause: error },
    );
  }
}

/** Listens at an abstract address, which one process can do; and tells its id to whoever asks. */
async function lockByName(path: string): Promise<ReleaseDataDir> {
  const { dev, ino } = await stat(path, { bigint: true });
  const address = `\0raspy-data-${dev}-${ino}`;
  const asking = new Set<Socket>();
  const server = createServer((socket) => {
    asking.add(socket);
    // Who asks and goes away is no concern of the owner; nor is who stays.
    socket
      .on('error', () => undefined)
      .on('close', () => asking.delete(socket))
      .unref()
      .end(String(pid));
  });
  server.maxConnections = MAX_ASKING;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(address, resolve);
    });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw inUse(path, await askOwner(address), error);
  }
  // A connection that is being answered must not end the owner either.
  server.on('error', () => undefined).unref();
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of asking) socket.destroy();
    });
}

/** The process id of whoever listens; `undefined` when it does not say: it may have ended since, or be stopped. */
function askOwner(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(address);
    const done = (): void => {
      socket.destroy();
      resolve(/^\d+$/.test(said) ? said : undefined);
    };
    socket
      .setEncoding('latin1')
      .setTimeout(ASK_OWNER_MS, done)
      .on('data', (text: string) => (said += text))
      .on('end', done)
      .on('error', done);
  });
}

async function lockByFile(path: string): Promise<ReleaseDataDir> {
  const folder = await realpath(path);
  const file = join(folder, LOCK_FILE);
  const own = join(folder, `${LOCK_FILE}-${randomUUID()}`);
  // Linked when it is written, so that nobody reads half of it.
  await writeFile(own, String(pid), { mode: 0o600 });
  try {
    for (;;) {
      try {
        await link(own, file);
        return () => rm(file, { force: true });
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
        const owner = await readFile(file, 'utf8');
        if (isAlive(Number(owner))) throw inUse(path, owner, error);
        await rm(file, { force: true });
      }
    }
  } finally {
    await rm(own, { force: true });
  }
}

function isAlive(owner: number): boolean {
  if (!Number.isInteger(owner) || owner <= 0) return false;
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    // There is one, of another user.
    return (error as { code?: string }).code === 'EPERM';
  }
}

function inUse(path: string, owner: string | undefined, cause: unknown): EnvironmentError {
  const who =
    owner === undefined
      ? 'another RasPy process'
      : owner === String(pid)
        ? 'this process'
        : `another RasPy process (pid ${owner})`;
  return new EnvironmentError(
    `the data folder ${path} is in use by ${who}: stop it, or choose another folder with --data-dir`,
    { cause },
  );
}
