// Kills the broker at random points under load, and proves from the clients' own log that nothing acknowledged was lost, no
// reply changed, nothing was executed again once its reply was given out, no key was executed twice, and one client's orders
// were executed in their order.
//   npx nx run raspy-e2e:campaign [--kills=200] [--seed=N] [--clients=8]
// Prints one line of JSON; exits with 1 when something was violated. The seed in it repeats the pauses between the kills, not
// what the machine does meanwhile.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
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
/** For the kills alone: how often the clients draw is the machine's affair. */
const killing = generator(Number(values.seed));
const random = generator(Number(values.seed) + 1);
/** A campaign that hangs ends as one that failed. */
const endsAt = performance.now() + 60_000 + kills * 5_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'raspy-campaign-'));
const executions = join(folder, 'executions');
const port = await freePort();
const endpoint = `tcp://127.0.0.1:${port}`;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const LOOKERS = 3;
const accepted = new Map(); // uuid → { kind, client, number, reply, doneAt, closed, mayBeClosed }
const ids = []; // of those, in their order
const byKey = new Map(); // key → uuid
/** What was found wrong, by kind, and told of. */
const wrong = { lost: 0, changed: 0, doubled: 0, disordered: 0, failed: 0 };
const violations = [];
const recoveries = [];
let repeats = 0;
let refused = 0;
let isLoading = true;

const children = new Set();
let worker;
let broker;
try {
  await campaign();
} catch (error) {
  violated('failed', `the campaign itself failed: ${error.stack}`);
}
await end();

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
  redelivered: lines().length - new Set(lines().map(({ what }) => what)).size,
  readyAfterMs: { median: quantile(recoveries, 0.5), longest: quantile(recoveries, 1) },
  ...wrong,
  violations: violations.slice(0, 20),
};
if (violations.length === 0) rmSync(folder, { recursive: true, force: true });
else process.stderr.write(`kept for a look: ${folder}\n`);
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exitCode = violations.length > 0 || accepted.size === 0 ? 1 : 0;

function violated(kind, what) {
  wrong[kind]++;
  violations.push(what);
}

/** Load, kills, and the proof. */
async function campaign() {
  worker = start(process.execPath, [here('worker.mjs'), endpoint, executions]);
  await until(() => worker.printed.includes('ready'));
  broker = await startBroker();
  const loops = Array.from({ length: Number(values.clients) }, (_, index) => load(index));
  for (let looker = 0; looker < LOOKERS; looker++) loops.push(look());
  try {
    for (let kill = 0; kill < kills; kill++) {
      const pauseMs = killing() * 400;
      // At times the broker is missed for long enough that its workers notice.
      const goneMs = killing() < 0.1 ? killing() * 1_500 : 0;
      const isEarly = killing() < 0.15;
      const afterWork = killing() < 0.7;
      // Its clients and workers need a while to come back: a broker that does nothing is no good target.
      if (!isEarly) await busy(afterWork);
      await sleep(pauseMs);
      await killBroker();
      await sleep(goneMs);
      if (isEarly) {
        // Also while it reads what the one before has left.
        broker = spawnBroker();
        await sleep(killing() * 250);
        await killBroker();
      }
      broker = await startBroker();
    }
  } finally {
    isLoading = false;
    await Promise.all(loops);
  }
  await settle();
  prove();
}

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
        note(reply[1], { kind: isOnce ? 'once' : 'echo', client, number, key });
        if (isOnce && attempt > 0) repeats++;
        break;
      }
      if (reply !== undefined) refused++;
      // Without a key it may have been accepted: asking again would be another request.
      if (!isOnce || performance.now() > endsAt) break;
    }
  }
  await mdp.close();
}

function note(id, { kind, client, number, key }) {
  const known = kind === 'once' ? byKey.get(key) : undefined;
  if (known !== undefined && known !== id) violated('doubled', `key ${key} is ${known} and ${id}`);
  if (kind === 'once') byKey.set(key, id);
  if (accepted.has(id) && known !== id) violated('doubled', `${id} was given twice`);
  if (accepted.has(id)) return;
  accepted.set(id, { kind, client, number });
  ids.push(id);
}

/** Asks for replies of random requests, compares with what was told before, and closes some. */
async function look() {
  const mdp = new MdpClient({ endpoint });
  while (isLoading) {
    // The younger ones more often: they change.
    const id = ids[Math.floor((1 - random() ** 3) * ids.length)];
    if (id === undefined) await sleep(20);
    else await lookAt(mdp, id, random() < 0.2);
  }
  await mdp.close();
}

