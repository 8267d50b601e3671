// Storage without anything around it: so many callers, each of which waits until its request is durable.
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openTitanicLog } from '@raspy/titanic-store';

const BODY = Buffer.alloc(100, 'x');

/** The disk itself: 100 bytes appended, then fdatasync, over and over. */
export const disk = {
  single: true,
  measure({ folder, spanMs }) {
    const file = openSync(join(folder, 'disk'), 'w');
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < spanMs) {
      writeSync(file, BODY);
      fdatasyncSync(file);
      count++;
    }
    const perSecond = (count * 1_000) / (performance.now() - start);
    closeSync(file);
    return { perSecond };
  },
};

/** What this process has had written to disks, in whole pages; the file system's own journal comes on top. */
const diskBytes = () => Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))[1]);

/** Runs so many loops of `accept` at a time. */
export async function loops(outstanding, spanMs, accept) {
  const start = performance.now();
  let count = 0;
  const loop = async () => {
    while (performance.now() - start < spanMs) {
      await accept();
      count++;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, loop));
  return { count, perSecond: (count * 1_000) / (performance.now() - start) };
}

export const stores = {
  'one fdatasync each': disk,
  'titanic log': {
    async measure({ folder, outstanding, spanMs }) {
      const storage = await openTitanicLog({ folder });
      await storage.load();
      let order = 0;
      const target = Buffer.from('localhost.test.echo');
      const accept = () => {
        const request = {
          ...{ id: (++order).toString(16).padStart(32, '0'), order, target, acceptedAt: 1_700_000_000_000 },
          ...{ bodyBytes: BODY.length, onExpire: 'drop', submitted: false, transient: false },
        };
        return storage.commit([{ type: 'accept', request, body: [BODY] }]);
      };
      const before = diskBytes();
      const { count, perSecond } = await loops(outstanding, spanMs, accept);
      const bytesPerRequest = (diskBytes() - before) / count;
      await storage.close();
      return { perSecond, bytesPerRequest };
    },
  },
  lmdb: {
    async measure({ folder, outstanding, spanMs }) {
      // Of the package that has it: it is no dependency of this one.
      const require = createRequire(new URL('../../storage-lmdb/package.json', import.meta.url));
      const database = require('lmdb').open({
        ...{ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' },
        ...{ overlappingSync: false, pageSize: 4_096 },
      });
      let order = 0;
      // A record as large as that of the log, under a key that is as random.
      const value = Buffer.alloc(200, 'x');
      const accept = () => {
        const key = randomBytes(16);
        key.writeUInt32BE(++order, 12);
        return database.put(key, value);
      };
      const before = diskBytes();
      const { count, perSecond } = await loops(outstanding, spanMs, accept);
      const bytesPerRequest = (diskBytes() - before) / count;
      await database.close();
      return { perSecond, bytesPerRequest };
    },
  },
};
