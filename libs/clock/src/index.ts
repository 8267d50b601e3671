/**
 * Time as a parameter: one interface, the clock of the machine, and a virtual twin for tests.
 * @packageDocumentation
 */
export { systemClock } from './system-clock.js';
export { VirtualClock } from './virtual-clock.js';
export type { Cancel, Clock, Millis } from './clock.js';
