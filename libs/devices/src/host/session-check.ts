import { subdevicesOf, writableValues, type DeviceType } from '../device-type.js';
import type { DeviceSession } from '../driver.js';

/**
 * Makes sure that what a driver returned is a session, before it is trusted.
 * @throws TypeError that says what is missing
 */
export function checkSession(type: DeviceType, candidate: unknown): DeviceSession {
  const session = recordOf(candidate);
  const subdevices = recordOf(session['subdevices']);
  const missing = [
    ...(typeof session['close'] === 'function' ? [] : ['close()']),
    ...partMistakes(type, session, ''),
    ...['poll', 'configure']
      .filter((name) => session[name] !== undefined && typeof session[name] !== 'function')
      .map((name) => `a ${name} that is a function`),
    ...Object.entries(subdevicesOf(type)).flatMap(([name, sub]) =>
      partMistakes(sub, recordOf(subdevices[name]), ` of its sub-device "${name}"`),
    ),
  ];
  if (missing.length > 0) throw new TypeError(`its driver returned a session without ${missing.join(', ')}`);
  return candidate as DeviceSession;
}

function partMistakes(type: DeviceType, part: Record<string, unknown>, whose: string): string[] {
  const values$ = part['values$'] as { subscribe?: unknown } | null | undefined;
  const commands = recordOf(part['commands']);
  const write = recordOf(part['write']);
  return [
    ...(typeof values$?.subscribe === 'function' ? [] : [`values$${whose}`]),
    ...Object.keys(type.commands)
      .filter((name) => typeof commands[name] !== 'function')
      .map((name) => `a handler for the command "${name}"${whose}`),
    ...writableValues(type)
      .filter((name) => typeof write[name] !== 'function')
      .map((name) => `a write handler for the value "${name}"${whose}`),
  ];
}

function recordOf(candidate: unknown): Record<string, unknown> {
  return typeof candidate === 'object' && candidate !== null ? (candidate as Record<string, unknown>) : {};
}
