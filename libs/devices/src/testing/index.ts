/**
 * For plugin authors: a contract test of drivers, and the virtual clock it runs on.
 * @packageDocumentation
 */
export { checkDriver, driverTests } from './check-driver.js';
export { VirtualClock } from '@raspy/clock';
export type { DriverTest } from './check-driver.js';
export type { CheckDriverOptions, CheckedCommand } from './options.js';
