/**
 * The broker as a part of a program.
 * @packageDocumentation
 */
export { BROKER, BROKER_SERVER, brokerModule } from './module.js';
export { BrokerPart } from './broker-part.js';
export type { BrokerPartOptions } from './broker-part.js';
export type { BrokerValues } from './module.js';
