import { VirtualClock } from '@raspy/clock';
import { idOf } from '../../test/fake-bus.js';
import { SimulatedKernel } from '../../test/simulated-kernel.js';
import type { RomId } from '../rom-id.js';
import { KernelBus } from './kernel-bus.js';

let clock: VirtualClock;
let kernel: SimulatedKernel;
let bus: KernelBus;
let logged: string[];

beforeEach(() => {
  clock = new VirtualClock();
  kernel = new SimulatedKernel(clock);
  logged = [];
  const note = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
    void logged.push(`${message}: ${String(fields?.['reason'])}`);
  const log = { debug: note, info: note, warn: note, error: note };
  bus = new KernelBus({ devicesDir: kernel.folder, clock, log, files: kernel });
});
afterEach(async () => {
  await bus.close();
  kernel.release();
});

/** What comes of it, and the milliseconds that it took. */
async function timed<T>(work: Promise<T>): Promise<{ value?: T; error?: unknown; ms: number }> {
  const began = clock.now();
  let outcome: { value?: T; error?: unknown; ms: number } | undefined;
  work.then(
    (value) => (outcome = { value, ms: clock.now() - began }),
    (error: unknown) => (outcome = { error, ms: clock.now() - began }),
  );
  for (let i = 0; outcome === undefined && i < 4_000; i++) await clock.advanceByAsync(10);
  return outcome!;
}
const twenty = (): RomId[] =>
  Array.from({ length: 20 }, (_, i) =>
    kernel.plug(`28-0000000000${(i + 16).toString(16)}`, { truth: () => 20 + i }),
  );

describe('chips', () => {
  it('are what looks like one, sorted; bus masters are none', async () => {
    const b = kernel.plug('28-00000000000b');
    const a = kernel.plug('10-00000000000a');
    expect((await timed(bus.scan())).value).toEqual([{ id: a }, { id: b }]);
  });

  it('come and go', async () => {
    const id = kernel.plug('28-00000000000b');
    await timed(bus.scan());
    kernel.unplug(id);
    expect((await timed(bus.scan())).value).toEqual([]);
    expect((await timed(bus.temperature(id))).error).toMatchObject({ code: 'ABSENT' });
  });

  it.each([
    ['ENOENT', 'there is no such folder; is 1-Wire switched on?'],
    ['EACCES', 'this user may not read it.'],
    ['ENOTDIR', 'it is not a folder.'],
    ['EMFILE', 'EMFILE.'],
  ])('cannot be listed: %s', async (code, reason) => {
    kernel.list = () => Promise.reject(Object.assign(new Error(code), { code }));
    const message = `/sys/bus/w1/devices cannot be read: ${reason} See \`raspy doctor onewire\``;
    expect((await timed(bus.scan())).error).toMatchObject({ code: 'UNREACHABLE', message });
    const { error } = await timed(bus.temperature(idOf('28-00000000000b')));
    expect(error).toMatchObject({ code: 'UNREACHABLE', message });
  });
});

describe('measuring together', () => {
  it('takes twenty thermometers little more than the time of one', async () => {
    const ids = twenty();
    const { value: conversions, ms } = await timed(bus.convert(ids));
    expect(new Set(conversions!.values()).size).toBe(1);
    expect(ms).toBe(750);
    const samples = await timed(Promise.all(ids.map((id) => bus.temperature(id))));
    expect(samples.value!.map(({ celsius }) => celsius)).toEqual(ids.map((_, i) => 20 + i));
    expect(samples.ms).toBe(200);
  });

  it('writes the eight bytes that the kernel compares', async () => {
    await timed(bus.convert([kernel.plug('28-00000000000b')]));
    expect(kernel.operations).toContain(`write ${kernel.folder}/w1_bus_master1/therm_bulk_read trigger`);
  });

  it('is done on all bus masters side by side', async () => {
    const a = kernel.plug('28-00000000000a');
    const b = kernel.plug('28-00000000000b', { master: 'w1_bus_master2' });
    const { value, ms } = await timed(bus.convert([a, b]));
    expect(new Set(value!.values()).size).toBe(2);
    expect(ms).toBe(750);
  });

  it('is not allowed, which is said once with what to do; each measures when it is read', async () => {
    kernel.bulk = 'EACCES';
    const ids = twenty().slice(0, 3);
    expect((await timed(bus.convert(ids))).value!.size).toBe(0);
    await timed(bus.convert(ids));
    expect(logged).toEqual([
      'thermometers are read one by one, which takes a second for each: EACCES: simulated; see `raspy doctor onewire` for the rule that allows it',
    ]);
    expect((await timed(Promise.all(ids.map((id) => bus.temperature(id))))).ms).toBe(3 * 760);
  });

  it('is unknown to an old kernel, of which nothing is said; it is tried again later', async () => {
    kernel.bulk = 'ENOENT';
    const id = kernel.plug('28-00000000000b');
    expect((await timed(bus.convert([id]))).value!.size).toBe(0);
    expect(logged).toEqual([]);
    kernel.bulk = 'allowed';
    expect((await timed(bus.convert([id]))).value!.size).toBe(0);
    await clock.advanceByAsync(300_000);
    expect((await timed(bus.convert([id]))).value!.size).toBe(1);
  });
});

