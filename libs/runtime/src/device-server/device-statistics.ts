import type { Cancel, Clock } from '@raspy/clock';
import type { DeviceHost, DeviceSummary, JsonSchema, SafetyState } from '@raspy/devices';
import { SnmpCounter, SnmpFloat, SnmpInteger, type StatisticsManager } from '@raspy/statistics';
import type { Subscription } from 'rxjs';

/** Each word is a series. */
const MAX_WORDS = 16;

/**
 * What an operator asks of single devices: whether each works, what it reads, how often a reading was none, how long an output
 * was on, and what its guard did. Registered when it is made; sub-devices are devices of their own.
 */
export class DeviceStatistics {
  readonly #host: DeviceHost;
  readonly #clock: Clock;
  readonly #up: SnmpInteger;
  readonly #value: SnmpFloat;
  readonly #state: SnmpInteger;
  readonly #faults: SnmpCounter;
  readonly #events: SnmpCounter;
  readonly #onTime: SnmpCounter;
  /** Since when what is on has been counted, by device. */
  readonly #counted = new Map<string, number>();
  /** What is told of each device: how to forget it, by its labels. */
  readonly #told = new Map<string, Map<string, () => void>>();
  /** The words of values that have only a few, by device; they change only with its type. */
  readonly #words = new Map<
    string,
    { readonly oid: string; readonly of: Readonly<Record<string, readonly string[]>> }
  >();
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
        doc: 'Latest reading, in the unit that the label names, yes as 1 and no as 0; told while its quality is good',
        labels: ['device', 'name', 'unit'],
      }),
    );
    this.#state = manager.add(
      new SnmpInteger({
        oid: 'devices.state',
        doc: 'Of a reading that is one of a few words, 1 for that which it is, and 0 for the others; told while it is good',
        labels: ['device', 'name', 'state'],
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

  #tell({ name, oid, state, values, safety }: DeviceSummary): void {
    this.#up.labels(name).set(state === 'failed' ? 0 : 1);
    const before = this.#told.get(name) ?? new Map<string, () => void>();
    const now = new Map<string, () => void>();
    this.#told.set(name, now);
    for (const [value, { quality, value: is, unit = '' }] of Object.entries(values)) {
      if (quality !== 'good') continue;
      if (typeof is === 'boolean' || Number.isFinite(is)) {
        this.#value.labels(name, value, unit).set(Number(is));
        now.set(JSON.stringify([value, unit]), () => this.#value.forget(name, value, unit));
      } else if (typeof is === 'string') {
        for (const word of this.#wordsOf(name, oid)[value] ?? []) {
          this.#state.labels(name, value, word).set(word === is ? 1 : 0);
          now.set(JSON.stringify([value, word, 'state']), () => this.#state.forget(name, value, word));
        }
      }
    }
    for (const [labels, forget] of before) if (!now.has(labels)) forget();
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
    for (const forget of this.#told.get(device)!.values()) forget();
    this.#told.delete(device);
    this.#words.delete(device);
    this.#up.forget(device);
  }

  #wordsOf(device: string, oid: string): Readonly<Record<string, readonly string[]>> {
    const known = this.#words.get(device);
    if (known?.oid === oid) return known.of;
    const values = Object.entries(this.#host.info(device).type.values);
    const of = Object.fromEntries(values.map(([name, { schema }]) => [name, wordsIn(schema)]));
    this.#words.set(device, { oid, of });
    return of;
  }
}

/** What a JSON Schema allows, where these are a few words. */
function wordsIn(schema: JsonSchema): readonly string[] {
  const words: unknown = schema['enum'];
  const isFew = Array.isArray(words) && words.length <= MAX_WORDS;
  return isFew ? words.filter((word) => typeof word === 'string') : [];
}
