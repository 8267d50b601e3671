// Durable acceptance over the wire, by whoever a user could take.
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { MdpClient } from '@raspy/mdp-protocol';
import { program } from '@raspy/loadgen';
import { disk, loops } from './stores.mjs';
import { freePort, raspyBroker, runProgram, startProcess } from './processes.mjs';

/** Packages of the registry that are measured, and are no dependencies of ours. */
const BULLMQ = ['bullmq@6.7.0', 'ioredis@5.8.2'];

/** The systems; those whose server or package is not there are left out, and told. */
export async function accepts() {
  const systems = {
    'one fdatasync each': disk,
    'raspy broker, C client': { measure: overWire },
    'raspy broker, RasPy client': { measure: byClient },
  };
  if (isThere('nats-server')) systems['NATS JetStream'] = { measure: jetStream };
  else process.stdout.write('left out: NATS JetStream (apt-get install nats-server)\n');
  const bullmq = isThere('redis-server') ? install(BULLMQ) : undefined;
  if (bullmq !== undefined) systems['BullMQ on Redis'] = { measure: (options) => bullMq(bullmq, options) };
  else process.stdout.write('left out: BullMQ (needs redis-server and the npm registry)\n');
  return systems;
}

async function overWire({ folder, outstanding, spanMs }) {
  const broker = await raspyBroker(folder);
  try {
    const load = (count) =>
      runProgram(program('tspload'), [
        ...['-e', broker.endpoint, '-S', 'nobody.there', '-s', 100],
        ...['-W', outstanding, '-E', '-n', count],
      ]);
    // How many fit into the time is not known before.
    const warm = figures(await load(Math.max(200, outstanding * 2)));
    const count = Math.min(40_000, Math.max(outstanding, Math.round((warm.perSecond * spanMs) / 1_000)));
    return figures(await load(count));
  } finally {
    await broker.stop();
  }
}

function figures(text) {
  const [, perSecond, p50, p99] = /enqueue (\d+) ops\/s p50 (\d+)us p99 (\d+)us/.exec(text).map(Number);
  return { perSecond, p50, p99 };
}

async function byClient({ folder, outstanding, spanMs }) {
  const broker = await raspyBroker(folder);
  const client = new MdpClient({ endpoint: broker.endpoint });
  const body = [Buffer.from('nobody.there'), Buffer.alloc(100, 'x')];
  try {
    const accept = async () => {
      const [status] = await client.request('titanic.request', body, { timeoutMs: 30_000 });
      if (Buffer.from(status).toString() !== '200') throw new Error(`refused: ${Buffer.from(status)}`);
    };
    await loops(outstanding, 200, accept);
    return await loops(outstanding, Math.min(spanMs, 1_500), accept);
  } finally {
    await client.close();
    await broker.stop();
  }
}

/** By the text protocol itself, which costs its client least. */
async function jetStream({ folder, outstanding, spanMs }) {
  const port = await freePort();
  const server = await startProcess(
    'nats-server',
    ['-p', port, '-a', '127.0.0.1', '-js', '-sd', folder, '-l', join(folder, 'log')],
    () => answers(port),
  );
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  try {
    let text = '';
    let acknowledged = 0;
    const waiting = [];
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const line = text.indexOf('\r\n');
        if (line < 0) return;
        const head = text.slice(0, line);
        if (head.startsWith('MSG ')) {
          const end = line + 2 + Number(head.slice(head.lastIndexOf(' '))) + 2;
          if (text.length < end) return;
          if (text.slice(line, end).includes('"error"')) throw new Error(text.slice(line, end));
          text = text.slice(end);
          acknowledged++;
          waiting.shift()?.();
        } else {
          text = text.slice(line + 2);
          if (head === 'PING') socket.write('PONG\r\n');
        }
      }
    });
    const publish = (subject, payload) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        socket.write(`PUB ${subject} inbox.1 ${payload.length}\r\n${payload}\r\n`);
      });
    socket.write('CONNECT {"verbose":false,"pedantic":false}\r\nSUB inbox.1 1\r\n');
    const config = {
      name: 'WORK',
      subjects: ['work.>'],
      storage: 'file',
      retention: 'limits',
      num_replicas: 1,
    };
    await publish('$JS.API.STREAM.CREATE.WORK', JSON.stringify(config));
    const payload = 'x'.repeat(100);
    await loops(outstanding, 200, () => publish('work.a', payload));
    const measured = await loops(outstanding, spanMs, () => publish('work.a', payload));
    if (acknowledged === 0) throw new Error('JetStream acknowledged nothing');
    return measured;
  } finally {
    socket.destroy();
    await server.stop();
  }
}

async function bullMq(folderOfPackage, { folder, outstanding, spanMs }) {
  const port = await freePort();
  const server = await startProcess(
    'redis-server',
    [
      ...['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always'],
    ],
    () => answers(port),
  );
  const { Queue } = createRequire(join(folderOfPackage, 'package.json'))('bullmq');
  const queue = new Queue('work', { connection: { host: '127.0.0.1', port } });
  try {
    const add = () => queue.add('work', { body: 'x'.repeat(100) });
    await loops(outstanding, 200, add);
    return await loops(outstanding, spanMs, add);
  } finally {
    await queue.close();
    await server.stop();
  }
}

function isThere(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Packages in a folder of their own. */
function install(packages) {
  const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-peer-'));
  process.once('exit', () => execFileSync('rm', ['-rf', folder]));
  try {
    execFileSync('npm', ['init', '-y'], { cwd: folder, stdio: 'ignore' });
    execFileSync('npm', ['install', '--no-audit', '--no-fund', ...packages], {
      cwd: folder,
      stdio: 'ignore',
      timeout: 120_000,
    });
    return folder;
  } catch {
    return undefined;
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
