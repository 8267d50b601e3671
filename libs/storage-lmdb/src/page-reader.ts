import { fstatSync, readSync } from 'node:fs';
import type { MetaPage, PageLayout } from './page-layout.js';

/** What ends a check: the file is not as this version would have written it. */
export class Finding extends Error {
  constructor(
    readonly state: 'corrupt' | 'foreign',
    readonly why: string,
  ) {
    super(why);
  }
}

/** Reads the pages of a data file, each for one purpose. */
export class PageReader {
  readonly layout: PageLayout;
  pageBytes = 0;
  readonly #file: number;
  #pages = 0;
  #transaction = 0;
  /** Pages of the file that have a purpose. */
  #used = new Uint8Array(0);
  /** How many pages there are that are not in the file, which only free ones may be. */
  #beyond = 0;
  readonly #freeBeyond = new Set<number>();

  constructor(file: number, layout: PageLayout) {
    this.#file = file;
    this.layout = layout;
  }

  begin({ pageBytes, lastPage, transaction }: MetaPage): void {
    this.pageBytes = pageBytes;
    this.#pages = lastPage + 1;
    this.#transaction = transaction;
    const inFile = Math.floor(fstatSync(this.#file).size / pageBytes);
    this.#used = new Uint8Array(inFile).fill(1, 0, 2);
    this.#beyond = Math.max(this.#pages - inFile, 0);
  }

  /** Pages that are neither in the file nor free. */
  get missingPages(): number {
    return this.#beyond - this.#freeBeyond.size;
  }

  /** Gives pages a purpose. */
  mark(number: number, count: number): void {
    if (number < 2 || number + count > this.#pages)
      throw new Finding('corrupt', `page ${number} does not exist`);
    for (let page = number; page < number + count; page++) {
      if (page >= this.#used.length && !this.#freeBeyond.has(page)) this.#freeBeyond.add(page);
      else if (this.#used[page] === 0) this.#used[page] = 1;
      else throw new Finding('corrupt', `page ${page} is used twice`);
    }
  }

  /** Reads pages that have no purpose yet. */
  claim(number: number, count: number): Buffer {
    this.mark(number, count);
    const bytes = this.read(number * this.pageBytes, count * this.pageBytes);
    if (bytes.length < count * this.pageBytes) throw new Finding('corrupt', `page ${number} is missing`);
    if (this.layout.pageNumber(bytes) !== number || this.layout.pageTransaction(bytes) > this.#transaction) {
      throw new Finding('corrupt', `page ${number} is not the one that it should be`);
    }
    return bytes;
  }

  /** As many bytes as there are. */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(Math.min(length, fstatSync(this.#file).size - position), 0));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(this.#file, bytes, filled, bytes.length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }
}
