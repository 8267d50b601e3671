import type { DeviceConfig } from '@raspy/devices';

/** A small aquarium to try things out with: its water warms and cools once a minute, its level sinks and is refilled. */
export const exampleDevices: readonly DeviceConfig[] = [
  {
    name: 'water-temperature',
    oid: 'fake.cyclic',
    config: { cycleSeconds: 60, min: 24, max: 27, unit: '°C' },
  },
  {
    name: 'water-level',
    oid: 'fake.linear',
    config: { start: 100, slopePerSecond: -0.1, min: 80, max: 100, atBound: 'wrap', unit: '%' },
  },
  { name: 'lamp', oid: 'fake.lamp', config: { initialPercent: 40 } },
];
