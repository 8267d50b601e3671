import * as zmq from 'zeromq';
import { z85Encode } from '../security.js';

const VERSION = '1.0';

/**
 * Answers libzmq's question whether a client's key may come in (ZAP, RFC 27). One per context, at the endpoint that the
 * RFC fixes; each socket asks under a domain of its own.
 */
export class ZapAuthenticator {
  readonly #allowed = new Map<string, ReadonlySet<string>>();

  #serial = 0;

  private constructor(private readonly socket: zmq.Reply) {}

  static async start(context: zmq.Context): Promise<ZapAuthenticator> {
    const socket = new zmq.Reply({ context, linger: 0 });
    await socket.bind('inproc://zeromq.zap.01');
    const authenticator = new ZapAuthenticator(socket);
    void authenticator.#serve();
    return authenticator;
  }

  /** Registers an allow-list. @returns the domain to give to the socket */
  allow(keys: readonly string[]): string {
    const domain = `raspy-${++this.#serial}`;
    this.#allowed.set(domain, new Set(keys));
    return domain;
  }

  /** Forgets an allow-list. @returns whether it was the last: then the authenticator is closed and of no more use */
  release(domain: string): boolean {
    this.#allowed.delete(domain);
    if (this.#allowed.size > 0) return false;
    this.socket.close();
    return true;
  }

  async #serve(): Promise<void> {
    for await (const [version, id, domain, , , mechanism, key] of this.socket) {
      const text = key?.length === 32 ? z85Encode(key) : '';
      const curve = version?.toString() === VERSION && mechanism?.toString() === 'CURVE' && text !== '';
      // Without a domain it is a socket of this context that lets in whoever has its key; libzmq asks all the same.
      const allowed = domain?.length === 0 || this.#allowed.get(domain?.toString() ?? '')?.has(text) === true;
      const verdict = curve && allowed ? ['200', 'OK', text] : ['400', 'key not allowed', ''];
      await this.socket.send([VERSION, id ?? '', ...verdict, '']);
    }
  }
}
