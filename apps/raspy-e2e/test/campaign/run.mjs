// Kills the broker at random points under load, and proves from the clients' own log that nothing acknowledged was lost, no
// reply changed, no key was executed twice, and one client's orders were executed in their order.
//   npx nx run e2e:campaign [--kills=200] [--seed=N] [--clients=8]
// Prints one line of JSON; exits with 1 when something was violated.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MdpClient } from '@raspy/mdp-protocol';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '8' },
  },
});
const kills = Number(values.kills);
const random = generator(Number(values.seed));
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'raspy-campaign-'));
const executions = join(folder, 'executions');
const port = await freePort();
const endpoint = `tcp://127.0.0.1:${port}`;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const accepted = new Map(); // uuid → { expected, closed, reply, client, number }
const byKey = new Map(); // key → uuid
const violations = [];
const recoveries = [];
let repeats = 0;
let refused = 0;
let isLoading = true;

const children = new Set();
const worker = start(process.execPath, [here('worker.mjs'), endpoint, executions]);
await until(() => worker.printed.includes('ready'));
let broker = await startBroker();
const loops = Array.from({ length: Number(values.clients) }, (_, index) => load(index));
loops.push(look());

for (let kill = 0; kill < kills; kill++) {
  await sleep(20 + random() * 400);
  broker.child.kill('SIGKILL');
  await broker.ended;
  // At times the broker is missed for long enough that its workers notice.
  if (random() < 0.1) await sleep(random() * 1_500);
  broker = await startBroker();
}
isLoading = false;
await Promise.all(loops);
await settle();
prove();

const once = [...accepted.values()].filter(({ kind }) => kind === 'once').length;
const summary = {
  seed: Number(values.seed),
  kills,
  accepted: accepted.size,
  withKey: once,
  repeatedSubmissions: repeats,
  refused,
  closed: [...accepted.values()].filter(({ closed }) => closed).length,
  executions: lines().length,
  readyAfterMs: { median: quantile(recoveries, 0.5), longest: quantile(recoveries, 1) },
  violations: violations.slice(0, 20),
};
await end();
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exitCode = violations.length > 0 || accepted.size === 0 ? 1 : 0;

/** One client: it submits, and repeats with the same key what was not answered; without a key it goes on. */
async function load(client) {
  const mdp = new MdpClient({ endpoint });
  for (let number = 0; isLoading; number++) {
    const isOnce = random() < 0.5;
    const body = `${client}:${number}`;
    const key = `key-${body}`;
    const frames = isOnce
      ? [JSON.stringify({ key, expiresAt: Date.now() + 3_600_000 }), 'campaign.once', 'dose', body]
      : ['campaign.echo', body];
    for (let attempt = 0; ; attempt++) {
      const reply = await ask(mdp, isOnce ? 'titanic.submit' : 'titanic.request', frames);
      if (reply?.[0] === '200') {
        note(reply[1], { kind: isOnce ? 'once' : 'echo', client, number, body, key });
        if (isOnce && attempt > 0) repeats++;
        break;
      }
      if (reply !== undefined) refused++;
      // Without a key it may have been accepted: asking again would be another request.
      if (!isOnce) break;
    }
  }
  await mdp.close();
}

function note(id, { kind, client, number, body, key }) {
  const known = kind === 'once' ? byKey.get(key) : undefined;
  if (known !== undefined && known !== id) violations.push(`key ${key} is ${known} and ${id}`);
  if (kind === 'once') byKey.set(key, id);
  if (accepted.has(id) && known !== id) violations.push(`${id} was given twice`);
  const expected = kind === 'once' ? [body, '200'] : [body];
  accepted.set(id, { kind, client, number, expected: JSON.stringify(['200', ...expected]) });
}

/** Asks for replies of random requests, compares with what was told before, and closes some. */
async function look() {
  const mdp = new MdpClient({ endpoint });
  while (isLoading) {
    const ids = [...accepted.keys()];
    const id = ids[Math.floor(random() * ids.length)];
    if (id === undefined) await sleep(20);
    else await lookAt(mdp, id, random() < 0.2);
  }
  await mdp.close();
}

