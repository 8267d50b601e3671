import type { Clock, Millis } from '@raspy/clock';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import type { Part } from '../lifecycle/executive.js';
import { lockDataDir, type ReleaseDataDir } from '../lifecycle/data-dir-lock.js';
import type { Logger } from '../log/logger.js';
import {
  CONTROL_REQUESTS,
  decodeRequest,
  encodeAnswer,
  failureOf,
  MAX_REQUEST_BYTES,
  type ControlAnswer,
  type ControlRequest,
} from './control-protocol.js';
import { controlPath, type ControlPathSystem } from './control-path.js';

/** What a {@link ControlDoor} is told. */
export interface ControlDoorOptions {
  /** The home's; there by then. */
  readonly dataDir: string;
  /** Does what is asked; what it throws is told to whoever asked. */
  readonly handle: (request: ControlRequest) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly system?: ControlPathSystem;
}

/** Connections at a time; more are turned away. */
const MAX_CONNECTIONS = 16;
/** For a request to come, once its connection is there. */
const REQUEST_WITHIN_MS: Millis = 5_000;

/**
 * The socket by which a home is asked for its status, and to stop or reload, whether its broker runs or not: a
 * unix-domain one for its owner alone, with one request and one answer a connection, each a line of JSON.
 */
export class ControlDoor implements Part {
  readonly name = 'control socket';
  readonly #options: ControlDoorOptions;
  readonly #connections = new Set<Socket>();
  readonly #answers = new Set<Promise<void>>();
  #server: Server | undefined;
  #path = '';
  #release: ReleaseDataDir | undefined;

  constructor(options: ControlDoorOptions) {
    this.#options = options;
  }

  /** @throws EnvironmentError (rejects) when a home runs on the data folder, or the socket cannot be made */
  async start(): Promise<void> {
    const { dataDir, system } = this.#options;
    this.#path = await controlPath(dataDir, system);
    // Before the socket is looked at, so that of two homes that start at once only one replaces what a third has left.
    this.#release = await lockDataDir(dataDir);
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await removeStale(this.#path);
      this.#server = await this.#listen();
      await chmod(this.#path, 0o600);
    } catch (error) {
      await this.#close();
      if (error instanceof EnvironmentError) throw error;
      const { code } = error as { code?: string };
      throw new EnvironmentError(
        `the control socket ${this.#path} cannot be made (${code ?? String(error)}): choose another --data-dir`,
        { cause: error },
      );
    }
  }

  /** Gives the answers that are under way their time, and closes. */
  async stop(deadlineMs: Millis): Promise<void> {
    const { clock } = this.#options;
    let cancel: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + deadlineMs, resolve);
    });
    await Promise.race([Promise.all([...this.#answers]), late]);
    cancel?.();
    await this.#close();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#connections) socket.destroy();
    // Closing removes the file.
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
    await this.#release?.();
    this.#release = undefined;
  }

  #listen(): Promise<Server> {
    const server = createServer((socket) => this.#accept(socket));
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject).listen(this.#path, () => {
        server.off('error', reject).on('error', (error) => {
          this.#options.logger.warn('the control socket failed', { error: String(error) });
        });
        resolve(server);
      });
    });
  }

  #accept(socket: Socket): void {
    const { clock } = this.#options;
    this.#connections.add(socket);
    const tooLate = clock.schedule(clock.now() + REQUEST_WITHIN_MS, () => socket.destroy());
    let text = '';
    let asked = false;
    socket
      .setEncoding('utf8')
      // Who asks and goes away is no concern of the home.
      .on('error', () => undefined)
      .on('close', () => {
        tooLate();
        this.#connections.delete(socket);
      })
      .on('data', (chunk: string) => {
        if (asked) return;
        text += chunk;
        const end = text.indexOf('\n');
        if (end < 0 && text.length <= MAX_REQUEST_BYTES) return;
        asked = true;
        tooLate();
        const answer = this.#answer(end < 0 ? '' : text.slice(0, end)).then((line) => finish(socket, line));
        this.#answers.add(answer);
        void answer.finally(() => this.#answers.delete(answer));
      });
  }

  async #answer(line: string): Promise<string> {
    const request = decodeRequest(line);
    if (request === undefined) {
      const message = `no such request: ask for one of ${CONTROL_REQUESTS.join(', ')}`;
      return encodeAnswer({ ok: false, error: { code: 'BAD_REQUEST', message } });
    }
    this.#options.logger.debug('asked', { request });
    return encodeAnswer(await this.#done(request));
  }

  async #done(request: ControlRequest): Promise<ControlAnswer> {
    try {
      return { ok: true, result: (await this.#options.handle(request)) ?? null };
    } catch (error) {
      return { ok: false, error: failureOf(error) };
    }
  }
}

/** Resolves when the line is handed over, or there is nobody to take it. */
function finish(socket: Socket, line: string): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', resolve);
    if (socket.destroyed) resolve();
    else socket.end(line, () => resolve());
  });
}

/** A home that was killed leaves its socket, which nobody answers at. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new EnvironmentError(
      `${path} is no socket, and stands where the control socket is to be: move it away`,
    );
  }
  if (await isAnswered(path)) {
    throw new EnvironmentError(`another program listens at ${path}: stop it, or choose another --data-dir`);
  }
  await rm(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}
