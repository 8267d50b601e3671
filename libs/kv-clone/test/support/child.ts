// Run as a process of its own by a test, which kills it: commits for ever, and says each number once it is acknowledged.
import { openKvLog } from '../../src/storage-log/index.js';

async function commitForEver(folder: string): Promise<void> {
  const kv = await openKvLog({ folder, segmentBytes: 65_536 });
  const { reservedSeq } = await kv.load();
  for (let seq = reservedSeq + 1; ; seq++) {
    const body = Buffer.alloc(200, seq % 251);
    const puts = [0, 1, 2].map((part) => ({ key: Buffer.from(`/${seq}/${part}`), seq, ttlSeconds: 0, body }));
    await kv.commit({ puts, deletes: [Buffer.from(`/${seq - 50}/0`)], reservedSeq: seq });
    process.stdout.write(`${seq}\n`);
  }
}

void commitForEver(process.argv[2]!);
