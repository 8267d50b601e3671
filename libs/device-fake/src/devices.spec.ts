import { crc32, inflateSync } from 'node:zlib';
import { VirtualClock } from '@raspy/devices/testing';
import { hosted, rejection } from '../test/hosted.js';
import { cyclicValue, doserDriver, linearValue } from './index.js';
import { pngPicture } from './picture.js';

describe('standard sensors', () => {
  it.each([
    ['sensor.temperature', 'temperature', '°C'],
    ['sensor.level', 'level', '%'],
    ['sensor.humidity', 'humidity', '%'],
    ['sensor.wind', 'speed', 'm/s'],
  ])('%s goes to and fro, or steadily', async (oid, value, unit) => {
    const cyclic = { cycleSeconds: 60, min: 10, max: 20 };
    const linear = { start: 12, slopePerSecond: 0.5, min: 10, max: 20, atBound: 'wrap' } as const;
    const { host, number, after, clock } = await hosted([
      { name: 'cyclic', oid, config: cyclic },
      { name: 'linear', oid, config: { course: 'linear', ...linear } },
    ]);
    for (const seconds of [0, 7, 18, 30]) {
      await after(seconds);
      expect(number('cyclic', value)).toBe(cyclicValue(clock.now(), cyclic));
      expect(number('linear', value)).toBe(linearValue(clock.now(), linear));
    }
    expect(host.get('cyclic', value)).toMatchObject({ unit, quality: 'good' });
    await host.close();
  });

  it('refuse a course without room', async () => {
    const refused = rejection(hosted([{ name: 'it', oid: 'sensor.humidity', config: { min: 5, max: 5 } }]));
    expect(await refused).toMatchObject({
      message: expect.stringContaining('config.max: must be more than min') as string,
    });
  });

  it('take another course without being closed, but not another tank', async () => {
    const { host, number, after } = await hosted([{ name: 'it', oid: 'sensor.temperature' }]);
    const linear = { course: 'linear', start: 5, min: 0, max: 9, intervalMs: 10_000 };
    const configure = (config: object) =>
      host.configure({ name: 'it', oid: 'sensor.temperature', config: config as Record<string, unknown> });
    expect(await configure(linear)).toBe('applied');
    expect(number('it', 'temperature')).toBe(5);
    expect(await configure({ ...linear, slopePerSecond: 0.1 })).toBe('applied');
    await after(10);
    expect(number('it', 'temperature')).toBe(6);
    expect(await configure({ ...linear, tank: 'reef' })).toBe('reopened');
    expect(number('it', 'temperature')).toBeCloseTo(24, 1);
    await host.close();
  });

  it('turn with the wind, clockwise from north', async () => {
    const { host, number, after } = await hosted([
      { name: 'wind', oid: 'sensor.wind', config: { turnSeconds: 40 } },
    ]);
    const seen: number[] = [];
    for (let quarter = 0; quarter < 5; quarter++) {
      seen.push(number('wind', 'direction'));
      await after(10);
    }
    expect(seen).toEqual([0, 90, 180, 270, 0]);
    await host.close();
  });

  it('close and open a contact', async () => {
    const { host, value, after } = await hosted([
      { name: 'door', oid: 'sensor.contact', config: { cycleSeconds: 40, intervalMs: 500 } },
    ]);
    const seen: unknown[] = [];
    for (let quarter = 0; quarter < 4; quarter++) {
      seen.push(value('door', 'closed'));
      await after(10.5);
    }
    expect(seen).toEqual([false, true, true, false]);
    await host.close();
  });
});

describe('actuators', () => {
  it.each([
    ['actuator.switch', { on: true }],
    ['actuator.dimmer', { level: 30 }],
    ['actuator.light', { level: 100 }],
    ['actuator.pump', { on: true }],
    ['actuator.heater', { on: true }],
  ])('%s reports what it is set to', async (oid, set) => {
    const { host, execute } = await hosted([{ name: 'it', oid }]);
    await host.execute('it', 'set', set, host.info('it').safety === undefined ? {} : { leaseMs: 60_000 });
    const [[name, value]] = Object.entries(set) as [[string, unknown]];
    expect(host.get('it', name)).toMatchObject({ value, quality: 'good' });
    await execute('it', 'poll');
    expect(host.get('it', name).value).toBe(value);
    await host.close();
  });
});

