import type { DeviceSummary } from '@raspy/devices';
import { entryJson } from '../live/entry-json.js';
import { QUESTION_MS, type HomeLink } from './home-link.js';

/** A device as browsers are told, with the server that has it. */
export type ListedDevice = DeviceSummary & { readonly server: string };

const AWAY = 'its server does not answer';

/**
 * The devices of all servers that answer; and those that the tree knows of servers that do not, as failed: one that is away
 * must be seen. So are all while the broker is away.
 *
 * @throws MdpError (rejects) when the broker does not answer and the tree was never seen
 */
export async function listDevices(home: HomeLink): Promise<ListedDevice[]> {
  let services: readonly string[] = [];
  try {
    services = await home.mmi.discover('\\.devices$', { timeoutMs: QUESTION_MS });
  } catch (error) {
    if (home.tree.size === 0) throw error;
  }
  const servers = services.map((service) => service.replace(/\.devices$/, ''));
  const lists = await Promise.all(servers.map((server) => devicesOf(home, server)));
  const answered = new Set(servers.filter((_, index) => lists[index] !== undefined));
  const away = knownDevices(home).filter(({ server }) => !answered.has(server));
  return [...lists.flatMap((list) => list ?? []), ...away];
}

async function devicesOf(home: HomeLink, server: string): Promise<ListedDevice[] | undefined> {
  try {
    const list = await home.devices(server).with({ timeoutMs: QUESTION_MS }).list();
    return Array.isArray(list) ? list.filter(isSummary).map((device) => ({ server, ...device })) : [];
  } catch {
    return undefined;
  }
}

/** Devices by what the tree has: `/device/<server>/<device>` with their values below. */
function knownDevices({ tree }: HomeLink): ListedDevice[] {
  const found = new Map<string, ListedDevice & { values: Record<string, DeviceSummary['values'][string]> }>();
  // In the order of their bytes, so that a device comes before its values.
  for (const entry of tree.entries('/device')) {
    const [, , server = '', name = '', value] = entry.key.split('/');
    const told = entryJson(entry).value;
    const device = found.get(`${server}/${name}`);
    if (value !== undefined) {
      if (device !== undefined && isReading(told))
        device.values[value] = { ...told, quality: 'stale', reason: AWAY };
    } else if (name !== '' && isState(told)) {
      found.set(`${server}/${name}`, { ...told, server, name, state: 'failed', reason: AWAY, values: {} });
    }
  }
  return [...found.values()];
}

function isSummary(value: unknown): value is DeviceSummary {
  return isState(value) && typeof (value as { readonly name?: unknown }).name === 'string';
}

function isState(value: unknown): value is Omit<DeviceSummary, 'values'> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly oid?: unknown }).oid === 'string'
  );
}

function isReading(value: unknown): value is DeviceSummary['values'][string] {
  return typeof value === 'object' && value !== null && 'value' in value && 'at' in value;
}
