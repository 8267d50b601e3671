/**
 * Time as a parameter: one interface, the clock of the machine, and a virtual twin for tests.
 * @packageDocumentation
 */
export { DeadlineHeap } from './deadline-heap.js';
export { systemClock } from './system-clock.js';
export { VirtualClock } from './virtual-clock.js';
export type { Deadlined } from './deadline-heap.js';
export type { Cancel, Clock, Millis } from './clock.js';
