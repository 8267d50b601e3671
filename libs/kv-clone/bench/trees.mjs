// The systems under load: how each is started, filled, read and measured.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kvForwarder, program } from '@raspy/loadgen';

const server = fileURLToPath(new URL('server.mjs', import.meta.url));
const broker = fileURLToPath(new URL('../../../apps/broker/bin/raspy-broker.mjs', import.meta.url));

/** Name → how to start it on a port with a folder of its own. */
export const trees = {
  raspy: (port) => ({ command: [process.execPath, server, String(port)], speaks: 'chp' }),
  // The whole product: its values are kept on disk, as they are by default.
  'raspy-broker': (port, folder) => ({
    command: [
      process.execPath,
      broker,
      '--broker-port=0',
      `--kv-chp-port=${port}`,
      '--kv-max-keys=2000000',
      `--data-dir=${folder}`,
      '--log-level=error',
    ],
    speaks: 'chp',
  }),
  forwarder: (port) => ({ command: kvForwarder(port), speaks: 'chp' }),
  mosquitto: (port, folder) => {
    const config = join(folder, 'mosquitto.conf');
    writeFileSync(
      config,
      `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\nlog_type error\n`,
    );
    return { command: ['mosquitto', '-c', config], speaks: 'mqtt' };
  },
};

/** Starts one in a process of its own. */
export async function startTree(name) {
  const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
  const port = await freePorts();
  const { command, speaks } = trees[name](port, folder);
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  const until = async (condition) => {
    const end = Date.now() + 30_000;
    while (!(await condition())) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`${name} did not get ready`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await until(() => (speaks === 'chp' ? printed.includes('\n') : answers(port)));
  const status = (field) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) *
    1024;
  const chp = (args) => run(program('chpload'), ['-P', port, '-p', child.pid, ...args]);
  const mqtt = (mode, args) => run(program('tcpload'), ['mqtt', port, mode, '-p', child.pid, ...args]);
  return {
    residentBytes: () => status('VmRSS'),
    peakBytes: () => status('VmHWM'),
    async update({ subs, window, count, keys }) {
      const load = ['-n', count, '-K', keys, '-S', subs, '-W', window];
      const line = speaks === 'chp' ? await chp(load) : await mqtt('ps', [...load, '-r']);
      const [, perSecond, p50, p99, cpu] = line.split(/\s+/);
      return { perSecond: Number(perSecond), p50: Number(p50), p99: Number(p99), cpu: Number(cpu) };
    },
    /** @returns milliseconds to the full picture */
    async snapshot(keys) {
      const line =
        speaks === 'chp' ? await chp(['-n', 0, '-Q', 1]) : await mqtt('snap', ['-n', keys, '-Q', 1]);
      const [, got, ms] = line.split(/\s+/);
      if (Number(got) < keys) throw new Error(`${name} sent ${got} of ${keys} keys: ${line}`);
      return Number(ms);
    },
    ...(command[1] === server && {
      /** The longest that the server's loop stood still while a snapshot streamed and updates went on. */
      async updatesDuringSnapshot() {
        const told = async () => {
          printed = '';
          child.kill('SIGUSR2');
          await until(() => /standstill .*\n/.test(printed));
          return Number(/standstill (\S+)/.exec(printed)[1]);
        };
        await told();
        await Promise.all([chp(['-n', 0, '-Q', 1]), chp(['-n', 2_000, '-K', 1_000, '-S', 1, '-W', 5])]);
        return { standstillMs: await told() };
      },
    }),
    async stop() {
      child.kill('SIGTERM');
      await new Promise((resolve) => (child.exitCode !== null ? resolve() : child.once('exit', resolve)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The last line that a load generator prints. */
async function run(command, args) {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0 || /LOST|INCOMPLETE/.test(text)) throw new Error(`${command} ended with ${code}: ${text}`);
  return text.trim().split('\n').pop();
}

/** The first of six ports in a row that were free a moment ago, below those of outgoing connections. */
async function freePorts() {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000);
    const taken = await Promise.all([0, 1, 2, 3, 4, 5].map((offset) => isTaken(first + offset)));
    if (!taken.includes(true)) return first;
  }
}

function isTaken(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
}

async function answers(port) {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
