import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MdpHandler } from '@raspy/mdp-protocol';
import { TitanicClient } from '@raspy/titanic-store';
import { frameText } from '@raspy/wire';
import { pythonWithZmq } from './processes.js';
import { accepted, ask, done, echo, requestsThatAre, TitanicHome, until } from './titanic-home.js';

const python = pythonWithZmq();
if (python === undefined && process.env['CI'] === 'true')
  throw new Error('CI needs pyzmq: apt-get install python3-zmq');
if (python === undefined)
  process.stderr.write('skipped: a Titanic client in Python, as pyzmq is absent (python3-zmq)\n');
const withPython = python === undefined ? it.skip : it;

const isRoot = process.getuid?.() === 0;

let home: TitanicHome;
beforeEach(async () => {
  home = await TitanicHome.make();
});
afterEach(() => home.cleanUp());

describe('who serves titanic.*', () => {
  withPython('the broker alone, as a raw client in Python sees it', async () => {
    await home.startBroker();
    const peer = home.bench.start(python!, [path.join(__dirname, 'python/titanic_peers.py'), home.endpoint]);
    expect(await peer.end().then((code) => [code, peer.stdout, peer.stderr])).toEqual([0, 'served\n', '']);
  });

  withPython('raspy-titanic beside a broker that does not, seen likewise', async () => {
    await home.startBroker('--titanic=false');
    const asker = home.client();
    expect(await ask(asker, 'mmi.service', 'titanic.request')).toEqual(['404']);
    const titanic = await home.startTitanic();
    await until(async () => (await ask(asker, 'mmi.service', 'titanic.store'))[0] === '200');
    const peer = home.bench.start(python!, [path.join(__dirname, 'python/titanic_peers.py'), home.endpoint]);
    expect(await peer.end().then((code) => [code, peer.stdout, peer.stderr])).toEqual([0, 'served\n', '']);
    titanic.kill('SIGTERM');
    expect(await titanic.end()).toBe(0);
  });

  it('one of them only: a second says so and ends with 3', async () => {
    await home.startBroker();
    const args = [`--broker-port=${home.port}`, `--data-dir=${home.bench.folder()}`];
    const second = home.bench.app('raspy-titanic', args);
    expect(await second.end()).toBe(3);
    expect(second.stderr).toContain('--titanic=false');
    const other = home.bench.app('raspy-broker', ['--broker-port=0', `--data-dir=${home.dataDir}`]);
    expect(await other.end()).toBe(3);
    expect(other.stderr).toContain('in use by another RasPy process');
  });
});

