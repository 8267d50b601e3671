import type { DeviceLog } from './driver.js';

/** A log that nobody reads. */
export const silentLog: DeviceLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The log with the device's name in each line. */
export function logOfDevice(log: DeviceLog, device: string): DeviceLog {
  return {
    debug: (message, fields) => log.debug(message, { ...fields, device }),
    info: (message, fields) => log.info(message, { ...fields, device }),
    warn: (message, fields) => log.warn(message, { ...fields, device }),
    error: (message, fields) => log.error(message, { ...fields, device }),
  };
}
