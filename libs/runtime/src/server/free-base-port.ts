import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { EnvironmentError } from '../lifecycle/exit-code.js';

/** Ports after the broker's that a home needs: the key/value tree's, on both wires (PROTOCOLS §1). */
const OFFSETS = [0, 1, 2, 3, 6, 7, 8];
/** Below the ports that systems give to outgoing connections: nobody takes one by chance. */
const LOWEST = 10_000;
const HIGHEST = 32_000;
const ATTEMPTS = 50;

/**
 * A port for a broker that is free, as are those after it for its key/value tree.
 * @throws EnvironmentError (rejects) when none was found, or the address is none of this machine
 */
export async function freeBasePort(address: string): Promise<number> {
  let reason: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const base = randomInt(LOWEST, HIGHEST);
    const servers: Server[] = [];
    try {
      for (const offset of OFFSETS) servers.push(await occupied(address, base + offset));
      return base;
    } catch (error) {
      reason = error;
      if ((error as { code?: string }).code !== 'EADDRINUSE') break;
    } finally {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    }
  }
  throw new EnvironmentError(
    `no free ports for a broker were found on ${address} (${String(reason)}): choose one with --broker-port`,
    { cause: reason },
  );
}

function occupied(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, address === '*' ? undefined : address, () => resolve(server));
  });
}
