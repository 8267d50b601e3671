import 'reflect-metadata';
import type { DeviceConfig } from '@raspy/devices';
import { peerEndpoint, type Part, type ServerSurroundings } from '@raspy/runtime';
import { BROKER, BROKER_PARTS, brokerModule, type BrokerValues } from '@raspy/runtime/broker-server';
import { DEVICE_SERVER, deviceServerModules } from '@raspy/runtime/device-server';
import { Container } from 'inversify';
import { exampleDevices } from 'raspy-plugin-fake';
import { drivers } from './drivers.js';

/** A home in one process. */
export interface Home {
  /** In the order in which they start. */
  readonly parts: readonly Part[];
  /** Where its own clients find the broker; once that runs. */
  readonly endpoint: () => string;
}

/** The broker with Titanic, the key/value tree and their server, and a server of fake devices. */
export function composeHome(
  surroundings: ServerSurroundings<BrokerValues & { readonly devices: readonly DeviceConfig[] | undefined }>,
): Home {
  const { settings } = surroundings;
  const container = new Container();
  container.load(brokerModule({ ...surroundings, settings: { ...settings, service: 'broker' } }));
  const broker = container.get(BROKER);
  const endpoint = (): string => peerEndpoint(broker.endpoint);
  container.load(
    ...deviceServerModules({
      ...surroundings,
      endpoint,
      drivers,
      devices: settings.devices ?? exampleDevices,
    }),
  );
  return {
    parts: [...container.get(BROKER_PARTS), container.get(DEVICE_SERVER)],
    endpoint,
  };
}
