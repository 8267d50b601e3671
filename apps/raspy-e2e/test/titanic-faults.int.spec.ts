import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { KvClient } from '@raspy/kv-clone';
import { frameText } from '@raspy/wire';
import { pythonWithZmq, type Running } from './processes.js';
import { accepted, ask, done, echo, requestsThatAre, TitanicHome, until } from './titanic-home.js';

const python = pythonWithZmq();
const isCi = process.env['CI'] === 'true';
if (python === undefined && isCi) throw new Error('CI needs pyzmq: apt-get install python3-zmq');
if (python === undefined) process.stderr.write('skipped: workers in Python, as pyzmq is absent\n');
const withPython = python === undefined ? it.skip : it;
const onLinux = process.platform === 'linux' ? it : it.skip;

let home: TitanicHome;
beforeEach(async () => {
  home = await TitanicHome.make();
});
afterEach(() => home.cleanUp());

describe('a worker', () => {
  withPython('that is killed with a request loses nothing: the next that comes is given it', async () => {
    await home.startBroker();
    const asker = home.client();
    const id = await accepted(asker, 'pi.fragile', 'x');
    const lost = home.bench.python('silent', home.endpoint, 'pi.fragile');
    await lost.until(() => lost.stdout.includes('took it'));
    lost.kill('SIGKILL');
    await until(async () => (await requestsThatAre('waiting', asker)).length === 1);
    const [waiting] = await requestsThatAre('waiting', asker);
    expect(waiting).toMatchObject({ id, attempts: 1 });
    expect(waiting?.reason).toBeDefined();
    expect(await ask(asker, 'titanic.reply', id)).toEqual(['300']);

    home.worker('pi.fragile', echo);
    expect(await done(asker, id)).toEqual(['200', 'x']);
    expect(await requestsThatAre('done', asker)).toMatchObject([{ id, attempts: 2 }]);
  });

  withPython('of 0.2 that answers in parts is kept as it answered, part by part', async () => {
    await home.startBroker();
    const asker = home.client();
    const id = await accepted(asker, 'py.echo', 'a', 'b', '');
    const serving = home.bench.python('worker', home.endpoint, 'py.echo', '2');
    expect(await done(asker, id)).toEqual(['200', 'A', 'B', '', '200']);
    expect(serving.ended).toBeUndefined();
  });
});

