// From a durable request to its durable reply, through real workers.
import { fileURLToPath } from 'node:url';
import { MdpClient, MdpWorker } from '@raspy/mdp-protocol';
import { raspyBroker, startProcess } from './processes.mjs';

const serial = fileURLToPath(new URL('serial-titanic.mjs', import.meta.url));

export const roundTrips = {
  'one at a time': { measure: (options) => roundTrip({ ...options, isSerial: true }) },
  'raspy broker': { measure: (options) => roundTrip({ ...options, isSerial: false }) },
};

/**
 * From the first request to the reply of the last, which both do last; so many requests wait for their acceptance at a time. Asking
 * for the last one alone keeps the questions out of the measure; that all are done is looked at afterwards.
 */
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
  const client = new MdpClient({ endpoint, timeoutMs: 60_000 });
  const ask = async (service, body) =>
    (await client.request(service, body)).map((frame) => Buffer.from(frame));
  try {
    while (worker.statistics().ready < 4) await pause(5);
    const body = ['echo', Buffer.alloc(100, 'x')];
    const run = async (requests) => {
      const start = performance.now();
      const ids = [];
      let left = requests;
      const loop = async () => {
        while (left-- > 0) {
          const [status, id] = await ask('titanic.request', body);
          if (status.toString() !== '200') throw new Error(`refused: ${status.toString()}`);
          ids.push(id);
        }
      };
      await Promise.all(Array.from({ length: outstanding }, loop));
      while ((await ask('titanic.reply', [ids.at(-1)]))[0].toString() === '300') await pause(1);
      const perSecond = (requests * 1_000) / (performance.now() - start);
      for (const id of ids) {
        while ((await ask('titanic.reply', [id]))[0].toString() === '300') await pause(1);
      }
      return perSecond;
    };
    await run(Math.ceil(count / 5));
    return { perSecond: await run(count) };
  } finally {
    await client.close();
    await worker.close();
    await other?.stop();
    await broker.stop();
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
