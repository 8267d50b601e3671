import { VirtualClock } from '@raspy/clock';
import { MdpClient, MdpWorker, MmiClient, startBroker } from '@raspy/mdp-protocol';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { brokerBus, memoryTitanicStorage, Titanic } from '../src/index.js';

const endpoint = 'memory://broker';
const texts = (frames: Frames): string[] => frames.map((frame) => frameText(frame));

it('serves titanic.* inside the broker, and runs requests by its workers', async () => {
  const clock = new VirtualClock();
  const transport = new MemoryNetwork({ clock });
  const titanic = await Titanic.open({ storage: memoryTitanicStorage(), clock });
  const broker = await startBroker({ endpoint, transport, clock, builtin: titanic.services });
  titanic.connect(brokerBus(broker));
  const client = new MdpClient({ endpoint, transport, clock });
  const ask = async (service: string, ...body: string[]): Promise<string[]> => {
    const reply = client.request(service, body.map(textFrame));
    await clock.advanceByAsync(10);
    return texts(await reply);
  };
  const [status, id] = await ask('titanic.request', 'echo', 'hello');
  expect(status).toBe('200');
  expect(await ask('titanic.reply', id!)).toEqual(['300']);
  const worker = new MdpWorker({
    endpoint,
    transport,
    clock,
    service: 'echo',
    handle: (body) => Promise.resolve(body),
  });
  await clock.advanceByAsync(1_000);
  expect(await ask('titanic.reply', id!)).toEqual(['200', 'hello']);
  expect(await ask('titanic.close', id!)).toEqual(['200']);
  expect(await ask('titanic.reply', id!)).toEqual(['400']);
  expect(await ask('titanic.store', 'set', 'a', 'b', 'C', 'v')).toEqual(['a', 'b', 'C', '200']);
  expect(await ask('titanic.store', 'get', 'a', 'b', 'C')).toEqual(['a', 'b', 'C', 'v', '200']);
  const found = new MmiClient(client).discover('titanic');
  await clock.advanceByAsync(10);
  expect(await found).toContain('titanic.request');
  await Promise.all([client.close(), worker.close(), clock.advanceByAsync(1_000)]);
  await Promise.all([titanic.close(), broker.close(), clock.advanceByAsync(1_000)]);
});
