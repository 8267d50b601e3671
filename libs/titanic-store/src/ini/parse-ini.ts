/** Something in an INI file that was not understood, or not all of it. */
export interface IniProblem {
  /** From 1. */
  readonly line: number;
  /** The line as it is. */
  readonly text: string;
  readonly reason: string;
}

/** What an INI file says. */
export interface ParsedIni {
  /** Values by section and key, in the order of the file, those of `[DEFAULT]` in every section that has not its own. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly problems: readonly IniProblem[];
}

const DEFAULT_SECTION = 'DEFAULT';
const SECTION = /^\[(.+)\]/;

/**
 * Reads an INI file as Python's `RawConfigParser` does: sections; `key = value` or `key: value`; lines that begin with `#` or
 * `;` are comments; a value goes on in lines that are indented further than its key; keys are in small letters. Total: what
 * makes no sense is a problem, and the rest is read.
 *
 * Values are raw: `%%`, as `SafeConfigParser` writes a per cent sign, stays `%%`. Of a key that is twice in a section, which
 * Python takes for an error, the later value counts, and it is told.
 */
export function parseIni(text: string): ParsedIni {
  const reading = new Reading();
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  lines.forEach((line, index) => reading.take(line, index + 1));
  return reading.result();
}

class Reading {
  readonly #sections = new Map<string, Map<string, string[]>>();
  readonly #defaults = new Map<string, string[]>();
  readonly #problems: IniProblem[] = [];
  #section: Map<string, string[]> | undefined;
  /** Lines of the value that may go on. */
  #value: string[] | undefined;
  /** Of the last line that did not go on with another; what is indented further goes on with it. */
  #indent = 0;

  take(text: string, line: number): void {
    const content = text.trim();
    if (content.startsWith('#') || content.startsWith(';')) return;
    if (content === '') {
      this.#value?.push('');
      return;
    }
    const indent = text.search(/\S/);
    if (this.#value !== undefined && indent > this.#indent) {
      this.#value.push(content);
      return;
    }
    this.#indent = indent;
    const header = SECTION.exec(content);
    if (header === null) this.#option(content, text, line);
    else this.#begin(header[1]!);
  }

  result(): ParsedIni {
    const sections = new Map<string, ReadonlyMap<string, string>>();
    for (const [name, own] of this.#sections) {
      const values = [...this.#defaults, ...own].map(([key, lines]) => [key, joined(lines)] as const);
      sections.set(name, new Map(values));
    }
    return { sections, problems: this.#problems };
  }

  #begin(name: string): void {
    this.#value = undefined;
    this.#section = name === DEFAULT_SECTION ? this.#defaults : this.#sections.get(name);
    if (this.#section !== undefined) return;
    this.#section = new Map();
    this.#sections.set(name, this.#section);
  }

  #option(content: string, text: string, line: number): void {
    // What follows a line that was not understood is not put to a value before it.
    this.#value = undefined;
    const sign = content.search(/[=:]/);
    if (this.#section === undefined) {
      this.#problems.push({ line, text, reason: 'it is before the first section, such as [main]' });
    } else if (sign < 1) {
      this.#problems.push({ line, text, reason: 'it is no "key = value", section or comment' });
    } else {
      const key = content.slice(0, sign).trimEnd().toLowerCase();
      if (this.#section.has(key)) {
        this.#problems.push({
          line,
          text,
          reason: `"${key}" is in its section twice; the later value counts`,
        });
      }
      this.#value = [content.slice(sign + 1).trimStart()];
      this.#section.set(key, this.#value);
    }
  }
}

/** The lines of a value as one text; empty ones at the end belong to the file. */
function joined(lines: readonly string[]): string {
  return lines.join('\n').trimEnd();
}