async function lookAt(mdp, id, mayClose) {
  const request = accepted.get(id);
  const reply = await ask(mdp, 'titanic.reply', [id]);
  if (reply === undefined) return undefined;
  if (request.closed) {
    if (reply[0] !== '400') violations.push(`${id} was closed, and is ${reply[0]}`);
  } else if (reply[0] === '200') {
    const text = JSON.stringify(reply);
    if (text !== request.expected) violations.push(`${id} is ${text}, not ${request.expected}`);
    request.isDone = true;
    if (mayClose && (await ask(mdp, 'titanic.close', [id]))?.[0] === '200') request.closed = true;
    else if (mayClose) request.mayBeClosed = true;
  } else if (request.mayBeClosed && reply[0] === '400') {
    request.closed = true;
  } else if (request.isDone || reply[0] !== '300') {
    violations.push(`${id} was ${request.isDone ? 'done' : 'accepted'}, and is ${reply[0]}`);
  }
  return reply[0];
}

/** All that was accepted is done at last. */
async function settle() {
  const mdp = new MdpClient({ endpoint });
  const limit = Date.now() + 120_000;
  for (const [id, request] of accepted) {
    while (!request.closed) {
      const status = await lookAt(mdp, id, false);
      if (status === '200' || request.closed) break;
      if (Date.now() > limit) {
        violations.push(`${id} is ${status} at the end`);
        break;
      }
      await sleep(20);
    }
  }
  await mdp.close();
}

function prove() {
  const executedOnce = new Map();
  const lastNumber = new Map();
  for (const line of lines()) {
    const [kind, body] = line.split(' ');
    if (kind !== 'once') continue;
    executedOnce.set(body, (executedOnce.get(body) ?? 0) + 1);
    const [client, number] = body.split(':').map(Number);
    if (number <= (lastNumber.get(client) ?? -1)) violations.push(`${body} was executed out of order`);
    lastNumber.set(client, number);
  }
  for (const [body, times] of executedOnce) {
    if (times > 1) violations.push(`${body} was executed ${times} times`);
  }
  const known = new Set(lines());
  for (const [id, { kind, client, number }] of accepted) {
    if (!known.has(`${kind} ${client}:${number}`)) violations.push(`${id} was never executed`);
  }
}

function lines() {
  return readFileSync(executions, 'utf8').split('\n').filter(Boolean);
}

/** The reply's frames as text; `undefined` when none came. */
async function ask(mdp, service, body) {
  try {
    return (await mdp.request(service, body, { timeoutMs: 1_000 })).map((frame) =>
      Buffer.from(frame).toString(),
    );
  } catch {
    return undefined;
  }
}

async function startBroker() {
  const began = performance.now();
  const started = start(process.execPath, [
    here('../../../broker/bin/raspy-broker.mjs'),
    ...[`--broker-port=${port}`, `--data-dir=${folder}/data`, '--log-level=error'],
    ...[
      '--heartbeat-ms=200',
      '--liveness=5',
      '--titanic-max-attempts=1000',
      '--titanic-max-requests=1000000',
    ],
  ]);
  await until(() => started.printed.includes('ready') || started.child.exitCode !== null);
  if (started.child.exitCode !== null) throw new Error('the broker ended before it was ready');
  recoveries.push(performance.now() - began);
  return started;
}

function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const started = { child, printed: '', ended: new Promise((resolve) => child.once('exit', resolve)) };
  child.stdout.on('data', (chunk) => (started.printed += chunk));
  children.add(started);
  void started.ended.then(() => children.delete(started));
  return started;
}

async function end() {
  for (const { child } of children) child.kill('SIGTERM');
  await Promise.all([...children].map(({ ended }) => ended));
  if (violations.length === 0) rmSync(folder, { recursive: true, force: true });
  else process.stderr.write(`kept for a look: ${folder}\n`);
}

async function until(condition) {
  const limit = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error('a process did not get ready');
    await sleep(2);
  }
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
}

/** Mulberry32: the same seed, the same moments of the kills. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function freePort() {
  for (;;) {
    const candidate = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all([0, 1, 2, 3, 6, 7, 8].map((offset) => isFree(candidate + offset)));
    if (!free.includes(false)) return candidate;
  }
}

function isFree(candidate) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(candidate, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
