import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { HttpProblem } from '../problem.js';

/** Where a request comes from, and what it takes this server for. */
export interface RequestFacts {
  readonly address: string;
  /** With its port, as the browser shows it. */
  readonly host: string;
  /** Whether it came by TLS, to here or to the proxy. */
  readonly secure: boolean;
  /** Of this server, that it came to. */
  readonly port: number;
}

/** @param trustProxy - whether what a proxy says of the request is believed: only where nothing else can reach this server */
export function requestFacts(incoming: IncomingMessage, trustProxy: boolean): RequestFacts {
  const { socket, headers } = incoming;
  const forwarded = (name: string): string | undefined => {
    const value = trustProxy ? headers[name] : undefined;
    // The last one is of the proxy that is trusted; those before it could be anybody's.
    return (Array.isArray(value) ? value.join(',') : value)?.split(',').at(-1)?.trim();
  };
  const address = forwarded('x-forwarded-for') ?? socket.remoteAddress ?? '';
  return {
    address: address.replace(/^::ffff:/, ''),
    host: (forwarded('x-forwarded-host') ?? headers.host ?? '').toLowerCase(),
    secure: (socket as Partial<TLSSocket>).encrypted === true || forwarded('x-forwarded-proto') === 'https',
    port: socket.localPort ?? 0,
  };
}

/**
 * Refuses names that are not ours: a page of a stranger whose name has been made to point here (DNS rebinding) would else be
 * taken for our own. Addresses are no names, and always do.
 * @throws HttpProblem 421
 */
export function checkHost({ host }: RequestFacts, names: ReadonlySet<string>): void {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) !== 0 || names.has(name)) return;
  throw new HttpProblem(
    421,
    'HOST',
    'this server is not known by this name: use its address, or tell it its name with --web-hosts',
  );
}

/** Names that this machine goes by. */
export function hostNames(hostnames: readonly string[], told: readonly string[]): ReadonlySet<string> {
  const own = hostnames.flatMap((name) => [name, `${name}.local`]);
  return new Set(['localhost', ...own, ...told].map((name) => name.toLowerCase()));
}

/**
 * Refuses changes that a page of another site sends.
 * @throws HttpProblem 403
 */
export function checkOrigin({ host }: RequestFacts, header: (name: string) => string | undefined): void {
  const origin = header('origin');
  const site = header('sec-fetch-site');
  const isOurs = origin === undefined || originHost(origin) === host;
  if (isOurs && (site === undefined || site === 'same-origin' || site === 'none')) return;
  throw new HttpProblem(403, 'CROSS_ORIGIN', 'changes are only taken from the pages of this server');
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
}