describe('a doser', () => {
  const doser = (config: Record<string, unknown> = {}) =>
    hosted([{ name: 'doser', oid: 'actuator.doser', config: { mlPerMinute: 60, ...config } }]);

  it('turns for as long as the dose takes, and counts it', async () => {
    const { host, execute, after, value, number } = await doser();
    const dosed = execute('doser', 'dose', { ml: 5 });
    await after(2);
    expect(value('doser', 'on')).toBe(true);
    await after(3);
    expect(await dosed).toEqual({ ml: 5 });
    expect(value('doser', 'on')).toBe(false);
    expect(number('doser', 'dosed')).toBe(5);
    await host.close();
  });

  it('counts what it gives while it is on, also from one session to the next', async () => {
    const { host, execute, after, number } = await doser();
    await host.execute(
      'doser',
      'set',
      { on: true },
      host.info('doser').safety === undefined ? {} : { leaseMs: 60_000 },
    );
    await after(3);
    expect(await rejection(execute('doser', 'dose', { ml: 1 }))).toMatchObject({ code: 'COMMAND_REFUSED' });
    await execute('doser', 'set', { on: false });
    expect(number('doser', 'dosed')).toBeCloseTo(3, 9);
    await execute('doser', 'reset');
    expect(number('doser', 'dosed')).toBeCloseTo(3, 9);
    await host.close();
  });

  it('says how much it gave when it is stopped on the way', async () => {
    const clock = new VirtualClock();
    const ignore = (): void => undefined;
    const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
    const session = await doserDriver.open(doserDriver.type.config.parse({ mlPerMinute: 60 }), {
      clock,
      name: 'doser',
      log,
    });
    const stopped = rejection(session.commands.dose({ ml: 5 }) as Promise<unknown>);
    await clock.advanceByAsync(2_000);
    await session.write!.on(false);
    expect(await stopped).toMatchObject({ message: 'it was stopped after 2 of 5 ml' });
    const closed = rejection(session.commands.dose({ ml: 5 }) as Promise<unknown>);
    await clock.advanceByAsync(1_000);
    await session.close();
    expect(await closed).toMatchObject({ message: 'it was closed meanwhile' });
    expect(clock.nextAt).toBe(Infinity);
  });

  it('gives nothing when its relay is stuck', async () => {
    const { host, execute, number } = await doser({ faults: [{ kind: 'relay-stuck' }] });
    expect(await execute('doser', 'dose', { ml: 5 })).toEqual({ ml: 0 });
    expect(number('doser', 'dosed')).toBe(0);
    await host.close();
  });
});

describe('a real-time clock', () => {
  const HOUR_MS = 3_600_000;

  it('is ahead, drifts, and is set', async () => {
    const { host, clock, number, value, after, execute } = await hosted([
      {
        name: 'rtc',
        oid: 'clock.rtc',
        config: { offsetSeconds: 90, driftPpm: 100, lostPower: true, intervalMs: 60_000 },
      },
    ]);
    expect(number('rtc', 'time')).toBe(clock.wallNow() + 90_000);
    expect(value('rtc', 'lostPower')).toBe(true);
    await after(HOUR_MS / 1_000);
    expect(number('rtc', 'time')).toBeCloseTo(clock.wallNow() + 90_000 + 360, 3);
    await execute('rtc', 'set', { time: clock.wallNow() });
    expect(number('rtc', 'time')).toBe(clock.wallNow());
    expect(value('rtc', 'lostPower')).toBe(false);
    clock.stepWall(HOUR_MS);
    await execute('rtc', 'reset');
    expect(number('rtc', 'time')).toBe(clock.wallNow() - HOUR_MS);
    await host.close();
  });
});

