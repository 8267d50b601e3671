/**
 * Commands of hand tools: finding the one that was typed, tables, lines that update in place.
 * @packageDocumentation
 */
export { command } from './command.js';
export { LiveRegion } from './live-region.js';
export { printable, renderTable } from './table.js';
export { runTool } from './run-tool.js';
export type { Command, CommandContext, CommandDefinition, LoadedCommand } from './command.js';
export type { ToolDefinition } from './run-tool.js';
