// What the sandbox costs: memory per idle program, the time to start one, from an event to the call that answers it with 1, 100
// and 1,000 programs loaded, the time to cut one that spins, and what the others feel of that; beside a bare worker thread in
// the same run. Prints one line of JSON.
//   nx run automation:bench [--programs=1,100,1000] [--rounds=2000]
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const outfile = fileURLToPath(new URL('../test-output/bench.mjs', import.meta.url));
buildSync({
  entryPoints: [fileURLToPath(new URL('bench.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
await import(outfile);
