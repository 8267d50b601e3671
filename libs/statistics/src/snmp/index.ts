/**
 * The statistics as an SNMP agent, and the MIB file that names its objects; opens a UDP socket.
 * @packageDocumentation
 */
export { mibFile } from './mib-file.js';
export { DEFAULT_BASE } from './mib-layout.js';
export { startSnmpAgent } from './snmp-agent.js';
export type { MibFileOptions } from './mib-file.js';
export type { RunningSnmpAgent, SnmpAgentCounts, SnmpAgentOptions, SnmpUser } from './snmp-agent.js';
