// Processes under load, each ended by whoever started it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const brokerBin = fileURLToPath(new URL('../../../apps/broker/bin/raspy-broker.mjs', import.meta.url));

/** Starts a program and waits until `isReady` of what it printed. */
export async function startProcess(command, args, isReady) {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  const end = performance.now() + 60_000;
  while (!(await isReady(printed))) {
    if (child.exitCode !== null || performance.now() > end)
      throw new Error(`${command} did not get ready:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return {
    pid: child.pid,
    printed: () => printed,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

const READY = /ready on (tcp:\/\/127\.0\.0\.1:(\d+))/;

/** The whole product, as it is by default. */
export async function raspyBroker(folder, args = []) {
  const all = [
    '--broker-port=0',
    `--data-dir=${folder}`,
    '--log-level=error',
    '--titanic-max-requests=10000000',
    ...args,
  ];
  const broker = await startProcess(process.execPath, [brokerBin, ...all], (text) => READY.test(text));
  return { ...broker, endpoint: READY.exec(broker.printed())[1] };
}

/** What a program printed; it must end well. */
export async function runProgram(command, args) {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${text}`);
  return text;
}

/** A port that was free a moment ago. */
export async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const isFree = await new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
