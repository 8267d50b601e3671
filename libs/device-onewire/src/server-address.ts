/** Where an owserver is. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** The port that is registered for the protocol of owserver. */
const OWSERVER_PORT = 4304;

/** Reads `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`; `undefined` when it is none of them. */
export function serverAddress(text: string): ServerAddress | undefined {
  const [, six, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = six ?? name;
  const port = digits === undefined ? OWSERVER_PORT : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
