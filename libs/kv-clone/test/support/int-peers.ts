import { frameText, textFrame, type FrameSocket, type Frames, type Transport } from '@raspy/wire';
import type { Observable } from 'rxjs';
import type { KvChange, KvEntry } from '../../src/client/entries.js';

/** A small seeded generator, so that a failing run can be repeated. */
export function mulberry32(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Resolves when the condition holds; fails when it does not within the limit. */
export async function until(
  condition: () => boolean,
  limitMs: number,
  otherwise: () => string,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${otherwise()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A tree as lines: key to `sequence body`, with a `*` for one that came from disk. */
export type Picture = ReadonlyMap<string, string>;

const line = ({ seq, body, restored }: Omit<KvEntry, 'key'>): string =>
  `${String(seq)}${restored ? '*' : ''} ${frameText(body)}`;

export function pictureOf(entries: readonly KvEntry[]): Picture {
  return new Map(entries.map((entry) => [entry.key, line(entry)]));
}

export function under(picture: Picture, subtree: string): Picture {
  return new Map([...picture].filter(([key]) => key.startsWith(subtree)));
}

/** What differs, at most a few lines; none when they are equal. */
export function differences(actual: Picture, expected: Picture): string[] {
  const keys = [...new Set([...actual.keys(), ...expected.keys()])];
  return keys
    .filter((key) => actual.get(key) !== expected.get(key))
    .slice(0, 5)
    .map((key) => `${key}: ${actual.get(key) ?? 'absent'}, not ${expected.get(key) ?? 'absent'}`);
}

/** What somebody knows who watches from the beginning and trusts every change. */
export class Folded {
  /** Key to body. */
  readonly picture = new Map<string, string>();
  snapshots = 0;
  healed = 0;

  constructor(changes$: Observable<KvChange>) {
    changes$.subscribe((change) => {
      if (change.type === 'snapshot') {
        this.snapshots++;
        this.picture.clear();
        for (const entry of change.entries) this.#set(entry);
        return;
      }
      if (change.healed) this.healed++;
      if (change.type === 'delete') this.picture.delete(change.key);
      else this.#set(change.entry);
    });
  }

  /** What differs from these entries in key or body. */
  differences(entries: readonly KvEntry[]): string[] {
    return differences(this.picture, new Map(entries.map(({ key, body }) => [key, frameText(body)])));
  }

  #set({ key, body }: KvEntry): void {
    this.picture.set(key, frameText(body));
  }
}

/** A snapshot by raw frames, which shares no code with the library's codec. */
export async function rawSnapshot(
  transport: Transport,
  endpoint: string,
  wire: 'chp' | 'kvmsg',
  wait: (condition: () => boolean) => Promise<void>,
): Promise<{ readonly seq: bigint; readonly picture: Picture }> {
  const got: Frames[] = [];
  let isUp = false;
  const socket: FrameSocket = transport.connect('dealer', endpoint);
  try {
    socket.start({
      message: (frames) => got.push(frames),
      undelivered: () => undefined,
      link: (up) => (isUp = up),
    });
    await wait(() => isUp);
    socket.send([textFrame('STATE?')]);
    socket.send([textFrame('ICANHAZ?'), textFrame('')]);
    await wait(() => got.some(([head]) => frameText(head!) === 'KTHXBAI'));
  } finally {
    await socket.close();
  }
  const sequence = (frames: Frames, index: number): bigint => {
    expect(frames[index]).toHaveLength(8);
    return Buffer.from(frames[index]!).readBigUInt64BE();
  };
  const [state, ...items] = got;
  const end = items.pop()!;
  expect(state!.map((frame) => frame.length)).toEqual([6, 16, 8]);
  const count = wire === 'chp' ? 5 : 3;
  expect(end.map((frame) => frame.length)).toEqual(wire === 'chp' ? [7, 8, 0, 0, 0] : [7, 8, 0]);
  const seq = sequence(end, 1);
  const restoredSeq = sequence(state!, 2);
  const picture = new Map<string, string>();
  for (const item of items) {
    expect(item).toHaveLength(count);
    const of = sequence(item, 1);
    expect(of <= seq).toBe(true);
    const key = frameText(item[0]!);
    expect(picture.has(key)).toBe(false);
    picture.set(key, line({ seq: of, body: item[count - 1]!, restored: of <= restoredSeq }));
  }
  return { seq, picture };
}
