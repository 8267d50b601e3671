/**
 * Fake devices: deterministic functions of the injected clock, for trying things out and for tests.
 * @packageDocumentation
 */
export { cyclicDriver, cyclicType, cyclicValue } from './cyclic.js';
export { exampleDevices } from './example-devices.js';
export { lampDriver, lampType } from './lamp.js';
export { linearDriver, linearType, linearValue } from './linear.js';
export { plugin } from './plugin.js';
export type { CyclicConfig } from './cyclic.js';
export type { LinearConfig } from './linear.js';
