import { createServer } from 'node:net';
import { freeBasePort } from './free-base-port.js';

it('finds a port that can be bound, and so can those of the key/value tree after it', async () => {
  const base = await freeBasePort('127.0.0.1');
  expect(base).toBeGreaterThanOrEqual(10_000);
  for (const offset of [0, 1, 2, 3, 6, 7, 8]) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(base + offset, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  }
});

it('says what to do when the address is none of this machine', async () => {
  await expect(freeBasePort('192.0.2.1')).rejects.toThrow(/no free ports .* on 192\.0\.2\.1 .*--broker-port/);
});
