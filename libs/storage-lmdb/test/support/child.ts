// Run as a process of its own by the tests: what may end a process must not end the test runner.
import { openLmdbStore } from '../../src/index.js';

const [mode, ...folders] = process.argv.slice(2);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Commits for ever; says each number once all that belongs to it is acknowledged. */
async function commitForEver(folder: string): Promise<void> {
  const kv = (await openLmdbStore({ folder })).keyValue();
  const { reservedSeq } = await kv.load();
  for (let seq = reservedSeq + 1; ; seq++) {
    const body = Buffer.alloc(200, seq % 251);
    const puts = [0, 1, 2].map((part) => ({ key: Buffer.from(`/${seq}/${part}`), seq, ttlSeconds: 0, body }));
    await kv.commit({ puts, deletes: [Buffer.from(`/${seq - 50}/0`)], reservedSeq: seq });
    say(String(seq));
  }
}

/** Opens each folder, reads everything and commits once; says how it went. */
async function tryEach(): Promise<void> {
  for (const folder of folders) {
    try {
      const store = await openLmdbStore({ folder });
      const kv = store.keyValue();
      const count = Array.from((await kv.load()).entries).length;
      await kv.commit({
        puts: [{ key: Buffer.from('/new'), seq: 1, ttlSeconds: 0, body: Buffer.from('1') }],
        deletes: [],
        reservedSeq: 1e6,
      });
      await store.close();
      say(`opened ${count}`);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      say(`${code ?? 'NO CODE'} ${message}`);
    }
  }
}

/** Commits a little, too much, and a little again; says how each went. */
async function fill(folder: string): Promise<void> {
  const store = await openLmdbStore({ folder });
  const kv = store.keyValue();
  for (const bytes of [10, 4_000_000, 20]) {
    const key = Buffer.from(bytes > 1_000 ? '/large' : '/small');
    const puts = [{ key, seq: 1, ttlSeconds: 0, body: Buffer.alloc(bytes, 'x') }];
    await kv.commit({ puts, deletes: [], reservedSeq: bytes }).then(
      () => say('written'),
      (error: unknown) => say((error as { code: string }).code),
    );
  }
  await store.close();
}

if (mode === 'commit') void commitForEver(folders[0]!);
else if (mode === 'try') void tryEach();
else void fill(folders[0]!);
