import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { VirtualClock } from '@raspy/devices/testing';
import { plugin } from '../src/index.js';

/** Holds 100 litres in a room of 18 °C at 25 °C for three hours; returns the temperatures of the last. */
export async function holdAt25(): Promise<number[]> {
  const clock = new VirtualClock();
  const host = new DeviceHost({ registry: new DeviceRegistry(plugin.drivers), clock });
  host.add({ name: 'reef', oid: 'fake.tank', config: { ambientCelsius: 18, startCelsius: 24 } });
  host.add({ name: 'water', oid: 'sensor.temperature', config: { tank: 'reef', lagSeconds: 30 } });
  host.add({ name: 'heater', oid: 'actuator.heater', config: { tank: 'reef', watts: 200 } });
  await host.opened();
  // A heater is on under a lease alone: when this program dies, it is off two minutes later.
  const lease = host.info('heater').safety === undefined ? {} : { leaseMs: 120_000 };
  const temperatures: number[] = [];
  for (let minute = 0; minute < 3 * 60; minute++) {
    const { value, quality } = host.get('water', 'temperature');
    const on = quality === 'good' && (value as number) < 25;
    await host.execute('heater', 'set', { on }, on ? lease : {});
    await clock.advanceByAsync(60_000);
    temperatures.push(host.get('reef', 'temperature').value as number);
  }
  await host.close();
  return temperatures.slice(-60);
}
