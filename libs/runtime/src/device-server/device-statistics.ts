import type { Cancel, Clock } from '@raspy/clock';
import type { DeviceHost, DeviceSummary, Reading, SafetyState } from '@raspy/devices';
import { SnmpCounter, SnmpFloat, SnmpInteger, type StatisticsManager } from '@raspy/statistics';
import type { Subscription } from 'rxjs';

/**
 * What an operator asks of single devices: whether each works, what it reads, how often a reading was none, how long an output
 * was on, and what its guard did. Registered when it is made; sub-devices are devices of their own.
 */
export class DeviceStatistics {
  readonly #host: DeviceHost;
  readonly #clock: Clock;
  readonly #up: SnmpInteger;
  readonly #value: SnmpFloat;
  readonly #faults: SnmpCounter;
  readonly #events: SnmpCounter;
  readonly #onTime: SnmpCounter;
  /** Since when what is on has been counted, by device. */
  readonly #counted = new Map<string, number>();
  /** The labels of what is told of each device. */
  readonly #told = new Map<string, Set<string>>();
  readonly #subscriptions: readonly Subscription[];
  readonly #cancel: Cancel;

  constructor(manager: StatisticsManager, host: DeviceHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
    const labels = ['device'];
    this.#up = manager.add(
      new SnmpInteger({ oid: 'devices.up', doc: 'Whether the device works: 1, or 0', labels }),
    );
    this.#value = manager.add(
      new SnmpFloat({
        oid: 'devices.value',
        doc: 'Latest reading, in the unit that the label names; told while its quality is good',
        labels: ['device', 'name', 'unit'],
      }),
    );
    this.#faults = manager.add(
      new SnmpCounter({
        oid: 'devices.faults',
        doc: 'Readings that became stale, suspect or bad, or came as such',
        labels: ['device', 'quality'],
      }),
    );
    this.#events = manager.add(
      new SnmpCounter({
        oid: 'devices.safetyEvents',
        doc: 'What the guard of an output did, such as tripped or driveFailed',
        labels: ['device', 'type'],
      }),
    );
    this.#onTime = manager.add(
      new SnmpCounter({
        oid: 'devices.onTime',
        doc: 'How long the output was on since the server started',
        unit: 'milliseconds',
        labels,
      }),
    );
    this.#cancel = manager.beforeRead(() => this.#look());
    this.#subscriptions = [
      host.changes$.subscribe(({ device, reading: { quality } }) => {
        if (quality !== 'good') this.#faults.labels(device, quality).add();
      }),
      host.safetyEvents$.subscribe(({ device, type }) => this.#events.labels(device, type).add()),
      host.safety$.subscribe(({ device, safety }) => this.#count(device, safety)),
    ];
  }

  close(): void {
    this.#cancel();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #look(): void {
    const devices = this.#host.list();
    const names = new Set(devices.map(({ name }) => name));
    for (const device of [...this.#told.keys()]) if (!names.has(device)) this.#forget(device);
    for (const device of devices) this.#tell(device);
  }

  #tell({ name, state, values, safety }: DeviceSummary): void {
    this.#up.labels(name).set(state === 'failed' ? 0 : 1);
    const before = this.#told.get(name) ?? new Set();
    const now = new Set<string>();
    this.#told.set(name, now);
    for (const [value, reading] of Object.entries(values)) {
      if (!isNumber(reading)) continue;
      const labels = [name, value, reading.unit ?? ''];
      now.add(JSON.stringify(labels));
      this.#value.labels(...labels).set(reading.value);
    }
    for (const labels of before) if (!now.has(labels)) this.#forgetValue(labels);
    if (safety !== undefined) this.#count(name, safety);
  }

  #count(device: string, { onForMs }: SafetyState): void {
    const now = this.#clock.now();
    const since = this.#counted.get(device);
    const series = this.#onTime.labels(device);
    if (since !== undefined) series.add(Math.max(0, Math.round(now - since)));
    else if (onForMs !== undefined) series.add(Math.max(0, onForMs));
    if (onForMs === undefined) this.#counted.delete(device);
    else this.#counted.set(device, now);
  }

  #forget(device: string): void {
    for (const labels of this.#told.get(device)!) this.#forgetValue(labels);
    this.#told.delete(device);
    this.#up.forget(device);
  }

  #forgetValue(labels: string): void {
    this.#value.forget(...(JSON.parse(labels) as string[]));
  }
}

function isNumber(reading: Reading): reading is Reading<number> & { readonly value: number } {
  return reading.quality === 'good' && Number.isFinite(reading.value);
}
