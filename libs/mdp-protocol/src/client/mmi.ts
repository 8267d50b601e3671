import { frameText, type Frames } from '@raspy/wire';
import { MdpInvalidReplyError } from '../errors.js';
import { StatusCode } from '../status-code.js';
import type { MdpClient } from './mdp-client.js';
import type { MdpRequestOptions } from './options.js';
import { okResult, replyStatus } from './reply-status.js';

/** One service as `mmi.workers` tells of it. */
export interface MmiServiceReport {
  readonly name: string;
  /** Workers that wait for a request. */
  readonly idle: number;
  /** Workers that have one. */
  readonly busy: number;
  /** Requests that wait for a worker. */
  readonly queued: number;
}

/** What `mmi.workers` answers. */
export interface MmiWorkersReport {
  /** The broker's heartbeat interval; workers must share it. */
  readonly intervalMs: number;
  /** Intervals without a sign of life after which a worker is gone. */
  readonly liveness: number;
  readonly services: readonly MmiServiceReport[];
}

/** What the helper needs of a client. */
export type MmiRequester = Pick<MdpClient, 'request' | 'call'>;

/** Options of the questions; there is no worker to wait for. */
export type MmiOptions = Omit<MdpRequestOptions, 'ifNoWorker'>;

/**
 * Questions to the broker itself (MMI, RFC 8, and RasPy's additions; PROTOCOLS §6).
 *
 * Each method rejects as {@link MdpClient.call} does; a broker that does not know a question answers 501, which is
 * an {@link MdpServiceStatusError}.
 */
export class MmiClient {
  readonly #client: MmiRequester;

  constructor(client: MmiRequester) {
    this.#client = client;
  }

  /** Whether a worker, idle or busy, offers the service now. */
  async hasService(name: string, options?: MmiOptions): Promise<boolean> {
    const reply = await this.#client.request('mmi.service', [name], options);
    if (replyStatus('mmi.service', reply) === StatusCode.NOT_FOUND) return false;
    okResult('mmi.service', reply);
    return true;
  }

  /**
   * Names of the services with workers that match, sorted.
   * @param pattern - a regular expression in RE2 syntax, at most 256 bytes, found anywhere in the name: `\.devices$`
   */
  async discover(pattern: string, options?: MmiOptions): Promise<string[]> {
    return texts(await this.#client.call('mmi.discovery', [pattern], options));
  }

  /** Names of what the broker offers beyond the RFCs; none when it does not know the question. */
  async features(options?: MmiOptions): Promise<string[]> {
    const reply = await this.#client.request('mmi.features', [''], options);
    if (replyStatus('mmi.features', reply) === StatusCode.NOT_IMPLEMENTED) return [];
    return texts(okResult('mmi.features', reply));
  }

  /** Workers and queues of one service, or of all. RasPy's broker only. */
  async workers(service = '', options?: MmiOptions): Promise<MmiWorkersReport> {
    const reply = await this.#client.call('mmi.workers', [service], options);
    const report = parseJson(reply);
    if (!isWorkersReport(report)) {
      throw new MdpInvalidReplyError('mmi.workers', 'the reply of "mmi.workers" is not its JSON report');
    }
    return report;
  }
}

/**
 * The keys in a reply to `list_keys`, in either of the forms that services use: a frame a key, or one frame with the
 * keys joined by `|` (PROTOCOLS §7). Empty keys are dropped.
 *
 * @param result - the reply without its status frame, as {@link MdpClient.call} returns it
 */
export function readKeys(result: Frames): string[] {
  return result.flatMap((frame) => frameText(frame).split('|')).filter((key) => key !== '');
}

function texts(frames: Frames): string[] {
  return frames.map((frame) => frameText(frame));
}

function parseJson(frames: Frames): unknown {
  const last = frames.at(-1);
  if (last === undefined) return undefined;
  try {
    return JSON.parse(frameText(last));
  } catch {
    return undefined;
  }
}

function isWorkersReport(value: unknown): value is MmiWorkersReport {
  return (
    isRecord(value) &&
    hasNumbers(value, 'intervalMs', 'liveness') &&
    Array.isArray(value['services']) &&
    value['services'].every(
      (service) =>
        isRecord(service) &&
        typeof service['name'] === 'string' &&
        hasNumbers(service, 'idle', 'busy', 'queued'),
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function hasNumbers(value: Readonly<Record<string, unknown>>, ...names: string[]): boolean {
  return names.every((name) => typeof value[name] === 'number');
}
