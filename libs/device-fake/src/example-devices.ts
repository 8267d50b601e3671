import type { DeviceConfig } from '@raspy/devices';

/**
 * A small home to try things out with: water that warms and cools once a minute, a level that sinks and is refilled, a
 * lamp; and a reef whose time passes sixty times as fast, with a heater and a pump, to try a thermostat and a top-off.
 */
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
  { name: 'reef', oid: 'fake.tank', config: { startCelsius: 25, startPercent: 95, speed: 60 } },
  { name: 'reef-temperature', oid: 'sensor.temperature', config: { tank: 'reef' } },
  { name: 'heater', oid: 'actuator.heater', config: { tank: 'reef', watts: 150 } },
  { name: 'pump', oid: 'actuator.pump', config: { tank: 'reef', litresPerMinute: 0.2 } },
  { name: 'camera', oid: 'media.camera' },
  { name: 'tv', oid: 'media.tv' },
];
