/**
 * Programs that users wrote, each in a realm of its own with nothing of the host in reach.
 * @packageDocumentation
 */
export { SandboxClosedError, SandboxError, SandboxOptionError } from './errors.js';
export { INLINE_STACK_BYTES, InlineEngine } from './inline-engine.js';
export { DEFAULT_LIMITS, MAX_WAITING } from './limits.js';
export { MAX_CODE_LENGTH } from './source.js';
export { WorkerEngine } from './worker-engine.js';
export { workerThreads } from './worker-thread.js';
export type { SandboxErrorCode } from './errors.js';
export type { InlineEngineOptions } from './inline-engine.js';
export type {
  CodeMistake,
  Json,
  RunningProgram,
  SandboxEnd,
  SandboxEngine,
  SandboxFault,
  SandboxHooks,
  SandboxLimits,
  SandboxProgram,
} from './sandbox.js';
export type { WorkerEngineOptions } from './worker-engine.js';
export type { SandboxThread, SpawnThread, ThreadListener } from './worker-thread.js';
export type { FromThread, ThreadData, ToProgram, ToThread } from './messages.js';
export type { RealmCall, Turn } from './turn.js';