describe('what was acknowledged', () => {
  it('outlives kill -9 while it waits, while a worker has it, and when it is done', async () => {
    await home.startBroker();
    const asker = home.client();
    const waiting = await accepted(asker, 'pi.sleeper', 'waiting');
    const finished = await accepted(asker, 'pi.echo', 'finished');
    const quick = home.worker('pi.echo', echo);
    expect(await done(asker, finished)).toEqual(['200', 'finished']);
    const taken: string[] = [];
    const slow = home.worker('pi.slow', async (body) => {
      taken.push(frameText(body[0]!));
      // The broker is killed while the first has it.
      if (taken.length === 1) await new Promise(() => undefined);
      return body;
    });
    const running = await accepted(asker, 'pi.slow', 'running');
    await until(() => taken.length === 1);
    await home.killBroker();
    await Promise.all([slow.close({ deadlineMs: 1 }), quick.close()]);

    await home.startBroker();
    expect(await ask(asker, 'titanic.reply', finished)).toEqual(['200', 'finished']);
    expect(await ask(asker, 'titanic.reply', waiting)).toEqual(['300']);
    home.worker('pi.slow', (body) => {
      taken.push(frameText(body[0]!));
      return Promise.resolve(body);
    });
    home.worker('pi.sleeper', echo);
    expect(await done(asker, running)).toEqual(['200', 'running']);
    expect(await done(asker, waiting)).toEqual(['200', 'waiting']);
    expect(taken).toEqual(['running', 'running']);
  });

  it('becomes a dead letter after its last attempt, which a person can see, retry and drop', async () => {
    await home.startBroker('--titanic-max-attempts=1');
    const asker = home.client();
    const id = await accepted(asker, 'pi.fragile', 'x');
    const lost = home.bench.start(process.execPath, deadlyWorker());
    expect(await lost.end()).not.toBe(0);
    expect(await done(asker, id)).toEqual(['400 dead']);

    const ls = home.raspy('ls', '--state=dead', '--json');
    expect(await ls.end()).toBe(0);
    expect(JSON.parse(ls.stdout.split('\n')[0]!)).toMatchObject({ id, service: 'pi.fragile', state: 'dead' });
    home.worker('pi.fragile', echo);
    expect(await home.raspy('retry', id).end()).toBe(0);
    expect(await done(asker, id)).toEqual(['200', 'x']);
    expect(await home.raspy('drop', id).end()).toBe(0);
    expect(await ask(asker, 'titanic.reply', id)).toEqual(['400']);
    expect(await home.raspy('show', id).end()).toBe(1);
  });

  it('"dose 5 ml" is dropped by rule when its node slept past its time, or the house was restarted', async () => {
    await home.startBroker();
    const asker = home.client();
    const titanic = new TitanicClient(asker);
    const dosed: string[] = [];
    const late = await titanic.submit('pi.doser', ['dose', '5'], { expiresAt: Date.now() + 300 });
    const order = await accepted(asker, 'pi.tank.devices', 'exec', 'doser', 'dose');
    const kept = await titanic.submit('pi.tank.devices', ['exec', 'lamp', 'on'], {
      expiresAt: Date.now() + 600_000,
    });
    expect(await done(asker, late)).toEqual(['400 expired']);
    await home.killBroker();
    await home.startBroker();
    const dose: MdpHandler = (body) => {
      dosed.push(body.map(frameText).join(' '));
      return Promise.resolve(['200']);
    };
    home.worker('pi.doser', dose);
    home.worker('pi.tank.devices', dose);
    expect(await ask(asker, 'titanic.reply', order)).toEqual(['400 expired']);
    expect(await done(asker, kept)).toEqual(['200', '200']);
    expect(dosed).toEqual([
      expect.stringMatching(/^exec lamp on RSPY1\{"key":"[0-9a-f]{32}","deadline":\d+\}$/),
    ]);
  });
});

describe('a disk', () => {
  const mounted: string[] = [];
  afterEach(() => {
    for (const folder of mounted.splice(0)) spawnSync('umount', ['-l', folder]);
  });

  it('that is full costs nothing that was acknowledged, and new requests a 500', async () => {
    const small = path.join(home.bench.folder(), 'small');
    mkdirSync(small);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=0700', 'tmpfs', small]);
    if (mount.status !== 0) {
      if (process.env['CI'] === 'true' && isRoot) throw new Error(String(mount.stderr));
      process.stderr.write('skipped: a full disk, as nothing can be mounted here\n');
      return;
    }
    mounted.push(small);
    home.dataDir = small;
    await home.startBroker();
    const asker = home.client();
    const first = await accepted(asker, 'pi.echo', 'first');
    const filler = path.join(small, 'filler');
    const room = Number(spawnSync('stat', ['-f', '-c', '%a', small]).stdout) * 4_096;
    writeFileSync(filler, Buffer.alloc(Math.max(0, room - 32_768)));
    const statuses = new Set<string>();
    for (let i = 0; i < 20; i++) {
      statuses.add((await ask(asker, 'titanic.request', 'pi.echo', 'x'.repeat(20_000)))[0]!);
    }
    expect([...statuses]).toContain('500');
    expect(await ask(asker, 'titanic.reply', first)).toEqual(['300']);
    await home.broker.until(() => /look at the disk/.test(home.broker.stderr));

    rmSync(filler);
    await until(async () => (await ask(asker, 'titanic.request', 'pi.echo', 'again'))[0] === '200');
    home.worker('pi.echo', echo);
    expect(await done(asker, first)).toEqual(['200', 'first']);
    await home.killBroker();
    await home.startBroker();
    expect(await ask(asker, 'titanic.reply', first)).toEqual(['200', 'first']);
  });

  it('that cannot be written ends the start with 3 and a message that says which folder', async () => {
    if (isRoot) {
      // To root every folder is open; a file in the way is in its way as well.
      writeFileSync(path.join(home.dataDir, 'titanic'), '');
    } else {
      mkdirSync(path.join(home.dataDir, 'titanic'));
      chmodSync(path.join(home.dataDir, 'titanic'), 0o500);
    }
    const refused = home.bench.app('raspy-broker', [
      `--broker-port=${home.port}`,
      `--data-dir=${home.dataDir}`,
    ]);
    expect(await refused.end()).toBe(3);
    expect(refused.stderr).toContain(path.join(home.dataDir, 'titanic'));
  });

  it('that has changed bytes costs what was in them alone, is told loudly, and nothing runs twice', async () => {
    await home.startBroker();
    const asker = home.client();
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(await accepted(asker, 'pi.echo', `body ${i}`));
    const ran: string[] = [];
    const note: MdpHandler = (body) => {
      ran.push(frameText(body[0]!));
      return Promise.resolve(body);
    };
    const noting = home.worker('pi.echo', note);
    for (const id of ids) expect((await done(asker, id))[0]).toBe('200');
    await noting.close();
    const sleepers: string[] = [];
    for (let i = 0; i < 5; i++) sleepers.push(await accepted(asker, 'pi.sleeper', `asleep ${i}`));
    await home.killBroker();
    const folder = path.join(home.dataDir, 'titanic');
    const file = path.join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.log'))!,
    );
    const bytes = readFileSync(file);
    // What the last reply was, in the middle of the file; the sleepers come after.
    const at = bytes.lastIndexOf('body 19');
    bytes.fill(0xff, at, at + 4);
    writeFileSync(file, bytes);

    await home.startBroker();
    expect(home.broker.stderr).toContain("Titanic's log is damaged");
    expect(readdirSync(folder).some((name) => name.includes('.damaged-'))).toBe(true);
    for (const id of ids.slice(0, 19)) expect((await ask(asker, 'titanic.reply', id))[0]).toBe('200');
    expect(await ask(asker, 'titanic.reply', ids[19]!)).toEqual(['400 dead']);
    expect((await requestsThatAre('dead', asker)).map(({ id }) => id)).toEqual([ids[19]]);
    home.worker('pi.echo', note);
    home.worker('pi.sleeper', echo);
    for (const id of sleepers) expect((await done(asker, id))[0]).toBe('200');
    expect(ran).toHaveLength(20);
  });
});

