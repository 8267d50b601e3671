import type { Cancel, Clock } from '@raspy/clock';
import type { RunningMetricsServer } from '@raspy/statistics/http';
import type { RunningSnmpAgent, SnmpUser } from '@raspy/statistics/snmp';
import { SettingsError } from '../config/settings-error.js';
import type { Part } from '../lifecycle/executive.js';
import type { Logger } from '../log/logger.js';
import type { StatisticsBoard } from './board.js';

/** The settings that say where statistics are told. */
export interface ExporterValues {
  /** `HOST:PORT`; empty for not at all. */
  readonly metrics: string;
  readonly snmp: string;
  readonly snmpCommunity: string;
  readonly snmpUsers: readonly SnmpUser[];
}

/** What {@link Exporters} are told. */
export interface ExportersOptions {
  readonly values: ExporterValues;
  readonly board: StatisticsBoard;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Between two attempts to get an address that was taken, or is not there yet. */
const AGAIN_MS = 10_000;

/**
 * Tells the statistics of all servers of this process to Prometheus and by SNMP, where that is configured. An address that is
 * taken is said in the log and tried again: nobody's heater is left alone for want of a port.
 */
export class Exporters implements Part {
  readonly name = 'exporters of statistics';
  readonly #options: ExportersOptions;
  #metrics: RunningMetricsServer | undefined;
  #snmp: RunningSnmpAgent | undefined;
  #again: Cancel = () => undefined;
  #opening: Promise<void> | undefined;
  /** Why an address could not be had, as was said last: what stays as it is is said once. */
  readonly #said = new Map<string, string>();
  #stopping = false;

  /** @throws SettingsError for an agent that nobody could ask */
  constructor(options: ExportersOptions) {
    this.#options = options;
    const { snmp, snmpCommunity, snmpUsers } = options.values;
    if (snmp !== '' && snmpCommunity === '' && snmpUsers.length === 0) {
      const problem = 'needs somebody who may ask: give snmp-users in the file, or snmp-community for v2c';
      throw new SettingsError([{ where: 'snmp', problem }]);
    }
  }

  /** Where Prometheus finds it; `undefined` while it does not. */
  get metricsUrl(): string | undefined {
    return this.#metrics?.url;
  }

  /** Where SNMP is answered; `undefined` while it is not. */
  get snmpAddress(): { readonly host: string; readonly port: number } | undefined {
    return this.#snmp;
  }

  start(): Promise<void> {
    return this.#open();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#again();
    await this.#opening;
    await Promise.all([this.#metrics?.close(), this.#snmp?.close()]);
    this.#metrics = undefined;
    this.#snmp = undefined;
    this.#options.board.close();
  }

  #open(): Promise<void> {
    const { values, clock, logger } = this.#options;
    const one = async (setting: 'metrics' | 'snmp', open: () => Promise<void>): Promise<boolean> => {
      if (values[setting] === '') return true;
      try {
        await open();
        this.#said.delete(setting);
        return true;
      } catch (error) {
        const reason = (error as Error).message;
        if (this.#said.get(setting) === reason) return false;
        this.#said.set(setting, reason);
        logger.error(`nothing is told at ${values[setting]}; it is tried again`, { setting, reason });
        return false;
      }
    };
    this.#opening = Promise.all([
      one('metrics', () => this.#openMetrics()),
      one('snmp', () => this.#openSnmp()),
    ]).then((opened) => {
      if (opened.every(Boolean) || this.#stopping) return;
      this.#again = clock.schedule(clock.now() + AGAIN_MS, () => void this.#open());
    });
    return this.#opening;
  }

  async #openMetrics(): Promise<void> {
    if (this.#metrics !== undefined) return;
    const { values, board, clock, logger } = this.#options;
    const { startMetricsServer } = await import('./metrics-endpoint.js');
    this.#metrics = await startMetricsServer({
      ...addressOf(values.metrics),
      managers: board.managers,
      clock,
    });
    logger.info('metrics are told', { url: this.#metrics.url });
  }

  async #openSnmp(): Promise<void> {
    if (this.#snmp !== undefined) return;
    const { values, board, clock, logger } = this.#options;
    const { startSnmpAgent } = await import('./snmp-endpoint.js');
    this.#snmp = await startSnmpAgent({
      ...addressOf(values.snmp),
      managers: board.managers,
      clock,
      users: values.snmpUsers,
      ...(values.snmpCommunity !== '' && { community: values.snmpCommunity }),
    });
    logger.info('SNMP is answered', { host: this.#snmp.host, port: this.#snmp.port });
  }
}

/** The last colon is before the port; an address of IPv6 stands in brackets. */
function addressOf(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}
