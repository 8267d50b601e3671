import { BusError } from '../bus.js';
import { OwserverClient, type OwserverClientOptions } from './client.js';
import { payloadText, RequestType, type Request } from './message.js';

/** The server answered with a number below 0. */
export class RefusedByServer extends Error {
  readonly code = 'REFUSED_BY_SERVER';

  constructor(
    readonly path: string,
    /** The number, as the server sent it. */
    readonly number: number,
  ) {
    super(`${path}: ${WORDS.get(-number) ?? `code ${number}`}`);
    this.name = 'RefusedByServer';
  }
}

const WORDS = new Map([
  [13, 'access error (code -13)'],
  [22, 'invalid (code -22)'],
  [30, 'the server is read-only (code -30)'],
  [32, 'there is no such property (code -32)'],
  [60, 'it cannot be read (code -60)'],
  [61, 'too much data (code -61)'],
  [63, 'wrong format (code -63)'],
  [64, 'there is no such property (code -64)'],
  [65, 'it cannot be set (code -65)'],
  [66, 'the server is read-only (code -66)'],
  [95, 'not supported (code -95)'],
]);

/** What a number of the server means, in words if there are any for it. */
export function wordsOf(number: number): string {
  return WORDS.get(-number) ?? `code ${number}`;
}

/** Whether a number says that asking again is of no use. One of 22 comes of a disturbed line, too, where something is read. */
export function isFinal(number: number, of: 'read' | 'write'): boolean {
  return WORDS.has(-number) && (of === 'write' || number !== -22);
}

/** What an owserver shows as files and folders. All reject with {@link RefusedByServer} or {@link BusError}. */
export class OwserverFiles {
  readonly #client: OwserverClient;

  constructor(options: OwserverClientOptions) {
    this.#client = new OwserverClient(options);
  }

  get where(): string {
    return this.#client.where;
  }

  async read(path: string): Promise<string> {
    return payloadText(await this.#ask('for', { type: RequestType.READ, path }));
  }

  async write(path: string, value: string): Promise<void> {
    await this.#ask('to set', { type: RequestType.WRITE, path, value });
  }

  /** @param buses - whether the folders of buses are listed too @returns whole paths */
  async list(path: string, buses = false): Promise<readonly string[]> {
    const payload = await this.#ask('to list', { type: RequestType.DIR_ALL, path, showsBuses: buses });
    return payloadText(payload)
      .split(',')
      .filter((entry) => entry !== '');
  }

  async has(path: string): Promise<boolean> {
    try {
      await this.#ask('whether there is', { type: RequestType.PRESENT, path });
      return true;
    } catch (error) {
      if (error instanceof RefusedByServer) return false;
      throw error;
    }
  }

  close(): void {
    this.#client.close();
  }

  async #ask(what: string, request: Request): Promise<Buffer> {
    try {
      const { code, payload } = await this.#client.ask(request);
      if (code < 0) throw new RefusedByServer(request.path, code);
      return payload;
    } catch (error) {
      if (error instanceof BusError && error.code === 'TIMEOUT') {
        throw new BusError('TIMEOUT', `${error.message} (asked ${what} ${request.path})`, { cause: error });
      }
      throw error;
    }
  }
}
