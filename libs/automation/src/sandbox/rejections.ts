import type {
  JSContextPointer,
  JSRuntimePointer,
  JSValuePointer,
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { strange } from './allocator.js';
import { webAssembly, type WasmTable } from './web-assembly.js';

/** What of the library is not public: its pointers and the functions of QuickJS. */
interface Pointers {
  readonly rt: { readonly value: JSRuntimePointer };
  readonly ctx: { readonly value: JSContextPointer };
}
interface Internals {
  readonly module: { readonly HEAPU8: Uint8Array; _malloc(size: number): number };
  readonly ffi: {
    QTS_DupValuePointer(ctx: JSContextPointer, value: number): JSValuePointer;
  };
}

/**
 * `(module (import "h" "f" (func (param i32 i64 i64 i32 i32))) (export "f" (func 0)))`: makes of a function of ours one that
 * QuickJS can call.
 */
const TRAMPOLINE = Buffer.from(
  '0061736d01000000010901' + '60057f7e7e7f7f00' + '020701016801660000' + '0705010166' + '0000',
  'hex',
);
/** How much of a runtime is searched for its interrupt handler. */
const RUNTIME_BYTES = 2_048;

/**
 * Promises that were rejected and that nobody handles. The library has no access to QuickJS's own tracker
 * (`JS_SetHostPromiseRejectionTracker`), so it is set in the runtime's memory: the tracker's place is the one behind the
 * interrupt handler's, which is found by setting that. Where the memory looks otherwise than it should, nothing is
 * changed and loading fails.
 */
export class RejectionTracker {
  readonly #internals: Internals;
  readonly #slot: number;
  readonly #offset: number;
  /** Holds one value of QuickJS for a moment. */
  readonly #scratch: number;
  readonly #watched = new Map<JSContextPointer, Map<number, QuickJSHandle>>();
  readonly #contexts = new Map<JSContextPointer, QuickJSContext>();

  constructor(module: QuickJSWASMModule, table: WasmTable) {
    this.#internals = module as unknown as Internals;
    this.#scratch = this.#internals.module._malloc(8);
    const wasm = webAssembly();
    const trampoline = new wasm.Instance(new wasm.Module(TRAMPOLINE), {
      h: { f: this.#told.bind(this) },
    });
    this.#slot = table.grow(1);
    table.set(this.#slot, trampoline.exports['f']);
    const runtime = module.newRuntime();
    this.#offset = this.#trackerOffset(runtime);
    runtime.dispose();
  }

  /** To be called once the context is new. */
  watch(context: QuickJSContext): void {
    const { rt, ctx } = context as unknown as Pointers;
    this.#view().setInt32(rt.value + this.#offset, this.#slot, true);
    this.#watched.set(ctx.value, new Map());
    this.#contexts.set(ctx.value, context);
  }

  /** A promise of this context that is rejected and not handled up to now, not to be disposed of by the caller. */
  first(context: QuickJSContext): QuickJSHandle | undefined {
    const { ctx } = context as unknown as Pointers;
    return this.#watched.get(ctx.value)!.values().next().value;
  }

  /** To be called before the context is disposed of. */
  forget(context: QuickJSContext): void {
    const { ctx } = context as unknown as Pointers;
    for (const promise of this.#watched.get(ctx.value)!.values()) promise.dispose();
    this.#watched.delete(ctx.value);
    this.#contexts.delete(ctx.value);
  }

  /** QuickJS says that a promise was rejected without a handler, or that it got one afterwards. */
  #told(ctx: JSContextPointer, promise: bigint, _reason: bigint, handled: number): void {
    const watched = this.#watched.get(ctx);
    if (watched === undefined) return;
    const key = Number(BigInt.asUintN(32, promise));
    if (handled !== 0) {
      watched.get(key)?.dispose();
      watched.delete(key);
    } else {
      const context = this.#contexts.get(ctx)!;
      this.#view().setBigInt64(this.#scratch, promise, true);
      const copy = this.#internals.ffi.QTS_DupValuePointer(ctx, this.#scratch);
      watched.set(key, context.getMemory((context as unknown as Pointers).rt.value).heapValueHandle(copy));
    }
  }

  #trackerOffset(runtime: QuickJSRuntime): number {
    const at: number = (runtime as unknown as Pointers).rt.value;
    const before = this.#internals.module.HEAPU8.slice(at, at + RUNTIME_BYTES);
    runtime.setInterruptHandler(() => false);
    const view = this.#view();
    for (let handler = 0; handler < RUNTIME_BYTES; handler += 4) {
      const changed =
        view.getInt32(at + handler, true) !== new DataView(before.buffer).getInt32(handler, true);
      if (!changed) continue;
      const tracker = handler + 8;
      const [set, opaque, head, tail] = [0, 4, 8, 12].map((n) => view.getInt32(at + tracker + n, true));
      // Behind the tracker stands the list of jobs, which is empty and so points to itself.
      if (set === 0 && opaque === 0 && head === at + tracker + 8 && tail === head) return tracker;
    }
    throw strange();
  }

  /** Memory moves when it grows. */
  #view(): DataView {
    return new DataView(this.#internals.module.HEAPU8.buffer);
  }
}
