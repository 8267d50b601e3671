import type { Clock } from '@raspy/clock';
import { SnmpCounter, SnmpFloat, SnmpInteger, SnmpString, StatisticsManager } from '@raspy/statistics';
import type { Statistics } from '../server/sub-services.js';
import { descriptionOf } from './descriptions.js';

/** What {@link serverStatistics} are made of. */
export interface ServerStatisticsOptions {
  /** `<hostname>.<service>`, which exporters tell as the label `server`. */
  readonly server: string;
  readonly clock: Clock;
  /** What the server counts, by oid; called whenever somebody asks. */
  readonly read: () => Statistics;
}

/**
 * The registry of one server. What its parts count is taken over when somebody asks; an item comes when it is counted for the
 * first time, with what is known of its oid.
 */
export function serverStatistics({ server, clock, read }: ServerStatisticsOptions): StatisticsManager {
  const manager = new StatisticsManager({ clock, constantLabels: { server } });
  manager.beforeRead(() => {
    const failures: unknown[] = [];
    for (const [oid, value] of Object.entries(read())) {
      try {
        takeOver(manager, oid, value);
      } catch (error) {
        // One that cannot be told, such as a bad oid of a plugin, hides no other.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  });
  return manager;
}

function takeOver(manager: StatisticsManager, oid: string, value: number | string): void {
  const item = manager.get(oid) ?? manager.add(itemFor(oid, value));
  if (item instanceof SnmpCounter && typeof value === 'number') item.follow(value);
  else if (item instanceof SnmpInteger && typeof value === 'number') item.set(Math.round(value));
  else if (item instanceof SnmpFloat && typeof value === 'number') item.set(value);
  else if (item instanceof SnmpString && typeof value === 'string') item.set(value);
}

function itemFor(oid: string, value: number | string): SnmpCounter | SnmpFloat | SnmpInteger | SnmpString {
  const description = descriptionOf(oid);
  const { kind, unit, doc } = description ?? { kind: 'gauge', doc: `What ${oid} tells` };
  const options = { oid, doc, ...(unit !== undefined && { unit }) };
  if (typeof value === 'string') return new SnmpString(options);
  if (kind === 'counter') return new SnmpCounter(options);
  // Those that are known are whole, but for times: SNMP has integers, and floats only as texts.
  return description === undefined || unit === 'seconds' ? new SnmpFloat(options) : new SnmpInteger(options);
}
