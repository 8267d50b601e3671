import { textFrame } from '@raspy/wire';
import { Disk, told } from '../../test/support/server-disk.js';
import { ServerRig, type ServerRigOptions } from '../../test/support/server-rig.js';
import type { StoredEntry } from '../storage.js';

const BLOCK = 10_000;

/** A server with a disk that takes nothing until the test says so. */
function heldRig(options: ServerRigOptions = {}): ServerRig {
  const rig = new ServerRig({ reservedSeq: BLOCK, ...options });
  rig.diskWorks = false;
  return rig;
}

/** A server after two seconds of 100,000 updates each. */
function hurriedRig(): ServerRig {
  const rig = new ServerRig({ reservedSeq: BLOCK });
  for (let i = 0; i < 200_000; i++) {
    rig.set('/k', 'v');
    if (i % 100 === 0) rig.advance(1);
  }
  return rig;
}

const stored = (key: string, body = 'v', ttlSeconds = 0): StoredEntry => ({
  key: textFrame(key),
  seq: 1,
  ttlSeconds,
  body: textFrame(body),
});

const isWriting = (rig: ServerRig): boolean => rig.underWay !== undefined;

/** What the commit that is told next writes. */
function next(rig: ServerRig): ReturnType<typeof told> {
  rig.advance(500);
  const commit = rig.underWay;
  if (commit !== undefined) rig.commitDone();
  return told(commit);
}

describe('a change', () => {
  it('is in a commit in time for it to be on disk within flushMs', () => {
    const rig = heldRig();
    rig.advance(12_345);
    rig.set('/k', 'v');
    rig.advance(399);
    expect(rig.commits).toEqual([]);
    rig.advance(1);
    expect(told(rig.underWay)).toEqual({ puts: ['/k=v'], deletes: [] });
    expect(rig.underWay!.puts[0]!.seq).toBe(1);
  });

  it('has half of a flushMs that is short', () => {
    const rig = heldRig({ flushMs: 50 });
    rig.set('/k', 'v');
    rig.advance(25);
    expect(rig.commits).toHaveLength(1);
  });

  it('waits from the first on, however many follow; only what is there at the end is written', () => {
    const rig = heldRig();
    for (let i = 0; i < 40; i++) {
      rig.set('/k', String(i));
      if (i === 20) rig.set('/other', 'v', 'ttl=9\n');
      rig.advance(10);
    }
    expect(told(rig.underWay)).toEqual({ puts: ['/k=39', '/other=v for 9 s'], deletes: [] });
    expect(rig.commits).toHaveLength(1);
    rig.commitDone();
    expect(next(rig)).toBeUndefined();
  });

  it('made while a commit is under way is in the next, which waits its own time', () => {
    const rig = heldRig();
    rig.set('/k', '1');
    rig.advance(400);
    rig.set('/k', '2');
    rig.advance(200);
    rig.commitDone();
    rig.advance(199);
    expect(rig.commits).toHaveLength(1);
    rig.advance(1);
    expect(told(rig.underWay)).toEqual({ puts: ['/k=2'], deletes: [] });
  });

  it('one commit is under way at a time, however long it takes', () => {
    const rig = heldRig();
    rig.set('/k', '1');
    rig.advance(400);
    rig.set('/k', '2');
    rig.advance(60_000);
    expect(rig.commits).toHaveLength(1);
    rig.commitDone();
    rig.advance(0);
    expect(rig.commits).toHaveLength(2);
    expect(rig.eventsOf('stalled')).toEqual([]);
  });

  it('that changes neither value nor time to live is none', () => {
    const rig = heldRig();
    rig.set('/k', 'v', 'ttl=9\n');
    rig.set('/large', Buffer.alloc(100_000, 1));
    next(rig);
    for (let i = 0; i < 10; i++) {
      rig.set('/k', 'v', 'ttl=9\n');
      rig.set('/large', Buffer.alloc(100_000, 1));
      rig.advance(1_000);
    }
    expect(rig.commits).toHaveLength(1);
    expect(rig.machine.statistics().unsaved).toBe(0);
    rig.set('/k', 'v', 'ttl=10\n');
    expect(next(rig)).toEqual({ puts: ['/k=v for 10 s'], deletes: [] });
    rig.set('/k', 'v');
    expect(next(rig)).toEqual({ puts: ['/k=v'], deletes: [] });
  });

  it('of what came from disk is none as long as value and time to live are the same', () => {
    const rig = heldRig({ startSeq: 10, restore: [stored('/a', 'v', 9), stored('/b')] });
    rig.set('/a', 'v', 'ttl=9\n');
    expect(next(rig)).toBeUndefined();
    rig.set('/b', 'w');
    expect(next(rig)).toEqual({ puts: ['/b=w'], deletes: [] });
  });

  it('keeps its bytes, though the entry changes before they are written', () => {
    const rig = heldRig();
    rig.set('/k', 'before');
    rig.advance(400);
    rig.set('/k', 'after!');
    expect(told(rig.underWay)).toEqual({ puts: ['/k=before'], deletes: [] });
  });
});

