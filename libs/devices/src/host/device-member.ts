import type { Clock } from '@raspy/clock';
import { readableValues, type DeviceType } from '../device-type.js';
import type { SessionPart } from '../driver.js';
import type { Reading } from '../reading.js';
import { DeviceReadings } from './device-readings.js';

/** A device that can be addressed: one that was configured, or a sub-device of one. */
export class DeviceMember {
  /** In full: `<name>` or `<name>.<sub-device>`. */
  readonly name: string;
  /** Which of the sub-devices it is; `undefined` for the device itself. */
  readonly part: string | undefined;
  readonly type: DeviceType;
  readonly readings: DeviceReadings;
  /** What the open session has for it. */
  session: SessionPart | undefined;

  constructor(
    name: string,
    part: string | undefined,
    type: DeviceType,
    clock: Clock,
    changed: (value: string, reading: Reading) => void,
  ) {
    this.name = part === undefined ? name : `${name}.${part}`;
    this.part = part;
    this.type = type;
    this.readings = new DeviceReadings(type, clock, changed);
  }

  /** Names of the values that are reported. */
  get reported(): readonly string[] {
    return readableValues(this.type);
  }
}
