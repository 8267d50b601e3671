import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type {
  EmscriptenModuleLoader,
  QuickJSEmscriptenModule,
  QuickJSSyncVariant,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { RejectionTracker } from './rejections.js';
import {
  webAssembly,
  type WasmInstance,
  type WasmModule,
  type WasmTable,
  withTableExported,
} from './web-assembly.js';

/** An instance of QuickJS, and what it tells of rejected promises. */
export interface QuickJs {
  readonly module: QuickJSWASMModule;
  readonly rejections: RejectionTracker;
}

type Instantiate = (imports: object, done: (instance: WasmInstance) => void) => object;

type LoadEmscripten = EmscriptenModuleLoader<QuickJSEmscriptenModule>;

let compiling: Promise<WasmModule> | undefined;

/** Loads an instance of its own: some 15 ms and 9 MB. Nothing is loaded before the first call. */
export async function loadQuickJs(): Promise<QuickJs> {
  compiling ??= compile();
  const [wasm, { newQuickJSWASMModuleFromVariant }] = await Promise.all([
    compiling,
    import('quickjs-emscripten-core'),
  ]);
  let table: WasmTable | undefined;
  const instantiateWasm: Instantiate = (imports, done) => {
    const instance = new (webAssembly().Instance)(wasm, imports);
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
      return (options) => load({ ...options, instantiateWasm } as typeof options);
    },
  };
  const module = await newQuickJSWASMModuleFromVariant(variant);
  return { module, rejections: new RejectionTracker(module, table!) };
}

async function compile(): Promise<WasmModule> {
  const file = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  return webAssembly().compile(withTableExported(await readFile(file), 'table'));
}
