import type { Clock } from '@raspy/clock';
import { MdpClient, MmiClient } from '@raspy/mdp-protocol';
import { connectEndpoint } from '@raspy/runtime';
import type { ToolOptions } from './tool.js';

/** A connection to the home's bus, for one command. */
export interface Bus {
  readonly client: MdpClient;
  readonly mmi: MmiClient;
}

/** Where the bus is and how long to wait for it. */
export interface BusSettings {
  readonly brokerIp: string;
  readonly brokerPort: number;
  readonly timeoutMs: number;
}

/** Connects, works, and disconnects, whichever way the work ends. */
export async function withBus<T>(
  settings: BusSettings,
  clock: Clock,
  { transport }: ToolOptions,
  work: (bus: Bus) => Promise<T>,
): Promise<T> {
  const client = new MdpClient({
    endpoint: connectEndpoint(settings.brokerIp, settings.brokerPort),
    timeoutMs: settings.timeoutMs,
    clock,
    ...(transport !== undefined && { transport }),
  });
  try {
    return await work({ client, mmi: new MmiClient(client) });
  } finally {
    await client.close();
  }
}
