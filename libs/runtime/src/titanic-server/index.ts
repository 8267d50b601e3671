/**
 * Titanic as a part of a program: in the broker's process, or in one of its own.
 * @packageDocumentation
 */
export { machineClockTrust } from '../server/clock-trust.js';
export { TITANIC_PARTS, titanicModule } from './module.js';
export { TitanicPart } from './titanic-part.js';
export type { ClockFiles } from '../server/clock-trust.js';
export type { TitanicPartOptions } from './titanic-part.js';
export type { TitanicValues } from './titanic-values.js';
