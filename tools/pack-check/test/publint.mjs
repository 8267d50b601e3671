// Prints what publint's own command says of tarballs with --strict; that takes a process for each.
import { readFile } from 'node:fs/promises';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const found = {};
for (const path of process.argv.slice(2)) {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  const tarball = buffer.slice(byteOffset, byteOffset + byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const errors = messages.filter(({ type }) => type === 'error');
  found[path] = errors.map((message) => formatMessage(message, pkg, { color: false }));
}
process.stdout.write(JSON.stringify(found));
