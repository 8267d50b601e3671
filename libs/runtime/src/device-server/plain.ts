/**
 * Device servers without a container, for processes that have to be small.
 * @packageDocumentation
 */
export { createDeviceServer } from './create-device-server.js';
export { deviceListSchema } from './device-list-schema.js';
export { DeviceServer } from './device-server.js';
export type { CreateDeviceServerOptions } from './create-device-server.js';
export type { DeviceChanges } from './device-differences.js';
export type { DeviceServerOptions } from './device-server.js';