describe('a deletion', () => {
  it('of what was made after the last commit leaves nothing to write', () => {
    const rig = heldRig();
    rig.set('/k', 'v');
    rig.set('/k', '');
    expect(rig.machine.statistics().unsaved).toBe(0);
    expect(next(rig)).toBeUndefined();
    rig.set('/k', 'v');
    expect(next(rig)).toEqual({ puts: ['/k=v'], deletes: [] });
  });

  it('of what was written, or restored, is written', () => {
    const rig = heldRig({ startSeq: 10, restore: [stored('/old')] });
    rig.set('/k', 'v');
    next(rig);
    rig.set('/k', '');
    rig.set('/old', '');
    expect(next(rig)).toEqual({ puts: [], deletes: ['/k', '/old'] });
  });

  it('of what is under way to the disk is written after it', () => {
    const rig = heldRig();
    rig.set('/k', 'v');
    rig.advance(400);
    rig.set('/k', '');
    rig.commitDone();
    expect(next(rig)).toEqual({ puts: [], deletes: ['/k'] });
  });

  it('is not written where the key is there again', () => {
    const rig = heldRig({ restore: [stored('/k')] });
    rig.set('/k', '');
    rig.set('/k', 'w');
    expect(next(rig)).toEqual({ puts: ['/k=w'], deletes: [] });
    rig.set('/k', '');
    expect(next(rig)).toEqual({ puts: [], deletes: ['/k'] });
  });

  it('another key takes its id: both are written right', () => {
    const rig = heldRig({ restore: [stored('/k')] });
    rig.set('/k', 'changed');
    rig.set('/k', '');
    rig.set('/new', 'v');
    expect(next(rig)).toEqual({ puts: ['/new=v'], deletes: ['/k'] });
  });

  it('by expiry is written too', () => {
    const rig = heldRig();
    rig.set('/k', 'v', 'ttl=2\n');
    next(rig);
    rig.advance(2_000);
    expect(told(rig.underWay)).toEqual({ puts: [], deletes: ['/k'] });
  });

  it('K33: of a key that is made again and again is not forgotten where commits are full', () => {
    const rig = heldRig({ restore: [stored('/k')] });
    const disk = new Disk();
    disk.entries.set('/k', stored('/k'));
    rig.set('/k', '');
    for (let i = 0; i < 2_000; i++) rig.set(`/many/${i}`, 'v');
    rig.set('/k', 'again');
    rig.advance(400);
    disk.write(rig.underWay!);
    // It was there when the commit was made, which had no room for it; now it is not.
    rig.set('/k', '');
    rig.commitDone();
    for (let i = 0; i < 5 && rig.machine.statistics().unsaved > 0; i++) {
      rig.advance(500);
      disk.write(rig.underWay!);
      rig.commitDone();
    }
    expect(disk.entries.has('/k')).toBe(false);
    expect(disk.entries.size).toBe(2_000);
  });
});

describe('many changes', () => {
  it('are written in commits of 2,000 that follow each other at once', () => {
    const rig = heldRig();
    for (let i = 0; i < 4_500; i++) rig.set(`/k/${i}`, 'v');
    rig.advance(400);
    const sizes: number[] = [];
    while (rig.underWay !== undefined) {
      sizes.push(rig.underWay.puts.length);
      rig.commitDone();
      rig.advance(0);
    }
    expect(sizes).toEqual([2_000, 2_000, 500]);
    for (let i = 0; i < 4_500; i++) rig.set(`/k/${i}`, '');
    rig.advance(400);
    const deleted: number[] = [];
    while (isWriting(rig)) {
      deleted.push(rig.commits.at(-1)!.deletes.length);
      rig.commitDone();
      rig.advance(0);
    }
    expect(deleted).toEqual([2_000, 2_000, 500]);
  });

  it('of large entries are written in commits of 1 MiB and the entry that crosses the line', () => {
    const rig = heldRig();
    for (let i = 0; i < 5; i++) rig.set(`/k/${i}`, Buffer.alloc(600_000, 1));
    rig.advance(400);
    const sizes: number[] = [];
    while (rig.underWay !== undefined) {
      sizes.push(rig.underWay.puts.length);
      rig.commitDone();
      rig.advance(0);
    }
    expect(sizes).toEqual([2, 2, 1]);
  });
});

