import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer } from './consumer.ts';
import type { Outcome } from './run.ts';

/** By which the specs, each in a process of its own, find what setup.ts has made. */
const VARIABLE = 'PACK_CHECK_WORKSHOP';

/** What setup.ts leaves there. */
interface Stock {
  readonly tarballs: Readonly<Record<string, string>>;
  readonly compiled: Outcome;
}

/** Where all packages are made, installed and compiled once, for all specs. */
export class Workshop {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens a new one, which {@link Workshop.current} finds from then on. */
  static open(): Workshop {
    process.env[VARIABLE] = mkdtempSync(join(tmpdir(), 'raspy-workshop-'));
    return Workshop.current();
  }

  static current(): Workshop {
    return new Workshop(process.env[VARIABLE]!);
  }

  /** Where whoever packs them finds the plugins that are made up. */
  get plugins(): string {
    return join(this.folder, 'plugins');
  }

  /** A project in which npm itself has installed every tarball. Belongs to stranger.spec.ts, which removes it. */
  get home(): Consumer {
    return new Consumer(join(this.folder, 'home'));
  }

  /**
   * A project with all libraries and what some of their doors ask for, in which every source is compiled. Belongs to
   * pack.spec.ts, which removes it.
   */
  get joint(): Consumer {
    return new Consumer(join(this.folder, 'joint'));
  }

  fill(stock: Stock): void {
    writeFileSync(join(this.folder, 'stock.json'), JSON.stringify(stock));
  }

  stock(): Stock {
    return JSON.parse(readFileSync(join(this.folder, 'stock.json'), 'utf8')) as Stock;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