describe('a television', () => {
  const tv = async (config: Record<string, unknown> = {}) => {
    const home = await hosted([{ name: 'tv', oid: 'media.tv', config: { channels: 3, ...config } }]);
    await home.execute('tv', 'set', { on: true });
    return home;
  };

  it('is tuned up, down, and at once to a channel', async () => {
    const { host, execute, value } = await tv();
    const channels: unknown[] = [];
    for (const command of ['up', 'up', 'up', 'down', 'down']) {
      await execute('tv.channel', command);
      channels.push(value('tv.channel', 'channel'));
    }
    expect(channels).toEqual([2, 3, 1, 3, 2]);
    await execute('tv.channel', 'set', { channel: 3 });
    expect(value('tv.channel', 'channel')).toBe(3);
    expect(await rejection(execute('tv.channel', 'set', { channel: 4 }))).toMatchObject({
      code: 'COMMAND_REFUSED',
      message: 'it receives the channels 1 to 3',
    });
    await host.close();
  });

  it('is turned louder and quieter, and muted', async () => {
    const { host, execute, value } = await tv({ volumeStep: 30 });
    const volumes: unknown[] = [];
    for (const command of ['up', 'up', 'up', 'down', 'down', 'down', 'down']) {
      await execute('tv.volume', command);
      volumes.push(value('tv.volume', 'volume'));
    }
    expect(volumes).toEqual([50, 80, 100, 70, 40, 10, 0]);
    await execute('tv.volume', 'set', { volume: 25, muted: true });
    expect([value('tv.volume', 'volume'), value('tv.volume', 'muted')]).toEqual([25, true]);
    await execute('tv.volume', 'down');
    expect(value('tv.volume', 'muted')).toBe(true);
    await execute('tv.volume', 'up');
    expect(value('tv.volume', 'muted')).toBe(false);
    await host.close();
  });

  it('refuses all that while it is off, and knows it when it is on again', async () => {
    const { host, execute, value } = await tv();
    await execute('tv.channel', 'set', { channel: 2 });
    await execute('tv', 'set', { on: false });
    for (const [device, command, args] of [
      ['tv.channel', 'up', {}],
      ['tv.channel', 'set', { channel: 1 }],
      ['tv.volume', 'down', {}],
      ['tv.volume', 'set', { muted: true }],
    ] as const) {
      expect(await rejection(execute(device, command, args))).toMatchObject({
        code: 'COMMAND_REFUSED',
        message: 'it is off: switch it on first',
      });
    }
    expect(host.get('tv.channel', 'channel')).toMatchObject({ value: 2, quality: 'good' });
    await execute('tv', 'reset');
    await execute('tv', 'set', { on: true });
    expect(value('tv.channel', 'channel')).toBe(2);
    await host.close();
  });

  it('is gone as a whole', async () => {
    const { host, execute, after } = await tv();
    await execute('tv', 'fault', { kind: 'missing', seconds: 5 });
    await after(0);
    for (const device of ['tv', 'tv.channel', 'tv.volume']) expect(host.info(device).state).toBe('failed');
    await after(6);
    expect(host.get('tv.volume', 'volume').quality).toBe('good');
    await host.close();
  });
});

describe('a camera', () => {
  it('takes pictures, each with its number', async () => {
    const { host, clock, value, after } = await hosted([
      { name: 'camera', oid: 'media.camera', config: { width: 64, height: 48 } },
    ]);
    await after(12 * 3_600);
    const first = await host.execute('camera', 'photo');
    expect(first.result).toEqual({
      photo: 1,
      type: 'image/png',
      width: 64,
      height: 48,
      at: clock.wallNow(),
    });
    expect(first.bytes).toHaveLength(1);
    const picture = decoded(first.bytes[0]!);
    expect(picture).toMatchObject({ width: 64, height: 48 });
    // Noon: the sky is bright blue, and its figures white.
    expect([...picture.pixel(0, 0)]).toEqual([90, 120, 255]);
    expect(picture.whites()).toBeGreaterThan(50);
    const second = await host.execute('camera', 'photo');
    expect(second.bytes[0]).not.toEqual(first.bytes[0]);
    expect(value('camera', 'photos')).toBe(2);
    await host.execute('camera', 'reset');
    expect(value('camera', 'photos')).toBe(2);
    await host.close();
  });

  it('takes the same picture at the same time', async () => {
    const pictures = await Promise.all(
      [1, 2].map(async () => {
        const { host, after } = await hosted([{ name: 'camera', oid: 'media.camera' }]);
        await after(100);
        const { bytes } = await host.execute('camera', 'photo');
        await host.close();
        return bytes[0]!;
      }),
    );
    expect(pictures[0]).toEqual(pictures[1]);
  });

  it('takes small and large pictures with large numbers', () => {
    for (const [width, height] of [
      [32, 32],
      [33, 1_080],
      [1_920, 32],
    ] as const) {
      const { pixel, ...size } = decoded(pngPicture({ width, height, photo: 1_234_567, at: -1 }));
      expect(size).toMatchObject({ width, height });
      expect(pixel(width - 1, height - 1)).toHaveLength(3);
    }
  });
});

/** Decodes what the camera writes: 8 bits a colour, rows without filter; fails when a checksum is wrong. */
function decoded(file: Uint8Array) {
  const bytes = Buffer.from(file);
  expect([...bytes.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
  const header = chunks.get('IHDR')!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, 2, 0, 0, 0]);
  const rows = inflateSync(chunks.get('IDAT')!);
  expect(rows).toHaveLength(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) expect(rows[y * (1 + 3 * width)]).toBe(0);
  const pixel = (x: number, y: number): Buffer =>
    rows.subarray(y * (1 + 3 * width) + 1 + 3 * x, y * (1 + 3 * width) + 4 + 3 * x);
  const whites = (): number => {
    let count = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) if (pixel(x, y).every((colour) => colour === 255)) count++;
    }
    return count;
  };
  return { width, height, pixel, whites };
}