describe('a commit that fails', () => {
  it('is told, tried again with growing pauses, and told again when it succeeds', () => {
    const rig = heldRig({ hugzMs: 1_000_000 });
    rig.set('/k', 'v');
    rig.advance(400);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const failedAt = rig.now;
      rig.commitFails();
      const before = rig.commits.length;
      while (rig.commits.length === before) rig.advance(100);
      pauses.push(rig.now - failedAt);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(rig.machine.statistics()).toMatchObject({ storageFailures: 8, unsaved: 1 });
    rig.commitDone();
    expect(rig.machine.statistics()).toMatchObject({ storageFailures: 0, unsaved: 0 });
    expect(rig.events.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 8 }, () => 'storage-failed'),
      'storage-recovered',
    ]);
  });

  it('loses nothing: neither values, nor deletions, nor what came meanwhile', () => {
    const rig = heldRig({ restore: [stored('/gone'), stored('/back')] });
    rig.set('/k', '1');
    rig.set('/l', '1');
    rig.set('/gone', '');
    rig.set('/back', '');
    rig.advance(400);
    expect(told(rig.underWay)).toEqual({ puts: ['/k=1', '/l=1'], deletes: ['/gone', '/back'] });
    rig.set('/k', '2');
    rig.set('/l', '');
    rig.set('/back', 'again');
    rig.commitFails();
    rig.advance(1_000);
    const commit = told(rig.underWay)!;
    expect(commit.puts.sort()).toEqual(['/back=again', '/k=2']);
    expect(commit.deletes.sort()).toEqual(['/gone', '/l']);
  });

  it('does not stop the tree', () => {
    const rig = heldRig();
    rig.set('/k', '1');
    rig.advance(400);
    rig.commitFails();
    rig.set('/k', '2');
    expect(rig.snapshot().entries.get('/k')).toBe('2');
  });

  it('takes no more memory the longer it fails: what is unsaved is counted once', () => {
    const rig = heldRig();
    for (let i = 0; i < 20_000; i++) {
      rig.set('/k', String(i), 'ttl=1\n');
      rig.set('/k', '');
      rig.set('/l', String(i));
      if (i % 100 === 0) {
        rig.advance(100);
        if (rig.underWay !== undefined) rig.commitFails();
      }
    }
    expect(rig.machine.statistics().unsaved).toBeLessThanOrEqual(3);
  });
});

