import type { JsonValue } from './types.js';

/** Has every character that a browser would not give back as it got it; line breaks count as `\n`. */
const NOT_PLAIN = /(?![\t\n])\p{Cc}|\p{Surrogate}/u;

/** Whether a text area gives a text back unchanged. */
export function isPlain(text: string): boolean {
  return !NOT_PLAIN.test(text);
}

/** Whether a control of one line gives a text back unchanged. */
export function isPlainLine(text: string): boolean {
  return isPlain(text) && !text.includes('\n');
}

/** Line breaks as JSON has them: a browser sends `\r\n` for each. */
export function fromBrowser(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** Line breaks as a browser sends them. */
export function asBrowser(text: string): string {
  return text.replace(/\n/g, '\r\n');
}

/** JSON text that any control gives back unchanged. */
export function jsonText(value: JsonValue, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}

/** The value of a JSON text, or what is wrong with it. */
export function readJson(text: string): { readonly value: JsonValue } | { readonly message: string } {
  try {
    // -0 is 0, as JSON.stringify has it.
    const value = JSON.parse(text, (_, part: JsonValue) => (part === 0 ? 0 : part)) as JsonValue;
    return { value };
  } catch (error) {
    const message =
      error instanceof SyntaxError
        ? `is not JSON (${error.message}): write texts in quotes, lists as [1, 2], objects as {"key": 1}`
        : 'is nested too deeply';
    return { message };
  }
}

/** A number as controls show it. */
export function numberText(value: number): string {
  return String(value === 0 ? 0 : value);
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** The number that somebody typed, or what is wrong with it. */
export function readNumber(text: string): { readonly value: number } | { readonly message: string } {
  const typed = text.trim();
  if (NUMBER.test(typed)) {
    const value = Number(typed);
    if (Number.isFinite(value)) return { value: value === 0 ? 0 : value };
    return { message: 'is too large a number' };
  }
  const pointed = typed.replace(/[\s'_]/g, '').replace(',', '.');
  if (NUMBER.test(pointed))
    return { message: `is not a number: write ${pointed}, with a point and no spaces` };
  return { message: 'is not a number: write digits, with a point before decimals, for example 1.5' };
}
