import { VirtualClock } from '@raspy/clock';
import { Subject } from 'rxjs';
import { z } from 'zod';
import {
  defineDeviceType,
  DeviceHost,
  DeviceRegistry,
  type DeviceChange,
  type DeviceDriver,
  type DeviceSession,
  type DeviceStateChange,
  type DeviceUpdate,
} from '../src/index.js';

export const volumeType = defineDeviceType({
  oid: 'media.set-volume',
  title: 'Volume',
  config: z.object({}),
  values: {
    volume: { schema: z.number().min(0).max(100), access: 'readwrite', unit: '%' },
    pin: { schema: z.string(), access: 'write' },
  },
  commands: { mute: { title: 'Mute' } },
});

/** A set with a sub-device, values that can be set, and a command that brings bytes. */
export const setType = defineDeviceType({
  oid: 'media.set',
  title: 'Television set',
  config: z.object({ host: z.string(), brightness: z.number().default(50) }),
  values: {
    on: { schema: z.boolean(), access: 'readwrite' },
    source: { schema: z.enum(['tv', 'hdmi']), access: 'readwrite' },
    hours: { schema: z.number(), kind: 'counter' },
  },
  commands: { picture: { title: 'Take a picture of the screen', bytes: true } },
  subdevices: { volume: volumeType },
});

type Session = DeviceSession<typeof setType>;

/** A host on a virtual clock with a driver of {@link setType}, which notes what it is asked. */
export class Television {
  readonly clock = new VirtualClock(0, 1_000_000);
  readonly calls: string[] = [];
  readonly changes: DeviceChange[] = [];
  readonly states: DeviceStateChange[] = [];
  readonly set = new Subject<DeviceUpdate<typeof setType>>();
  readonly volume = new Subject<DeviceUpdate<typeof volumeType>>();
  readonly host: DeviceHost;
  /** What the session is made into; replaced by specs that want trouble. */
  change: (session: Session) => unknown = (session) => session;
  /** What writing does. */
  write: (what: string) => void | Promise<void> = () => undefined;
  picture: () => unknown = () => ({ result: { format: 'png' }, bytes: [Uint8Array.of(1, 2)] });

  constructor() {
    const driver: DeviceDriver<typeof setType> = {
      type: setType,
      open: (config) => {
        this.calls.push(`open ${config.brightness}`);
        return this.change(this.#session()) as Session;
      },
    };
    this.host = new DeviceHost({ registry: new DeviceRegistry([driver]), clock: this.clock });
    this.host.changes$.subscribe((change) => this.changes.push(change));
    this.host.states$.subscribe((state) => this.states.push(state));
  }

  async add(config: object = {}): Promise<void> {
    this.host.add({ name: 'tv', oid: 'media.set', config: { host: 'x', ...config } });
    await this.host.opened('tv');
  }

  #session(): Session {
    const written = (what: string): void | Promise<void> => {
      this.calls.push(what);
      return this.write(what);
    };
    return {
      values$: this.set,
      commands: { picture: () => this.picture() },
      write: { on: (on) => written(`on ${on}`), source: (source) => written(`source ${source}`) },
      subdevices: {
        volume: {
          values$: this.volume,
          commands: { mute: () => written('mute') },
          write: { volume: (to) => written(`volume ${to}`), pin: (pin) => written(`pin ${pin}`) },
        },
      },
      close: () => {
        this.calls.push('close');
      },
    };
  }
}