describe('raspy-titanic beside a broker without', () => {
  const names = ['admin', 'close', 'reply', 'request', 'store', 'submit'].map((name) => `titanic.${name}`);

  it('K35: has all it acknowledged when it was killed with -9, and when the broker was', async () => {
    await home.startBroker('--titanic=false');
    const asker = home.client();
    expect(await ask(asker, 'mmi.discovery', 'titanic\\..*')).toEqual(['200']);
    const first = await home.startTitanic();
    await until(async () => (await ask(asker, 'mmi.discovery', '^titanic\\.')).length === names.length + 1);
    expect(await ask(asker, 'mmi.discovery', '^titanic\\.')).toEqual([...names, '200']);

    const finished = await accepted(asker, 'pi.echo', 'finished');
    const serving = home.worker('pi.echo', echo);
    expect(await done(asker, finished)).toEqual(['200', 'finished']);
    const waiting = await accepted(asker, 'pi.sleeper', 'waiting');
    const taken: string[] = [];
    home.worker('pi.slow', async (body, { signal }) => {
      taken.push(frameText(body[0]!));
      if (taken.length === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return body;
    });
    const running = await accepted(asker, 'pi.slow', 'running');
    await until(() => taken.length === 1);
    home.broker.kill('SIGKILL');
    first.kill('SIGKILL');
    await Promise.all([home.broker.end(), first.end()]);

    await home.startBroker('--titanic=false');
    const second = await home.startTitanic();
    expect(await done(asker, finished)).toEqual(['200', 'finished']);
    expect(await done(asker, running)).toEqual(['200', 'running']);
    expect(taken).toEqual(['running', 'running']);
    expect(await ask(asker, 'titanic.reply', waiting)).toEqual(['300']);

    // The broker alone: who stays comes back to it by himself, and goes on.
    await home.killBroker();
    await home.startBroker('--titanic=false');
    home.worker('pi.sleeper', echo);
    expect(await done(asker, waiting)).toEqual(['200', 'waiting']);
    await until(() => serving.statistics().ready > 0);
    second.kill('SIGTERM');
    expect(await second.end()).toBe(0);
  }, 90_000);
});

describe('a disk', () => {
  // No file of the broker may be written: to it that is a disk without any room, and takes neither root nor a mount.
  onLinux(
    'that takes nothing more keeps the broker alive, and costs neither a reply nor a value of the tree',
    async () => {
      await home.startBroker('--hostname=pi');
      const asker = home.client();
      const waiting = await accepted(asker, 'pi.sleeper', 'waiting');
      const finished = await accepted(asker, 'pi.echo', 'finished');
      home.worker('pi.echo', echo);
      expect(await done(asker, finished)).toEqual(['200', 'finished']);
      const tree = new KvClient({ endpoint: home.endpoint });
      try {
        await until(() => tree.status === 'synced');
        const keys = Array.from({ length: 100 }, (_, i) => `/test/${i}`);
        for (const key of keys) tree.set(key, 'before');
        tree.set('/test/gone', 'before');
        await until(() => tree.size === 101);
        await until(async () => (await statistics(asker))['kv.unsaved'] === 0);
        fileSizeLimit(home.broker, '0');
        // As much as many pages, so that it is refused at more than one place.
        const after = 'after'.repeat(2_000);
        for (const key of keys) tree.set(key, after);
        tree.set('/test/full', '1');
        tree.delete('/test/gone');
        expect(await ask(asker, 'titanic.request', 'pi.echo', 'refused')).toEqual(['500']);
        expect(await ask(asker, 'titanic.submit', '{"key":"k"}', 'pi.echo', 'refused')).toEqual(['500']);
        expect(await ask(asker, 'titanic.store', 'set', 'svc', 'sec', 'key', 'val')).toEqual(['svc', '500']);
        expect(await ask(asker, 'titanic.reply', finished)).toEqual(['200', 'finished']);
        expect(await ask(asker, 'titanic.close', finished)).toEqual(['500']);
        expect(await ask(asker, 'titanic.reply', finished)).toEqual(['200', 'finished']);
        expect(await ask(asker, 'titanic.reply', waiting)).toEqual(['300']);
        await home.broker.until(() => home.broker.stderr.includes('look at the disk of the data folder'));
        expect(await ask(asker, 'pi.broker.mmi', 'status')).toEqual(['500']);
        // It is executed all the same, once, and its reply is kept until it can be stored.
        const ran: string[] = [];
        home.worker('pi.sleeper', (body) => {
          ran.push(frameText(body[0]!));
          return Promise.resolve(['woken']);
        });
        await until(() => ran.length === 1);
        await home.broker.until(() => home.broker.stderr.includes('values are not saved'));
        await until(async () => (await statistics(asker))['kv.storageFailures']! > 1);
        tree.set('/test/full', '2');
        expect(home.broker.ended).toBeUndefined();

        fileSizeLimit(home.broker, 'unlimited');
        expect(await done(asker, waiting)).toEqual(['200', 'woken']);
        expect(ran).toEqual(['waiting']);
        expect((await ask(asker, 'titanic.request', 'pi.echo', 'again'))[0]).toBe('200');
        await until(async () => (await ask(asker, 'pi.broker.mmi', 'status'))[0] === '200');
        await until(async () => (await statistics(asker))['kv.unsaved'] === 0);
        await home.killBroker();
        await home.startBroker('--hostname=pi');
        expect(await ask(asker, 'titanic.reply', waiting)).toEqual(['200', 'woken']);
        expect(await ask(asker, 'titanic.reply', finished)).toEqual(['200', 'finished']);
        expect((await statistics(asker))['kv.restored']).toBe(101);
        await until(() => tree.entries().every(({ restored }) => restored));
        const texts = new Map(tree.entries().map(({ key, body }) => [key, frameText(body)]));
        expect(texts).toEqual(new Map([...keys.map((key) => [key, after] as const), ['/test/full', '2']]));
      } finally {
        await tree.close();
      }
    },
    90_000,
  );

  onLinux('that cannot be written at all ends the start with 3, and says what to change', async () => {
    const { dataDir, port } = home;
    const refused = startReadOnly(dataDir, `--broker-port=${port}`);
    if (refused === undefined) {
      process.stderr.write('skipped: a read-only disk, as root cannot mount here\n');
      return;
    }
    expect(await refused.end()).toBe(3);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toMatch(/raspy-broker: .*cannot be written \((EROFS|EACCES)\).*--data-dir/);
    expect(refused.stderr).toContain(dataDir);
  });

  it('that changed a byte makes dead letters of what waited before it, takes what it hit, and no more', async () => {
    await home.startBroker();
    const asker = home.client();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push(await accepted(asker, 'pi.sleeper', `asleep ${i}`));
    await home.killBroker();
    const folder = path.join(home.dataDir, 'titanic');
    const [segment] = readdirSync(folder).filter((name) => name.endsWith('.log'));
    const file = path.join(folder, segment!);
    const bytes = readFileSync(file);
    const hit = bytes.indexOf('asleep 3');
    expect(hit).toBeGreaterThan(0);
    bytes[hit] = bytes[hit]! ^ 0x20;
    writeFileSync(file, bytes);

    await home.startBroker();
    expect(home.broker.stderr).toContain("Titanic's log is damaged");
    const ran: string[] = [];
    home.worker('pi.sleeper', (body) => {
      ran.push(frameText(body[0]!));
      return Promise.resolve(body);
    });
    for (const [i, id] of ids.entries()) {
      const expected = i < 3 ? ['400 dead'] : i === 3 ? ['400'] : ['200', `asleep ${i}`];
      expect([i, ...(await done(asker, id))]).toEqual([i, ...expected]);
    }
    expect(ran).toEqual(['asleep 4', 'asleep 5', 'asleep 6']);
    // A person may decide that they are to run.
    const dead = await requestsThatAre('dead', asker);
    expect(dead.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(dead[0]?.reason).toContain('damaged');
    expect(await home.raspy('retry', '--all-dead').end()).toBe(0);
    for (const id of ids.slice(0, 3)) expect((await done(asker, id))[0]).toBe('200');
    expect(ran.slice(3)).toEqual(['asleep 0', 'asleep 1', 'asleep 2']);
  });
});

it('is given bodies by the hundred megabytes, and neither keeps them all nor dies of them', async () => {
  await home.startBroker('--titanic-max-mb=32');
  const asker = home.client();
  const large = Buffer.alloc(4 * 1024 * 1024, 'x');
  const tooLarge = Buffer.alloc(17 * 1024 * 1024, 'x');
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    seen.add((await ask(asker, 'titanic.request', 'pi.nobody', large))[0]!);
    seen.add((await ask(asker, 'titanic.submit', '{}', '../../etc/passwd', large))[0]!);
    expect((await ask(asker, 'titanic.store', 'set', 'svc', 'sec', 'key', large)).at(-1)).toBe('500');
    expect(await ask(asker, 'titanic.reply', large)).toEqual(['400']);
    expect(await ask(asker, 'titanic.close', large)).toEqual(['200']);
  }
  expect(await ask(asker, 'titanic.request', 'pi.nobody', tooLarge)).toEqual(['400']);
  expect([...seen].sort()).toEqual(['200', '500']);
  const kept = await requestsThatAre('waiting', asker);
  expect(kept.length).toBeLessThanOrEqual(8);
  for (const { id } of kept) expect(await ask(asker, 'titanic.close', id)).toEqual(['200']);
  home.worker('pi.echo', echo);
  expect(await done(asker, await accepted(asker, 'pi.echo', 'well'))).toEqual(['200', 'well']);
  expect(residentMiB(home.broker)).toBeLessThan(512);
}, 60_000);

/** Bounds how far the broker's files may be written: `0` for no file at all. */
function fileSizeLimit({ pid }: Running, limit: '0' | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${limit}:unlimited`]);
  if (status !== 0) throw new Error(`prlimit (of util-linux) failed: ${String(stderr)}`);
}

/** A broker to which its data folder is read-only; `undefined` where root, to whom every folder is open, cannot mount. */
function startReadOnly(dataDir: string, ...args: string[]): Running | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(dataDir, 0o500);
    return home.bench.app('raspy-broker', [...args, `--data-dir=${dataDir}`]);
  }
  // In a name space of its own, which ends with the process.
  const mounts = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"`;
  if (spawnSync('unshare', ['-m', 'sh', '-c', mounts, dataDir]).status !== 0) return undefined;
  const bin = path.resolve(__dirname, '../../broker/bin/raspy-broker.mjs');
  const run = `${mounts} && exec "$@" --data-dir="$0"`;
  return home.bench.start('unshare', ['-m', 'sh', '-c', run, dataDir, process.execPath, bin, ...args]);
}

async function statistics(from: Parameters<typeof ask>[0]): Promise<Record<string, number>> {
  const [all] = await ask(from, 'pi.broker.statistics', 'all');
  return JSON.parse(all!) as Record<string, number>;
}

function residentMiB({ pid }: Running): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}
