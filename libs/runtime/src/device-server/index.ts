/**
 * Device servers: a host of devices on the bus, and the service by which they are asked.
 * @packageDocumentation
 */
export { DEVICE_SERVER, deviceServerModules } from './module.js';
export { deviceDifferences } from './device-differences.js';
export { deviceListSchema } from './device-list-schema.js';
export { DeviceServer } from './device-server.js';
export type { DeviceChanges } from './device-differences.js';
export type { DeviceServerModuleOptions } from './module.js';
export type { DeviceServerOptions } from './device-server.js';
