// The plainest Clone server that zeromq.js allows: PULL, a Map, PUB, and a ROUTER that sends all of the Map. No checks, no
// pacing, no heartbeats, nothing on disk. What it reaches is the ceiling of this socket library for updates.
//   kv-forwarder.mjs PORT    snapshot at PORT, publisher at + 1, collector at + 2
import { setImmediate } from 'node:timers';
import { Publisher, Pull, Router } from 'zeromq';

const port = Number(process.argv[2]);
const sends = { sendTimeout: 0, sendHighWaterMark: 0, linger: 0 };
const router = new Router({ ...sends, receiveHighWaterMark: 0 });
const publisher = new Publisher(sends);
const collector = new Pull({ receiveHighWaterMark: 0, linger: 0 });
const tree = new Map();
const drop = () => undefined;
let seq = 0n;

async function collect() {
  for (;;) {
    const frames = await collector.receive();
    const sequence = Buffer.allocUnsafe(8);
    sequence.writeBigUInt64BE(++seq);
    frames[1] = sequence;
    tree.set(frames[0].toString('latin1'), frames);
    publisher.send(frames).catch(drop);
  }
}

async function snapshots() {
  for (;;) {
    const [peer, , subtree] = await router.receive();
    let sent = 0;
    for (const frames of tree.values()) {
      router.send([peer, ...frames]).catch(drop);
      if (++sent % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const sequence = Buffer.allocUnsafe(8);
    sequence.writeBigUInt64BE(seq);
    router.send([peer, 'KTHXBAI', sequence, '', '', subtree]).catch(drop);
  }
}

await router.bind(`tcp://127.0.0.1:${port}`);
await publisher.bind(`tcp://127.0.0.1:${port + 1}`);
await collector.bind(`tcp://127.0.0.1:${port + 2}`);
void collect();
void snapshots();
process.stdout.write(`tcp://127.0.0.1:${port}\n`);
