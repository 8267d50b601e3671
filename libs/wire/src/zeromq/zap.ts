import * as zmq from 'zeromq';
import { z85Encode } from '../security.js';

const VERSION = '1.0';

/**
 * Answers libzmq's question whether a client's key may come in (ZAP, RFC 27). One per context, at the endpoint that the
 * RFC fixes; each socket asks under a domain of its own.
 */
export class ZapAuthenticator {
  readonly #allowed = new Map<string, ReadonlySet<string>>();

  private constructor(private readonly socket: zmq.Reply) {}

  static async start(context: zmq.Context): Promise<ZapAuthenticator> {
    const socket = new zmq.Reply({ context, linger: 0 });
    await socket.bind('inproc://zeromq.zap.01');
    const authenticator = new ZapAuthenticator(socket);
    void authenticator.#serve();
    // It lives as long as its context, and must not keep the process alive.
    return authenticator;
  }

  /** Registers an allow-list. @returns the domain to give to the socket */
  allow(keys: readonly string[]): string {
    const domain = `raspy-${this.#allowed.size + 1}`;
    this.#allowed.set(domain, new Set(keys));
    return domain;
  }

  async #serve(): Promise<void> {
    for await (const [version, id, domain, , , mechanism, key] of this.socket) {
      const known =
        version?.toString() === VERSION &&
        mechanism?.toString() === 'CURVE' &&
        key?.length === 32 &&
        this.#allowed.get(domain?.toString() ?? '')?.has(z85Encode(key)) === true;
      const verdict = known ? ['200', 'OK', z85Encode(key)] : ['400', 'key not allowed', ''];
      await this.socket.send([VERSION, id ?? '', ...verdict, '']);
    }
  }
}
