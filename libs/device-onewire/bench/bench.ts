import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@raspy/clock';
import type { OnewireBus } from '../src/bus.js';
import { KernelBus } from '../src/kernel/kernel-bus.js';
import { Thermometry } from '../src/measuring/thermometry.js';
import { encodeRequest, RequestType } from '../src/owserver/message.js';
import { OwserverBus } from '../src/owserver/owserver-bus.js';
import { owserverName, type RomId } from '../src/rom-id.js';
import { EmulatedAdapter } from '../test/emulated-adapter.js';
import { hasOwserver, RealOwserver } from '../test/real-owserver.js';
import { RECORDED, RecordedSysfs } from '../test/recorded-sysfs.js';
import { SimulatedKernel } from '../test/simulated-kernel.js';

const { values } = parseArgs({
  options: { chips: { type: 'string', default: '100' }, seconds: { type: 'string', default: '3' } },
});
const count = Number(values.chips);
const spanMs = Number(values.seconds) * 1_000;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const idOf = (n: number): string => `28-${(n + 1).toString(16).padStart(12, '0')}`;

/** Rounds a second of something that reads `each` thermometers a round. */
async function rate(each: number, round: () => Promise<unknown>): Promise<number> {
  await round();
  const began = systemClock.now();
  let rounds = 0;
  while (systemClock.now() - began < spanMs) {
    await round();
    rounds++;
  }
  return Math.round((rounds * each * 1_000) / (systemClock.now() - began));
}

async function busRate(bus: OnewireBus): Promise<number> {
  const ids = (await bus.scan()).map(({ id }) => id);
  return rate(ids.length, () => Promise.all(ids.map((id) => bus.temperature(id))));
}

async function kernelReads() {
  const sysfs = new RecordedSysfs();
  for (let n = 0; n < count; n++) sysfs.plug(idOf(n), RECORDED.good);
  const bus = new KernelBus({ devicesDir: sysfs.devicesDir, clock: systemClock, log: silent });
  const readings = await busRate(bus);
  await bus.close();
  const files = Array.from({ length: count }, (_, n) => join(sysfs.devicesDir, idOf(n), 'w1_slave'));
  const floor = await rate(count, async () => {
    for (const file of files) await readFile(file, 'latin1');
  });
  sysfs.remove();
  return { readingsPerSecond: readings, bareReadFilePerSecond: floor, ratio: ratio(readings, floor) };
}

async function owserverReads() {
  if (!hasOwserver) return 'owserver is not installed';
  const server = await RealOwserver.start({ fake: Array.from({ length: count }, () => '28') });
  const bus = new OwserverBus({ host: server.host, port: server.port, clock: systemClock });
  const readings = await busRate(bus);
  const ids = (await bus.scan()).map(({ id }) => id);
  await bus.close();
  const floor = await bareExchanges(server.port, ids);
  await server.stop();
  return { readingsPerSecond: readings, bareExchangesPerSecond: floor, ratio: ratio(readings, floor) };
}

/** One connection, one request at a time, and nothing made of the answers. */
async function bareExchanges(port: number, ids: readonly RomId[]): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const next = () => new Promise((resolve) => socket.once('data', resolve));
  const perSecond = await rate(ids.length, async () => {
    for (const id of ids) {
      socket.write(
        encodeRequest({ type: RequestType.READ, path: `/uncached/${owserverName(id)}/temperature` }),
      );
      await next();
    }
  });
  socket.destroy();
  return perSecond;
}

/** Milliseconds in which twenty thermometers that have been read before are read once. */
async function twenty(bulk: SimulatedKernel['bulk']): Promise<number> {
  const kernel = new SimulatedKernel(systemClock);
  kernel.bulk = bulk;
  const ids = Array.from({ length: 20 }, (_, n) =>
    kernel.plug(idOf(n), { truth: (now) => 20 + n / 4 + now / 5_000 }),
  );
  const bus = new KernelBus({ devicesDir: kernel.folder, clock: systemClock, log: silent, files: kernel });
  const thermometry = new Thermometry({ bus, clock: systemClock });
  const read = () => Promise.all(ids.map((id) => thermometry.measure(id)));
  await read();
  const ms = await milliseconds(read);
  thermometry.close();
  await bus.close();
  return ms;
}

/** The same with chips on an adapter behind an owserver: together, and each for itself. */
async function twentyByOwserver() {
  if (!hasOwserver) return 'owserver is not installed';
  const adapter = await EmulatedAdapter.start(systemClock);
  const ids = Array.from({ length: 20 }, (_, n) => idOf(n) as RomId);
  ids.forEach((id, n) => adapter.plug(id, { celsius: 20 + n / 4 }));
  const server = await RealOwserver.start({ link: [adapter.address] });
  const bus = new OwserverBus({ host: server.host, port: server.port, clock: systemClock });
  const thermometry = new Thermometry({ bus, clock: systemClock });
  const together = () => Promise.all(ids.map((id) => thermometry.measure(id)));
  await together();
  for (const chip of adapter.chips) chip.celsius += 0.5;
  const inBulk = await milliseconds(together);
  const oneByOne = await milliseconds(() => Promise.all(ids.map((id) => bus.temperature(id))));
  thermometry.close();
  await bus.close();
  await server.stop();
  await adapter.stop();
  return { inBulk, oneByOne, ratio: ratio(oneByOne, inBulk) };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = systemClock.now();
  await work();
  return Math.round(systemClock.now() - began);
}

function ratio(a: number, b: number): number {
  return Math.round((a / b) * 100) / 100;
}

// The clock's own timers keep no process alive.
const alive = setInterval(() => undefined, 1_000);
const kernel = await kernelReads();
const owserver = await owserverReads();
const [inBulk, oneByOne] = await Promise.all([twenty('allowed'), twenty('EACCES')]);
const behindOwserver = await twentyByOwserver();
clearInterval(alive);
const figures = {
  chips: count,
  kernel,
  owserver,
  twentyThermometersMs: {
    kernel: { inBulk, oneByOne, ratio: ratio(oneByOne, inBulk) },
    owserver: behindOwserver,
  },
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
