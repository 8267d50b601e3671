import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MdpClient, MdpWorker, MmiClient } from '@raspy/mdp-protocol';
import { runServer } from '@raspy/runtime';
import { TestHost, TestProcess } from '@raspy/runtime/testing';
import { brokerDefinition } from '../src/definition.js';

const BIN = join(__dirname, '../bin/raspy-broker.mjs');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-broker-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => TestProcess.killAll());

describe('the broker as a program', () => {
  it('serves the bus until it is asked to end', async () => {
    const host = new TestHost({ argv: ['--broker-port=0', `--data-dir=${folder}`, '--hostname=pi'] });
    const ended = runServer(brokerDefinition, host);
    await host.stdout.until(/\n/);
    const [, endpoint] = /^raspy-broker ready on (tcp:\/\/127\.0\.0\.1:\d+) \(pid 4711\)\n$/.exec(
      host.stdout.text,
    )!;
    const client = new MdpClient({ endpoint: endpoint! });
    expect(await new MmiClient(client).discover('.*')).toEqual([
      ...['pi.broker.mmi', 'pi.broker.statistics', 'titanic.admin', 'titanic.close'],
      ...['titanic.reply', 'titanic.request', 'titanic.store', 'titanic.submit'],
    ]);
    await client.close();
    host.signal('SIGTERM');
    expect(await ended).toBe(0);
  });
});

describe('raspy-broker', () => {
  it('prints one line when it serves, keeps stdout clean, and ends with 0 at SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const broker = new TestProcess(BIN, ['--broker-port=0', `--data-dir=${folder}`]);
      const [line] = await broker.until(/^raspy-broker ready on tcp:\/\/127\.0\.0\.1:\d+ \(pid (\d+)\)\n/);
      expect(line).toContain(`(pid ${broker.pid})`);
      expect(await broker.end(signal)).toBe(0);
      expect(broker.stdout.text).toBe(line);
      for (const logged of broker.stderr.lines)
        expect(JSON.parse(logged)).toMatchObject({ name: 'raspy-broker' });
    }
  });

  it('serves on when nobody reads its log and its standard output any more', async () => {
    const child = spawn(
      process.execPath,
      [BIN, '--broker-port=0', `--data-dir=${folder}`, '--log-level=trace', '--hostname=pi'],
      { env: { PATH: process.env['PATH'], RASPY_CONFIG: '/dev/null' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    try {
      const [ready] = (await once(child.stdout, 'data')) as [Buffer];
      const [, endpoint] = /ready on (tcp:\/\/127\.0\.0\.1:\d+)/.exec(ready.toString())!;
      child.stdout.destroy();
      child.stderr.destroy();
      await Promise.all([once(child.stdout, 'close'), once(child.stderr, 'close')]);
      // Each worker that comes and goes is logged.
      for (let round = 0; round < 3; round++) {
        const worker = new MdpWorker({
          endpoint: endpoint!,
          service: 'echo',
          handle: (body) => Promise.resolve(body),
        });
        await new Promise<void>((resolve) => {
          worker.status$.subscribe((status) => {
            if (status === 'ready') resolve();
          });
        });
        await worker.close();
      }
      const client = new MdpClient({ endpoint: endpoint! });
      expect(await client.call('pi.broker.mmi', ['status'])).toEqual([]);
      await client.close();
      expect(child.exitCode).toBeNull();
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('serves on with a full disk behind its log and its standard output', async () => {
    const full = await open('/dev/full', 'w');
    // Below the ports that systems give to connections: those of this client would else take the tree's, which follow.
    const port = randomInt(10_000, 32_000);
    const child = spawn(
      process.execPath,
      [BIN, `--broker-port=${port}`, `--data-dir=${folder}`, '--hostname=pi'],
      { env: { PATH: process.env['PATH'], RASPY_CONFIG: '/dev/null' }, stdio: ['ignore', full.fd, full.fd] },
    );
    try {
      const client = new MdpClient({ endpoint: `tcp://127.0.0.1:${port}`, timeoutMs: 15_000 });
      expect(await client.call('pi.broker.mmi', ['status'], { ifNoWorker: 'wait' })).toEqual([]);
      await client.close();
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      await full.close();
    }
  });

  it('ends with 3 when its port is in use, having bound nothing', async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const { port } = occupant.address() as AddressInfo;
    const broker = new TestProcess(BIN, [`--broker-port=${port}`, `--data-dir=${folder}`]);
    expect(await broker.ended).toBe(3);
    expect(broker.stdout.text).toBe('');
    expect(broker.stderr.text).toBe(
      `raspy-broker: tcp://127.0.0.1:${port} is in use by another process: stop it, or choose another port\n`,
    );
    occupant.close();
  });

  it('ends with 3 when its data folder cannot be written, before it binds', async () => {
    await writeFile(join(folder, 'file'), '');
    const broker = new TestProcess(BIN, ['--broker-port=0', `--data-dir=${join(folder, 'file')}`]);
    expect(await broker.ended).toBe(3);
    expect(broker.stderr.text).toMatch(
      /^raspy-broker: the data folder .* cannot be written \(ENOTDIR\): .*--data-dir\n$/,
    );
  });

  it('ends with 2 and every mistake for wrong settings', async () => {
    const config = join(folder, 'raspy.yaml');
    await writeFile(config, 'broker-port: 5514\nhartbeat-ms: 3\n');
    const broker = new TestProcess(BIN, ['--liveness=0'], { RASPY_CONFIG: config });
    expect(await broker.ended).toBe(2);
    expect(broker.stderr.lines).toEqual([
      'raspy-broker: 2 settings are wrong',
      '  --liveness: "0" will not do: give a whole number from 2 to 1000',
      `  ${config}:2:1, hartbeat-ms: no such setting: did you mean heartbeat-ms?`,
      'raspy-broker --help tells what can be given',
    ]);
  });

  it('answers --help', async () => {
    const broker = new TestProcess(BIN, ['--help']);
    expect(await broker.ended).toBe(0);
    expect(broker.stdout.text).toMatch(/^Usage: raspy-broker \[options\]\n/);
    expect(broker.stderr.text).toBe('');
  });
});
