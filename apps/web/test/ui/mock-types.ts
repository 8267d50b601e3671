import type { CommandDescription, DeviceType, JsonSchema } from '../../src/client.js';

/** Contracts as device servers tell them, for a home that is only made up. */
const text = (title: string) => ({ type: 'string', title });
const noArgs = { type: 'object', properties: {}, additionalProperties: false };
const percent = { type: 'number', minimum: 0, maximum: 100 };

const fault = {
  title: 'Let it fail for a while',
  args: {
    type: 'object',
    properties: {
      kind: { type: 'string', enum: ['stuck', 'drift', 'missing', 'slow'], title: 'Fault' },
      seconds: {
        default: 60,
        title: 'Seconds that it lasts',
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 86400,
      },
    },
    required: ['kind'],
    additionalProperties: false,
  },
};
const mend = { title: 'End all faults', args: noArgs };
const faults = {
  default: [],
  title: 'Faults',
  maxItems: 16,
  type: 'array',
  items: {
    type: 'object',
    properties: {
      kind: { type: 'string', enum: ['stuck', 'missing', 'slow'], title: 'Fault' },
      fromSeconds: { default: 0, title: 'Second of the clock when it begins', type: 'number', minimum: 0 },
    },
    required: ['kind'],
    additionalProperties: false,
  },
};
const config = (properties: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { ...properties, faults },
  additionalProperties: false,
});
const on = { title: 'On', schema: { type: 'boolean' }, access: 'readwrite' } as const;

const tvChannel: DeviceType = {
  oid: 'media.tv-channel',
  title: 'Channel selector',
  config: noArgs,
  values: {
    channel: {
      title: 'Channel',
      schema: { type: 'integer', minimum: 1, maximum: 9999 },
      access: 'readwrite',
      kind: 'gauge',
    },
  },
  commands: { up: { title: 'Next channel', args: noArgs }, down: { title: 'Channel before', args: noArgs } },
};
const tvVolume: DeviceType = {
  oid: 'media.tv-volume',
  title: 'Volume',
  config: noArgs,
  values: {
    volume: { title: 'Volume', schema: percent, access: 'readwrite', unit: '%', kind: 'gauge' },
    muted: { title: 'Muted', schema: { type: 'boolean' }, access: 'readwrite' },
  },
  commands: { up: { title: 'Louder', args: noArgs }, down: { title: 'Quieter', args: noArgs } },
};

export const mockTypes: readonly DeviceType[] = [
  {
    oid: 'sensor.temperature',
    title: 'Temperature sensor',
    config: config({
      min: { default: 24, title: 'Lowest value', type: 'number', minimum: -1e12, maximum: 1e12 },
      max: { default: 27, title: 'Highest value', type: 'number', minimum: -1e12, maximum: 1e12 },
      course: {
        default: 'cyclic',
        title: 'Course',
        description: 'cyclic: from min to max and back; linear: steadily',
        type: 'string',
        enum: ['cyclic', 'linear'],
      },
      tank: { ...text('Simulated tank'), description: 'shared by the devices that name it' },
    }),
    values: {
      temperature: {
        title: 'Temperature',
        schema: { type: 'number' },
        access: 'read',
        unit: '°C',
        kind: 'gauge',
        staleAfterMs: 300_000,
        range: [-55, 125],
      },
    },
    commands: { fault, mend },
  },
  {
    oid: 'sensor.level',
    title: 'Level sensor',
    config: config({ start: { default: 100, title: 'Level at the start', ...percent } }),
    values: { level: { title: 'Level', schema: percent, access: 'read', unit: '%', kind: 'gauge' } },
    commands: { fault, mend },
  },
  {
    oid: 'sensor.contact',
    title: 'Contact',
    config: config({}),
    values: { closed: { title: 'Closed', schema: { type: 'boolean' }, access: 'read' } },
    commands: {},
  },
  {
    oid: 'actuator.heater',
    title: 'Heater',
    config: config({
      watts: { default: 100, title: 'Watts', type: 'number', exclusiveMinimum: 0, maximum: 1_000_000 },
      onClose: {
        default: 'keep',
        title: 'When it is closed',
        description: 'keep: it stays as it is, as a relay does',
        type: 'string',
        enum: ['keep', 'off'],
      },
    }),
    values: { on },
    commands: { fault, mend },
    safety: {
      output: 'on',
      leaseRequired: true,
      maxLeaseMs: 120_000,
      maxOnMs: 21_600_000,
      latch: ['disobeyed', 'maxOn'],
    },
  },
  {
    oid: 'actuator.pump',
    title: 'Pump',
    config: config({}),
    values: { on },
    commands: { fault, mend },
    safety: { output: 'on', maxOnMs: 3_600_000, latch: ['disobeyed'] },
  },
  {
    oid: 'actuator.light',
    title: 'Light',
    config: config({ initialPercent: { default: 0, title: 'Level when opened, percent', ...percent } }),
    values: {
      level: {
        title: 'Brightness',
        schema: percent,
        access: 'readwrite',
        unit: '%',
        range: [0, 100],
        kind: 'gauge',
      },
      mode: { title: 'Mode', schema: { type: 'string', enum: ['day', 'dusk', 'moon'] }, access: 'readwrite' },
    },
    commands: {
      on: { title: 'Fully on', args: noArgs },
      off: { title: 'Off', args: noArgs },
      fault,
      mend,
    },
    safety: { output: 'level' },
  },
  {
    oid: 'actuator.doser',
    title: 'Doser',
    config: config({
      mlPerMinute: { default: 300, title: 'Millilitres a minute', type: 'number', exclusiveMinimum: 0 },
    }),
    values: {
      dosed: {
        title: 'Dosed in all',
        schema: { type: 'number', minimum: 0 },
        access: 'read',
        unit: 'ml',
        kind: 'counter',
      },
    },
    commands: {
      dose: {
        title: 'Dose',
        args: {
          type: 'object',
          properties: {
            ml: { type: 'number', exclusiveMinimum: 0, maximum: 10, title: 'Amount', unit: 'ml' },
          },
          required: ['ml'],
          additionalProperties: false,
        },
      },
      fault,
      mend,
    },
  },
  {
    oid: 'media.camera',
    title: 'Camera',
    config: config({
      width: { default: 160, title: 'Width in pixels', type: 'integer', minimum: 32, maximum: 1920 },
    }),
    values: {
      photos: {
        title: 'Photos taken',
        schema: { type: 'integer', minimum: 0 },
        access: 'read',
        kind: 'counter',
      },
    },
    commands: { photo: { title: 'Take a photo', args: noArgs, bytes: true }, fault, mend },
  },
  {
    oid: 'media.tv',
    title: 'Television',
    config: config({
      channels: { default: 30, title: 'Channels it receives', type: 'integer', minimum: 1, maximum: 9999 },
    }),
    values: { on },
    commands: { fault, mend },
    subdevices: { channel: tvChannel, volume: tvVolume },
  },
];

export const builtInCommands: Readonly<Record<string, CommandDescription>> = {
  acknowledge: { title: 'Acknowledge a trip, so that the output can be used again', args: noArgs },
  config: { title: 'Show the configuration', args: noArgs },
  poll: {
    title: 'Read the device now, or set the seconds between polls',
    args: {
      type: 'object',
      properties: { seconds: { type: 'number', title: 'Seconds between polls' } },
      additionalProperties: false,
    },
  },
  reset: { title: 'Close the device and open it again', args: noArgs },
};
