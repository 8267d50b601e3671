import { deriveDeviceType, type DeviceDriver, type DriverContext } from '@raspy/devices';
import {
  dimmerActuator,
  heaterActuator,
  lightActuator,
  pumpActuator,
  switchActuator,
} from '@raspy/devices/types';
import { z } from 'zod';
import { FakeDevice, type FakeConfig } from './fake-device.js';
import { faultCommands, faultsConfig } from './faults.js';
import { tankName } from './sensor-config.js';
import type { SimulatedTank } from './simulated-tank.js';
import { World } from './world.js';

/** Faults of everything that is switched. */
export const OUTPUT_FAULTS = ['missing', 'slow', 'relay-stuck'] as const;

/** What all fake actuators can be told. */
export const outputConfig = {
  onClose: z
    .enum(['keep', 'off'])
    .default('keep')
    .meta({ title: 'When it is closed', description: 'keep: it stays as it is, as a relay does' }),
  faults: faultsConfig(OUTPUT_FAULTS),
};

/** What an output was set to; it outlives the session. */
interface Relay<V> {
  set: V;
  /** The tank that it acts on. */
  tank?: SimulatedTank | undefined;
}

interface Output<N, V> {
  readonly name: N;
  readonly off: V;
  /** Lets what it is set to have its effect. */
  readonly act?: (tank: SimulatedTank, set: V) => void;
}

/** A session with one output, which is off until it is set for the first time. */
function outputSession<N extends string, V extends boolean | number>(
  context: DriverContext,
  oid: string,
  config: FakeConfig & { readonly onClose: 'keep' | 'off'; readonly tank?: string | undefined },
  { name, off, act = () => undefined }: Output<N, V>,
) {
  const world = World.of(context.clock);
  const device = new FakeDevice(context, oid, config);
  const relay = world.remembered<Relay<V>>(`output ${oid}`, context.name, () => ({ set: off }));
  const effect = (set: V): void => {
    if (relay.tank !== undefined) act(relay.tank, set);
  };
  const tank = config.tank === undefined ? undefined : world.tank(config.tank);
  if (relay.tank !== tank) effect(off);
  relay.tank = tank;
  effect(relay.set);
  const set = (to: V): void => {
    relay.set = to;
    effect(to);
  };
  return {
    values$: device.values$(() => ({ [name]: relay.set }) as Record<N, V>),
    commands: device.commands,
    write: {
      [name]: (to: V) =>
        device.act(() => {
          if (!device.relayStuck) set(to);
        }),
    } as Record<N, (to: V) => Promise<void>>,
    poll: device.poll,
    close: (): void => {
      device.close();
      if (config.onClose === 'off') set(off);
    },
  };
}

/** A relay. */
export const switchType = deriveDeviceType(switchActuator, {
  config: z.object(outputConfig),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** Driver of {@link switchType}. */
export const switchDriver: DeviceDriver<typeof switchType> = {
  type: switchType,
  simulated: true,
  open: (config, context) => outputSession(context, switchType.oid, config, { name: 'on', off: false }),
};

/** A power in percent. */
export const dimmerType = deriveDeviceType(dimmerActuator, {
  config: z.object(outputConfig),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** Driver of {@link dimmerType}. */
export const dimmerDriver: DeviceDriver<typeof dimmerType> = {
  type: dimmerType,
  simulated: true,
  open: (config, context) => outputSession(context, dimmerType.oid, config, { name: 'level', off: 0 }),
};

/** A light that can be dimmed. */
export const lightType = deriveDeviceType(lightActuator, {
  config: z.object(outputConfig),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** Driver of {@link lightType}. */
export const lightDriver: DeviceDriver<typeof lightType> = {
  type: lightType,
  simulated: true,
  open: (config, context) => outputSession(context, lightType.oid, config, { name: 'level', off: 0 }),
};

/** A pump that fills or empties a tank. */
export const pumpType = deriveDeviceType(pumpActuator, {
  config: z.object({
    tank: tankName.optional(),
    litresPerMinute: z.number().positive().max(100_000).default(2).meta({ title: 'Litres a minute' }),
    direction: z.enum(['fill', 'empty']).default('fill').meta({ title: 'Direction' }),
    ...outputConfig,
  }),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** Driver of {@link pumpType}. */
export const pumpDriver: DeviceDriver<typeof pumpType> = {
  type: pumpType,
  simulated: true,
  open(config, context) {
    const litres = config.direction === 'fill' ? config.litresPerMinute : -config.litresPerMinute;
    const act = (tank: SimulatedTank, on: boolean): void => tank.pump(context.name, on ? litres : 0);
    return outputSession(context, pumpType.oid, config, { name: 'on', off: false, act });
  },
};

/** A heater that warms a tank. */
export const heaterType = deriveDeviceType(heaterActuator, {
  config: z.object({
    tank: tankName.optional(),
    watts: z.number().positive().max(1_000_000).default(100).meta({ title: 'Watts' }),
    ...outputConfig,
  }),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** Driver of {@link heaterType}. */
export const heaterDriver: DeviceDriver<typeof heaterType> = {
  type: heaterType,
  simulated: true,
  open(config, context) {
    const act = (tank: SimulatedTank, on: boolean): void => tank.heat(context.name, on ? config.watts : 0);
    return outputSession(context, heaterType.oid, config, { name: 'on', off: false, act });
  },
};
