import { frameText, type Frame } from '@raspy/wire';
import { UsageError } from '@raspy/runtime';

/**
 * A frame as it is typed: its text; `0x…` or `hex:…` for bytes; `text:…` for a text that looks like one of these.
 * @throws UsageError when the digits are no whole bytes
 */
export function typedFrame(typed: string): Frame {
  if (typed.startsWith('text:')) return Buffer.from(typed.slice(5));
  const digits = /^(?:0x|hex:)(.*)$/s.exec(typed)?.[1];
  if (digits === undefined) return Buffer.from(typed);
  return hexFrame(digits) ?? fail(typed);
}

/** The bytes of hexadecimal digits, `undefined` when they are none. */
export function hexFrame(digits: string): Frame | undefined {
  return /^(?:[0-9a-fA-F]{2})*$/.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

/** A frame in JSON: a string where it is text, else `{ "hex": "…" }`. */
export function jsonFrame(frame: Frame): string | { readonly hex: string } {
  const text = frameText(frame);
  return text.includes('\ufffd') ? { hex: Buffer.from(frame).toString('hex') } : text;
}

function fail(typed: string): never {
  throw new UsageError(
    `"${typed}" is no hexadecimal frame: give pairs of digits, or text:${typed} for the text`,
  );
}
