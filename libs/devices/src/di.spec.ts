import { Container } from 'inversify';
import { asleepDriver } from '../test/asleep.js';
import { Bench } from '../test/probe.js';
import { DEVICE_DRIVER, DEVICE_HOST, DEVICE_REGISTRY, devicesModule } from './di.js';

describe('devicesModule', () => {
  it('gathers the drivers that anybody binds, and closes the host when it is unbound', async () => {
    const { clock, registry } = new Bench();
    const container = new Container();
    container.load(devicesModule({ drivers: [asleepDriver], host: { clock } }));
    container.bind(DEVICE_DRIVER).toConstantValue(registry.get('sensor.probe')!);
    const host = container.get(DEVICE_HOST);
    expect(container.get(DEVICE_HOST)).toBe(host);
    expect(container.get(DEVICE_REGISTRY).oids()).toEqual(['sensor.asleep', 'sensor.probe']);
    host.add({ name: 'a', oid: 'sensor.asleep' });
    let completed = false;
    host.changes$.subscribe({ complete: () => (completed = true) });
    await container.unbindAllAsync();
    expect(completed).toBe(true);
  });

  it('works without any driver', () => {
    const container = new Container();
    container.load(devicesModule());
    expect(container.get(DEVICE_REGISTRY).oids()).toEqual([]);
    expect(container.get(DEVICE_HOST).keys()).toEqual([]);
  });
});
