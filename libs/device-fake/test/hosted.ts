import { DeviceHost, DeviceRegistry, type DeviceConfig, type DeviceDriver } from '@raspy/devices';
import { VirtualClock } from '@raspy/devices/testing';
import { plugin } from '../src/index.js';

/** A host with the plugin and these devices on a virtual clock. */
export function hosted(devices: readonly DeviceConfig[], clock = new VirtualClock()) {
  return hostedBy(plugin.drivers, devices, clock);
}

/** The same without guards: what heaters and pumps do when nobody holds them back. */
export function unguarded(devices: readonly DeviceConfig[], clock = new VirtualClock()) {
  const drivers = plugin.drivers.map((driver) => {
    const { safety: _, ...type } = driver.type;
    return { ...driver, type };
  });
  return hostedBy(drivers, devices, clock);
}

async function hostedBy(
  drivers: readonly DeviceDriver[],
  devices: readonly DeviceConfig[],
  clock: VirtualClock,
) {
  const host = new DeviceHost({
    registry: new DeviceRegistry(drivers),
    clock,
    retryMinMs: 1_000,
    retryMaxMs: 1_000,
  });
  for (const device of devices) host.add(device);
  await host.opened();
  const value = (device: string, name: string): unknown => host.get(device, name).value;
  const number = (device: string, name: string): number => value(device, name) as number;
  const after = (seconds: number): Promise<void> => clock.advanceByAsync(seconds * 1_000);
  /** The JSON result of a command. */
  const execute = async (device: string, command: string, args?: object): Promise<unknown> =>
    (await host.execute(device, command, args)).result;
  return { host, clock, value, number, after, execute };
}

/** What a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<{ code?: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error('it was fulfilled');
}
