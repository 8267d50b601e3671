import type { Output } from '../lifecycle/host.js';

/** Lines at the end of a terminal that are written again in place; other text may be written above them. */
export class LiveRegion {
  readonly #output: Output;
  #height = 0;
  #lines: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** How many lines have room. */
  get room(): number {
    return Math.max(1, (this.#output.rows || 24) - 1);
  }

  /** Replaces the lines, cut to the terminal's size: what wraps or scrolls away could not be found again. */
  update(lines: readonly string[]): void {
    const { columns } = this.#output;
    this.#lines = lines;
    const shown = lines.slice(0, this.room);
    const text = shown.map((line) => `${line.slice(0, (columns || 80) - 1)}\u001b[K\n`).join('');
    this.#output.write(`${this.#back()}${text}\u001b[J`);
    this.#height = shown.length;
  }

  /** Writes text above the lines. */
  above(text: string): void {
    this.#output.write(`${this.#back()}\u001b[J${text}`);
    this.#height = 0;
    this.update(this.#lines);
  }

  #back(): string {
    return this.#height === 0 ? '' : `\u001b[${this.#height}F`;
  }
}
