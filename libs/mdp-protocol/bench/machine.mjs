// The broker machine alone, without sockets: request in, dispatch out, reply in, reply out.
import { pathToFileURL } from 'node:url';
import { randomBytes } from 'node:crypto';
import { MajordomoBroker } from '@raspy/mdp-protocol';

const frame = (text) => Buffer.from(text);
const EMPTY = Buffer.alloc(0);

/** Microseconds a round trip costs, the best of several rounds, with 32 workers and 100-byte bodies. */
export function measureMachine({ rounds = 5, count = 200_000 } = {}) {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) best = Math.min(best, measureRound(count));
  return { microsPerRoundTrip: best };
}

function measureRound(count) {
  const machine = new MajordomoBroker({ entropy: pooled() });
  const now = 0;
  machine.tick(now);
  for (let i = 0; i < 32; i++) {
    machine.receive(now, 'frontend', [
      frame(`worker-${i}`),
      EMPTY,
      frame('MDPW01'),
      Buffer.of(1),
      frame('echo'),
    ]);
  }
  const client = frame('client');
  const body = Buffer.alloc(100, 'x');
  const header = frame('MDPC01');
  const worker = frame('MDPW01');
  const service = frame('echo');
  const reply = Buffer.of(3);
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    const [dispatched] = machine.receive(now, 'frontend', [client, EMPTY, header, service, body]);
    const [id, , , , address] = dispatched.frames;
    const [answered] = machine.receive(now, 'frontend', [id, EMPTY, worker, reply, address, EMPTY, body]);
    if (answered.frames[0] !== client) throw new Error('the reply went astray');
  }
  return Number(process.hrtime.bigint() - start) / 1_000 / count;
}

function pooled() {
  let pool = EMPTY;
  let at = 0;
  return (bytes) => {
    if (at + bytes > pool.length) {
      pool = randomBytes(4_096);
      at = 0;
    }
    return pool.subarray(at, (at += bytes));
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${JSON.stringify(measureMachine())}\n`);
}
