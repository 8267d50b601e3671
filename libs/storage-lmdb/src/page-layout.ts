/** What LMDB keeps of a tree. */
export interface TreeRecord {
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Of its root page; `undefined` for an empty tree. */
  readonly root: number | undefined;
}

/** One of the two pages at the beginning of a data file that say where everything is. */
export interface MetaPage {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: number;
  readonly freePages: TreeRecord;
  readonly main: TreeRecord;
}

export const PageKind = { BRANCH: 0x01, LEAF: 0x02, OVERFLOW: 0x04, META: 0x08 } as const;
/** All bits that tell the kind; others are left-overs of a transaction. */
const PAGE_KIND_MASK = 0x6f;
export const NodeFlag = { OVERFLOW: 0x01, TREE: 0x02 } as const;
export const NODE_HEADER_BYTES = 8;
export const MAX_PAGE_BYTES = 65_536;

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;

/**
 * Where LMDB (the data version of the package `lmdb` 3) keeps what in a page, in the byte order and for the word size of
 * this machine: a page number is a `size_t`, so that 32- and 64-bit systems cannot read each other's files.
 */
export class PageLayout {
  readonly wordBytes: 4 | 8;
  readonly headerBytes: number;
  readonly treeRecordBytes: number;
  /** Page, transaction and number of pages. */
  readonly overflowRecordBytes: number;

  constructor(wordBytes: 4 | 8) {
    this.wordBytes = wordBytes;
    this.headerBytes = 2 * wordBytes + 8;
    this.treeRecordBytes = 8 + 5 * wordBytes;
    this.overflowRecordBytes = 3 * wordBytes;
  }

  /** How many bytes of a file {@link PageLayout.meta} looks at. */
  get metaBytes(): number {
    return this.#metaTransactionAt + this.wordBytes;
  }

  get #metaTransactionAt(): number {
    return this.headerBytes + 8 + 2 * this.wordBytes + 2 * this.treeRecordBytes + this.wordBytes;
  }

  /** A number that is a word; above 2^53, which is none here, some other large number. */
  word(bytes: Buffer, at: number): number {
    const low = bytes.readUInt32LE(at);
    return this.wordBytes === 4 ? low : bytes.readUInt32LE(at + 4) * 2 ** 32 + low;
  }

  signedWord(bytes: Buffer, at: number): number {
    return this.wordBytes === 4 ? bytes.readInt32LE(at) : Number(bytes.readBigInt64LE(at));
  }

  pageNumber(page: Buffer): number {
    return this.word(page, 0);
  }

  /** The transaction that wrote it. */
  pageTransaction(page: Buffer): number {
    return this.word(page, this.wordBytes);
  }

  pageKind(page: Buffer): number {
    return page.readUInt16LE(2 * this.wordBytes + 2) & PAGE_KIND_MASK;
  }

  /** Of a run of overflow pages. */
  overflowPages(page: Buffer): number {
    return page.readUInt32LE(this.headerBytes - 4);
  }

  /** Ends of the pointers and of the free space behind them, from the beginning of the page. */
  bounds(page: Buffer): { readonly lower: number; readonly upper: number } {
    return {
      lower: page.readUInt16LE(this.headerBytes - 4) + this.headerBytes,
      upper: page.readUInt16LE(this.headerBytes - 2) + this.headerBytes,
    };
  }

  /** The page below a node of a branch page. */
  child(page: Buffer, node: number): number {
    const low = page.readUInt32LE(node);
    return this.wordBytes === 4 ? low : page.readUInt16LE(node + 4) * 2 ** 32 + low;
  }

  tree(bytes: Buffer, at: number): TreeRecord {
    const field = (index: number): number => this.word(bytes, at + 8 + index * this.wordBytes);
    const root = field(4);
    const none = this.wordBytes === 4 ? 0xffff_ffff : 2 ** 64;
    return {
      depth: bytes.readUInt16LE(at + 6),
      branchPages: field(0),
      leafPages: field(1),
      overflowPages: field(2),
      entries: field(3),
      root: root === none ? undefined : root,
    };
  }

  /** A meta page; `undefined` when it is none. */
  meta(bytes: Buffer): MetaPage | undefined {
    if (bytes.length < this.metaBytes || this.pageKind(bytes) !== PageKind.META) return undefined;
    const at = this.headerBytes;
    if (bytes.readUInt32LE(at) !== MAGIC || (bytes.readUInt32LE(at + 4) & 0xffff) !== DATA_VERSION) {
      return undefined;
    }
    const trees = at + 8 + 2 * this.wordBytes;
    return {
      pageBytes: bytes.readUInt32LE(trees),
      freePages: this.tree(bytes, trees),
      main: this.tree(bytes, trees + this.treeRecordBytes),
      lastPage: this.word(bytes, this.#metaTransactionAt - this.wordBytes),
      transaction: this.word(bytes, this.#metaTransactionAt),
    };
  }
}

/** The layout that LMDB uses on a machine. @param arch - `process.arch` */
export function machineLayout(arch: string): PageLayout {
  return new PageLayout(arch === 'arm' || arch === 'ia32' ? 4 : 8);
}