describe('a reading', () => {
  it.each<[Parameters<SimulatedKernel['fault']>[1], string]>([
    ['crc', 'GARBLED'],
    ['torn', 'GARBLED'],
    ['empty', 'GARBLED'],
    ['zeros', 'GARBLED'],
    ['EIO', 'GARBLED'],
    ['ENOENT', 'ABSENT'],
  ])('that fails by %s is none', async (fault, code) => {
    const id = kernel.plug('28-00000000000b');
    kernel.fault(id, fault);
    expect((await timed(bus.temperature(id))).error).toMatchObject({ code });
    expect((await timed(bus.temperature(id))).value).toMatchObject({ celsius: 20 });
  });

  it('is what the chip holds, also when it has not measured: others judge', async () => {
    const id = kernel.plug('28-00000000000b');
    kernel.fault(id, 'power-on');
    expect((await timed(bus.temperature(id))).value).toMatchObject({ celsius: 85 });
  });

  it('that came too soon was not measured, where the kernel waits for the end of measuring', async () => {
    const id = kernel.plug('28-00000000000b');
    await timed(bus.thermometer(id));
    expect(kernel.operations).toContain(`write ${kernel.folder}/${id}/features 3`);
    kernel.fault(id, 'missed');
    expect((await timed(bus.temperature(id))).value).toMatchObject({ celsius: 85, measured: false });
    const { value, ms } = await timed(bus.temperature(id));
    expect(value).not.toHaveProperty('measured');
    expect(ms).toBe(610);
  });

  it('by its temperature alone is had of a copy that has no more', async () => {
    const id = kernel.plug('28-00000000000b');
    kernel.read = (path) =>
      path.endsWith('/temperature')
        ? Promise.resolve('20687\n')
        : Promise.reject(Object.assign(new Error(), { code: 'ENOENT' }));
    expect((await timed(bus.temperature(id))).value).toEqual({ celsius: 20.687 });
  });
});

describe('a file that hangs', () => {
  it('costs its chip alone, and that one until it ends', async () => {
    const ids = twenty().slice(0, 3);
    const [hanging, ...others] = ids as [RomId, ...RomId[]];
    kernel.fault(hanging, 'hang');
    // Of another master, since the lock of this one is what hangs.
    const other = kernel.plug('28-0000000000ff', { master: 'w1_bus_master2' });
    const [first, second] = await Promise.all([
      timed(bus.temperature(hanging)),
      timed(bus.temperature(other)),
    ]);
    expect(first.error).toMatchObject({
      code: 'TIMEOUT',
      message: `${hanging} did not answer within 5000 ms`,
    });
    expect(second).toMatchObject({ value: { celsius: 20 }, ms: 760 });
    expect((await timed(bus.temperature(hanging))).error).toMatchObject({ code: 'TIMEOUT' });
    kernel.release();
    expect((await timed(bus.temperature(others[0]!))).value).toMatchObject({ celsius: 21 });
    expect((await timed(bus.temperature(hanging))).value).toMatchObject({ celsius: 20 });
  });

  it('twice stops everything, since a process has few threads for files', async () => {
    const a = kernel.plug('28-00000000000a');
    const b = kernel.plug('28-00000000000b', { master: 'w1_bus_master2' });
    const c = kernel.plug('28-00000000000c', { master: 'w1_bus_master3' });
    kernel.fault(a, 'hang');
    kernel.fault(b, 'hang');
    await Promise.all([timed(bus.temperature(a)), timed(bus.temperature(b))]);
    const { error, ms } = await timed(bus.temperature(c));
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      message: 'the kernel hangs: what was asked of it before has not ended',
    });
    expect(ms).toBe(0);
    kernel.release();
    await clock.advanceByAsync(2_000);
    expect((await timed(bus.temperature(c))).value).toMatchObject({ celsius: 20 });
  });
});

describe('a thermometer', () => {
  it('tells how it is set up, and is set up where that is asked', async () => {
    const id = kernel.plug('28-00000000000b', { externalPower: false });
    expect((await timed(bus.thermometer(id))).value).toEqual({
      resolution: 12,
      conversionMs: 750,
      externalPower: false,
      alarmLowCelsius: -55,
      alarmHighCelsius: 125,
    });
    await timed(bus.adjust(id, { resolution: 9, alarmHighCelsius: 30 }));
    expect((await timed(bus.thermometer(id))).value).toMatchObject({
      resolution: 9,
      conversionMs: 94,
      alarmLowCelsius: -55,
      alarmHighCelsius: 30,
    });
    // Never to the memory that wears.
    expect(kernel.operations.filter((operation) => operation.includes('eeprom'))).toEqual([]);
  });

  it('tells nothing of what an old kernel does not show', async () => {
    const id = kernel.plug('28-00000000000b');
    kernel.read = () => Promise.reject(Object.assign(new Error(), { code: 'ENOENT' }));
    expect((await timed(bus.thermometer(id))).value).toEqual({});
  });

  it('cannot be set up without the right to', async () => {
    const id = kernel.plug('28-00000000000b');
    kernel.write = () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
    expect((await timed(bus.adjust(id, { resolution: 9 }))).error).toMatchObject({
      code: 'REFUSED',
      message: `resolution of ${id} cannot be set to "9": EACCES; see \`raspy doctor onewire\` for the rule that allows it`,
    });
  });
});

it('has no other properties', async () => {
  const id = idOf('3a-00000000000b');
  await expect(bus.read(id)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await expect(bus.write(id)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

it('ends what is under way when it is closed, and leaves no timer', async () => {
  const id = kernel.plug('28-00000000000b');
  kernel.fault(id, 'hang');
  const reading = timed(bus.temperature(id));
  await clock.advanceByAsync(20);
  await bus.close();
  expect((await reading).error).toMatchObject({ code: 'CLOSED' });
  expect(clock.nextAt).toBe(Infinity);
  await expect(bus.scan()).rejects.toMatchObject({ code: 'CLOSED' });
});