describe('sequences', () => {
  it('K32: are reserved again when half of a block is used, long before the rest is', () => {
    const rig = heldRig();
    for (let i = 0; i < BLOCK / 2; i++) rig.set('/k', 'v');
    rig.advance(400);
    rig.commitDone();
    expect(rig.commits.map(({ reservedSeq }) => reservedSeq)).toEqual([BLOCK]);
    rig.set('/k', 'v');
    rig.advance(0);
    expect(rig.underWay).toEqual({ puts: [], deletes: [], reservedSeq: BLOCK / 2 + 1 + BLOCK });
  });

  it('are reserved in larger blocks when they go fast', () => {
    const rig = hurriedRig();
    const { reservedSeq } = rig.commits.at(-1)!;
    expect(reservedSeq - rig.seq).toBeGreaterThan(200_000);
    expect(reservedSeq - rig.seq).toBeLessThanOrEqual(10_000_000);
    expect(rig.eventsOf('sequence-unreserved')).toEqual([]);
  });

  it('are reserved in blocks of the same size while the disk fails: that tells nothing of how fast they go', () => {
    const rig = heldRig();
    for (let i = 0; i <= BLOCK / 2; i++) rig.set('/k', 'v');
    rig.advance(0);
    for (let i = 0; i < 3; i++) {
      rig.commitFails();
      // As soon as it is tried again: intervals so short would look like a great rate.
      rig.advance(1_000 * 2 ** i);
    }
    expect(rig.underWay!.reservedSeq).toBe(rig.seq + BLOCK);
  });

  it('K32: beyond what is reserved are told, once, and again only after commits came and stopped once more', () => {
    const rig = heldRig();
    for (let i = 0; i < BLOCK; i++) rig.set('/k', String(i % 10));
    expect(rig.eventsOf('sequence-unreserved')).toEqual([]);
    for (let i = 0; i < BLOCK; i++) rig.set('/k', String(i % 10));
    expect(rig.eventsOf('sequence-unreserved')).toEqual([{ type: 'sequence-unreserved', seq: BLOCK + 1 }]);
    rig.advance(400);
    rig.commitFails();
    rig.advance(1_000);
    rig.commitDone();
    expect(rig.commits.at(-1)!.reservedSeq).toBeGreaterThan(rig.seq);
    const reserved = rig.commits.at(-1)!.reservedSeq;
    while (rig.seq <= reserved) rig.set('/k', String(rig.seq % 10));
    expect(rig.eventsOf('sequence-unreserved')).toMatchObject([{ seq: BLOCK + 1 }, { seq: reserved + 1 }]);
  });

  it('K32: a commit that reserves fewer than were used meanwhile ends nothing: it was told already', () => {
    const rig = heldRig();
    for (let i = 0; i <= BLOCK / 2; i++) rig.set('/k', 'v');
    rig.advance(400);
    const { reservedSeq } = rig.underWay!;
    while (rig.seq < reservedSeq + 10) rig.set('/k', 'v');
    rig.commitDone();
    expect(rig.eventsOf('sequence-unreserved')).toHaveLength(1);
    rig.set('/k', 'v');
    expect(rig.eventsOf('sequence-unreserved')).toHaveLength(1);
    rig.advance(0);
    expect(rig.underWay!.reservedSeq).toBeGreaterThan(rig.seq);
  });

  it('K32: are never fewer than were reserved before, also when they go slowly again', () => {
    const rig = hurriedRig();
    const { reservedSeq } = rig.commits.at(-1)!;
    rig.advance(3_600_000);
    while (rig.seq < reservedSeq) {
      // A few at a time: one by one it takes half a minute, and reserves no otherwise.
      for (let i = 0; i < 50; i++) rig.set('/k', 'v');
      rig.advance(0);
    }
    const reserved = rig.commits.map((commit) => commit.reservedSeq);
    expect(reserved).toEqual([...reserved].sort((a, b) => a - b));
    expect(reserved.at(-1)).toBeGreaterThan(reservedSeq);
  });

  it.each([
    ['at once', (rig: ServerRig) => (rig.advance(0), rig.underWay)],
    ['or when the server ends', (rig: ServerRig) => rig.machine.lastCommit(rig.now)],
  ])(
    'K32: that outran a commit are reserved by another, though no update comes any more: %s',
    (_when, commitOf) => {
      const rig = heldRig();
      for (let i = 0; i <= BLOCK / 2; i++) rig.set('/k', 'v');
      rig.advance(400);
      const { reservedSeq } = rig.underWay!;
      // They change nothing that is kept on disk.
      while (rig.seq < reservedSeq + 10) rig.set('/k', 'v');
      rig.commitDone();
      expect(commitOf(rig)!.reservedSeq).toBeGreaterThan(rig.seq);
    },
  );

  it('without a disk are not reserved', () => {
    const rig = new ServerRig();
    for (let i = 0; i < 30_000; i++) rig.set('/k', 'v');
    rig.advance(1_000);
    rig.commitDone();
    rig.commitFails();
    expect(rig.commits).toEqual([]);
    expect(rig.eventsOf('sequence-unreserved')).toEqual([]);
    expect(rig.machine.lastCommit(rig.now)).toBeUndefined();
    expect(rig.machine.statistics()).toMatchObject({ unsaved: 0, storageFailures: 0 });
  });
});

describe('the end of a server', () => {
  it('finds all that is not written, at once and in parts', () => {
    const rig = heldRig({ restore: [stored('/old')] });
    for (let i = 0; i < 2_500; i++) rig.set(`/k/${i}`, 'v');
    rig.set('/old', '');
    const parts: number[] = [];
    for (
      let part = rig.machine.lastCommit(rig.now);
      part !== undefined;
      part = rig.machine.lastCommit(rig.now)
    ) {
      parts.push(part.puts.length, part.deletes.length);
      rig.apply(rig.machine.committed(rig.now));
    }
    expect(parts).toEqual([2_000, 1, 500, 0]);
  });

  it('finds nothing where all is written, or a commit is under way', () => {
    const rig = heldRig();
    expect(rig.machine.lastCommit(rig.now)).toBeUndefined();
    rig.set('/k', 'v');
    rig.advance(400);
    rig.set('/k', 'w');
    expect(rig.machine.lastCommit(rig.now)).toBeUndefined();
    rig.commitFails();
    expect(told(rig.machine.lastCommit(rig.now))).toEqual({ puts: ['/k=w'], deletes: [] });
  });
});
