import type { KvServerEvent } from '@raspy/kv-clone';
import type { LineLevel } from '../log/logger.js';
import type { RepeatLimiter } from '../log/repeat-limiter.js';

/** Writes an event of the key/value server at the level it deserves; those of one kind and cause are counted together. */
export function logKvEvent(event: KvServerEvent, limiter: RepeatLimiter): void {
  const { type, ...fields } = event;
  const [level, key, message] = describe(event);
  limiter.log(
    level,
    `kv ${type} ${key}`.trim(),
    message,
    'error' in fields ? { error: String(fields.error) } : fields,
  );
}

function describe(event: KvServerEvent): [level: LineLevel, key: string, message: string] {
  switch (event.type) {
    case 'dropped': {
      const about = event.key === '' ? '' : ` (${event.key})`;
      return ['warn', event.cause, `key/value tree: dropped ${event.count}: ${event.cause}${about}`];
    }
    case 'storage-failed':
      return [
        'error',
        '',
        'values are not saved: look at the disk of the data folder; until it works, a restart loses what changed',
      ];
    case 'storage-recovered':
      return ['info', '', 'values are saved again'];
    case 'sequence-unreserved':
      return ['warn', '', 'the disk does not keep up with the updates; after a power cut clients start anew'];
    case 'stalled':
      return [
        'warn',
        '',
        `the process stood still for ${Math.round(event.lateMs)} ms; no value expires for it`,
      ];
  }
}