async function lookAt(mdp, id, mayClose) {
  const request = accepted.get(id);
  // Others may close it while this is asked.
  const wasClosed = request.closed;
  const reply = await ask(mdp, 'titanic.reply', [id]);
  if (reply === undefined) return undefined;
  if (wasClosed) {
    if (reply[0] !== '400') violated('changed', `${id} was closed, and is ${reply[0]}`);
  } else if (reply[0] === '200') {
    const text = JSON.stringify(reply);
    request.reply ??= text;
    request.doneAt ??= Date.now();
    if (text !== request.reply) violated('changed', `${id} was ${request.reply}, and is ${text}`);
    if (mayClose) {
      request.mayBeClosed = true;
      if ((await ask(mdp, 'titanic.close', [id]))?.[0] === '200') request.closed = true;
    }
  } else if (
    !(request.mayBeClosed && reply[0] === '400') &&
    (request.reply !== undefined || reply[0] !== '300')
  ) {
    violated('lost', `${id} was ${request.reply ?? 'accepted'}, and is ${reply[0]}`);
  }
  return reply[0];
}

/** All that was accepted is done at last. */
async function settle() {
  const mdp = new MdpClient({ endpoint });
  for (const [id, request] of accepted) {
    while (!request.closed) {
      const status = await lookAt(mdp, id, false);
      if (status === '200' || (status === '400' && request.mayBeClosed)) break;
      if (performance.now() > endsAt) {
        violated('lost', `${id} is ${status} at the end`);
        break;
      }
      await sleep(20);
    }
  }
  await mdp.close();
}

function prove() {
  const executed = new Map(); // what → its lines
  const lastNumber = new Map();
  for (const line of lines()) {
    const { what, kind, client, number } = line;
    const before = executed.get(what) ?? [];
    executed.set(what, [...before, line]);
    if (kind !== 'once') continue;
    if (before.length === 1) violated('doubled', `${what} was executed more than once`);
    if (number <= (lastNumber.get(client) ?? -1)) violated('disordered', `${what} was executed out of order`);
    lastNumber.set(client, number);
  }
  for (const [id, { kind, client, number, reply, doneAt }] of accepted) {
    const what = `${kind} ${client}:${number}`;
    const runs = executed.get(what) ?? [];
    if (runs.length === 0) violated('lost', `${id} was never executed`);
    const replies = runs.map(({ run }) => replyOf(kind, `${client}:${number}`, run));
    if (reply !== undefined && !replies.includes(reply))
      violated('changed', `${id} is ${reply}, not ${replies}`);
    if (runs.some(({ at }) => at > doneAt))
      violated('doubled', `${id} was executed again after its reply was given`);
  }
}

/** What an execution replies, as it is compared. */
function replyOf(kind, body, run) {
  return JSON.stringify(kind === 'once' ? ['200', `${body} ${run}`, '200'] : ['200', body, run]);
}

/** The executions, in their order. */
function lines() {
  const text = existsSync(executions) ? readFileSync(executions, 'utf8') : '';
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [kind, body, run, at] = line.split(' ');
      const [client, number] = body.split(':').map(Number);
      return { what: `${kind} ${body}`, kind, client, number, run, at: Number(at) };
    });
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

/** Resolves when the broker has accepted something since it started; and the worker has executed something, if that is wanted. */
async function busy(afterWork) {
  const before = { accepted: accepted.size, bytes: executedBytes() };
  await until(
    () => accepted.size > before.accepted && (!afterWork || executedBytes() > before.bytes),
    'nothing was accepted, or nothing executed, by a broker that is ready',
  );
}

function executedBytes() {
  return existsSync(executions) ? statSync(executions).size : 0;
}

function spawnBroker() {
  return start(process.execPath, [
    here('../../../broker/bin/raspy-broker.mjs'),
    ...[`--broker-port=${port}`, `--data-dir=${folder}/data`, '--log-level=error'],
    ...[
      '--heartbeat-ms=200',
      '--liveness=5',
      '--titanic-max-attempts=1000',
      '--titanic-max-requests=1000000',
    ],
  ]);
}

async function startBroker() {
  const began = performance.now();
  const started = spawnBroker();
  await until(() => started.printed.includes('ready') || started.child.exitCode !== null);
  if (started.child.exitCode !== null) throw new Error('the broker ended before it was ready');
  recoveries.push(performance.now() - began);
  return started;
}

async function killBroker() {
  broker.child.kill('SIGKILL');
  await broker.ended;
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
}

async function until(condition, otherwise = 'a process did not get ready') {
  const limit = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(otherwise);
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
