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
