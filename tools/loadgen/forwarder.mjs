// The plainest ROUTER-ROUTER forwarder that zeromq.js allows: no protocol, no queue, no liveness. What it reaches is the
// ceiling of this socket library, with which the broker is compared. Workers say hello with one frame; requests go round.
import { Router } from 'zeromq';

const options = { sendTimeout: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 0 };
const front = new Router(options);
const back = new Router(options);
const workers = [];
let turn = 0;
const drop = () => undefined;

async function forward() {
  for (;;) {
    const frames = await front.receive();
    frames.unshift(workers[turn++ % workers.length]);
    back.send(frames).catch(drop);
  }
}

async function back2front() {
  for (;;) {
    const frames = await back.receive();
    const worker = frames.shift();
    if (frames.length === 1) workers.push(worker);
    else front.send(frames).catch(drop);
  }
}

await front.bind('tcp://127.0.0.1:*');
await back.bind('tcp://127.0.0.1:*');
process.stdout.write(`${front.lastEndpoint} ${back.lastEndpoint}\n`);
void forward();
void back2front();
