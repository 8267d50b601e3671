import { deflateSync } from 'node:zlib';
import type {
  Device,
  DeviceInfo,
  DeviceType,
  Entry,
  Json,
  Point,
  Reading,
  SafetyState,
} from '../../src/client.js';
import { builtInCommands, mockTypes } from './mock-types.js';

/** A device that can be changed. */
export type MockDevice = { -readonly [M in keyof Device]: Device[M] } & { values: Record<string, Reading> };

const HOUR = 3_600_000;
const typeOf = (oid: string): DeviceType => {
  const parts = mockTypes.flatMap(({ subdevices = {} }) => Object.values(subdevices));
  return [...mockTypes, ...parts].find((type) => type.oid === oid)!;
};

/** A home that is only made up: an aquarium with some trouble, a television, and a garden far away. */
export class MockHome {
  readonly devices: MockDevice[] = [];
  readonly extra = new Map<string, Json>();
  sequence = 1000;
  readonly #listeners = new Set<(event: string, data: Entry, id: string) => void>();

  constructor(readonly now: () => number) {
    const at = now();
    const add = (
      server: string,
      name: string,
      oid: string,
      values: Record<string, Json>,
      more: Partial<MockDevice> = {},
    ): void => {
      const type = typeOf(oid);
      const readings = Object.fromEntries(
        Object.entries(values).map(([value, of]): [string, Reading] => {
          const { unit } = type.values[value]!;
          return [value, { value: of, ...(unit !== undefined && { unit }), at, quality: 'good' }];
        }),
      );
      this.devices.push({ server, name, oid, title: type.title, state: 'open', values: readings, ...more });
    };
    const guard: SafetyState = {
      output: 'on',
      wanted: false,
      actual: false,
      failSafe: false,
      state: 'ok',
      latched: false,
    };
    add('pi.reef', 'water-temperature', 'sensor.temperature', { temperature: 25.31 });
    add('pi.reef', 'sump-level', 'sensor.level', { level: 81.4 });
    add('pi.reef', 'heater', 'actuator.heater', { on: false }, { safety: guard });
    add(
      'pi.reef',
      'top-off-pump',
      'actuator.pump',
      { on: false },
      {
        safety: {
          ...guard,
          state: 'tripped',
          rule: 'disobeyed',
          reason: 'the pump was still on 10 s after it was switched off',
          latched: true,
        },
      },
    );
    add(
      'pi.reef',
      'moonlight',
      'actuator.light',
      { level: 40, mode: 'dusk' },
      {
        safety: { ...guard, output: 'level', wanted: 40, actual: 40, failSafe: 0 },
      },
    );
    add('pi.reef', 'doser', 'actuator.doser', { dosed: 183.5 });
    add('pi.reef', 'camera', 'media.camera', { photos: 12 });
    add('pi.lounge', 'tv', 'media.tv', { on: true });
    add('pi.lounge', 'tv.channel', 'media.tv-channel', { channel: 4 }, { parent: 'tv' });
    add('pi.lounge', 'tv.volume', 'media.tv-volume', { volume: 35, muted: false }, { parent: 'tv' });
    add('pi.lounge', 'room-temperature', 'sensor.temperature', { temperature: 21.6 });
    add('pi.garden', 'greenhouse', 'sensor.temperature', { temperature: 85 }, {});
    add('pi.garden', 'door', 'sensor.contact', { closed: true });
    add(
      'pi.garden',
      'old-probe',
      'sensor.temperature',
      { temperature: 14.2 },
      {
        state: 'failed',
        reason: 'the bus "w1_bus_master1" is not there',
      },
    );
    const greenhouse = this.find('pi.garden', 'greenhouse')!.values['temperature']!;
    Object.assign(greenhouse, {
      quality: 'suspect',
      reason: '85 °C is what the probe says after it was switched on',
    });
    const probe = this.find('pi.garden', 'old-probe')!.values['temperature']!;
    Object.assign(probe, { quality: 'stale', reason: 'nothing newer came in time', at: at - 2 * HOUR });
    this.extra.set('/home/mode', 'holiday');
    this.extra.set('/scenario/thermostat/state', { heating: false, target: 25.5 });
  }

  find(server: string, name: string): MockDevice | undefined {
    return this.devices.find((of) => of.server === server && of.name === name);
  }

  info(device: MockDevice): DeviceInfo {
    const { server: _, ...summary } = device;
    const type = typeOf(device.oid);
    return {
      ...summary,
      type,
      commands: { ...type.commands, ...builtInCommands },
      config: {},
      pollSeconds: 30,
      log: true,
    };
  }

