/**
 * The clocks of the board for RasPy: how far its time can be trusted, and the battery-backed one.
 * @packageDocumentation
 */
export { clockDevice, machineClock, machineClockType, plainClock, plainClockType } from './clock-driver.js';
export { plugin } from './plugin.js';
export { CLOCK_QUALITIES, judgeClock } from './quality.js';
export type { ClockFacts, ClockJudgement, ClockQuality } from './quality.js';
