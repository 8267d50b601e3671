import type { DeviceDriver } from '@raspy/devices';
import type { SharedBuses } from '../buses/shared-buses.js';
import { chipDrivers } from './chips.js';
import { chipDriver } from './other-chip.js';
import { switchDriver } from './switch.js';
import { thermometerDriver } from './thermometer.js';

/** All drivers of this plugin, on these buses. */
export function deviceDrivers(buses: SharedBuses): DeviceDriver[] {
  return [thermometerDriver(buses), switchDriver(buses), ...chipDrivers(buses), chipDriver(buses)];
}
