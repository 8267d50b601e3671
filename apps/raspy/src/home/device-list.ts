// Loaded when a file has devices, since device types cost start-up time.
export { deviceListSchema } from '@raspy/runtime/device-server/plain';
