/**
 * Sockets for tests: a network in memory with settable delay, loss and cuts, and endpoints that last over a restart.
 * @packageDocumentation
 */
export { MemoryNetwork } from '../memory/memory-network.js';
export { lastingEndpoint } from './lasting-endpoint.js';
export type { MemoryLinkName } from '../memory/memory-link.js';
export type { MemoryNetworkOptions } from '../memory/memory-network.js';
