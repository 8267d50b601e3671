import 'reflect-metadata';
import { systemClock } from '@raspy/clock';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Container } from 'inversify';
import { CLOCK, KV_CLIENT, KV_SERVER, kvClientModule, kvServerModule, TRANSPORT } from './di.js';

it('binds a server and a client that closes when it is unbound', async () => {
  const container = new Container();
  container.bind(CLOCK).toConstantValue(systemClock);
  container.bind(TRANSPORT).toConstantValue(new MemoryNetwork({ clock: systemClock }));
  container.load(kvServerModule(), kvClientModule());
  const server = await container.getAsync(KV_SERVER);
  const client = container.get(KV_CLIENT);
  const seq = await client.setIf('/event/a', 'x', 0n);
  expect(await client.get('/event/a')).toMatchObject({ seq });
  expect(server.statistics()).toMatchObject({ keys: 1 });
  await container.unbindAllAsync();
  expect(client.status).toBe('closed');
});
