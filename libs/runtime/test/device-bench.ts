import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import {
  CommandRefusedError,
  defineDeviceType,
  type DeviceConfig,
  type DeviceDriver,
  type RaspyPlugin,
} from '@raspy/devices';
import { MdpClient, serviceClient, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { frameText } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Container } from 'inversify';
import { BehaviorSubject, map } from 'rxjs';
import { z } from 'zod';
import type { DeviceServer } from '../src/device-server/device-server.js';
import { devicesService } from '../src/device-server/devices-service.js';
import { DEVICE_SERVER, deviceServerModules } from '../src/device-server/module.js';
import { silentLogger, type Logger } from '../src/log/logger.js';

/** A relay that counts: guarded, and with a command that doses. */
export const relayType = defineDeviceType({
  oid: 'test.relay',
  title: 'Relay',
  config: z.object({ pin: z.int().default(0) }),
  values: { on: { schema: z.boolean(), access: 'readwrite' } },
  commands: {
    dose: { title: 'Dose', args: z.object({ ml: z.number().positive() }) },
    photo: { title: 'Photo', bytes: true },
    refuse: { title: 'Refuses' },
  },
  safety: {
    output: 'on',
    maxLeaseMs: 60_000,
    budgets: [{ command: 'dose', argument: 'ml', max: 10, windowMs: 3_600_000 }],
    latch: ['lease'],
  },
});

/** What the relays of a bench did, in order: `<device> <what>`. */
export class Relays {
  readonly done: string[] = [];

  readonly driver: DeviceDriver<typeof relayType> = {
    type: relayType,
    open: ({ pin }, { name }) => {
      const on = new BehaviorSubject(false);
      this.done.push(`${name} opened ${pin}`);
      return {
        values$: on.pipe(map((value) => ({ name: 'on', value }))),
        commands: {
          dose: ({ ml }) => {
            this.done.push(`${name} dosed ${ml}`);
            return { ml };
          },
          photo: () => ({ result: { format: 'none' }, bytes: [Uint8Array.of(1, 2, 3)] }),
          refuse: () => {
            throw new CommandRefusedError('the tank is empty');
          },
        },
        write: {
          on: (value) => {
            this.done.push(`${name} ${value ? 'on' : 'off'}`);
            on.next(value);
          },
        },
        poll: () => on.next(on.value),
        close: () => {
          this.done.push(`${name} closed`);
          on.complete();
        },
      };
    },
  };
}

const ENDPOINT = 'tcp://127.0.0.1:5514';
const never = new AbortController().signal;

/** A broker without network, and device servers at it. */
export class DeviceBench {
  readonly network = new MemoryNetwork({ clock: systemClock });
  readonly relays = new Relays();
  broker!: RunningBroker;
  client!: MdpClient;
  dataDir!: string;
  server: DeviceServer | undefined;
  /** Of the next server. */
  plugins: readonly RaspyPlugin[] = [];
  readonly #drivers: readonly DeviceDriver[];

  /** @param drivers - of the servers. @default relays */
  constructor(drivers?: readonly DeviceDriver[]) {
    this.#drivers = drivers ?? [this.relays.driver];
  }

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'raspy-devices-'));
    this.broker = await startBroker({ endpoint: ENDPOINT, transport: this.network });
    this.client = new MdpClient({ endpoint: ENDPOINT, transport: this.network });
  }

  async close(): Promise<void> {
    await this.stop();
    await this.client.close();
    await this.broker.close();
    await rm(this.dataDir, { recursive: true });
  }

  /** Starts a server of relays with these devices in its settings. */
  async start(
    devices: readonly DeviceConfig[],
    logger: Logger = silentLogger,
    drivers: readonly DeviceDriver[] = this.#drivers,
  ): Promise<DeviceServer> {
    const container = new Container();
    container.load(
      ...deviceServerModules({
        settings: {
          brokerIp: '127.0.0.1',
          brokerPort: 5514,
          kvChpPort: 0,
          hostname: 'pi',
          service: 'tank',
          dataDir: this.dataDir,
          heartbeatMs: 3_500,
          liveness: 5,
          config: undefined,
          logLevel: 'info',
          tracing: false,
        },
        clock: systemClock,
        logger,
        transport: this.network,
        drivers,
        plugins: this.plugins,
        devices,
      }),
    );
    const server = container.get(DEVICE_SERVER);
    await server.start(never);
    this.server = server;
    return server;
  }

  async stop(): Promise<void> {
    await this.server?.stop(1_000);
    this.server = undefined;
  }

  /** A request as frames, and the reply as texts. */
  async ask(...body: string[]): Promise<string[]> {
    return (await this.client.request('pi.tank.devices', body)).map(frameText);
  }

  get devices() {
    return serviceClient(devicesService, this.client, 'pi.tank.devices');
  }
}

/** A relay of the settings. */
export function relay(name: string, more: Partial<DeviceConfig> = {}): DeviceConfig {
  return { name, oid: 'test.relay', ...more };
}
