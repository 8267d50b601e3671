/** Kinds of requests. */
export const RequestType = { READ: 2, WRITE: 3, PRESENT: 6, DIR_ALL: 7 } as const;
/** One of {@link RequestType}. */
export type RequestType = (typeof RequestType)[keyof typeof RequestType];

/** What a client asks of an owserver. */
export interface Request {
  readonly type: RequestType;
  readonly path: string;
  /** Of a write. */
  readonly value?: string;
  /** Whether a list has the folders of buses, too. @default false */
  readonly showsBuses?: boolean;
}

/** What an owserver answers; `'wait'` when it says that it is still at work. */
export type Answer = 'wait' | { readonly code: number; readonly flags: number; readonly payload: Buffer };

/** The other side does not speak the protocol, or does what no server of good will does. */
export class ProtocolError extends Error {
  readonly code = 'PROTOCOL';

  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

const HEADER_BYTES = 24;
/** Persistence asked for, and given. */
export const PERSISTENT = 0x04;
const SHOWS_BUSES = 0x02;
/** Every client sends it. Degrees are Celsius and identities have the form `28.FF5E79A21603` where no other flag is set. */
const OWNET = 0x100;
/** Most that is taken of one answer; a list of three thousand chips is less. */
const MAX_PAYLOAD_BYTES = 65_536;
/** Most that a property is asked for. */
const MAX_VALUE_BYTES = 8_192;
/** A server of this protocol says 0, with how many servers stand behind it above that. */
const VERSION_MASK = 0xffff;

/** A request as it stands on the wire: six whole numbers of four bytes, big end first, then the path with a zero, then a value. */
export function encodeRequest({ type, path, value, showsBuses = false }: Request): Buffer {
  const payload = Buffer.from(`${path}\0${value ?? ''}`, 'utf8');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(payload.length, 4);
  header.writeInt32BE(type, 8);
  header.writeInt32BE(OWNET | PERSISTENT | (showsBuses ? SHOWS_BUSES : 0), 12);
  header.writeInt32BE(value === undefined ? MAX_VALUE_BYTES : Buffer.byteLength(value), 16);
  return Buffer.concat([header, payload]);
}

/** Finds answers in what comes, in whatever pieces it comes. */
export class AnswerDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** Whether part of an answer is here. */
  get isAmidst(): boolean {
    return this.#rest.length > 0;
  }

  /**
   * @returns the answers that are complete
   * @throws ProtocolError when what came is no answer; nothing more can be made of this stream
   */
  push(chunk: Uint8Array): Answer[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const answers: Answer[] = [];
    for (let answer = this.#next(); answer !== undefined; answer = this.#next()) answers.push(answer);
    return answers;
  }

  #next(): Answer | undefined {
    const bytes = this.#rest;
    if (bytes.length < HEADER_BYTES) return undefined;
    const version = bytes.readInt32BE(0);
    const length = bytes.readInt32BE(4);
    const size = bytes.readInt32BE(16);
    if (version < 0 || (version & VERSION_MASK) !== 0)
      throw new ProtocolError(`it speaks version ${version}`);
    if (length === -1) {
      this.#rest = bytes.subarray(HEADER_BYTES);
      return 'wait';
    }
    if (length < 0 || length > MAX_PAYLOAD_BYTES)
      throw new ProtocolError(`it claims to send ${length} bytes`);
    if (bytes.length < HEADER_BYTES + length) return undefined;
    if (size < 0) throw new ProtocolError(`it claims a size of ${size} bytes`);
    const payload = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
    this.#rest = bytes.subarray(HEADER_BYTES + length);
    // `size` of a value is how much of the payload it is; a list says less than its closing zero.
    return { code: bytes.readInt32BE(8), flags: bytes.readInt32BE(12), payload };
  }
}

/** A payload as text, without the zero that closes a list. */
export function payloadText(payload: Buffer): string {
  const end = payload.at(-1) === 0 ? payload.length - 1 : payload.length;
  return payload.toString('utf8', 0, end);
}
