import { closeSync, openSync } from 'node:fs';
import { FORMAT, FORMAT_KEY } from './format.js';
import { Finding, PageReader } from './page-reader.js';
import { MAX_PAGE_BYTES, NodeFlag, PageLayout, type MetaPage, type TreeRecord } from './page-layout.js';
import { isRecordSound } from './record.js';
import { checkTree } from './check-tree.js';

/** What a look at a data file found. */
export type FileFinding =
  /** Nothing was stored yet. */
  | { readonly state: 'fresh' }
  | { readonly state: 'sound' }
  | { readonly state: 'corrupt' | 'foreign'; readonly why: string };

const MIN_PAGE_BYTES = 256;

/**
 * Reads all that LMDB would follow in a file, before LMDB does: it trusts its file, so that a damaged one would end the
 * process by SIGSEGV or SIGBUS, or be read as something else. Beside structure, every record's CRC is checked. All of it
 * is synchronous: nothing else can be done before.
 * @throws what `node:fs` says when it cannot be read
 */
export function checkDataFile(path: string, layout: PageLayout): FileFinding {
  const file = openSync(path, 'r');
  try {
    return checkFile(new PageReader(file, layout));
  } catch (error) {
    if (error instanceof Finding) return { state: error.state, why: error.why };
    throw error;
  } finally {
    closeSync(file);
  }
}

function checkFile(reader: PageReader): FileFinding {
  const head = reader.read(0, 2 * MAX_PAGE_BYTES);
  // A power cut while the very first pages are written may leave nothing, or a file of zeros.
  if (head.length <= 2 * 4_096 && head.every((byte) => byte === 0)) return { state: 'fresh' };
  const meta = latestMeta(head, reader.layout);
  reader.begin(meta);
  checkTree(reader, meta.freePages, (key, value) => markFreePages(reader, key, value));
  if (reader.missingPages > 0) throw new Finding('corrupt', 'it is shorter than it should be');
  checkRecords(reader, meta.main);
  return { state: 'sound' };
}

/** The meta page that LMDB would choose. */
function latestMeta(head: Buffer, layout: PageLayout): MetaPage {
  const first = layout.meta(head);
  if (first === undefined) {
    const other = new PageLayout(layout.wordBytes === 8 ? 4 : 8);
    if (other.meta(head) === undefined) throw new Finding('corrupt', 'it does not begin as a store does');
    throw new Finding('foreign', `it was written on a ${other.wordBytes * 8}-bit system`);
  }
  const { pageBytes } = first;
  const isSize = (pageBytes & (pageBytes - 1)) === 0 && pageBytes >= MIN_PAGE_BYTES;
  if (!isSize || pageBytes > MAX_PAGE_BYTES)
    throw new Finding('corrupt', `its pages have ${pageBytes} bytes`);
  const second = layout.meta(head.subarray(pageBytes));
  if (second === undefined) throw new Finding('corrupt', 'its second page is damaged');
  if (second.pageBytes !== pageBytes) throw new Finding('corrupt', 'its first pages contradict each other');
  return first.transaction >= second.transaction ? first : second;
}

function checkRecords(reader: PageReader, main: TreeRecord): void {
  const trees: TreeRecord[] = [];
  let format: number | undefined;
  checkTree(reader, main, (key, value, flags) => {
    if ((flags & NodeFlag.TREE) !== 0) {
      if (value.length !== reader.layout.treeRecordBytes) throw new Finding('corrupt', 'a tree is damaged');
      trees.push(reader.layout.tree(value, 0));
    } else if (FORMAT_KEY.equals(key)) {
      checkRecord(key, value);
      format = value.readUInt32BE(4);
    }
  });
  // A store whose making was interrupted has neither.
  if (main.root === undefined) return;
  if (format === undefined) throw new Finding('foreign', 'it was not written by RasPy');
  if (format !== FORMAT) {
    throw new Finding('foreign', `it has format ${format}, and this version knows ${FORMAT}`);
  }
  for (const tree of trees) checkTree(reader, tree, checkRecord);
}

function checkRecord(key: Buffer, value: Buffer): void {
  if (!isRecordSound(key, value)) throw new Finding('corrupt', 'a record is not as it was written');
}

/** A list of pages that later commits write to: its length, then pages, or a run of them as negated length and start. */
function markFreePages(reader: PageReader, key: Buffer, value: Buffer): void {
  const { layout } = reader;
  const { wordBytes } = layout;
  const isList = key.length === wordBytes && value.length >= wordBytes;
  const end = isList ? (layout.word(value, 0) + 1) * wordBytes : Infinity;
  if (end > value.length) throw new Finding('corrupt', 'its list of free pages is damaged');
  for (let at = wordBytes; at < end; at += wordBytes) {
    const length = layout.signedWord(value, at);
    // 0 is a place whose page was taken again.
    if (length > 0) reader.mark(length, 1);
    else if (length < 0 && at + wordBytes < end) reader.mark(layout.word(value, (at += wordBytes)), -length);
  }
}
