/** What is used of WebAssembly here: TypeScript has its types only together with those of the browser. */
export interface WasmTable {
  grow(by: number): number;
  set(index: number, fn: unknown): void;
}
export type WasmMemory = object;
export type WasmModule = object;
export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}
interface WebAssemblyFace {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (limits: object) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: object) => WasmInstance;
  compile(bytes: Uint8Array): Promise<WasmModule>;
}

/** The machine's WebAssembly. */
export function webAssembly(): WebAssemblyFace {
  return (globalThis as unknown as { readonly WebAssembly: WebAssemblyFace }).WebAssembly;
}

const EXPORTS = 7;
const TABLE = 1;

/** A WebAssembly module that exports its first table too, so that functions can be added to it. */
export function withTableExported(wasm: Uint8Array, name: string): Buffer {
  let at = 8;
  while (at < wasm.length) {
    const id = wasm[at]!;
    const size = readLeb(wasm, at + 1);
    const end = size.next + size.value;
    if (id === EXPORTS) {
      const count = readLeb(wasm, size.next);
      const added = [...leb(name.length), ...Buffer.from(name), TABLE, 0];
      const content = Buffer.concat([
        Buffer.from(leb(count.value + 1)),
        wasm.subarray(count.next, end),
        Buffer.from(added),
      ]);
      return Buffer.concat([
        wasm.subarray(0, at + 1),
        Buffer.from(leb(content.length)),
        content,
        wasm.subarray(end),
      ]);
    }
    at = end;
  }
  throw new Error('the WebAssembly module exports nothing');
}

function readLeb(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at };
  }
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
