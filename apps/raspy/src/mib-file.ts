/** Loaded when somebody asks for the file, since it comes with an agent that nothing else here needs. */
export { mibFile } from '@raspy/statistics/snmp';