it('lives through rubbish for all of its services', async () => {
  await home.startBroker();
  const asker = home.client();
  const names = ['request', 'reply', 'close', 'submit', 'store', 'admin'].map((name) => `titanic.${name}`);
  const words = [
    '../../etc/passwd',
    '{"expiresAt":1}',
    '[]',
    'set',
    'list',
    'show',
    'x'.repeat(10_000),
    '\0',
  ];
  const frame = (): Buffer | string =>
    randomInt(2) === 0 ? randomBytes(randomInt(300)) : words[randomInt(words.length)]!;
  const rubbish = Array.from({ length: 10_000 }, (_, index) => index);
  const send = async (): Promise<void> => {
    for (let next = rubbish.pop(); next !== undefined; next = rubbish.pop()) {
      const body = Array.from({ length: 1 + randomInt(6) }, frame);
      const reply = await asker.request(names[next % names.length]!, body, { timeoutMs: 20_000 });
      expect(reply.length).toBeGreaterThan(0);
    }
  };
  await Promise.all(Array.from({ length: 100 }, send));
  home.worker('pi.echo', echo);
  expect(await done(asker, await accepted(asker, 'pi.echo', 'well'))).toEqual(['200', 'well']);
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${home.broker.pid}/status`, 'utf8'))![1]);
  expect(resident).toBeLessThan(300_000);
}, 60_000);

it('proves in a short campaign that kills cost nothing (the long one: npx nx run raspy-e2e:campaign)', async () => {
  const campaign = home.bench.start(process.execPath, [
    path.join(__dirname, 'campaign/run.mjs'),
    '--kills=8',
    '--clients=4',
  ]);
  expect(await campaign.end().then((code) => [code, campaign.stderr])).toEqual([0, '']);
  expect(JSON.parse(campaign.stdout)).toMatchObject({ kills: 8, violations: [] });
}, 120_000);

/** A worker that takes one request and dies of it. */
function deadlyWorker(): string[] {
  const script = path.join(home.bench.folder(), 'deadly.mjs');
  const library = path.join(__dirname, '../../../libs/mdp-protocol/dist/index.js');
  writeFileSync(
    script,
    `import { MdpWorker } from '${library}';
     new MdpWorker({ endpoint: '${home.endpoint}', service: 'pi.fragile', heartbeatIntervalMs: 300, heartbeatLiveness: 5,
       handle: () => process.kill(process.pid, 'SIGKILL') });`,
  );
  return [script];
}
