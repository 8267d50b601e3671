import { systemClock } from '@raspy/clock';
import { Thermometry } from '../src/measuring/thermometry.js';
import { OwserverBus } from '../src/owserver/owserver-bus.js';
import { familyOf, owserverName, type RomId } from '../src/rom-id.js';
import { EmulatedAdapter } from './emulated-adapter.js';
import { describeWithOwserver, RealOwserver } from './real-owserver.js';

describeWithOwserver('a real owserver', () => {
  let server: RealOwserver;
  let bus: OwserverBus;

  async function start(options: Parameters<typeof RealOwserver.start>[0]): Promise<void> {
    server = await RealOwserver.start(options);
    bus = new OwserverBus({
      host: server.host,
      port: server.port,
      clock: systemClock,
      conversionMs: 1,
    });
  }
  afterEach(async () => {
    await bus.close();
    await server.stop();
  });

  it('lists its chips by the identity that the kernel has for them', async () => {
    await start({ tester: ['DS18B20', 'DS2413'], fake: ['DS2401', 'DS18S20'] });
    const chips = await bus.scan();
    expect(chips.map(({ id }) => familyOf(id))).toEqual(['01', '10', '28', '3a']);
    // It makes up bytes in its own order: 28.000028D70000.
    expect(chips.map(({ id }) => id)).toContain('28-0000d7280000');
  });

  it('has names for its chips', async () => {
    await start({ tester: ['DS18B20'], aliases: { '28.000028D70000': 'tank' } });
    expect(await bus.scan()).toEqual([{ id: '28-0000d7280000', alias: 'tank' }]);
  });

  it('measures', async () => {
    await start({ fake: ['DS18B20', 'DS18S20', 'DS1822', 'DS1825', 'DS28EA00'], temperatures: [20, 21] });
    const ids = (await bus.scan()).map(({ id }) => id);
    expect(ids).toHaveLength(5);
    for (const id of ids) {
      const { celsius } = await bus.temperature(id);
      expect(celsius).toBeGreaterThanOrEqual(20);
      expect(celsius).toBeLessThanOrEqual(21);
    }
  });

  it('has other chips with properties, and takes what is set', async () => {
    await start({ tester: ['DS2413', 'DS2438', 'DS2450', 'DS2423', 'DS2408', 'DS2405'] });
    const byFamily = new Map((await bus.scan()).map(({ id }) => [familyOf(id), id]));
    const of = (family: string): RomId => byFamily.get(family)!;
    // What it says afterwards does not hang on what was written: it only makes up a chip.
    await bus.write(of('3a'), 'PIO.A', '1');
    expect(await bus.read(of('3a'), 'PIO.A')).toMatch(/^[01]$/);
    expect(Number(await bus.read(of('20'), 'volt.A'))).toBeGreaterThan(0);
    expect(Number(await bus.read(of('1d'), 'counters.A'))).toBe(32);
    expect(await bus.read(of('29'), 'sensed.7')).toMatch(/^[01]$/);
    expect(await bus.read(of('05'), 'PIO')).toMatch(/^[01]$/);
    expect(Number(await bus.read(of('a6'), 'VAD'))).toBeGreaterThan(0);
    expect(Number(await bus.read(of('a6'), 'HIH4000/humidity'))).toBeGreaterThan(0);
  });

  it('says of what it does not have that it is not there', async () => {
    await start({ tester: ['DS18B20'] });
    await expect(bus.temperature('28-000000000001' as RomId)).rejects.toMatchObject({ code: 'ABSENT' });
    await expect(bus.read('28-0000d7280000' as RomId, 'nothing')).rejects.toMatchObject({ code: 'GARBLED' });
  });

  it('has a hundred chips', async () => {
    await start({ fake: Array.from({ length: 100 }, () => '28') });
    const chips = await bus.scan();
    expect(chips).toHaveLength(100);
    const samples = await Promise.all(chips.map(({ id }) => bus.temperature(id)));
    expect(samples.every(({ celsius }) => celsius >= 20 && celsius <= 20.5)).toBe(true);
  });

  it('dies and comes back', async () => {
    await start({ tester: ['DS18B20'] });
    const [{ id }] = (await bus.scan()) as [{ id: RomId }];
    const { port } = server;
    await server.stop();
    await expect(bus.temperature(id)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    server = await RealOwserver.start({ tester: ['DS18B20'], port });
    for (;;) {
      const sample = await bus.temperature(id).catch(() => undefined);
      if (sample !== undefined) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(owserverName(id)).toBe('28.000028D70000');
  });

  it('hangs, and harms nobody else', async () => {
    await start({ tester: ['DS18B20'] });
    const [{ id }] = (await bus.scan()) as [{ id: RomId }];
    await bus.close();
    bus = new OwserverBus({
      host: server.host,
      port: server.port,
      clock: systemClock,
      silenceMs: 100,
    });
    process.kill(server.pid, 'SIGSTOP');
    await expect(bus.temperature(id)).rejects.toMatchObject({ code: 'TIMEOUT' });
    process.kill(server.pid, 'SIGCONT');
    expect(await bus.temperature(id)).toEqual({ celsius: 4 });
  });

  describe('before an adapter with chips that keep what is written and measure as long as real ones', () => {
    let adapter: EmulatedAdapter;
    const ids = Array.from({ length: 6 }, (_, n) => `28-00000000000${n + 1}` as RomId);

    beforeEach(async () => {
      adapter = await EmulatedAdapter.start(systemClock);
    });
    afterEach(() => adapter.stop());

    async function begin(): Promise<Thermometry> {
      server = await RealOwserver.start({ link: [adapter.address] });
      bus = new OwserverBus({ host: server.host, port: server.port, clock: systemClock });
      return new Thermometry({ bus, clock: systemClock });
    }
    const conversions = () => adapter.chips.map((chip) => chip.conversions);

    it('measures all by one command, and each gets its own temperature', async () => {
      ids.forEach((id, n) => adapter.plug(id, { celsius: 20 + n }));
      const thermometry = await begin();
      const read = () => Promise.all(ids.map((id) => thermometry.measure(id)));
      expect(await read()).toEqual([20, 21, 22, 23, 24, 25]);
      const before = conversions();
      adapter.chips.forEach((chip) => (chip.celsius += 0.5));
      expect(await read()).toEqual([20.5, 21.5, 22.5, 23.5, 24.5, 25.5]);
      expect(conversions()).toEqual(before.map((count) => count + 1));
      thermometry.close();
    });

    it('measures one by one where a chip lives on its data line', async () => {
      adapter.plug(ids[0]!, { celsius: 20 });
      adapter.plug(ids[1]!, { celsius: 21, externalPower: false });
      await begin();
      expect((await bus.convert(ids.slice(0, 2))).size).toBe(0);
      expect(await bus.temperature(ids[1]!)).toEqual({ celsius: 21 });
    });

    it('sets a resolution without wearing the chip, and leaves it where nobody wants another', async () => {
      const [chip, other] = [
        adapter.plug(ids[0]!, { celsius: 20.06 }),
        adapter.plug(ids[1]!, { celsius: 21, bits: 10 }),
      ];
      await begin();
      await bus.temperature(ids[1]!);
      expect(other.bits).toBe(10);
      expect(await bus.thermometer(ids[0]!)).toEqual({
        resolution: 12,
        conversionMs: 750,
        externalPower: true,
        alarmLowCelsius: 70,
        alarmHighCelsius: 75,
      });
      await bus.adjust(ids[0]!, { resolution: 9 });
      expect(await bus.temperature(ids[0]!)).toEqual({ celsius: 20 });
      expect(await bus.thermometer(ids[0]!)).toMatchObject({ resolution: 9 });
      expect(chip.eepromWrites).toBe(0);
      await bus.adjust(ids[0]!, { alarmLowCelsius: 5 });
      expect(await bus.thermometer(ids[0]!)).toMatchObject({ alarmLowCelsius: 5 });
      expect(chip.eepromWrites).toBe(1);
    });

    it('never gives the 85 °C of a chip that lost its power, nor one that is gone', async () => {
      ids.slice(0, 3).forEach((id, n) => adapter.plug(id, { celsius: 20 + n }));
      const thermometry = await begin();
      const measure = () => Promise.allSettled(ids.slice(0, 3).map((id) => thermometry.measure(id)));
      await measure();
      adapter.chips[0]!.powerCut();
      adapter.chips[1]!.plugged = false;
      const [first, gone, third] = await measure();
      expect(first).toEqual({ status: 'fulfilled', value: 20 });
      expect(gone).toMatchObject({ status: 'rejected', reason: { code: 'ABSENT' } });
      expect(third).toEqual({ status: 'fulfilled', value: 22 });
      thermometry.close();
    });
  });
});
