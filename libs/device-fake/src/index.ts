/**
 * Fake devices: deterministic functions of the injected clock, for trying things out and for tests.
 * @packageDocumentation
 */
export {
  dimmerDriver,
  dimmerType,
  heaterDriver,
  heaterType,
  lightDriver,
  lightType,
  pumpDriver,
  pumpType,
  switchDriver,
  switchType,
} from './actuators.js';
export { cameraDriver, cameraType } from './camera.js';
export { cyclicDriver, cyclicType, cyclicValue } from './cyclic.js';
export { doserDriver, doserType } from './doser.js';
export { exampleDevices } from './example-devices.js';
export { lampDriver, lampType } from './lamp.js';
export { linearDriver, linearType, linearValue } from './linear.js';
export { plugin } from './plugin.js';
export { rtcDriver, rtcType } from './rtc.js';
export {
  contactDriver,
  contactType,
  humidityDriver,
  humidityType,
  levelDriver,
  levelType,
  temperatureDriver,
  temperatureType,
  windDriver,
  windType,
} from './sensors.js';
export { tankDriver, tankType } from './tank.js';
export { equilibriumCelsius, heatCapacity, probeCelsius, waterCelsius } from './thermal-tank.js';
export { tvDriver, tvType } from './tv.js';
export { levelPercent } from './water-level.js';
export type { CyclicConfig } from './cyclic.js';
export type { LinearConfig } from './linear.js';
export type { ThermalTank } from './thermal-tank.js';
export type { OpenTank } from './water-level.js';
