import { z } from 'zod';
import { defineDeviceType } from '../device-type.js';

const HOUR_MS = 3_600_000;

const on = { title: 'On', schema: z.boolean(), access: 'readwrite' } as const;
const percent = (title: string) =>
  ({
    title,
    schema: z.number().min(0).max(100),
    access: 'readwrite',
    unit: '%',
    range: [0, 100],
  }) as const;

/** A relay or a socket. It is off when its host ends; one that must be on then is configured with `failSafe: true`. */
export const switchActuator = defineDeviceType({
  oid: 'actuator.switch',
  title: 'Switch',
  config: z.object({}),
  values: { on },
  commands: {},
  safety: { output: 'on' },
});

/** A power that is set in percent. */
export const dimmerActuator = defineDeviceType({
  oid: 'actuator.dimmer',
  title: 'Dimmer',
  config: z.object({}),
  values: { level: percent('Level') },
  commands: {},
  safety: { output: 'level' },
});

/** A pump that fills or empties something: never on for more than an hour at a time unless it is configured otherwise. */
export const pumpActuator = defineDeviceType({
  oid: 'actuator.pump',
  title: 'Pump',
  config: z.object({}),
  values: { on },
  commands: {},
  safety: { output: 'on', maxOnMs: HOUR_MS, latch: ['disobeyed'] },
});

/**
 * A heater: on only under a lease, which whoever controls it renews; silence is off. A controller that is killed leaves
 * it off within two minutes at the latest.
 */
export const heaterActuator = defineDeviceType({
  oid: 'actuator.heater',
  title: 'Heater',
  config: z.object({}),
  values: { on },
  commands: {},
  safety: {
    output: 'on',
    leaseRequired: true,
    maxLeaseMs: 120_000,
    maxOnMs: 6 * HOUR_MS,
    latch: ['disobeyed', 'maxOn'],
  },
});

/** A light that can be dimmed. */
export const lightActuator = defineDeviceType({
  oid: 'actuator.light',
  title: 'Light',
  config: z.object({}),
  values: { level: percent('Brightness') },
  commands: {},
  safety: { output: 'level' },
});

/**
 * A dosing pump: gives an amount, never more than 10 ml at once nor 50 ml in a day; both can be made tighter by
 * configuration. The amount is on record before the pump turns, also of a dose whose end nobody saw.
 */
export const doserActuator = defineDeviceType({
  oid: 'actuator.doser',
  title: 'Doser',
  config: z.object({}),
  values: {
    on: { title: 'Pump turns', schema: z.boolean(), access: 'readwrite' },
    dosed: { title: 'Dosed in all', schema: z.number().min(0), unit: 'ml', kind: 'counter' },
  },
  commands: {
    dose: {
      title: 'Dose',
      args: z.object({ ml: z.number().positive().max(1_000).meta({ title: 'Amount', unit: 'ml' }) }),
    },
  },
  safety: {
    output: 'on',
    selfActing: true,
    leaseRequired: true,
    maxLeaseMs: 60_000,
    maxOnMs: 600_000,
    budgets: [{ command: 'dose', argument: 'ml', maxAtOnce: 10, max: 50, windowMs: 24 * HOUR_MS }],
    latch: ['maxOn'],
  },
});
