// From a durable request to its durable reply, through real workers.
import { fileURLToPath } from 'node:url';
import { MdpWorker } from '@raspy/mdp-protocol';
import { program } from '@raspy/loadgen';
import { raspyBroker, runProgram, startProcess } from './processes.mjs';

const serial = fileURLToPath(new URL('serial-titanic.mjs', import.meta.url));

export const roundTrips = {
  'one at a time': { measure: (options) => roundTrip({ ...options, isSerial: true }) },
  'raspy broker': { measure: (options) => roundTrip({ ...options, isSerial: false }) },
};

async function roundTrip({ folder, outstanding, count, isSerial }) {
  const broker = await raspyBroker(folder, [`--titanic=${!isSerial}`]);
  const { endpoint } = broker;
  const other = isSerial
    ? await startProcess(process.execPath, [serial, endpoint, folder], (text) => text.includes('\n'))
    : undefined;
  // Four processes would only take turns on the machine's cores.
  const worker = new MdpWorker({
    endpoint,
    service: 'echo',
    concurrency: 4,
    handle: (body) => Promise.resolve(body),
  });
  try {
    while (worker.statistics().ready < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    const load = ['-e', endpoint, '-S', 'echo', '-s', 100, '-W', outstanding, '-n', count, '-t', 60];
    const text = await runProgram(program('tspload'), load);
    const [, done, of, perSecond] = /complete (\d+) of (\d+), (\d+) ops\/s/.exec(text).map(Number);
    if (done !== of) throw new Error(`only ${done} of ${of} were done`);
    return { perSecond };
  } finally {
    await worker.close();
    await other?.stop();
    await broker.stop();
  }
}
