import { createServer } from 'node:net';
import { lastingEndpoint } from './lasting-endpoint.js';

const portOf = (endpoint: string): number => Number(/^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(endpoint)?.[1]);

it('is on 127.0.0.1, free, and none that the system gives to others', async () => {
  const port = portOf(await lastingEndpoint());
  expect(port).toBeGreaterThanOrEqual(10_000);
  expect(port).toBeLessThan(32_000);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
});

it('differs from call to call', async () => {
  const endpoints = await Promise.all(Array.from({ length: 5 }, lastingEndpoint));
  expect(new Set(endpoints).size).toBeGreaterThan(1);
});
