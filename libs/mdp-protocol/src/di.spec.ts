import 'reflect-metadata';
import { VirtualClock } from '@raspy/clock';
import { defaultTransport, frameText } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Container } from 'inversify';
import { firstValueFrom } from 'rxjs';
import {
  BROKER,
  brokerModule,
  CLOCK,
  machineModule,
  MDP_CLIENT,
  MDP_WORKER,
  mdpClientModule,
  mdpWorkerModule,
  MMI_CLIENT,
  TRANSPORT,
} from './di.js';

const endpoint = 'memory://broker:1';

function testContainer(): { container: Container; clock: VirtualClock } {
  const clock = new VirtualClock();
  const container = new Container();
  container.bind(CLOCK).toConstantValue(clock);
  container.bind(TRANSPORT).toConstantValue(new MemoryNetwork({ clock }));
  return { container, clock };
}

describe('inversify modules', () => {
  it('compose a broker, workers and a client that work together, from a clock and a transport', async () => {
    const { container, clock } = testContainer();
    container.load(
      brokerModule({ endpoint }),
      mdpWorkerModule({ endpoint, service: 'a', handle: () => Promise.resolve(['from a']) }),
      mdpWorkerModule({ endpoint, service: 'b', handle: () => Promise.resolve(['from b']) }),
      mdpClientModule({ endpoint }),
    );
    const broker = await container.getAsync(BROKER);
    expect(broker.endpoint).toBe(endpoint);
    const workers = container.getAll(MDP_WORKER);
    expect(workers).toHaveLength(2);
    const client = container.get(MDP_CLIENT);
    expect(container.get(MDP_CLIENT)).toBe(client);
    const reply = client.request('b', ['x']);
    const known = container.get(MMI_CLIENT).hasService('a');
    await clock.advanceByAsync(100);
    expect(frameText((await reply)[0]!)).toBe('from b');
    expect(await known).toBe(true);

    // Workers first, so that they can say goodbye; each is closed as it is unbound.
    await container.unbindAsync(MDP_WORKER);
    await container.unbindAsync(MDP_CLIENT);
    await container.unbindAsync(BROKER);
    await expect(firstValueFrom(client.status$)).resolves.toBe('closed');
    await expect(firstValueFrom(workers[1]!.status$)).resolves.toBe('closed');
  });

  it('the machine gives its clock, and libzmq, once', () => {
    const container = new Container();
    container.load(machineModule());
    expect(container.get(TRANSPORT)).toBe(defaultTransport());
    expect(container.get(CLOCK).now()).toBeGreaterThan(0);
  });

  it('tokens are the same for every copy of the library', () => {
    expect(MDP_CLIENT).toBe(Symbol.for('raspy.MDP_CLIENT'));
    expect(BROKER).toBe(Symbol.for('raspy.BROKER'));
  });
});
