import { frameText } from '@raspy/wire';
import { startTestBus } from './index.js';

describe('the test bus', () => {
  it('runs a broker, a worker and a client in virtual time', async () => {
    const bus = await startTestBus({ network: { delayMs: 5 } });
    bus.worker({ service: 'echo', handle: (body) => Promise.resolve([...body, '200']) });
    const client = bus.client();
    const from = bus.clock.now();
    const [reply] = await bus.until(client.call('echo', ['hello']));
    expect(frameText(reply!)).toBe('hello');
    // The question for features and back, the request to the worker and back, and nothing more.
    expect(bus.clock.now() - from).toBe(30);
    await bus.close();
    await expect(client.request('echo', ['x'])).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('loses and delays as it is told', async () => {
    let lost = 0;
    const bus = await startTestBus({
      network: { lose: (frames) => frames.some((frame) => frameText(frame) === 'lose me') && ++lost > 0 },
      broker: { heartbeatIntervalMs: 100 },
    });
    bus.worker({ service: 'echo', handle: (body) => Promise.resolve(body), heartbeatIntervalMs: 100 });
    await expect(bus.until(bus.client().request('echo', ['lose me']))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(lost).toBe(1);
    await bus.close();
  });

  it('until says when a promise does not settle in the time it may take', async () => {
    const bus = await startTestBus();
    bus.worker({ service: 'echo', handle: (body) => Promise.resolve(body) });
    await expect(bus.until(new Promise(() => undefined), 1_000)).rejects.toThrow('within 1000 ms');
    await bus.close();
    await expect(bus.until(new Promise(() => undefined), Infinity)).rejects.toThrow('nothing is left');
  });

  it('advance lets time pass, with what happens in it', async () => {
    const bus = await startTestBus();
    bus.worker({ service: 'echo', handle: (body) => Promise.resolve(body) });
    await bus.advance(0);
    expect(bus.broker.services()).toHaveLength(1);
    bus.network.cut(bus.endpoint);
    await bus.advance(20_000);
    expect(bus.broker.services()).toEqual([]);
    await bus.close();
  });
});
