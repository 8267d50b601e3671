import * as zmq from 'zeromq';
import { z85Encode } from '../security.js';

const VERSION = '1.0';

/**
 * Answers libzmq's question whether a client's key may come in (ZAP, RFC 27). It does so at an endpoint that the RFC fixes,
 * for all sockets of a context, so it has a context of its own for those with an allow-list: nobody else is asked about
 * there, nor waits for an answer of one that is just being closed (libzmq frees its endpoint in a thread of its own, and gives up
 * after 30 s). Each socket asks under a domain of its own.
 */
export class ZapAuthenticator {
  /** Of the sockets that it lets clients into. */
  readonly context = new zmq.Context();
  readonly #socket = new zmq.Reply({ context: this.context, linger: 0 });
  readonly #allowed = new Map<string, ReadonlySet<string>>();
  #serial = 0;

  constructor() {
    this.#socket.bindSync('inproc://zeromq.zap.01');
    void this.#serve();
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
    this.#socket.close();
    return true;
  }

  async #serve(): Promise<void> {
    for await (const [version, id, domain, , , mechanism, key] of this.#socket) {
      const text = key?.length === 32 ? z85Encode(key) : '';
      const curve = version?.toString() === VERSION && mechanism?.toString() === 'CURVE' && text !== '';
      const allowed = this.#allowed.get(domain?.toString() ?? '')?.has(text) === true;
      const verdict = curve && allowed ? ['200', 'OK', text] : ['400', 'key not allowed', ''];
      await this.#socket.send([VERSION, id ?? '', ...verdict, '']);
    }
  }
}
