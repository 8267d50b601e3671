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

/** Nothing was sent, since no broker was reached in time. */
class NoBrokerError extends Error {
  override readonly name = 'NoBrokerError';
  readonly code = 'NO_BROKER';

  constructor(endpoint: string, cause: Error) {
    super(
      `no broker at ${endpoint}: start a home with raspy start, or say where one is with --broker-ip and ` +
        `--broker-port (${cause.message})`,
      { cause },
    );
  }
}

/**
 * Connects, works, and disconnects, whichever way the work ends.
 * @throws Error (rejects) with code `NO_BROKER`, the address and what to do when no broker was reached in time
 */
export async function withBus<T>(
  settings: BusSettings,
  clock: Clock,
  { transport }: ToolOptions,
  work: (bus: Bus) => Promise<T>,
): Promise<T> {
  const endpoint = connectEndpoint(settings.brokerIp, settings.brokerPort);
  const client = new MdpClient({
    endpoint,
    timeoutMs: settings.timeoutMs,
    clock,
    ...(transport !== undefined && { transport }),
  });
  try {
    return await work({ client, mmi: new MmiClient(client) });
  } catch (error) {
    const { code, attempts } = error as { code?: unknown; attempts?: unknown };
    if (code === 'TIMEOUT' && attempts === 0) throw new NoBrokerError(endpoint, error as Error);
    throw error;
  } finally {
    await client.close();
  }
}
