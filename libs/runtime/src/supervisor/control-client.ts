import type { Clock, Millis } from '@raspy/clock';
import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { EnvironmentError } from '../lifecycle/exit-code.js';
import { SettingsError } from '../config/settings-error.js';
import { controlPath, type ControlPathSystem } from './control-path.js';
import {
  decodeAnswer,
  encodeRequest,
  MAX_ANSWER_BYTES,
  type ControlFailure,
  type ControlRequest,
} from './control-protocol.js';

/** Whom to ask, and how long to wait. */
export interface AskHomeOptions {
  /** The home's. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** For the answer. */
  readonly timeoutMs: Millis;
  readonly system?: ControlPathSystem;
}

/** The home did not answer, not in time, or that it did not do it; the message says which. Exit code 1. */
export class ControlError extends Error {
  override readonly name = 'ControlError';

  constructor(
    /** `CONTROL_TIMEOUT`, `CONTROL_CLOSED`, or the code of what the home told. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Asks the home that runs on a data folder.
 * @returns what it answered
 * @throws EnvironmentError (rejects) when no home runs there, or it is another user's
 * @throws SettingsError (rejects) when the home finds mistakes in its settings
 * @throws ControlError (rejects) otherwise
 */
export async function askHome(request: ControlRequest, options: AskHomeOptions): Promise<unknown> {
  const { dataDir, system } = options;
  const path = await controlPath(dataDir, system);
  await requireOwn(path, dataDir);
  const line = await exchange(path, encodeRequest(request), options);
  const answer = decodeAnswer(line);
  if (answer === undefined) {
    throw new ControlError('CONTROL_CLOSED', `the home on ${dataDir} ended before it answered`);
  }
  if (answer.ok) return answer.result;
  throw errorOf(answer.error);
}

/** In a folder where others may write, somebody else could play a home. */
async function requireOwn(path: string, dataDir: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) throw noHome(dataDir);
  const us = process.getuid?.();
  if (us === undefined || us === 0 || found.uid === us) return;
  throw new EnvironmentError(
    `the home on ${dataDir} is run by another user: ask as that user, or choose another --data-dir`,
  );
}

function exchange(path: string, line: string, options: AskHomeOptions): Promise<string> {
  const { clock, timeoutMs, dataDir } = options;
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const late = clock.schedule(clock.now() + timeoutMs, () => {
      end(() => {
        reject(
          new ControlError('CONTROL_TIMEOUT', `the home on ${dataDir} did not answer within ${timeoutMs} ms`),
        );
      });
    });
    const end = (act: () => void): void => {
      late();
      socket.destroy();
      act();
    };
    let text = '';
    socket
      .setEncoding('utf8')
      .on('connect', () => socket.write(line))
      .on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('\n') || text.length > MAX_ANSWER_BYTES) end(() => resolve(text.split('\n')[0]!));
      })
      .on('end', () => end(() => resolve(text)))
      .on('error', (error: Error & { code?: string }) => {
        end(() => reject(GONE.has(error.code) ? noHome(dataDir, error) : connectionError(dataDir, error)));
      });
  });
}

/** What a socket that nobody listens at answers. */
const GONE: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT']);

function noHome(dataDir: string, cause?: Error): EnvironmentError {
  return new EnvironmentError(`no home runs on ${dataDir}: start one with raspy start`, { cause });
}

function connectionError(dataDir: string, error: Error & { code?: string }): Error {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new EnvironmentError(
      `the home on ${dataDir} may not be asked by this user: ask as the user that runs it`,
      { cause: error },
    );
  }
  return new ControlError('CONTROL_CLOSED', `the home on ${dataDir} broke off: ${error.message}`);
}

function errorOf({ code, message, problems }: ControlFailure): Error {
  if (code === 'SETTINGS' && problems !== undefined) return new SettingsError(problems);
  return new ControlError(code, message);
}
