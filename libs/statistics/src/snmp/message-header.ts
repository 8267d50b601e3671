/** What is looked at before a datagram is believed to be a message. */
export interface MessageHeader {
  /** 0 is SNMPv1, 1 is v2c, 3 is v3. */
  readonly version: number;
  /** Of v3. */
  readonly messageId: number;
  /** Of v3: to whom it is written; empty in discovery. */
  readonly engineId: Uint8Array;
}

const INTEGER = 0x02;
const OCTETS = 0x04;
const SEQUENCE = 0x30;

/**
 * The beginning of a message, or undefined when it is none. Total: whatever the bytes are, it returns.
 *
 * It reads what the library behind it would read, and less: lengths of up to two bytes, integers of up to four.
 */
export function readMessageHeader(bytes: Uint8Array): MessageHeader | undefined {
  const reader = new Reader(bytes);
  if (!reader.enter(SEQUENCE)) return undefined;
  const version = reader.integer();
  if (version === undefined) return undefined;
  if (version !== 3) return { version, messageId: 0, engineId: new Uint8Array() };
  if (!reader.enter(SEQUENCE)) return undefined;
  const messageId = reader.integer();
  const maxSize = reader.integer();
  const flags = reader.octets();
  const model = reader.integer();
  if (messageId === undefined || messageId < 0 || maxSize === undefined || flags?.length !== 1 || model !== 3)
    return undefined;
  if (!reader.enter(OCTETS) || !reader.enter(SEQUENCE)) return undefined;
  const engineId = reader.octets();
  return engineId === undefined || engineId.length > 32 ? undefined : { version, messageId, engineId };
}

/** A message of v3 that asks who is there, as a stranger sends it first; the agent answers with its name and time. */
export function discoveryMessage(messageId: number): Buffer {
  const id = [messageId >>> 24, (messageId >>> 16) & 0xff, (messageId >>> 8) & 0xff, messageId & 0xff];
  const header = [...integer(id), 0x02, 0x02, 0x7f, 0xff, OCTETS, 1, 0x04, 0x02, 1, 3];
  const security = [OCTETS, 0, 0x02, 1, 0, 0x02, 1, 0, OCTETS, 0, OCTETS, 0, OCTETS, 0];
  const pdu = [...integer(id), 0x02, 1, 0, 0x02, 1, 0, SEQUENCE, 0];
  const scoped = [OCTETS, 0, OCTETS, 0, 0xa0, pdu.length, ...pdu];
  const body = [
    ...[0x02, 1, 3],
    ...[SEQUENCE, header.length, ...header],
    ...[OCTETS, security.length + 2, SEQUENCE, security.length, ...security],
    ...[SEQUENCE, scoped.length, ...scoped],
  ];
  return Buffer.from([SEQUENCE, body.length, ...body]);
}

function integer(bytes: readonly number[]): number[] {
  return [INTEGER, bytes.length, ...bytes];
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Steps into what contains others; whether it is there. */
  enter(tag: number): boolean {
    return this.#length(tag) !== undefined;
  }

  integer(): number | undefined {
    const bytes = this.#take(INTEGER);
    if (bytes === undefined || bytes.length < 1 || bytes.length > 4) return undefined;
    return bytes.reduce((value, byte) => value * 256 + byte, bytes[0]! > 127 ? -1 : 0);
  }

  octets(): Uint8Array | undefined {
    return this.#take(OCTETS);
  }

  #take(tag: number): Uint8Array | undefined {
    const length = this.#length(tag);
    if (length === undefined) return undefined;
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** Of the next value, when it has this tag and lies within the bytes. */
  #length(tag: number): number | undefined {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== tag) return undefined;
    let length = bytes[this.#at + 1] ?? Infinity;
    let at = this.#at + 2;
    if (length > 127) {
      const size = length - 128;
      if (size !== 1 && size !== 2) return undefined;
      length = 0;
      for (let index = 0; index < size; index += 1) length = length * 256 + (bytes[at + index] ?? Infinity);
      at += size;
    }
    if (at + length > bytes.length) return undefined;
    this.#at = at;
    return length;
  }
}
