/**
 * The Majordomo protocols 0.1 (RFC 7) and 0.2 (RFC 18) with MMI (RFC 8): broker, worker, pipelining client, typed services.
 * @packageDocumentation
 */
export { DEFAULT_ENDPOINT } from './default-endpoint.js';
export { defaultTransport } from '@raspy/wire';
export { MdpClient } from './client/mdp-client.js';
export { MdpOptionError } from './option-error.js';
export { MdpWorker } from './worker/mdp-worker.js';
export { MmiClient, readKeys } from './client/mmi.js';
export { startBroker } from './broker/start-broker.js';
export { WAIT_BUCKETS_MS } from './broker/wait-times.js';
export { MajordomoBroker } from './broker/majordomo-broker.js';
export { readStatus, statusFrame, StatusCode } from './status-code.js';
export {
  MdpAbortedError,
  MdpClientError,
  MdpClosedError,
  MdpConnectionLostError,
  MdpError,
  MdpExpiredError,
  MdpInvalidReplyError,
  MdpInvalidRequestError,
  MdpNoWorkerError,
  MdpQueueFullError,
  MdpServerError,
  MdpServiceStatusError,
  MdpTimeoutError,
  MdpTooManyRequestsError,
  MdpWorkerLostError,
} from './errors.js';
export { action, defineService } from './service/definition.js';
export { addRequestOptions } from './service/add-options.js';
export { bytes, json, keys, optional, rest, text } from './service/frame-kind.js';
export { describeService } from './service/describe.js';
export { memoryIdempotency } from './service/idempotency.js';
export { serviceClient } from './service/service-client.js';
export { ServiceDefinitionError } from './service/definition-error.js';
export { serviceHandler } from './service/service-handler.js';
export { ServiceRefusal } from './service/refusal.js';
export { followRequests } from './tracing/request-tracer.js';
export type { Body } from './body.js';
export type { JobLostReason } from './worker/session-types.js';
export type { MdpClientOptions, MdpRequestOptions } from './client/options.js';
export type { MdpClientStatistics } from './client/client-counters.js';
export type { MdpClientStatus } from './client/mdp-client.js';
export type { BrokerEffect } from './broker/outbox.js';
export type { BrokerFailure } from './broker-failure.js';
export type { BrokerEvent, DropCause, WorkerRemovalCause } from './broker/events.js';
export type { BrokerOptions, OnWorkerLost, ServicePolicy } from './broker/options.js';
export type {
  BrokerSignal,
  BuiltinAnswer,
  BuiltinRequestSignal,
  LocalOutcomeSignal,
  LocalRequest,
  TraceSignal,
  WorkersChangedSignal,
} from './broker/signals.js';
export type { BuiltinHandler } from './broker/builtin-handlers.js';
export type { LocalRequestOptions } from './broker/local-client.js';
export type { BrokerStatistics, ServiceInfo } from './broker/statistics.js';
export type { DurationCounts } from './broker/wait-times.js';
export type { MajordomoBrokerOptions } from './broker/majordomo-broker.js';
export type { MalformedReason, MdpVersion } from './codec.js';
export type { MdpErrorCode } from './errors.js';
export type { RunningBroker, StartBrokerOptions, WorkerChange } from './broker/start-broker.js';
export type { MdpHandler, MdpHandlerContext, MdpWorkerOptions } from './worker/options.js';
export type { MdpWorkerStatistics, MdpWorkerStatus } from './worker/mdp-worker.js';
export type { MmiOptions, MmiRequester, MmiServiceReport, MmiWorkersReport } from './client/mmi.js';
export type { Action, Actions, ServiceDefinition } from './service/definition.js';
export type { ActionDescription, FrameDescription } from './service/describe.js';
export type {
  ActionContext,
  ServiceHandler,
  ServiceHandlerOptions,
  ServiceHandlers,
  ServiceJob,
} from './service/service-handler.js';
export type { AnyKind, Arity, FrameForm, FrameKind, KindInput, KindOutput } from './service/frame-kind.js';
export type {
  CallArgs,
  CallResult,
  HandlerArgs,
  HandlerResult,
  NamedInputs,
  NamedOutputs,
} from './service/infer.js';
export type {
  CallOptions,
  Requester,
  RequesterOptions,
  ServiceClient,
  ServiceClientOptions,
  ServiceMethods,
} from './service/service-client.js';
export type { IdempotencyStore, KeyState, MemoryIdempotencyOptions } from './service/idempotency.js';
export type { RequestOptions } from './service/options-frame.js';
export type { RequestSpan, RequestTracer, SpanOutcome, SpanStart } from './tracing/request-tracer.js';
export type { TraceContext } from './tracing/trace-context.js';
export type {
  SchemaInput,
  SchemaOutput,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from './service/standard-schema.js';
