import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import type * as Swc from '@swc/wasm-typescript';
import type { CodeMistake } from './sandbox.js';

/** The most characters that a code may have. */
export const MAX_CODE_LENGTH = 262_144;
const CACHED = 256;

/** A code without its types, every character where it was, or what is wrong with it. */
export type Stripped =
  | { readonly js: string; readonly mistakes?: undefined }
  | { readonly js?: undefined; readonly mistakes: readonly [CodeMistake] };

/** Where a thing stands in the text that was parsed: the line from 1, the column from 0. */
interface SwcError {
  readonly code: string;
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}

let loading: Promise<() => typeof Swc> | undefined;

/**
 * The remover of types, as a maker of instances: it runs in WebAssembly, and one that ran out of stack answers nothing
 * sensible any more. So its module is evaluated anew, which `require` would not do.
 */
async function loadSwc(): Promise<() => typeof Swc> {
  const require = createRequire(import.meta.url);
  const file = require.resolve('@swc/wasm-typescript');
  const text = await readFile(file, 'utf8');
  const evaluate = compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename: file,
  }) as (...args: unknown[]) => void;
  return () => {
    const module = { exports: {} };
    evaluate(module.exports, require, module, file, dirname(file));
    return module.exports as typeof Swc;
  };
}

/** Removes types from the codes of users and says what is wrong with them. */
export class SourceReader {
  readonly #make: () => typeof Swc;
  #swc: typeof Swc | undefined;
  readonly #known = new Map<string, Stripped>();

  private constructor(make: () => typeof Swc) {
    this.#make = make;
  }

  /** Takes some 60 ms and 20 MB, once per process. */
  static async load(): Promise<SourceReader> {
    loading ??= loadSwc();
    return new SourceReader(await loading);
  }

  /** Never throws. The last 256 answers are kept. */
  strip(code: string): Stripped {
    const known = this.#known.get(code) ?? this.#read(code);
    this.#known.delete(code);
    this.#known.set(code, known);
    if (this.#known.size > CACHED) this.#known.delete(this.#known.keys().next().value!);
    return known;
  }

  #read(code: string): Stripped {
    if (code.length > MAX_CODE_LENGTH) {
      return mistake(`the code is larger than ${MAX_CODE_LENGTH} characters`, 1, 1);
    }
    // A code that closes the braces around it leaves the label too.
    let label = '$code';
    while (code.includes(label)) label += '$';
    const head = `async function program() { ${label}: {\n`;
    const tail = `\n;break ${label}}}`;
    const parsed = this.#transform(head + code + tail);
    if (typeof parsed !== 'string') {
      const oneMore = () => typeof this.#transform(`${head}{${code}${tail}`) === 'string';
      return placed(parsed, code, oneMore);
    }
    return (
      this.#findImport(head, code, tail) ?? { js: parsed.slice(head.length, parsed.length - tail.length) }
    );
  }

  /** `import()` is an expression like any other to the parser. Spelled wrongly it is a mistake, but not within a string. */
  #findImport(head: string, code: string, tail: string): Stripped | undefined {
    const spelledWrongly = code.replace(/(?<![.\w$#])import(?=\s*\()/g, '1mport');
    if (spelledWrongly === code) return undefined;
    const parsed = this.#transform(head + spelledWrongly + tail);
    if (typeof parsed === 'string') return undefined;
    const line = parsed.startLine - 1;
    const column = code.split('\n')[line - 1]?.lastIndexOf('import', parsed.startColumn) ?? 0;
    return mistake(NO_IMPORT, line, Math.max(column, 0) + 1);
  }

  #transform(text: string): string | SwcError {
    this.#swc ??= this.#make();
    try {
      return this.#swc.transformSync(text, {
        mode: 'strip-only',
        module: false,
        filename: 'code.ts',
        deprecatedTsModuleAsError: true,
      }).code;
    } catch (error) {
      if (isSwcError(error)) return error;
      this.#swc = undefined;
      return { code: 'TooDeep', message: 'the code is nested too deeply', startLine: 2, startColumn: 0 };
    }
  }
}

const NO_IMPORT = 'import and export are not possible here: all that a program may use is there by name';

function isSwcError(error: unknown): error is SwcError {
  return typeof error === 'object' && error !== null && 'startLine' in error;
}

function mistake(message: string, line: number, column: number): Stripped {
  return { mistakes: [{ message, line, column }] };
}

/** The head takes one line; what is found in the tail is missing at the end of the code. */
function placed(
  { message, startLine, startColumn }: SwcError,
  code: string,
  closesTooMany: () => boolean,
): Stripped {
  const lines = code.split('\n');
  const line = startLine - 1;
  if (line <= lines.length) return mistake(inPlainWords(message), line, startColumn + 1);
  const missing = closesTooMany() ? 'there is a } too many' : inPlainWords(message);
  return mistake(missing, lines.length, lines.at(-1)!.length + 1);
}

function inPlainWords(message: string): string {
  if (message.startsWith("'import'")) return NO_IMPORT;
  return message.replace(
    / in (?:strip-only|type strip) mode/,
    ': only types that can be left out are possible',
  );
}
