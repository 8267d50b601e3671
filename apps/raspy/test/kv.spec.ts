import { systemClock } from '@raspy/clock';
import { startKvServer, KvClient, type RunningKvServer } from '@raspy/kv-clone';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

let transport: MemoryNetwork;
let server: RunningKvServer;
beforeEach(async () => {
  transport = new MemoryNetwork({ clock: systemClock });
  server = await startKvServer({ transport });
});
afterEach(() => server.close());

function start(...argv: string[]): { host: TestHost; ended: Promise<number> } {
  const host = new TestHost({ argv });
  return { host, ended: runTool(raspyTool({ transport }), host) };
}

async function raspy(...argv: string[]): Promise<{ code: number; out: readonly string[]; err: string }> {
  const { host, ended } = start(...argv);
  const code = await ended;
  return { code, out: host.stdout.lines, err: host.stderr.text };
}

it('sets, gets, lists, dumps and deletes values', async () => {
  expect(await raspy('kv', 'set', '/event/tea', 'ready')).toMatchObject({ code: 0, out: [] });
  expect(await raspy('kv', 'set', '/event/raw', '0xff00', '--ttl-seconds=60')).toMatchObject({ code: 0 });
  expect(await raspy('kv', 'get', '/event/tea')).toMatchObject({ code: 0, out: ['ready'] });
  expect(await raspy('kv', 'get', '/event/raw')).toMatchObject({ code: 0, out: ['hex:ff00'] });
  expect(
    (await raspy('kv', 'get', '/event/tea', '--json')).out.map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ key: '/event/tea', value: 'ready', seq: '1', restored: false }]);
  const listed = await raspy('kv', 'ls', '/event');
  expect(listed.out[0]).toMatch(/^KEY +VALUE +SEQUENCE/);
  expect(listed.out.slice(1).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
    ['/event/raw', 'hex:ff00'],
    ['/event/tea', 'ready'],
  ]);
  expect((await raspy('kv', 'ls', '--json')).out).toHaveLength(2);
  expect(
    (await raspy('kv', 'dump', 'event/')).out.map((line) => (JSON.parse(line) as { value: unknown }).value),
  ).toEqual([{ hex: 'ff00' }, 'ready']);
  expect(await raspy('kv', 'set', '/event/tea')).toMatchObject({ code: 0 });
  expect(await raspy('kv', 'set', '/event/tea')).toMatchObject({ code: 0 });
  const gone = await raspy('kv', 'get', '/event/tea');
  expect(gone).toMatchObject({ code: 1, out: [] });
  expect(gone.err).toContain('no key /event/tea');
});

it('refuses what is no key, and says what to do when there is no tree', async () => {
  expect(await raspy('kv', 'get', 'lamp')).toMatchObject({ code: 2, out: [] });
  const nobody = await raspy('kv', 'ls', '--broker-port=6000', '--timeout-ms=50');
  expect(nobody.code).toBe(1);
  expect(nobody.err).toContain('no key/value tree at tcp://127.0.0.1:6006: start a home');
  const unreachable = await raspy('kv', 'set', '/x', 'y', '--broker-port=6000', '--timeout-ms=50');
  expect(unreachable.code).toBe(1);
});

it('says that a value was not taken, also when others write the same key meanwhile', async () => {
  await server.close();
  server = await startKvServer({ transport, maxBodyBytes: 10 });
  const other = new KvClient({ transport, read: false });
  const { host, ended } = start('kv', 'set', '/event/tea', 'this is too long', '--timeout-ms=300');
  let n = 0;
  const writing = setInterval(() => other.set('/event/tea', `other ${n++ % 10}`), 10);
  try {
    expect(await ended).toBe(1);
    expect(host.stderr.text).toContain('the tree has not told of the change: it may be against a limit');
    expect(await raspy('kv', 'get', '/event/tea')).toMatchObject({ code: 0 });
  } finally {
    clearInterval(writing);
    await other.close();
  }
});

it('watches: the values, then each change, until Ctrl-C', async () => {
  await raspy('kv', 'set', '/event/tea', 'ready');
  const { host, ended } = start('kv', 'watch', '/event');
  await host.stdout.until(/ready\n/);
  expect(host.stderr.text).toContain('complete: changes follow');
  await raspy('kv', 'set', '/event/tea', 'cold');
  await host.stdout.until(/cold\n/);
  await raspy('kv', 'set', '/event/tea');
  await host.stdout.until(/deleted\n/);
  host.signal('SIGINT');
  expect(await ended).toBe(0);
  expect(host.stdout.lines).toEqual(['/event/tea  ready', '/event/tea  cold', '/event/tea  deleted']);
});

it('watches as JSON lines, for programs', async () => {
  const { host, ended } = start('kv', 'watch', '--json');
  await host.stdout.until(/"snapshot"/);
  const client = new KvClient({ transport, read: false });
  client.set('/event/a', 'x'.repeat(200));
  await host.stdout.until(/"set"/);
  client.delete('/event/a');
  await host.stdout.until(/"delete"/);
  await client.close();
  host.signal('SIGINT');
  expect(await ended).toBe(0);
  const types = host.stdout.lines.map((line) => (JSON.parse(line) as { type?: string }).type);
  expect(types.filter((type) => type !== undefined)).toEqual(['snapshot', 'set', 'delete']);
});
