import type { QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core';

/** Loads an instance of QuickJS of its own: some 15 ms and 9 MB. Nothing is loaded before the first call. */
export async function loadQuickJs(): Promise<QuickJSWASMModule> {
  const { newQuickJSWASMModuleFromVariant } = await import('quickjs-emscripten-core');
  return newQuickJSWASMModuleFromVariant(variant);
}

const variant: QuickJSSyncVariant = {
  type: 'sync',
  importFFI: async () => (await import('@jitl/quickjs-wasmfile-release-sync/ffi')).QuickJSFFI,
  importModuleLoader: async () =>
    (await import('@jitl/quickjs-wasmfile-release-sync/emscripten-module')).default,
};
