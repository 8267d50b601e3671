import type { Clock } from '@raspy/clock';
import { SnmpInteger, StatisticsManager } from '@raspy/statistics';

/** What a home tells of its servers. */
export interface HomeRegistry {
  readonly registry: StatisticsManager;
  readonly up: SnmpInteger;
  readonly restarts: SnmpInteger;
  readonly resident: SnmpInteger;
}

/**
 * The registry of a home, which `raspy start` fills; the file that names what SNMP tells needs its items alone.
 * @param hostname - of the home, for the label `server`
 */
export function homeRegistry(clock: Clock, hostname = ''): HomeRegistry {
  const registry = new StatisticsManager({ clock, constantLabels: { server: `${hostname}.home` } });
  const labels = ['service', 'kind'];
  const item = (oid: string, doc: string, unit?: string): SnmpInteger =>
    registry.add(new SnmpInteger({ oid, doc, labels, ...(unit !== undefined && { unit }) }));
  return {
    registry,
    up: item('servers.up', 'Whether the server runs: 1, or 0'),
    restarts: item('servers.restarts', 'Lives of the server after the first'),
    resident: item(
      'servers.residentBytes',
      'Memory of the server, where it has a process of its own',
      'bytes',
    ),
  };
}
