import { ACTION_NAME, type EntryKind } from './names.js';
import type { FormAction } from './types.js';

/** A form that sends more entries or nests them deeper was not made here: the rest is passed over. */
export const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 80;

const KINDS: ReadonlySet<string> = new Set<EntryKind>([
  'value',
  'json',
  'has',
  'empty',
  'key',
  'pick',
  'shown',
]);

/** The entries of a form, put where their names say. */
export class EntryNode {
  readonly texts = new Map<EntryKind, string>();
  readonly children = new Map<string, EntryNode>();
  /** Something is to be added here. */
  add = false;

  text(kind: EntryKind): string | undefined {
    return this.texts.get(kind);
  }

  /** The children whose names are numbers, in their order; there may be gaps. */
  numbered(): readonly EntryNode[] {
    return [...this.children]
      .filter(([name]) => /^\d{1,9}$/.test(name))
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, child]) => child);
  }
}

export interface EntryTree {
  readonly root: EntryNode;
  readonly action?: FormAction;
  /** There were more entries than are read. */
  readonly cut: boolean;
}

/** Sorts entries, and does what the pressed button of the form asks for; other names are passed over. */
export function treeOf(entries: Iterable<readonly [string, unknown]>): EntryTree {
  const root = new EntryNode();
  let action: FormAction | undefined;
  let count = 0;
  let cut = false;
  for (const [name, text] of entries) {
    if (++count > MAX_ENTRIES) {
      cut = true;
      break;
    }
    // What is no text is a file, for which a form of ours has no control.
    if (typeof text !== 'string') continue;
    if (name === ACTION_NAME) {
      action = actionOf(text) ?? action;
      continue;
    }
    const [kind, ...parts] = name.split('/', MAX_DEPTH + 2);
    if (kind === undefined || !KINDS.has(kind) || parts.length > MAX_DEPTH) continue;
    // The last one counts: of a checked box two are sent.
    descend(root, parts).texts.set(kind as EntryKind, text);
  }
  if (action !== undefined) perform(root, action);
  return { root, cut, ...(action !== undefined && { action }) };
}

function actionOf(text: string): FormAction | undefined {
  const found = /^(add|remove|choose)(\/[^]*)?$/.exec(text);
  if (found === null) return undefined;
  const at = found[2] ?? '';
  if (at.split('/').length > MAX_DEPTH) return undefined;
  return { kind: found[1] as FormAction['kind'], at };
}

function perform(root: EntryNode, { kind, at }: FormAction): void {
  const parts = at.split('/').slice(1);
  if (kind === 'add') descend(root, parts).add = true;
  if (kind === 'remove' && parts.length > 0) descend(root, parts.slice(0, -1)).children.delete(parts.at(-1)!);
}

function descend(from: EntryNode, parts: readonly string[]): EntryNode {
  let node = from;
  for (const part of parts) {
    let child = node.children.get(part);
    if (child === undefined) node.children.set(part, (child = new EntryNode()));
    node = child;
  }
  return node;
}
