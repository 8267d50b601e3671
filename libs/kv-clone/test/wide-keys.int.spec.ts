import { filter, firstValueFrom } from 'rxjs';
import { zeromqTransport } from '@raspy/wire';
import { KvClient } from '../src/client/kv-client.js';
import { startKvServer } from '../src/server/start-kv-server.js';

const ANY = {
  snapshot: 'tcp://127.0.0.1:*',
  publisher: 'tcp://127.0.0.1:*',
  collector: 'tcp://127.0.0.1:*',
};

/** The publisher refuses long subscriptions; none of those that may be is among them, nor is a handshake. */
it.each([
  ['the longest subtree that there is', `/${'a'.repeat(4_093)}/`],
  ['a tree of short keys', '/a/'],
])('over libzmq a client watches %s, and large values', async (_what, subtree) => {
  const key = `${subtree}k`;
  const transport = zeromqTransport();
  const server = await startKvServer({ transport, chp: ANY, kvmsg: ANY, maxKeyBytes: key.length });
  const client = new KvClient({ transport, endpoints: server.endpoints.chp, subtree });
  try {
    await client.get(key, { timeoutMs: 10_000 });
    const wide = Buffer.alloc(500_000, 7);
    const told = firstValueFrom(client.watch().pipe(filter((change) => change.type === 'set')));
    client.set(key, wide);
    const { entry } = await told;
    expect([entry.key, wide.equals(entry.body)]).toEqual([key, true]);
  } finally {
    await client.close();
    await server.close();
  }
});
