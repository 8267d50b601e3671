import { NODE_HEADER_BYTES, NodeFlag, PageKind, type TreeRecord } from './page-layout.js';
import { Finding, type PageReader } from './page-reader.js';

/** Told each key of a tree, in order, with its value and the flags of its node. */
export type RecordCheck = (key: Buffer, value: Buffer, flags: number) => void;

/** LMDB's own bound; it keeps the path through a tree in an array of this length. */
const MAX_DEPTH = 32;

/**
 * Walks through a tree as LMDB would.
 * @throws {@link Finding} when it is damaged, or what `check` throws
 */
export function checkTree(reader: PageReader, tree: TreeRecord, check: RecordCheck): void {
  if (tree.root === undefined) return;
  if (tree.depth < 1 || tree.depth > MAX_DEPTH)
    throw new Finding('corrupt', `a tree is ${tree.depth} pages deep`);
  const walk = new TreeWalk(reader, check);
  walk.page(tree.root, tree.depth);
  const { branchPages, leafPages, overflowPages, entries } = tree;
  if (
    branchPages !== walk.branchPages ||
    leafPages !== walk.leafPages ||
    overflowPages !== walk.overflowPages ||
    entries !== walk.entries
  ) {
    throw new Finding('corrupt', 'a tree has not as many pages and records as it should have');
  }
}

class TreeWalk {
  branchPages = 0;
  leafPages = 0;
  overflowPages = 0;
  entries = 0;
  readonly #reader: PageReader;
  readonly #check: RecordCheck;

  constructor(reader: PageReader, check: RecordCheck) {
    this.#reader = reader;
    this.#check = check;
  }

  page(number: number, depth: number): void {
    const { layout } = this.#reader;
    const page = this.#reader.claim(number, 1);
    const isLeaf = depth === 1;
    if (isLeaf) this.leafPages++;
    else this.branchPages++;
    if (layout.pageKind(page) !== (isLeaf ? PageKind.LEAF : PageKind.BRANCH)) {
      throw new Finding('corrupt', `page ${number} is of the wrong kind`);
    }
    const { lower, upper } = layout.bounds(page);
    const count = (lower - layout.headerBytes) / 2;
    if (lower > upper || upper > page.length || count < (isLeaf ? 1 : 2) || !Number.isInteger(count)) {
      throw new Finding('corrupt', `page ${number} has no order`);
    }
    for (let index = 0; index < count; index++) {
      const node = page.readUInt16LE(layout.headerBytes + 2 * index) + layout.headerBytes;
      const keyStart = node + NODE_HEADER_BYTES;
      const keyEnd = keyStart <= page.length ? keyStart + page.readUInt16LE(node + 6) : Infinity;
      if (node < upper || keyEnd > page.length) throw new Finding('corrupt', `page ${number} has no order`);
      if (isLeaf) this.#leaf(page, keyStart, keyEnd);
      else this.page(layout.child(page, node), depth - 1);
    }
  }

  #leaf(page: Buffer, keyStart: number, keyEnd: number): void {
    this.entries++;
    const node = keyStart - NODE_HEADER_BYTES;
    const length = page.readUInt32LE(node);
    const flags = page.readUInt16LE(node + 4);
    const known = NodeFlag.OVERFLOW | NodeFlag.TREE;
    if ((flags & ~known) !== 0) throw new Finding('corrupt', 'a record is of an unknown kind');
    const inPage = (bytes: number): Buffer => {
      if (keyEnd + bytes > page.length) throw new Finding('corrupt', 'a record is longer than its page');
      return page.subarray(keyEnd, keyEnd + bytes);
    };
    const { overflowRecordBytes } = this.#reader.layout;
    const value =
      (flags & NodeFlag.OVERFLOW) === 0
        ? inPage(length)
        : this.#overflow(inPage(overflowRecordBytes), length);
    this.#check(page.subarray(keyStart, keyEnd), value, flags);
  }

  /** A value in pages of its own. */
  #overflow(record: Buffer, length: number): Buffer {
    const { layout, pageBytes } = this.#reader;
    // A value that became shorter within one transaction keeps the pages that it had.
    const pages = layout.word(record, 2 * layout.wordBytes);
    const needed = Math.floor((layout.headerBytes - 1 + length) / pageBytes) + 1;
    if (pages < needed) throw new Finding('corrupt', 'a large value has too few pages');
    this.overflowPages += pages;
    const run = this.#reader.claim(layout.word(record, 0), pages);
    if (layout.pageKind(run) !== PageKind.OVERFLOW || layout.overflowPages(run) !== pages) {
      throw new Finding('corrupt', 'a large value is not where it should be');
    }
    return run.subarray(layout.headerBytes, layout.headerBytes + length);
  }
}
