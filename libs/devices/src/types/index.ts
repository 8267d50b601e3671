/**
 * Device types that ship: templates that drivers fulfil, with a configuration of their own by `deriveDeviceType`.
 * @packageDocumentation
 */
import type { DeviceType } from '../device-type.js';
import {
  dimmerActuator,
  doserActuator,
  heaterActuator,
  lightActuator,
  pumpActuator,
  switchActuator,
} from './actuators.js';
import { rtcClock } from './clock-rtc.js';
import { camera, tv, tvChannel, tvVolume } from './media.js';
import { contactSensor, humiditySensor, levelSensor, temperatureSensor, windSensor } from './sensors.js';

/** All of them, sorted by oid; sub-devices are inside theirs. */
export const standardTypes: readonly DeviceType[] = [
  dimmerActuator,
  doserActuator,
  heaterActuator,
  lightActuator,
  pumpActuator,
  switchActuator,
  rtcClock,
  camera,
  tv,
  contactSensor,
  humiditySensor,
  levelSensor,
  temperatureSensor,
  windSensor,
];

export {
  camera,
  contactSensor,
  dimmerActuator,
  doserActuator,
  heaterActuator,
  humiditySensor,
  levelSensor,
  lightActuator,
  pumpActuator,
  rtcClock,
  switchActuator,
  temperatureSensor,
  tv,
  tvChannel,
  tvVolume,
  windSensor,
};
