/**
 * What keeps a home alive: servers that are started again when they die, in this process or in one of their own, and the
 * socket by which a home is asked.
 * @packageDocumentation
 */
export { askHome, ControlError } from './control-client.js';
export { ChildLife } from './child-life.js';
export { ControlDoor } from './control-door.js';
export { controlPath } from './control-path.js';
export { endOrphans } from './orphans.js';
export { CONTROL_REQUESTS, failureOf } from './control-protocol.js';
export { InProcessLife } from './in-process-life.js';
export { planReload } from './reload-plan.js';
export { residentBytes } from './resident-bytes.js';
export { RestartPolicy } from './restart-policy.js';
export { spawnChild } from './child-port.js';
export { SupervisedServer } from './supervised-server.js';
export { Supervisor } from './supervisor.js';
export type { AskHomeOptions } from './control-client.js';
export type { ChildCommand, ChildPort, SpawnChild } from './child-port.js';
export type { ChildLifeOptions } from './child-life.js';
export type { ControlDoorOptions } from './control-door.js';
export type { ControlFailure, ControlRequest } from './control-protocol.js';
export type { ControlPathSystem } from './control-path.js';
export type { EndOrphansOptions } from './orphans.js';
export type { FromHost, HostMode, ToHost } from './host-protocol.js';
export type { InProcessLifeOptions } from './in-process-life.js';
export type { LifeStatus, ServerState, SupervisedServerOptions } from './supervised-server.js';
export type { ReloadAction, ReloadPlan, ServerPlan } from './reload-plan.js';
export type { RestartPolicyOptions, Verdict } from './restart-policy.js';
export type { ServerLife, StopOutcome } from './server-life.js';
export type {
  ReloadReport,
  ServerMaker,
  ServerStatus,
  StoppedServer,
  SupervisorOptions,
} from './supervisor.js';
