import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

function documentsIn(folder: string): string[] {
  const built = ['node_modules', 'dist', 'reference', 'test-output', 'out-tsc', '.git', '.nx'];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return built.includes(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Targets of a document's links that are meant to be in this repository, without their fragment. */
function linksOf(document: string): string[] {
  const prose = readFileSync(document, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((link) => link[1]!.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

const documents = documentsIn(root).map((path) => [relative(root, path), path] as const);

it('finds the documents', () => {
  expect(documents.map(([name]) => name)).toEqual(expect.arrayContaining(['README.md', 'docs/README.md']));
});

it.each(documents)('%s links to nothing that is not there', (_name, path) => {
  expect(linksOf(path).filter((target) => !existsSync(resolve(dirname(path), target)))).toEqual([]);
});
