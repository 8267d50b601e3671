import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, and to whoever binds to any: nobody takes one by chance. */
const LOWEST = 10_000;
const HIGHEST = 32_000;
const ATTEMPTS = 100;

/**
 * A TCP endpoint on 127.0.0.1 that was free a moment ago and stays so while its server is away: for tests that bind
 * again where they were bound before. A port that the system chose (`tcp://127.0.0.1:*`) may go to the next who asks.
 * @throws Error (rejects) when none was found
 */
export async function lastingEndpoint(): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return `tcp://127.0.0.1:${port}`;
  }
  throw new Error(`no free port was found in ${ATTEMPTS} attempts from ${LOWEST} to ${HIGHEST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
