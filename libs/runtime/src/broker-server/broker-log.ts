import type { BrokerEvent } from '@raspy/mdp-protocol';
import type { LineLevel } from '../log/logger.js';
import type { RepeatLimiter } from '../log/repeat-limiter.js';

/** Writes an event at the level it deserves; the limiter counts those of one kind and cause together. */
export function logBrokerEvent(event: BrokerEvent, limiter: RepeatLimiter): void {
  const { type, ...fields } = event;
  const [level, key, message] = describe(event);
  limiter.log(level, `${type} ${key}`.trim(), message, fields);
}

function describe(event: BrokerEvent): [level: LineLevel, key: string, message: string] {
  switch (event.type) {
    case 'worker-registered':
      return ['debug', event.service, `worker registered for ${event.service}`];
    case 'worker-removed': {
      const message = `worker of ${event.service} removed: ${event.cause}`;
      return [event.cause === 'disconnected' ? 'debug' : 'warn', event.cause, message];
    }
    case 'request-lost':
      return [
        'warn',
        event.outcome,
        `the worker of ${event.service} was lost with a request: ${event.outcome}`,
      ];
    case 'dropped':
      return event.cause === 'builtin-failed'
        ? [
            'error',
            event.cause,
            `a request to ${event.service ?? 'the broker itself'} was answered 500: ${event.error ?? ''}`,
          ]
        : ['warn', event.cause, `dropped ${event.count}: ${event.cause}`];
    case 'heartbeat-mismatch':
      return [
        'warn',
        event.hint,
        `heartbeats of a worker of ${event.service} do not fit (${event.hint}): ` +
          'give the broker and all servers the same --heartbeat-ms and --liveness',
      ];
    case 'stalled':
      return [
        'warn',
        '',
        `the process stood still for ${Math.round(event.lateMs)} ms; nobody is expired for it`,
      ];
    case 'policy-refused':
      return ['error', '', `the policy for ${event.service} has mistakes; the defaults hold`];
  }
}
