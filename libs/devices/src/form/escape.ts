import type { Attributes } from './field.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\0': '\uFFFD',
};

/** Text as it may stand anywhere in HTML, in quoted attributes too. HTML has no way to write the character 0. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\0]/g, (char) => ESCAPES[char]!);
}

/** An element; `content` is HTML, attributes are text. */
export function element(tag: string, attributes: Attributes, content: string): string {
  return `${openTag(tag, attributes)}${content}</${tag}>`;
}

/** The start tag of an element, which is all of one that has no content. */
export function openTag(tag: string, attributes: Attributes): string {
  const written = Object.entries(attributes).map(([name, value]) => {
    if (value === undefined) return '';
    return value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`;
  });
  return `<${tag}${written.join('')}>`;
}
