// Run as a process of its own by the tests, which kill it.
import { openLogStore } from '../../src/index.js';

const folder = process.argv[2]!;

/** Commits for ever, by several at a time; says each number once it is acknowledged. */
async function commitForEver(): Promise<void> {
  const store = await openLogStore({ folder, segmentBytes: 65_536 });
  const first = Math.max(0, ...Array.from(store.keys(), (key) => Number(key.split('/')[1]) + 1));
  const clients = 10;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let number = first + client; ; number += clients) {
        const value = Buffer.alloc(300, number % 251);
        await store.commit([
          { put: `/${number}/a`, value },
          { put: `/${number}/b`, value: [value, value] },
        ]);
        if (number % 5 !== 0) await store.commit([{ delete: `/${number}/a` }]);
        process.stdout.write(`${number}\n`);
      }
    }),
  );
}

void commitForEver();
