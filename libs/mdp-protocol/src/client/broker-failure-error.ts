import type { BrokerFailure } from '../broker-failure.js';
import { MdpExpiredError, MdpQueueFullError, MdpWorkerLostError, type MdpServerError } from '../errors.js';

/** The typed error of a broker-made failure (PROTOCOLS §4). */
export function brokerFailureError(failure: BrokerFailure, service: string): MdpServerError {
  switch (failure) {
    case 'raspy:worker-lost':
      return new MdpWorkerLostError(service);
    case 'raspy:queue-full':
      return new MdpQueueFullError(service);
    case 'raspy:expired':
      return new MdpExpiredError(service);
  }
}
