/**
 * A whole bus in memory and in virtual time, for the tests of those who build on it.
 * @packageDocumentation
 */
export { startTestBus } from './test-bus.js';
export type { TestBus, TestBusOptions } from './test-bus.js';
