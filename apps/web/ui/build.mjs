#!/usr/bin/env node
// Builds the page into dist/ui (or --outdir=…): hashed names, small, and compressed beforehand, so that a small board has
// nothing to do but send files. No inline script and no inline style: the page lives under a strict policy.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const option = (name) => process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3);
const outdir = path.resolve(option('outdir') ?? path.join(here, '../dist/ui'));
/** What the first page may weigh, compressed. Bytes. */
const BUDGET = 150_000;

await rm(outdir, { recursive: true, force: true });
await mkdir(path.join(outdir, 'assets'), { recursive: true });

const { metafile } = await build({
  entryPoints: [path.join(here, 'main.tsx'), path.join(here, 'style/app.css')],
  outdir: path.join(outdir, 'assets'),
  outbase: here,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  // Libraries of this repository as they are written, of which the page takes what needs no Node.
  conditions: ['@raspy/source'],
  external: ['node:*'],
  target: ['es2022'],
  minify: true,
  metafile: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  tsconfigRaw: {},
  legalComments: 'none',
  logLevel: 'warning',
});

const outputs = Object.entries(metafile.outputs).map(([file, of]) => ({
  ...of,
  url: `/assets/${path.basename(file)}`,
  file: path.resolve(file),
}));
const foreign = outputs.flatMap(({ imports }) => imports.filter(({ external }) => external));
if (foreign.length > 0) throw new Error(`a browser has no ${foreign.map(({ path: of }) => of).join(', ')}`);
const main = outputs.find(({ entryPoint }) => entryPoint?.endsWith('main.tsx'));
const style = outputs.find(({ entryPoint }) => entryPoint?.endsWith('app.css'));
/** What the first page loads: the program with all that it imports at once. */
const first = new Set([main.file, style.file]);
for (const file of first) {
  const { imports = [] } = outputs.find((output) => output.file === file);
  for (const { path: imported, kind } of imports)
    if (kind === 'import-statement') first.add(path.resolve(imported));
}

const icon = await readFile(path.join(here, 'style/icon.svg'));
const iconUrl = `/assets/icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
await writeFile(path.join(outdir, iconUrl), icon);

const preload = [...first].filter((file) => file.endsWith('.js') && file !== main.file);
const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f6f5">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e1413">
<meta name="description" content="The home in a browser">
<title>RasPy</title>
<link rel="icon" type="image/svg+xml" href="${iconUrl}">
<link rel="stylesheet" href="${style.url}">
${preload.map((file) => `<link rel="modulepreload" href="/assets/${path.basename(file)}">\n`).join('')}<script type="module" src="${main.url}"></script>
</head>
<body>
<div id="app"></div>
<noscript><p>This page is a program: allow JavaScript for this address. Everything it does can be done without it by the API, see <a href="/api/docs">/api/docs</a>.</p></noscript>
</body>
</html>
`;
await writeFile(path.join(outdir, 'index.html'), html);

let initial = 0;
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath, entry.name);
  const packed = await promisify(gzip)(await readFile(file), { level: constants.Z_BEST_COMPRESSION });
  await writeFile(`${file}.gz`, packed);
  if (first.has(file) || entry.name === 'index.html') initial += packed.length;
}
process.stdout.write(`${outdir}: the first page weighs ${(initial / 1000).toFixed(1)} kB compressed\n`);
if (initial > BUDGET) {
  process.stderr.write(`that is more than ${BUDGET / 1000} kB\n`);
  process.exitCode = 1;
}
