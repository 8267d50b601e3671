/**
 * One registry of statistics that MMI, Prometheus and SNMP all read. No sockets.
 * @packageDocumentation
 */
export { answerStatistics } from './answer-statistics.js';
export {
  CounterStepError,
  DuplicateStatisticError,
  StatisticsError,
  StatisticsLabelsError,
  StatisticsListenError,
  StatisticsOidError,
  StatisticsOptionError,
  StatisticsValueError,
  UnknownStatisticError,
} from './errors.js';
export { DURATION_BUCKETS, Histogram, HistogramSeries } from './items/histogram.js';
export { Item, Series } from './items/item.js';
export { MAX_LABEL_LENGTH, MAX_LABELS, OTHER } from './items/labels.js';
export { CounterSeries, SnmpCounter } from './items/snmp-counter.js';
export { NumberItem, NumberSeries, SnmpFloat, SnmpInteger } from './items/snmp-integer.js';
export { MAX_TEXT_LENGTH, SnmpString, TextSeries } from './items/snmp-string.js';
export { MAX_OID_LENGTH, numberOf } from './oid.js';
export { PROMETHEUS_CONTENT_TYPE, PrometheusExposition } from './prometheus/exposition.js';
export { StatisticsManager } from './statistics-manager.js';
export type { StatisticsFrames } from './answer-statistics.js';
export type { StatisticsChanges } from './change-hub.js';
export type { StatisticsErrorCode } from './errors.js';
export type { Computed } from './items/computed.js';
export type { HistogramOptions } from './items/histogram.js';
export type { ItemKind, ItemOptions, StatisticValue } from './items/item.js';
export type { CounterOptions } from './items/snmp-counter.js';
export type { NumberOptions } from './items/snmp-integer.js';
export type { TextOptions } from './items/snmp-string.js';
export type { MetricName } from './metric-name.js';
export type { AnyItem, StatisticsManagerOptions } from './statistics-manager.js';
