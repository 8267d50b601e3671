/**
 * A program's surroundings for tests: arguments, environment, streams and signals that a test plays.
 * @packageDocumentation
 */
export { TestHost, TestOutput } from './test-host.js';
export { TestProcess } from './test-process.js';
export type { TestHostOptions } from './test-host.js';
