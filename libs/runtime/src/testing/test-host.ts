import { systemClock, type Clock } from '@raspy/clock';
import type { MachineFacts } from '../config/setting.js';
import type { Output, ParentChannel, ProgramHost } from '../lifecycle/host.js';

/** What a {@link TestHost} is told; everything has a default. */
export interface TestHostOptions {
  readonly argv?: readonly string[];
  /** @default `RASPY_CONFIG=/dev/null`, so that no file of the machine is read, and `RASPY_WEB_PORT=0`, so that no port is taken twice */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** Whether its outputs are terminals. @default false */
  readonly isTTY?: boolean;
  /** What comes on standard input. @default nothing */
  readonly stdin?: readonly string[];
  /** The process that has started it. @default none holds a channel to it */
  readonly parent?: ParentChannel;
}

/** The surroundings of a program in a test; its host name is `pi`, its home `/home/pi`. */
export class TestHost implements ProgramHost {
  readonly argv: readonly string[];
  readonly machine: MachineFacts;
  readonly clock: Clock;
  readonly pid = 4711;
  readonly stdout: TestOutput;
  readonly stderr: TestOutput;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly parent?: ParentChannel;
  /** Whether the program has said that it goes on without its standard output. */
  courtesy = false;
  readonly #handlers = new Set<(name: string) => void>();

  constructor(options: TestHostOptions = {}) {
    this.argv = options.argv ?? [];
    const env = options.env ?? { RASPY_CONFIG: '/dev/null', RASPY_WEB_PORT: '0' };
    this.machine = { hostname: 'pi', homeDir: '/home/pi', env };
    this.clock = options.clock ?? systemClock;
    this.stdout = new TestOutput(options.isTTY === true);
    this.stderr = new TestOutput(options.isTTY === true);
    this.stdin = chunksOf(options.stdin ?? []);
    if (options.parent !== undefined) this.parent = options.parent;
  }

  /** Whoever asks the process to end, e.g. by `SIGINT`. */
  signal(name: string): void {
    for (const handler of [...this.#handlers]) handler(name);
  }

  onSignal(handler: (name: string) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  outputIsCourtesy(): void {
    this.courtesy = true;
  }
}

/** A stream whose text a test reads, or waits for. */
export class TestOutput implements Output {
  readonly columns = 100;
  readonly rows = 30;
  #text = '';
  readonly #waiting = new Set<() => void>();

  constructor(readonly isTTY: boolean) {}

  /** All that was written. */
  get text(): string {
    return this.#text;
  }

  /** All that was written, in lines. */
  get lines(): string[] {
    return this.#text.split('\n').slice(0, -1);
  }

  write(text: string): void {
    this.#text += text;
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves as soon as the text matches. */
  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#text)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

async function* chunksOf(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
