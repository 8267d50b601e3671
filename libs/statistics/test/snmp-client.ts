import { createSocket, type Socket } from 'node:dgram';

const TAGS = { get: 0xa0, next: 0xa1, bulk: 0xa5, set: 0xa3, trap: 0xa7 } as const;

/** Tag, length, content. */
export function tlv(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...size, ...content];
}

function int(value: number): number[] {
  return tlv(2, [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);
}

function oidBytes(oid: string): number[] {
  const [first = 1, second = 3, ...rest] = oid.split('.').map(Number);
  return [first * 40 + second, ...rest.flatMap((arc) => base128(arc))];
}

function base128(arc: number): number[] {
  const bytes = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    bytes.unshift((left % 128) | 0x80);
  return bytes;
}

/** A request of v2c, byte by byte. */
export function request(
  kind: keyof typeof TAGS,
  oids: readonly string[],
  options: {
    id?: number;
    community?: string;
    nonRepeaters?: number;
    maxRepetitions?: number;
    version?: number;
  } = {},
): Buffer {
  const { id = 1, community = 'secret', nonRepeaters = 0, maxRepetitions = 0, version = 1 } = options;
  const objects = oids.flatMap((oid) => tlv(0x30, [...tlv(6, oidBytes(oid)), 5, 0]));
  const pdu = [...int(id), ...int(nonRepeaters), ...int(maxRepetitions), ...tlv(0x30, objects)];
  return Buffer.from(
    tlv(0x30, [...int(version), ...tlv(4, [...Buffer.from(community)]), ...tlv(TAGS[kind], pdu)]),
  );
}

/** Sends datagrams and waits for answers. */
export class SnmpClient {
  readonly #socket: Socket = createSocket('udp4');
  readonly #waiting: ((datagram: Buffer) => void)[] = [];
  readonly #received: Buffer[] = [];

  constructor(readonly port: number) {
    this.#socket.on('message', (datagram) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#received.push(datagram);
      else waiting(datagram);
    });
  }

  /** Resolves when the system has it. */
  send(datagram: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(datagram, this.port, '127.0.0.1', (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
  }

  receive(): Promise<Buffer> {
    const received = this.#received.shift();
    return received === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(received);
  }

  /** What answers a request; others that come before are passed over. */
  async ask(datagram: Buffer, isAnswer: (answer: Buffer) => boolean = () => true): Promise<Buffer> {
    await this.send(datagram);
    for (;;) {
      const answer = await this.receive();
      if (isAnswer(answer)) return answer;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
