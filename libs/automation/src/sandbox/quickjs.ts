import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type {
  EmscriptenModuleLoader,
  QuickJSEmscriptenModule,
  QuickJSRuntime,
  QuickJSSyncVariant,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { meterAllocations } from './allocator.js';
import { RejectionTracker } from './rejections.js';
import {
  webAssembly,
  type WasmInstance,
  type WasmMemory,
  type WasmModule,
  type WasmTable,
  withTableExported,
} from './web-assembly.js';

/** An instance of QuickJS, and what its library does not offer. */
export interface QuickJs {
  readonly module: QuickJSWASMModule;
  /** What a runtime has of the memory that it may have. */
  readonly usedBytes: (runtime: QuickJSRuntime) => number;
  readonly rejections: RejectionTracker;
}

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Instantiate = (imports: Imports, done: (instance: WasmInstance) => void) => object;

type LoadEmscripten = EmscriptenModuleLoader<QuickJSEmscriptenModule>;

let compiling: Promise<WasmModule> | undefined;

/** Loads an instance of its own: some 15 ms and 9 MB. Nothing is loaded before the first call. */
export async function loadQuickJs(): Promise<QuickJs> {
  compiling ??= compile();
  const [wasm, { newQuickJSWASMModuleFromVariant }] = await Promise.all([
    compiling,
    import('quickjs-emscripten-core'),
  ]);
  let memory: WasmMemory | undefined;
  let table: WasmTable | undefined;
  const instantiateWasm: Instantiate = (imports, done) => {
    const instance = new (webAssembly().Instance)(wasm, imports);
    const { Memory } = webAssembly();
    memory = Object.values(imports)
      .flatMap((names) => Object.values(names))
      .find((value): value is WasmMemory => value instanceof Memory);
    table = instance.exports['table'] as WasmTable;
    done(instance);
    return instance.exports;
  };
  const variant: QuickJSSyncVariant = {
    type: 'sync',
    importFFI: async () => (await import('@jitl/quickjs-wasmfile-release-sync/ffi')).QuickJSFFI,
    importModuleLoader: async () => {
      const loaded: unknown = await import('@jitl/quickjs-wasmfile-release-sync/emscripten-module');
      const { default: load } = loaded as { readonly default: LoadEmscripten };
      return (options) => load({ ...options, instantiateWasm });
    },
  };
  const module = await newQuickJSWASMModuleFromVariant(variant);
  const usedBytes = meterAllocations(module, memory!, table!);
  return { module, usedBytes, rejections: new RejectionTracker(module, table!) };
}

async function compile(): Promise<WasmModule> {
  const file = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  return webAssembly().compile(withTableExported(await readFile(file), 'table'));
}
