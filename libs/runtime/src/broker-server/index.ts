/**
 * The broker and its key/value tree as parts of a program.
 * @packageDocumentation
 */
export { BROKER, BROKER_PARTS, BROKER_SERVER, brokerModule, KV_TREE, TITANIC } from './module.js';
export { BrokerPart } from './broker-part.js';
export { KvPart } from './kv-part.js';
export type { BrokerPartOptions } from './broker-part.js';
export type { KvPartOptions } from './kv-part.js';
export type { BrokerValues } from './module.js';
