import type { DeviceConfig } from '@raspy/devices';
import type { DeviceChanges } from '../device-server/device-differences.js';
import { isFailure, type ControlFailure } from './control-protocol.js';

/** What a supervisor tells the host of a server in a process of its own; over the channel that Node opens between both. */
export type ToHost =
  /** Answers `hello`: the settings of the server, since the file may be another by now. */
  | { readonly type: 'begin'; readonly settings: Readonly<Record<string, unknown>>; readonly mode: HostMode }
  | { readonly type: 'devices'; readonly id: number; readonly devices: readonly DeviceConfig[] }
  | { readonly type: 'ping' }
  | { readonly type: 'stop'; readonly deadlineMs: number };

/** `serve`, or `safe`: open the devices, which drives their outputs into their safe state, without joining the bus. */
export type HostMode = 'serve' | 'safe';

/** What a host tells its supervisor. */
export type FromHost =
  | { readonly type: 'hello' }
  | { readonly type: 'ready' }
  /** It cannot start, and ends. */
  | { readonly type: 'failed'; readonly failure: ControlFailure }
  | { readonly type: 'devices'; readonly id: number; readonly changes: DeviceChanges }
  | { readonly type: 'pong' };

/**
 * What came from a host, if it is one of its messages: a plugin can send anything by the same channel, and must not be able
 * to end the supervisor with it.
 */
export function readFromHost(message: unknown): FromHost | undefined {
  const { type, failure, id, changes } = (message ?? {}) as Record<string, unknown>;
  switch (type) {
    case 'hello':
    case 'ready':
    case 'pong':
      return { type };
    case 'failed':
      return isFailure(failure) ? { type, failure } : undefined;
    case 'devices':
      return typeof id === 'number' && isChanges(changes) ? { type, id, changes } : undefined;
    default:
      return undefined;
  }
}

function isChanges(changes: unknown): changes is DeviceChanges {
  const { added, removed, changed, failed } = (changes ?? {}) as Record<string, unknown>;
  return [added, removed, changed].every(Array.isArray) && typeof failed === 'object' && failed !== null;
}
