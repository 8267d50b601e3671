import type { TitanicEvent } from '@raspy/titanic-store';
import type { LineLevel } from '../log/logger.js';
import type { RepeatLimiter } from '../log/repeat-limiter.js';

/** Writes an event of Titanic at the level it deserves; those of one kind and cause are counted together. */
export function logTitanicEvent(event: TitanicEvent, limiter: RepeatLimiter): void {
  const { type, ...fields } = event;
  const [level, key, message] = describe(event);
  limiter.log(level, `titanic ${type} ${key}`.trim(), message, fields);
}

function describe(event: TitanicEvent): [level: LineLevel, key: string, message: string] {
  switch (event.type) {
    case 'attempt-failed': {
      const again = `again in ${Math.round(event.retryInMs)} ms`;
      return [
        'warn',
        event.service,
        `a durable request to ${event.service} failed (${event.reason}); ${again}`,
      ];
    }
    case 'dead':
      return [
        'error',
        event.service,
        `a durable request to ${event.service} was given up (${event.reason}): see raspy titanic show ${event.id}`,
      ];
    case 'expired':
      return [
        'warn',
        event.service,
        `a durable request to ${event.service} expired and will not be done: ${event.reason}`,
      ];
    case 'dead-letter-lost':
      return [
        'error',
        event.service,
        'there are more dead letters than are kept; the oldest is forgotten: see raspy titanic ls --state=dead',
      ];
    case 'refused':
      return [
        'warn',
        event.reason,
        `a durable request to ${event.service} was refused: ${REFUSALS[event.reason]}`,
      ];
    case 'storage-failed': {
      const then = event.retrying ? 'it is tried again' : 'whoever asked was told';
      return [
        'error',
        '',
        `Titanic could not store (${event.reason}); ${then}: look at the disk of the data folder`,
      ];
    }
    case 'clock':
      return event.trusted
        ? ['info', 'trusted', 'the clock is right now; durable requests with a time go on']
        : [
            'warn',
            'untrusted',
            `the clock is not to be believed; ${event.held} durable requests with a time are held`,
          ];
    case 'store-failed':
      return ['error', event.action, `titanic.store could not ${event.action}: ${event.reason}`];
    case 'policy-refused':
      return ['error', '', `the policy for ${event.service} has mistakes; the common one holds`];
  }
}

const REFUSALS: Readonly<Record<Extract<TitanicEvent, { type: 'refused' }>['reason'], string>> = {
  target: 'it is for Titanic itself or for the broker',
  'too-large': 'its body is larger than one may be',
  expired: 'its time to be done has passed',
  full: 'as many requests or bytes are kept as may be; see raspy titanic ls',
  storage: 'it could not be stored',
};
