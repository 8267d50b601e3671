import { systemClock, type Clock } from '@raspy/clock';
import {
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentNumber,
  type SegmentHeader,
} from './format.js';
import { KeyIndex } from './key-index.js';
import { LogStoreError, systemCode } from './log-error.js';
import type { LogFiles } from './log-files.js';
import { limitsOf, type LogStoreOptions } from './log-options.js';
import { LogStore } from './log-store.js';
import { LogWriter } from './log-writer.js';
import { Replay } from './replay.js';
import { SegmentScanner } from './segment-scanner.js';
import { Segments } from './segments.js';
import { TailCache } from './tail-cache.js';

/** A file of the log, before it is read. */
interface SegmentFile {
  readonly number: number;
  readonly bytes: number;
  /** Undefined when it is not sound. */
  readonly header: SegmentHeader | undefined;
}

/** More copies of damaged files are not made. */
const MAX_COPIES = 4;

/** See `openLogStore`. @param files - what it is told of the folder goes for that of `options` */
export async function openStore(files: LogFiles, options: LogStoreOptions): Promise<LogStore> {
  const limits = limitsOf(options);
  const { clock = systemClock } = options;
  const { folder } = files;
  const index = new KeyIndex();
  const segments = new Segments(files);
  const replay = new Replay(index, options.replay);
  let next = 1;
  try {
    await files.make();
    const names = await files.list();
    const copies = names.filter((name) => name.includes('.log.damaged-'));
    const found = await findSegments(files, names);
    replay.tornBytes += await removeUnbegun(files, found);
    for (const [at, file] of found.entries()) {
      const { number } = file;
      if (at > 0 && number !== next) replay.missing(segmentName(number - 1), file.header?.previousEnd ?? 0);
      next = number + 1;
      const after = found[at + 1];
      const soundEnd = after?.number === next ? after.header?.previousEnd : undefined;
      const bytes = await files.read(segmentName(number));
      const damagedFiles = replay.damaged.length;
      const end = replay.segment(number, bytes, at === found.length - 1, soundEnd);
      segments.found(number, bytes.length, end);
      if (replay.damaged.length > damagedFiles) await copyAside(files, copies, segmentName(number), clock);
    }
    // What a process that was killed wrote may not be on the disk yet, and yet it was told by `replay`.
    const last = found.at(-1);
    if (last !== undefined) await syncFile(files, segmentName(last.number));
    await files.sync();
  } catch (error) {
    if (error instanceof LogStoreError || replay.wasRefused) throw error;
    throw new LogStoreError(
      'LOG_UNUSABLE',
      `the log in ${folder} cannot be opened (${systemCode(error) ?? String(error)}): ` +
        'give this user the right to read and write there, or choose another folder',
      { cause: error },
    );
  }
  const cache = new TailCache(limits.readCacheBytes);
  const writer = new LogWriter({ folder, segments, index, cache, limits, clock }, next);
  const findings = { tornBytes: replay.tornBytes, damaged: replay.damaged };
  return new LogStore({ folder, findings, segments, index, cache, writer });
}

/** @throws LogStoreError (rejects) LOG_FORMAT when they are of another version, or none is a segment */
async function findSegments(files: LogFiles, names: readonly string[]): Promise<SegmentFile[]> {
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
  const found: SegmentFile[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const name = segmentName(number);
    const header = readSegmentHeader(await readHead(files, name), number);
    if (header === 'otherVersion') {
      throw formatError(files.folder, `${name} was written by another version`);
    }
    found.push({ number, header, bytes: await files.size(name) });
  }
  if (found.every(({ header }) => header === undefined) && (await areForeign(files, found))) {
    throw formatError(files.folder, 'its files were written by another program');
  }
  return found;
}

/** Whether files without a sound header are no damaged log either: they have bytes, and no batch. */
async function areForeign(files: LogFiles, found: readonly SegmentFile[]): Promise<boolean> {
  let hasBytes = false;
  for (const { number } of found) {
    const bytes = await files.read(segmentName(number));
    if (new SegmentScanner(bytes, number).findBatch(0) < bytes.length) return false;
    // Zeros are what a file system leaves of a file after a crash.
    if (bytes.length > SEGMENT_HEADER_BYTES && bytes.some((byte) => byte !== 0)) hasBytes = true;
  }
  return hasBytes;
}

function formatError(folder: string, why: string): LogStoreError {
  return new LogStoreError(
    'LOG_FORMAT',
    `the log in ${folder} cannot be used (${why}): start the version that wrote it, or choose another folder`,
  );
}

/** The last segment may have been begun without its header having come to the disk. @returns its bytes */
async function removeUnbegun(files: LogFiles, found: SegmentFile[]): Promise<number> {
  const last = found.at(-1);
  if (last === undefined || last.header !== undefined || last.bytes > SEGMENT_HEADER_BYTES) return 0;
  await files.remove(segmentName(last.number));
  found.pop();
  return last.bytes;
}

async function readHead(files: LogFiles, name: string): Promise<Buffer> {
  const file = await files.open(name, false);
  try {
    return await file.read(0, SEGMENT_HEADER_BYTES);
  } finally {
    await file.close();
  }
}

async function syncFile(files: LogFiles, name: string): Promise<void> {
  const file = await files.open(name, false);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Once for each file, and a few only; a disk that is full must not keep a store from being opened. */
async function copyAside(files: LogFiles, copies: string[], name: string, clock: Clock): Promise<void> {
  if (copies.length >= MAX_COPIES || copies.some((copy) => copy.startsWith(`${name}.`))) return;
  const copy = `${name}.damaged-${new Date(clock.wallNow()).toISOString().replaceAll(':', '-')}`;
  copies.push(copy);
  try {
    await files.copy(name, copy);
  } catch {
    // The file itself is still there, and is copied when it is opened again.
  }
}
