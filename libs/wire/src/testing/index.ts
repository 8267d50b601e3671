/**
 * Sockets for tests: a network in memory with settable delay, loss and cuts.
 * @packageDocumentation
 */
export { MemoryNetwork } from '../memory/memory-network.js';
export type { MemoryLinkName } from '../memory/memory-link.js';
export type { MemoryNetworkOptions } from '../memory/memory-network.js';
