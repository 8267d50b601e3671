import { systemClock } from '@raspy/clock';
import { OwserverBus } from '../src/owserver/owserver-bus.js';
import { familyOf, owserverName, type RomId } from '../src/rom-id.js';
import { describeWithOwserver, RealOwserver } from './real-owserver.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describeWithOwserver('a real owserver', () => {
  let server: RealOwserver;
  let bus: OwserverBus;

  async function start(options: Parameters<typeof RealOwserver.start>[0]): Promise<void> {
    server = await RealOwserver.start(options);
    bus = new OwserverBus({
      host: server.host,
      port: server.port,
      clock: systemClock,
      log: silent,
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
    expect((await bus.convert(ids)).size).toBe(5);
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
      log: silent,
      silenceMs: 100,
    });
    process.kill(server.pid, 'SIGSTOP');
    await expect(bus.temperature(id)).rejects.toMatchObject({ code: 'TIMEOUT' });
    process.kill(server.pid, 'SIGCONT');
    expect(await bus.temperature(id)).toEqual({ celsius: 4 });
  });
});