  entries(): Entry[] {
    const list: [string, Json][] = [...new Set(this.devices.map(({ server }) => server))].map((server) => [
      `/device/${server}`,
      { instance: 'a1', since: this.now() - HOUR },
    ]);
    for (const device of this.devices) {
      const { server, name, values } = device;
      list.push([`/device/${server}/${name}`, this.#stateOf(device)]);
      for (const [value, of] of Object.entries(values))
        list.push([`/device/${server}/${name}/${value}`, { ...of }]);
    }
    return [...list, ...this.extra].map(([key, value], index) => ({
      key,
      value,
      seq: String(index + 1),
      restored: key === '/home/mode',
    }));
  }

  #stateOf({ oid, title, parent, state, reason, safety }: MockDevice): Json {
    return {
      ...{ oid, title, state },
      ...(parent !== undefined && { parent }),
      ...(reason !== undefined && { reason }),
      ...(safety !== undefined && { safety }),
    };
  }

  onEvent(listener: (event: string, data: Entry, id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells a change of the tree. */
  tell(key: string, value: Json): void {
    this.sequence += 1;
    const entry: Entry = { key, value, seq: String(this.sequence), restored: false };
    for (const listener of this.#listeners) listener('set', entry, `m1:${this.sequence}`);
  }

  /** Tells a new value of a device. */
  set(server: string, name: string, value: string, next: Json): void {
    const device = this.find(server, name)!;
    const of = { ...device.values[value]!, value: next, at: this.now() };
    device.values[value] = of;
    this.tell(`/device/${server}/${name}/${value}`, of);
  }

  tellState(device: MockDevice): void {
    this.tell(`/device/${device.server}/${device.name}`, this.#stateOf(device));
  }

  /** Some time passes: what is measured moves a little. */
  stir(): void {
    const wave = this.now() / 20_000;
    this.set('pi.reef', 'water-temperature', 'temperature', Number((25.3 + Math.sin(wave) * 0.4).toFixed(2)));
    this.set('pi.reef', 'sump-level', 'level', Number((81 + Math.sin(wave / 3) * 4).toFixed(1)));
    this.set('pi.lounge', 'room-temperature', 'temperature', Number((21.6 + Math.sin(wave / 7)).toFixed(2)));
  }

  /** Executes a command as a device would; what it returns. */
  execute(device: MockDevice, command: string, args: Record<string, Json>, leaseMs?: number): Json {
    const { server, name } = device;
    if (command === 'set') {
      for (const [value, next] of Object.entries(args)) this.set(server, name, value, next);
      if (device.safety !== undefined) {
        const [value] = Object.values(args);
        if (typeof value !== 'boolean' && typeof value !== 'number') return null;
        device.safety = { ...device.safety, wanted: value, actual: value };
        this.tellState(device);
      }
      return leaseMs === undefined ? null : { lease: `lease-${this.sequence}`, leaseMs };
    }
    if (command === 'acknowledge') {
      const { rule: _, reason: _r, ...rest } = device.safety!;
      device.safety = { ...rest, state: 'ok', latched: false };
      this.tellState(device);
      return device.safety;
    }
    if (command === 'on' || command === 'off') this.set(server, name, 'level', command === 'on' ? 100 : 0);
    if (command === 'dose') {
      this.set(server, name, 'dosed', Number(device.values['dosed']!.value) + Number(args['ml']));
    }
    return null;
  }

  /** A made-up hour that ends with what is now. */
  history(key: string): Point[] {
    const [, , server, name, value] = key.split('/');
    const now = Number(this.find(server!, name!)?.values[value!]?.value);
    if (!Number.isFinite(now)) return [];
    const size = Math.max(0.4, Math.abs(now) * 0.02);
    const course = (index: number): number =>
      now +
      size *
        (Math.sin(index / 14) + 0.4 * Math.sin(index / 3.3) - Math.sin(180 / 14) - 0.4 * Math.sin(180 / 3.3));
    return Array.from({ length: 181 }, (_, index): [number, number] => [
      this.now() - HOUR + index * 20_000,
      Number(course(index).toFixed(3)),
    ]);
  }
}

/** A small picture: water with light in it, as PNG. */
export function mockPhoto(width = 320, height = 240): Buffer {
  const raw = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const depth = y / height;
      const light = Math.max(0, Math.sin((x + y * 0.6) / 22) * 40 * (1 - depth));
      const rock = y > height * 0.78 + Math.sin(x / 17) * 9 + Math.sin(x / 7) * 4;
      const [r, g, b] = rock
        ? [70, 66, 80]
        : [12 + light * 0.5, 120 - depth * 70 + light, 150 - depth * 50 + light];
      raw.set([r, g, b].map(Math.round), at);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
