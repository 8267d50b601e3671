/**
 * The web server as a part of a program, for a home that runs it beside its other servers.
 * @packageDocumentation
 */
export { WebServer } from './web-server.js';
export type { WebServerOptions, WebValues } from './web-server.js';
