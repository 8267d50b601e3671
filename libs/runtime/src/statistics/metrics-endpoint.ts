/** Loaded where /metrics is told to be served: a server of HTTP is nothing that others should pay for. */
export { startMetricsServer } from '@raspy/statistics/http';
