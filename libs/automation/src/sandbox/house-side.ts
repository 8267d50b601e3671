import type { RealmCall, Turn } from './turn.js';
import type { Json, SandboxEnd, SandboxHooks } from './sandbox.js';

/** The answer to a call, as text. */
export type Settled = (call: number, fulfilled: boolean, json: string) => void;

/** The house's side of one program: makes its calls, brings the answers, and tells its end once. */
export class HouseSide {
  readonly #hooks: SandboxHooks;
  readonly #maxBytes: number;
  readonly #settled: Settled;
  readonly #abort = new AbortController();
  readonly #whenOver: Promise<void>;
  #tellOver!: () => void;
  #over = false;

  constructor(hooks: SandboxHooks, maxBytes: number, settled: Settled) {
    this.#hooks = hooks;
    this.#maxBytes = maxBytes;
    this.#settled = settled;
    this.#whenOver = new Promise((resolve) => (this.#tellOver = resolve));
  }

  get over(): boolean {
    return this.#over;
  }

  get whenOver(): Promise<void> {
    return this.#whenOver;
  }

  took({ calls, end }: Turn): void {
    for (const call of calls) void this.#make(call);
    if (end !== undefined) this.end(end);
  }

  /** After the first time it does nothing. */
  end(end: SandboxEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#abort.abort();
    try {
      this.#hooks.ended(end);
    } finally {
      this.#tellOver();
    }
  }

  async #make({ id, method, args }: RealmCall): Promise<void> {
    if (this.#over) return;
    let answer: readonly [fulfilled: boolean, json: string];
    try {
      const made = this.#hooks.call(method, JSON.parse(args) as Json[], this.#abort.signal);
      answer = [true, this.#textOf(await made)];
    } catch (error) {
      answer = [false, JSON.stringify(told(error))];
    }
    if (!this.over) this.#settled(id, ...answer);
  }

  #textOf(value: Json | undefined): string {
    const json = JSON.stringify(value ?? null);
    const bytes = Buffer.byteLength(json);
    if (bytes > this.#maxBytes) {
      throw Object.assign(
        new Error(`a result of ${bytes} bytes is larger than the ${this.#maxBytes} allowed`),
        {
          code: 'MESSAGE_TOO_LARGE',
        },
      );
    }
    return json;
  }
}

/** What a program learns of an error: its message and its code, cut to a length that always fits. */
function told(error: unknown): { readonly message: string; readonly code?: string } {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number'
    ? { message, code: String(code).slice(0, 200) }
    : { message };
}
