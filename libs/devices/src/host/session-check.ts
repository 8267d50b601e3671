import type { DeviceType } from '../device-type.js';
import type { DeviceSession } from '../driver.js';

/**
 * Makes sure that what a driver returned is a session, before it is trusted.
 * @throws TypeError that says what is missing
 */
export function checkSession(type: DeviceType, candidate: unknown): DeviceSession {
  const session = (candidate ?? {}) as Partial<Record<keyof DeviceSession, unknown>>;
  const values$ = session.values$ as { subscribe?: unknown } | null | undefined;
  const commands = (session.commands ?? {}) as Record<string, unknown>;
  const missing = [
    typeof values$?.subscribe === 'function' ? [] : ['values$'],
    typeof session.close === 'function' ? [] : ['close()'],
    session.poll === undefined || typeof session.poll === 'function' ? [] : ['a poll that is a function'],
    Object.keys(type.commands)
      .filter((name) => typeof commands[name] !== 'function')
      .map((name) => `a handler for the command "${name}"`),
  ].flat();
  if (missing.length > 0) throw new TypeError(`its driver returned a session without ${missing.join(', ')}`);
  return candidate as DeviceSession;
}
