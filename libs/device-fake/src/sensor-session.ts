import type { DriverContext } from '@raspy/devices';
import { FakeDevice, type FakeConfig } from './fake-device.js';

interface Sensor<C, V> {
  /** What it measures at the instant `now` of the monotonic clock. */
  read(now: number, config: C): V;
  /** The part of the configuration that cannot be changed while it is open. @default all can */
  readonly fixed?: (config: C) => unknown;
  readonly units?: { readonly [N in keyof V & string]?: string };
  readonly close?: () => void;
}

/** A session whose values are functions of the clock: told at once, at each interval, and when it is polled. */
export function sensorSession<C extends FakeConfig, V extends object>(
  { clock, ...context }: DriverContext,
  oid: string,
  config: C,
  sensor: Sensor<C, V>,
) {
  let current = config;
  const device = new FakeDevice({ clock, ...context }, oid, config);
  const { fixed = () => undefined, units = {}, close } = sensor;
  return {
    values$: device.values$(() => sensor.read(clock.now(), current)),
    commands: device.commands,
    units,
    poll: device.poll,
    configure: (changed: C): boolean => {
      if (fixed(changed) !== fixed(current)) return false;
      current = changed;
      device.configure(changed);
      return true;
    },
    close: (): void => {
      device.close();
      close?.();
    },
  };
}
