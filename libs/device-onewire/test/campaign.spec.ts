import { VirtualClock } from '@raspy/clock';
import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { SharedBuses } from '../src/buses/shared-buses.js';
import { deviceDrivers } from '../src/devices/drivers.js';
import { KernelBus } from '../src/kernel/kernel-bus.js';
import type { RomId } from '../src/rom-id.js';
import { SimulatedKernel, type Fault } from './simulated-kernel.js';

/** Chance that can be had again. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const FAULTS: readonly Fault[] = [
  'power-on',
  'missed',
  'weak',
  'crc',
  'torn',
  'empty',
  'zeros',
  'EIO',
  'ENOENT',
];
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

interface Outcome {
  good: number;
  wrong: string[];
  bad: number;
}

/** Ten thermometers that are read for a while, with faults; each good reading is held against what was measured. */
async function campaign(
  seed: number,
  options: { bulk: boolean; power: boolean; faultEvery: number },
): Promise<Outcome> {
  const clock = new VirtualClock();
  const kernel = new SimulatedKernel(clock);
  kernel.bulk = options.bulk ? 'allowed' : 'EACCES';
  const random = chance(seed);
  const ids: RomId[] = ['10', '22', '28', '3b', '42'].flatMap((family, f) =>
    [0, 1].map((n) =>
      kernel.plug(`${family}-0000000000${f}${n}`, {
        externalPower: options.power,
        // Warm water that swings: what is of before is another temperature.
        truth: (now) => 25 + 5 * Math.sin(now / 60_000 + f + n) + 3 * Math.sin(now / 7_000 + n),
        master: `w1_bus_master${1 + n}`,
      }),
    ),
  );
  const buses = new SharedBuses(({ log }) => [
    new KernelBus({ devicesDir: kernel.folder, clock, log, files: kernel }),
  ]);
  const host = new DeviceHost({ registry: new DeviceRegistry(deviceDrivers(buses)), clock, log: silent });
  const outcome: Outcome = { good: 0, bad: 0, wrong: [] };
  host.changes$.subscribe(({ device, value, reading }) => {
    if (value !== 'temperature') return;
    if (reading.quality !== 'good') {
      outcome.bad++;
      return;
    }
    outcome.good++;
    const measured = kernel.measured(device as RomId);
    // What it measured last, when it was told to for this reading.
    if (measured === undefined || Math.abs(measured - Number(reading.value)) > 0.001) {
      outcome.wrong.push(`${device}: ${String(reading.value)}, not ${measured}`);
    }
    // And that is not of long ago.
    const truth = truthOf(device as RomId);
    if (Math.abs(truth - Number(reading.value)) > 2) {
      outcome.wrong.push(`${device}: ${String(reading.value)} is far from ${truth}`);
    }
  });
  const truthOf = (id: RomId): number => {
    const [f, n] = [Number(id.at(-2)), Number(id.at(-1))];
    const now = clock.now();
    return 25 + 5 * Math.sin(now / 60_000 + f + n) + 3 * Math.sin(now / 7_000 + n);
  };
  for (const id of ids) host.add({ name: id, oid: 'sensor.temperature', config: { id }, pollSeconds: 10 });
  while (outcome.good + outcome.bad < 1_100) {
    for (const id of ids) {
      if (random() < 1 / options.faultEvery) kernel.fault(id, FAULTS[Math.floor(random() * FAULTS.length)]!);
    }
    if (random() < 1 / options.faultEvery) kernel.missesBulk.add(`w1_bus_master${random() < 0.5 ? 1 : 2}`);
    await clock.advanceByAsync(10_000);
  }
  const end = { isClosed: false };
  void host.close().then(() => (end.isClosed = true));
  while (!end.isClosed) await clock.advanceByAsync(1_000);
  return outcome;
}

it.each([
  ['in bulk', { bulk: true, power: true, faultEvery: 4 }],
  ['in bulk, on data lines alone', { bulk: true, power: false, faultEvery: 4 }],
  ['one by one', { bulk: false, power: true, faultEvery: 4 }],
])(
  'of a thousand readings %s, a quarter of them with a fault, none that is good is wrong',
  async (_, options) => {
    for (const seed of [1, 2, 3]) {
      const outcome = await campaign(seed, options);
      expect(outcome.wrong).toEqual([]);
      // And it is not by telling nothing.
      expect(outcome.good).toBeGreaterThan(900);
    }
  },
);
