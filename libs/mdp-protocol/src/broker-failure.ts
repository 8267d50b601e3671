import { asBuffer, type Frames } from '@raspy/wire';
import { statusFrame, StatusCode } from './status-code.js';

/**
 * A broker's own word that a request failed: exactly two body frames, the reason, then `500` (PROTOCOLS §4).
 * MDP has no error command, so these travel as replies.
 */
export type BrokerFailure = 'raspy:worker-lost' | 'raspy:queue-full' | 'raspy:expired';

const ALL: readonly BrokerFailure[] = ['raspy:worker-lost', 'raspy:queue-full', 'raspy:expired'];
const bodies = new Map<BrokerFailure, Frames>(
  ALL.map((reason) => [reason, [Buffer.from(reason), statusFrame(StatusCode.ERROR)]]),
);

/** The body of a broker-made failure. */
export function brokerFailureBody(reason: BrokerFailure): Frames {
  return bodies.get(reason)!;
}

/** The reason, if this reply body is a broker-made failure. */
export function readBrokerFailure(body: Frames): BrokerFailure | undefined {
  if (body.length !== 2 || body[1]!.length !== 3 || asBuffer(body[1]!).toString('latin1') !== '500')
    return undefined;
  const reason = asBuffer(body[0]!).toString('latin1');
  return ALL.find((known) => known === reason);
}
