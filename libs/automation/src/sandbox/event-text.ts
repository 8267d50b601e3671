import { failed } from './failed.js';
import type { Json, SandboxEnd } from './sandbox.js';

/** An event's payload as text, or the end of the program that would have to miss it because it is too large. */
export function eventText(event: string, payload: Json, maxBytes: number): string | SandboxEnd {
  const json = JSON.stringify(payload);
  const bytes = Buffer.byteLength(event) + Buffer.byteLength(json);
  if (bytes <= maxBytes) return json;
  return failed(
    'error',
    `an event "${event.slice(0, 100)}" of ${bytes} bytes is larger than the ${maxBytes} allowed`,
  );
}
