/**
 * 1-Wire devices for RasPy: thermometers, switches, counters and more, by the Linux kernel and by owserver.
 * @packageDocumentation
 */
export { BusError } from './bus.js';
export { createOnewirePlugin, plugin } from './plugin.js';
export type {
  BusErrorCode,
  ChipOnBus,
  OnewireBus,
  TemperatureSample,
  ThermometerSettings,
  ThermometerStatus,
} from './bus.js';
export type { OnewireOptions } from './plugin.js';
export type { RomId } from './rom-id.js';
