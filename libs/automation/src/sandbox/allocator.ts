import type { JSRuntimePointer, QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten-core';
import { webAssembly, type WasmMemory, type WasmTable } from './web-assembly.js';

/** What of the library is not public. */
interface Internals {
  readonly module: { readonly HEAPU8: Uint8Array; _malloc(size: number): number; _free(at: number): void };
}

/**
 * ```wat
 * (module
 *   (import "e" "memory" (memory 0)) (import "e" "table" (table 0 funcref))
 *   (import "e" "malloc" (global $malloc i32)) (import "e" "free" (global $free i32))
 *   (import "e" "realloc" (global $realloc i32))
 *   (type $free (func (param i32 i32))) (type $malloc (func (param i32 i32) (result i32)))
 *   (type $realloc (func (param i32 i32 i32) (result i32)))
 *   (func $size (param $at i32) (result i32) ;; of a block, from the word in front of it
 *     (if (result i32) (local.get $at)
 *       (then (i32.sub (i32.and (i32.load (i32.sub (local.get $at) (i32.const 4))) (i32.const -8)) (i32.const 4)))
 *       (else (i32.const 0))))
 *   (func $count (param $state i32) (param $by i32) ;; JSMallocState.malloc_size
 *     (i32.store offset=4 (local.get $state) (i32.add (i32.load offset=4 (local.get $state)) (local.get $by))))
 *   (func (export "malloc") (param $state i32) (param $bytes i32) (result i32) (local $at i32)
 *     (local.set $at (call_indirect (type $malloc) (local.get $state) (local.get $bytes) (global.get $malloc)))
 *     (call $count (local.get $state) (call $size (local.get $at)))
 *     (local.get $at))
 *   (func (export "free") (param $state i32) (param $at i32)
 *     (call $count (local.get $state) (i32.sub (i32.const 0) (call $size (local.get $at))))
 *     (call_indirect (type $free) (local.get $state) (local.get $at) (global.get $free)))
 *   (func (export "realloc") (param $state i32) (param $from i32) (param $bytes i32) (result i32)
 *     (local $before i32) (local $at i32)
 *     (local.set $before (call $size (local.get $from)))
 *     (call $count (local.get $state) (i32.sub (i32.const 0) (local.get $before)))
 *     (local.set $at (call_indirect (type $realloc)
 *       (local.get $state) (local.get $from) (local.get $bytes) (global.get $realloc)))
 *     (call $count (local.get $state) (if (result i32) (local.get $at)
 *       (then (call $size (local.get $at)))
 *       (else (select (local.get $before) (i32.const 0) (local.get $bytes)))))
 *     (local.get $at)))
 * ```
 */
const METER = Buffer.from(
  '0061736d0100000001180460017f017f60027f7f0060027f7f017f60037f7f7f017f023c050165066d656d6f727902000001650574' +
    '61626c65017000000165066d616c6c6f63037f0001650466726565037f000165077265616c6c6f63037f0003060500010201030' +
    '71b03066d616c6c6f63000204667265650003077265616c6c6f6300040a93010518002000047f200041046b2802004178714104' +
    '6b0541000b0b0f002000200028020420016a3602040b1901017f200020012300110200210220002002100010012002' +
    '0b160020004100200110006b10012000200123011101000b3701027f2001100021032000410020036b1001200020012002230211' +
    '0300210420002004047f20041000052003410020021b0b100120040b',
  'hex',
);
/** Of a JSRuntime: four functions (`malloc`, `free`, `realloc`, `usable_size`), then what they keep. */
const FUNCTIONS = 4;
const COUNTED_SIZE = 20;
const LIMIT = 24;

/**
 * Makes the memory limit of runtimes true. QuickJS asks the allocator how large a block is, and in WebAssembly is told 0:
 * a program could take a thousand times its limit, and rubbish was not collected in time. So all runtimes that are made
 * afterwards count what their blocks take.
 *
 * @returns how many bytes a runtime has
 * @throws where the memory looks otherwise than it should; nothing was changed then
 */
export function meterAllocations(
  module: QuickJSWASMModule,
  memory: WasmMemory,
  table: WasmTable,
): (runtime: QuickJSRuntime) => number {
  const { module: raw } = module as unknown as Internals;
  const word = (at: number): number => new DataView(raw.HEAPU8.buffer).getUint32(at, true);
  const probe = module.newRuntime();
  const at = addressOf(probe);
  const functions = Array.from({ length: FUNCTIONS }, (_, n) => word(at + 4 * n));
  probe.setMemoryLimit(12_345_678);
  const limit = word(at + LIMIT);
  const template = onlyPlaceOf(functions, raw.HEAPU8.subarray(0, at));
  probe.dispose();
  const sized = [1, 100, 100_000].every((bytes) => {
    const block = raw._malloc(bytes);
    const size = (word(block - 4) & -8) - 4;
    raw._free(block);
    return size >= bytes && size < bytes + 16;
  });
  if (template === undefined || limit !== 12_345_678 || !sized) throw strange();

  const [malloc, free, realloc] = functions;
  const wasm = webAssembly();
  const meter = new wasm.Instance(new wasm.Module(METER), { e: { memory, table, malloc, free, realloc } });
  const slot = table.grow(3);
  ['malloc', 'free', 'realloc'].forEach((name, n) => {
    table.set(slot + n, meter.exports[name]);
    new DataView(raw.HEAPU8.buffer).setUint32(template + 4 * n, slot + n, true);
  });
  const metered = module.newRuntime();
  const used = (runtime: QuickJSRuntime): number => word(addressOf(runtime) + COUNTED_SIZE);
  const counted = used(metered);
  metered.dispose();
  if (counted < 10_000 || counted > 1_000_000) throw strange();
  return used;
}

function addressOf(runtime: QuickJSRuntime): number {
  return (runtime as unknown as { readonly rt: { readonly value: JSRuntimePointer } }).rt.value;
}

/** Where these words stand one after another, if they do so once. */
function onlyPlaceOf(words: readonly number[], bytes: Uint8Array): number | undefined {
  const wanted = Buffer.from(new Uint32Array(words).buffer);
  const memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = memory.indexOf(wanted);
  return first >= 0 && first % 4 === 0 && memory.indexOf(wanted, first + 1) < 0 ? first : undefined;
}

/** The memory of QuickJS does not look as in the version that this was written for. */
export function strange(): Error {
  return new Error(
    'this build of QuickJS is not the one that the sandbox was made for: take the version it asks for',
  );
}
