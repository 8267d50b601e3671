import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@raspy/clock';
import { type ThreadData, type ToThread, TurnSign, WallSign } from './messages.js';
import { loadQuickJs } from './quickjs.js';
import { ThreadHost } from './thread-host.js';
import { threadTime } from './thread-time.js';

/** The whole of the thread in which programs run. */
async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const { limits, sign, wall } = workerData as ThreadData;
  const ahead = new WallSign(wall);
  const host = new ThreadHost({
    quickjs: await loadQuickJs(),
    limits,
    sign: new TurnSign(sign),
    now: () => systemClock.now(),
    busyNow: threadTime(),
    wallNow: () => systemClock.wallNow() + ahead.offset,
    post: (messages) => port.postMessage(messages),
    later: setImmediate,
  });
  port.on('message', (message: ToThread) => host.receive(message));
}

void main(parentPort!);
