import type { TreeEntry } from './types.js';

/** A part of a key with what is below it. */
export interface TreeNode {
  readonly name: string;
  readonly path: string;
  readonly entry?: TreeEntry;
  readonly children: readonly TreeNode[];
  /** Entries here and below. */
  readonly count: number;
}

interface Growing {
  readonly name: string;
  readonly path: string;
  entry?: TreeEntry;
  readonly children: Map<string, Growing>;
}

/** Entries as a tree by the parts of their keys, sorted; those whose key or value has none of the text's words are left out. */
export function buildTree(entries: Iterable<TreeEntry>, text = ''): TreeNode {
  const root: Growing = { name: '', path: '', children: new Map() };
  const words = text.toLowerCase().split(/\s+/);
  for (const entry of entries) {
    const haystack = `${entry.key} ${entryText(entry)}`.toLowerCase();
    if (!words.every((word) => haystack.includes(word))) continue;
    let node = root;
    for (const part of entry.key.split('/').slice(1)) {
      let child = node.children.get(part);
      if (child === undefined) {
        child = { name: part, path: `${node.path}/${part}`, children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.entry = entry;
  }
  return finished(root);
}

function finished({ name, path, entry, children: grown }: Growing): TreeNode {
  const children = [...grown.values()].map(finished).sort((a, b) => (a.name < b.name ? -1 : 1));
  const count = children.reduce((sum, child) => sum + child.count, entry === undefined ? 0 : 1);
  return { name, path, ...(entry !== undefined && { entry }), children, count };
}

/** What an entry holds, as text. */
export function entryText({ value, text, base64 }: TreeEntry): string {
  if (value !== undefined) return JSON.stringify(value);
  return text ?? (base64 === undefined ? '' : `${base64} (base64)`);
}
