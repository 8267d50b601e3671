import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A request as it came, read as leniently as possible. */
export interface Asked {
  readonly type: number;
  readonly path: string;
  readonly value: string;
}

/** What becomes of a request. */
export type Behaviour = (asked: Asked, socket: Socket, count: number) => void;

/** A server that speaks the protocol of owserver as a test wants it to. */
export class HostileServer {
  readonly host = '127.0.0.1';
  readonly asked: Asked[] = [];
  behave: Behaviour = (_, socket) => void socket.write(answer('0'));
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<HostileServer> {
    const server = new HostileServer();
    await server.listen();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Again, after it was stopped, on the port that it had. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 24 && rest.length >= 24 + rest.readInt32BE(4)) {
        const end = 24 + rest.readInt32BE(4);
        const payload = rest.toString('utf8', 24, end);
        const [path = '', value = ''] = payload.split('\0');
        const asked = { type: rest.readInt32BE(8), path, value };
        rest = rest.subarray(end);
        this.asked.push(asked);
        this.behave(asked, socket, this.asked.length);
      }
    });
  }
}

/** What may stand in an answer. */
interface AnswerHeader {
  readonly version?: number;
  readonly length?: number;
  readonly code?: number;
  readonly flags?: number;
  readonly size?: number;
}

/** An answer, with what is wrong with it. */
export function answer(text: string, header: AnswerHeader = {}): Buffer {
  const payload = Buffer.from(text);
  const bytes = Buffer.alloc(24);
  const {
    version = 0,
    length = payload.length,
    code = payload.length,
    flags = 0x104,
    size = payload.length,
  } = header;
  [version, length, code, flags, size, 0].forEach((value, index) => bytes.writeInt32BE(value, index * 4));
  return Buffer.concat([bytes, payload]);
}
