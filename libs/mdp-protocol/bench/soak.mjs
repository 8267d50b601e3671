// K07 in full: the broker machine through a million requests, a hundred thousand worker lives and a hundred thousand names
// that nobody serves, in virtual time. Fails when anything is left, or the heap has grown.   nx run mdp-protocol:soak
import { randomBytes } from 'node:crypto';
import { MajordomoBroker } from '@raspy/mdp-protocol';

const frame = (text) => Buffer.from(text);
const EMPTY = Buffer.alloc(0);
const [C01, W01] = [frame('MDPC01'), frame('MDPW01')];
const machine = new MajordomoBroker({ entropy: (bytes) => randomBytes(bytes) });
let now = 0;
const receive = (...frames) => machine.receive(now, 'frontend', frames);
const pass = (ms) => {
  now += ms;
  machine.tick(now);
};
const heapMB = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

function requests(count) {
  for (let i = 0; i < count; i++) {
    const [dispatched] = receive(frame(`client-${i % 1_000}`), EMPTY, C01, frame('echo'), frame('x'));
    const [worker, , , , address] = dispatched.frames;
    receive(worker, EMPTY, W01, Buffer.of(3), address, EMPTY, frame('y'));
    if (i % 100 === 0) pass(1);
  }
}

/** Every other one leaves in good order, the rest fall silent. */
function workerLives(count) {
  for (let i = 0; i < count; i++) {
    const id = frame(`worker-${i}`);
    receive(id, EMPTY, W01, Buffer.of(1), frame(`service-${i % 50}`));
    if (i % 2 === 0) receive(id, EMPTY, W01, Buffer.of(5));
    pass(1);
  }
}

function unknownNames(count) {
  for (let i = 0; i < count; i++) {
    receive(frame('stranger'), EMPTY, C01, frame(`nobody-${now}-${i}`), frame('x'));
    pass(1);
  }
}

function round(scale) {
  // A worker of the round's own, which says DISCONNECT at its end: it need not heartbeat through virtual hours.
  receive(frame('steady'), EMPTY, W01, Buffer.of(1), frame('echo'));
  requests(scale * 1_000_000);
  receive(frame('steady'), EMPTY, W01, Buffer.of(5));
  workerLives(scale * 100_000);
  unknownNames(scale * 100_000);
  // Until whatever waits or is silent has expired.
  for (let i = 0; i < 100; i++) pass(1_000);
}

pass(0);
round(0.02);
const before = heapMB();
round(1);
const after = heapMB();
const left = machine.statistics();
const problems = [];
for (const key of ['workers', 'services', 'servicesWithoutWorker', 'queued', 'queuedBytes', 'inFlight']) {
  if (left[key] !== 0) problems.push(`${key} is ${left[key]}, not 0`);
}
if (after - before > 5) problems.push(`the heap has grown by ${(after - before).toFixed(1)} MB`);
process.stdout.write(
  `${JSON.stringify({ heapBeforeMB: before, heapAfterMB: after, statistics: left, problems })}\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
