// Builds the C programs on demand (against Debian's libzmq3-dev) and runs systems under load in turn.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The path of a program of this folder, compiled if it is missing or older than its source. */
export function program(name) {
  const source = here(`${name}.c`);
  const binary = here(`dist/${name}`);
  if (!existsSync(binary) || statSync(binary).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(here('dist'), { recursive: true });
    try {
      execFileSync('cc', ['-O2', '-Wall', source, '-o', binary, '-lzmq', '-lpthread'], { stdio: 'inherit' });
    } catch (error) {
      throw new Error('the load generators need a C compiler and libzmq: apt-get install gcc libzmq3-dev', {
        cause: error,
      });
    }
  }
  return binary;
}

/** The floors: the plainest forwarder in Node, and libzmq's own proxy. */
export const forwarder = () => ({ mode: 'router', command: [process.execPath, here('forwarder.mjs')] });
export const proxy = () => ({ mode: 'raw', command: [program('zproxy')] });

/**
 * Starts a system that prints its endpoint (and that for workers, if it has two) on its first line.
 * @returns what is needed to load it, and `stop`
 */
export async function startSystem({ command, mode }) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('exit', (code) =>
      reject(new Error(`${command.join(' ')} ended with ${code} before it was ready`)),
    );
  });
  const [endpoint, workerEndpoint = endpoint] = line.split(' ');
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), 2_000).unref();
      }
    });
  return { pid: child.pid, mode, endpoint, workerEndpoint, stop };
}

/** One measured round. @returns requests/s, latencies in µs, processor time per request in µs */
export async function load(system, { workers, window, bytes, count }) {
  const args = ['-e', system.endpoint, '-k', system.workerEndpoint, '-m', system.mode, '-p', system.pid];
  args.push('-w', workers, '-W', window, '-s', bytes, '-n', count);
  const child = spawn(program('mdpload'), args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`mdpload ended with ${code}`);
  const [perSecond, p50, p99, p999, cpu, generatorCpu] = text.trim().split(/\s+/).map(Number);
  return { perSecond, p50, p99, p999, cpu, generatorCpu };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** The command of the plainest Clone server, for a port. */
export const kvForwarder = (port) => [process.execPath, here('kv-forwarder.mjs'), String(port)];
