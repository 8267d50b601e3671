/**
 * `/metrics` over HTTP, for Prometheus; opens a TCP socket.
 * @packageDocumentation
 */
export { startMetricsServer } from './metrics-server.js';
export type { MetricsServerCounts, MetricsServerOptions, RunningMetricsServer } from './metrics-server.js';
