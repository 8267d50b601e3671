import { VirtualClock } from '@raspy/clock';
import { MemoryNetwork } from '@raspy/wire/testing';
import { z } from 'zod';
import { startBroker } from '../broker/start-broker.js';
import { MdpClient } from '../client/mdp-client.js';
import { MdpWorker } from '../worker/mdp-worker.js';
import { action, defineService } from './definition.js';
import { json, keys, optional, text } from './frame-kind.js';
import { ServiceRefusal } from './refusal.js';
import { serviceClient } from './service-client.js';
import { serviceHandler } from './service-handler.js';

const definition = defineService({
  listKeys: action('list_keys', { result: [keys('keys')] }),
  exec: action('exec', {
    params: [text('device'), text('command'), optional(json('args', z.object({ percent: z.number() })))],
    result: [json('result', z.object({ level: z.number() }))],
  }),
});

describe('A typed service on the bus', () => {
  it('is served by an MdpWorker and called through an MdpClient', async () => {
    const clock = new VirtualClock();
    const transport = new MemoryNetwork({ clock });
    const broker = await startBroker({ endpoint: 'tcp://127.0.0.1:*', transport, clock });
    const { endpoint } = broker;
    const traces: (string | undefined)[] = [];
    const worker = new MdpWorker({
      endpoint,
      transport,
      clock,
      service: 'pi.fake.devices',
      handle: serviceHandler(
        definition,
        {
          listKeys: () => ['lamp', 'heater'],
          exec: ({ device, args }, { trace }) => {
            if (device !== 'lamp') throw new ServiceRefusal('404', `no device "${device}"`);
            traces.push(trace);
            return { level: args?.percent ?? 100 };
          },
        },
        { clock, unknownAction: 'echo' },
      ),
    });
    const client = new MdpClient({ endpoint, transport, clock });
    const devices = serviceClient(definition, client, 'pi.fake.devices');
    /** What a call ends with, once time has moved every message. */
    const ended = async <T>(call: Promise<T>): Promise<T> => {
      const settled = call.then(
        () => undefined,
        () => undefined,
      );
      await Promise.all([settled, clock.advanceByAsync(100)]);
      return call;
    };

    expect(await ended(devices.listKeys())).toEqual(['heater', 'lamp']);
    expect(await ended(devices.with({ trace: 't' }).exec('lamp', 'level', { percent: 40 }))).toEqual({
      level: 40,
    });
    await expect(ended(devices.exec('tv', 'on'))).rejects.toMatchObject({
      status: '404',
      message: '"pi.fake.devices" answered 404: no device "tv"',
    });
    expect(traces).toEqual(['t']);

    await Promise.all([client.close(), worker.close(), clock.advanceByAsync(1_000)]);
    await broker.close();
  });
});
