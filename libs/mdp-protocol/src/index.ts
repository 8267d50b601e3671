/**
 * The Majordomo protocols 0.1 (RFC 7) and 0.2 (RFC 18) with MMI (RFC 8): broker, worker, pipelining client, typed services.
 * @packageDocumentation
 */
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
export type { MdpErrorCode } from './errors.js';
export type { MdpVersion } from './codec.js';
