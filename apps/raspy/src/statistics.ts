import { frameText, textFrame } from '@raspy/wire';
import type { MdpClient } from '@raspy/mdp-protocol';
import type { Bus } from './bus.js';
import { listServices } from './commands/service-ls.js';

/** Values of one server by their keys, as its `.statistics` tells them. */
export type StatisticValues = Readonly<Record<string, number | string>>;

const SUFFIX = '.statistics';

/**
 * What a server's `.statistics` answers (PROTOCOLS §7), as JSON; `undefined` when it has nothing to tell.
 *
 * @throws MdpError (rejects) when nobody answers, or not with 200
 */
export async function askStatistics(
  client: MdpClient,
  server: string,
  action: 'all' | 'describe' | 'histograms',
): Promise<unknown> {
  const [told] = await client.call(`${server}${SUFFIX}`, [textFrame(action)]);
  return told === undefined ? undefined : (JSON.parse(frameText(told)) as unknown);
}

/** The servers that have statistics, in the order of their names. */
export async function serversWithStatistics(bus: Bus): Promise<string[]> {
  const services = await listServices(bus);
  return services
    .filter(({ name }) => name.endsWith(SUFFIX))
    .map(({ name }) => name.slice(0, -SUFFIX.length));
}

/** The statistics of all servers; of one that does not answer, the reason. */
export async function allStatistics(bus: Bus): Promise<Map<string, StatisticValues | Error>> {
  const servers = await serversWithStatistics(bus);
  const told = await Promise.all(
    servers.map(async (server) => {
      try {
        return ((await askStatistics(bus.client, server, 'all')) ?? {}) as StatisticValues;
      } catch (error) {
        return error as Error;
      }
    }),
  );
  return new Map(servers.map((server, index) => [server, told[index]!]));
}
