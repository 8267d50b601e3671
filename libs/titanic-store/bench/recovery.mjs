// How long it takes until a store with many requests that wait serves again.
import { openTitanicLog } from '@raspy/titanic-store';
import { join } from 'node:path';
import { raspyBroker } from './processes.mjs';

/** Milliseconds to open the log and to have the whole broker ready, with and without so many waiting; and bytes. */
export async function measureRecovery({ folder, pending }) {
  const empty = await readyMs(join(folder, 'empty'));
  const dataDir = join(folder, 'full');
  const broker = await raspyBroker(dataDir);
  await broker.stop();
  const log = join(dataDir, 'titanic');
  const storage = await openTitanicLog({ folder: log });
  await storage.load();
  const target = Buffer.from('localhost.test.asleep');
  const body = [Buffer.alloc(100, 'x')];
  const changes = Array.from({ length: pending }, (_, index) => ({
    type: 'accept',
    request: {
      ...{ id: index.toString(16).padStart(32, '0'), order: index + 1, target, acceptedAt: Date.now() },
      ...{ bodyBytes: 100, onExpire: 'drop', submitted: false, transient: false },
    },
    body,
  }));
  for (let at = 0; at < pending; at += 1_000) await storage.commit(changes.slice(at, at + 1_000));
  const { bytesOnDisk } = storage.statistics();
  await storage.close();

  const start = performance.now();
  const again = await openTitanicLog({ folder: log });
  const { requests } = await again.load();
  const logMs = performance.now() - start;
  await again.close();
  if (requests.length !== pending) throw new Error(`${requests.length} of ${pending} requests were found`);
  const full = await readyMs(dataDir);
  return {
    'requests that wait': pending,
    'log opened and read, ms': logMs,
    'broker ready with them, ms': full,
    'broker ready without, ms': empty,
    'bytes on disk per request': bytesOnDisk / pending,
  };
}

async function readyMs(dataDir) {
  const start = performance.now();
  const broker = await raspyBroker(dataDir);
  const ms = performance.now() - start;
  await broker.stop();
  return ms;
}
