// What reading thermometers costs: readings a second by the kernel's files and by a real owserver, each against a bare loop
// over the same files and the same connection; and the time of twenty thermometers in bulk and one by one, on a kernel that
// is simulated with its true times, and by an owserver before an emulated adapter. Prints one line of JSON.
//   nx run device-onewire:bench [--chips=100] [--seconds=3]
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const outfile = fileURLToPath(new URL('../test-output/bench.mjs', import.meta.url));
// The simulated kernel is one of the tests' own, in TypeScript.
buildSync({
  entryPoints: [fileURLToPath(new URL('bench.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
await import(outfile);
