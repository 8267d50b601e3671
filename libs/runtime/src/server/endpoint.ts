/** Where the broker binds: `tcp://ADDRESS:PORT`, of this machine's loopback for `localhost`. */
export function bindEndpoint(ip: string, port: number): string {
  // libzmq looks up names for connections only.
  return `tcp://${ip === 'localhost' ? '127.0.0.1' : ip}:${port}`;
}

/** Where a peer on this machine finds a broker that is bound to `ip`: all addresses means loopback too. */
export function connectEndpoint(ip: string, port: number | string): string {
  return `tcp://${ip === '0.0.0.0' || ip === '*' ? '127.0.0.1' : ip}:${port}`;
}

/** {@link connectEndpoint} for an endpoint as it was bound. */
export function peerEndpoint(bound: string): string {
  const [, ip, port] = /^tcp:\/\/(.*):(\d+)$/.exec(bound) ?? [];
  return ip === undefined || port === undefined ? bound : connectEndpoint(ip, port);
}

/** The three sockets of one wire of the key/value tree. */
export interface KvSockets {
  readonly snapshot: string;
  readonly publisher: string;
  readonly collector: string;
}

/**
 * Where the key/value tree of a broker is: three ports after the broker's for the 3-frame wire, and three from `chpPort`,
 * or the broker's + 6, for CHP (PROTOCOLS §1).
 * @param broker - where the broker is, bound or as others reach it
 */
export function kvEndpoints(broker: string, chpPort: number): { chp: KvSockets; kvmsg: KvSockets } {
  const [, address, port] = /^(.*):(\d+)$/.exec(broker) ?? [];
  if (address === undefined) throw new Error(`${broker} has no port from which others could be counted`);
  const base = Number(port);
  const three = (first: number): KvSockets => ({
    snapshot: `${address}:${first}`,
    publisher: `${address}:${first + 1}`,
    collector: `${address}:${first + 2}`,
  });
  return { chp: three(chpPort === 0 ? base + 6 : chpPort), kvmsg: three(base + 1) };
}

/** Where a client of the tree, which speaks CHP, finds it. */
export function kvClientEndpoints(broker: string, chpPort: number): KvSockets {
  return kvEndpoints(broker, chpPort).chp;
}
