/** Loaded where SNMP is told to be answered: the agent is nothing that others should pay for. */
export { startSnmpAgent } from '@raspy/statistics/snmp';
