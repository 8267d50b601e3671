/**
 * For plugin authors: a contract test of drivers, and the virtual clock it runs on.
 * @packageDocumentation
 */
export { checkDriver } from './check-driver.js';
export { VirtualClock } from '@raspy/clock';
export type { CheckDriverOptions } from './check-driver.js';
