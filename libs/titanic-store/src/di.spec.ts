import 'reflect-metadata';
import { MdpClient } from '@raspy/mdp-protocol';
import * as mdp from '@raspy/mdp-protocol/di';
import { startTestBus } from '@raspy/mdp-protocol/testing';
import { textFrame } from '@raspy/wire';
import { Container } from 'inversify';
import { CLOCK, MDP_CLIENT, SETTINGS_STORE, TITANIC_CLIENT, titanicClientModule, TRANSPORT } from './di.js';
import { Titanic } from './server/titanic.js';
import { memoryTitanicStorage } from './storage/memory-storage.js';

it('binds the clients, over the client that is there', async () => {
  const titanic = await Titanic.open({ storage: memoryTitanicStorage() });
  const bus = await startTestBus({ broker: { builtin: titanic.services } });
  const container = new Container();
  container.bind(CLOCK).toConstantValue(bus.clock);
  container.bind(TRANSPORT).toConstantValue(bus.network);
  container.load(mdp.mdpClientModule({ endpoint: bus.endpoint }), titanicClientModule({ ttlMs: 10 }));
  const id = await bus.until(container.get(TITANIC_CLIENT).submit('echo', ['x']));
  const reply = container.get(TITANIC_CLIENT).reply(id);
  await expect(bus.until(reply)).rejects.toMatchObject({ code: 'REPLY_TIMEOUT', ttlMs: 10 });
  const settings = container.get(SETTINGS_STORE);
  await bus.until(settings.set('a', 'b', 'c', textFrame('v')));
  expect(await bus.until(settings.list())).toEqual(['a']);
  expect(container.get(MDP_CLIENT)).toBeInstanceOf(MdpClient);
  await container.unbindAllAsync();
  await titanic.close();
  await bus.close();
});

it('has the tokens of the other libraries', () => {
  expect([CLOCK, TRANSPORT, MDP_CLIENT]).toEqual([mdp.CLOCK, mdp.TRANSPORT, mdp.MDP_CLIENT]);
});
