export const THERMOSTAT_CODE = `// Keeps the water warm. When this program ends, however it ends, the heater goes off.
const { water, heater, target } = entries;

for (;;) {
  if (!water.isGood) {
    log.warn('the water is not known to be anything:', water.reason);
    await until(() => water.isGood);
  }
  if (water.value < target.value - 0.2) {
    const held = await hold(heater, { on: true }, { atMost: '2 h', lease: '60 s' });
    await until(() => !held.isHeld || !water.isGood || water.value > target.value);
    await held.release();
  }
  await sleep('10 s');
}
`;

export const THERMOSTAT_TYPES = `/** Milliseconds, or a text with its unit: '10 s', '3 min', '2 h'. */
type Span = number | string;
interface Entry {
  readonly name: string;
}
/** A value of a device, or a variable; it changes while the code awaits something. */
interface ValueEntry<T> extends Entry {
  /** The last value, also when it is no longer good; null when there is none. Compare isGood first. */
  readonly value: T;
  readonly unit: string | null;
  readonly quality: 'good' | 'stale' | 'suspect' | 'bad';
  readonly isGood: boolean;
  /** Why it is not good. */
  readonly reason: string | null;
}
interface DeviceEntry extends Entry {
  command(command: string, args?: Json, options?: CommandOptions): Promise<any>;
  /** The command set: entries.lamp.set({ on: true }) */
  set(values: { readonly [value: string]: Json }, options?: CommandOptions): Promise<any>;
}
interface SettingEntry<T> extends Entry {
  readonly value: T;
  readonly unit: string | null;
}
/** Why this run began, and what was seen. */
declare const fired: {
  readonly why: 'start' | 'by hand' | 'condition' | 'time' | 'scenario';
  readonly at: number;
};
declare function sleep(span: Span): Promise<void>;
/**
 * Waits until the condition holds: it is looked at now and whenever an entry changes or a hold is lost.
 * Resolves with true, or with false when the time is over first.
 */
declare function until(condition: () => boolean | null | undefined, options?: { timeout?: Span }): Promise<boolean>;
declare function hold(
  entry: DeviceEntry,
  values: { readonly [value: string]: Json },
  options?: { atMost?: Span; lease?: Span },
): Promise<Hold>;
declare const log: Record<'info' | 'warn' | 'error', (...parts: unknown[]) => void>;
declare const entries: {
  readonly water: ValueEntry<number>;
  readonly heater: DeviceEntry;
  readonly target: SettingEntry<number>;
};
`;
