import type { JsonSchema } from './types.js';

/**
 * The forms of jobs and scenarios. They follow the schemas of the core server, which has the last word: what it finds
 * wrong is shown at the field.
 */

const text = (title: string, more: object = {}): JsonSchema => ({
  type: 'string',
  minLength: 1,
  title,
  ...more,
});
const optionalText = (title: string, more: object = {}): JsonSchema => ({ type: 'string', title, ...more });

/** Times by the key that tells them apart. */
export const whenSchema: JsonSchema = {
  title: 'When',
  anyOf: [
    {
      type: 'object',
      title: 'Cron expression',
      additionalProperties: false,
      required: ['cron'],
      properties: {
        cron: text('Cron expression', {
          description: 'Five fields, or six with seconds first, for example 0 8 * * *',
        }),
        timeZone: optionalText('Time zone', {
          description: 'For example Europe/Paris, UTC or +01:00; else that of the home',
        }),
        timeChange: {
          type: 'string',
          enum: ['usual', 'once', 'every'],
          title: 'When clocks change',
          default: 'usual',
        },
      },
    },
    {
      type: 'object',
      title: 'Interval',
      additionalProperties: false,
      required: ['everySeconds'],
      properties: {
        everySeconds: { type: 'number', minimum: 1, maximum: 31_622_400, title: 'Every', unit: 's' },
      },
    },
    {
      type: 'object',
      title: 'Sun',
      additionalProperties: false,
      required: ['sun'],
      properties: {
        sun: {
          type: 'string',
          enum: ['sunrise', 'sunset', 'dawn', 'dusk', 'solarNoon'],
          title: 'Sun event',
        },
        offsetMinutes: {
          type: 'number',
          minimum: -720,
          maximum: 720,
          title: 'Minutes after it',
          unit: 'min',
        },
        place: {
          type: 'object',
          title: 'Place',
          required: ['latitude', 'longitude'],
          properties: {
            latitude: { type: 'number', minimum: -90, maximum: 90, title: 'Latitude', unit: '°' },
            longitude: { type: 'number', minimum: -180, maximum: 180, title: 'Longitude', unit: '°' },
          },
        },
      },
    },
    {
      type: 'object',
      title: 'Once',
      additionalProperties: false,
      required: ['at'],
      properties: { at: text('At', { description: 'For example 2026-12-24T18:00:00+01:00' }) },
    },
  ],
};

const doesSchema: JsonSchema = {
  title: 'What it does',
  anyOf: [
    {
      type: 'object',
      title: 'Command a device',
      additionalProperties: false,
      required: ['command'],
      properties: {
        command: {
          type: 'object',
          title: 'Command',
          required: ['service', 'device', 'name'],
          properties: {
            service: text('Service', { description: 'For example pi.fake.devices' }),
            device: text('Device'),
            name: text('Command', { description: 'set, or one of its own' }),
            args: { title: 'Arguments', description: 'JSON, for example {"on":true}' },
            leaseMs: { type: 'integer', exclusiveMinimum: 0, title: 'Lease', unit: 'ms' },
            timeoutMs: {
              type: 'integer',
              minimum: 1,
              maximum: 3_600_000,
              title: 'Give up after',
              unit: 'ms',
            },
          },
        },
      },
    },
    {
      type: 'object',
      title: 'Send a durable request',
      additionalProperties: false,
      required: ['request'],
      properties: {
        request: {
          type: 'object',
          title: 'Request',
          required: ['service', 'body'],
          properties: {
            service: text('Service'),
            body: { type: 'array', minItems: 1, maxItems: 16, title: 'Frames', items: { type: 'string' } },
            expiresAfterMs: { type: 'integer', exclusiveMinimum: 0, title: 'Expires after', unit: 'ms' },
          },
        },
      },
    },
  ],
};

const nameSchema = text('Name', {
  maxLength: 100,
  description: 'Letters, digits, "_", "-" and "."; it stays',
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$',
});

export const jobSchema: JsonSchema = {
  type: 'object',
  required: ['name', 'when'],
  properties: {
    name: nameSchema,
    title: optionalText('Title', { maxLength: 200 }),
    when: whenSchema,
    does: doesSchema,
    missed: {
      type: 'string',
      enum: ['skip', 'once', 'all'],
      title: 'Runs that were missed',
      default: 'skip',
    },
    windowMs: { type: 'number', exclusiveMinimum: 0, title: 'Make up for runs not older than', unit: 'ms' },
    jitterSeconds: { type: 'number', minimum: 0, maximum: 3600, title: 'Random delay up to', unit: 's' },
    overlap: {
      type: 'string',
      enum: ['skip', 'queue', 'parallel'],
      title: 'While the run before goes on',
      default: 'skip',
    },
    runWhileClockUntrusted: { type: 'boolean', title: 'Run while the clock is not trusted', default: false },
    enabled: { type: 'boolean', title: 'Enabled', default: true },
  },
};

const entryText = text('Entry', { description: 'Its name above', maxLength: 40 });
const read = {
  title: optionalText('Title'),
  type: { type: 'string', enum: ['number', 'boolean', 'text', 'any'], title: 'Type', default: 'any' },
  unit: optionalText('Unit'),
  maxAge: optionalText('Stale after', { description: 'For example 2 min' }),
  optional: { type: 'boolean', title: 'Optional', default: false },
};
const kind = (name: string, title: string, required: readonly string[], properties: object): JsonSchema => ({
  type: 'object',
  title,
  required: ['kind', ...required],
  additionalProperties: false,
  properties: { kind: { const: name }, ...properties },
});

/** What a scenario has to do with, by its kind. */
export const entrySchema: JsonSchema = {
  anyOf: [
    // The key is left out of one that is optional, and not mapped.
    kind('value', 'Value of a device', [], {
      key: text('Key', { description: 'For example /device/pi.fake/water/temperature' }),
      ...read,
    }),
    kind('device', 'Device to command', ['service', 'device'], {
      title: optionalText('Title'),
      service: text('Service', { description: 'For example pi.fake.devices' }),
      device: text('Device'),
      type: optionalText('Type', { description: 'For example actuator.heater' }),
    }),
    kind('setting', 'Setting', ['value'], {
      title: optionalText('Title'),
      value: {
        title: 'Value',
        anyOf: [
          { type: 'number', title: 'Number' },
          { type: 'boolean', title: 'Switch' },
          { type: 'string', title: 'Text' },
        ],
      },
      unit: optionalText('Unit'),
      min: { type: 'number', title: 'At least' },
      max: { type: 'number', title: 'At most' },
    }),
    kind('variable', 'Variable of the tree', [], { key: text('Key'), ...read }),
    kind('service', 'Service', ['service'], { title: optionalText('Title'), service: text('Service') }),
    kind('cron', 'Time', ['when'], { title: optionalText('Title'), when: whenSchema }),
    kind('sun', 'Sun', ['when'], { title: optionalText('Title'), when: whenSchema }),
    kind('scenario', 'Another scenario', ['name'], { title: optionalText('Title'), name: text('Name') }),
  ],
};

const held = {
  for: optionalText('For', { description: 'How long it has to hold, for example 5 minutes' }),
  atStart: { type: 'boolean', title: 'Also when it holds at the first reading', default: false },
};
const fire = (title: string, required: readonly string[], properties: object): JsonSchema => ({
  type: 'object',
  title,
  required: ['entry', ...required],
  additionalProperties: false,
  properties: { entry: entryText, ...properties },
});
const hysteresis = { type: 'number', minimum: 0, title: 'Hysteresis', default: 0 };

const fireSchema: JsonSchema = {
  anyOf: [
    fire('Falls below', ['below'], { below: { type: 'number', title: 'Below' }, hysteresis, ...held }),
    fire('Rises above', ['above'], { above: { type: 'number', title: 'Above' }, hysteresis, ...held }),
    fire('Becomes', ['is'], {
      is: {
        title: 'Is',
        anyOf: [
          { type: 'boolean', title: 'Switch' },
          { type: 'string', title: 'Text' },
        ],
      },
      ...held,
    }),
    fire('Reaches a number', ['equals'], {
      equals: { type: 'number', title: 'Equals' },
      tolerance: { type: 'number', minimum: 0, title: 'Tolerance', default: 0 },
      ...held,
    }),
    fire('Changes', ['changed'], { changed: { const: true } }),
    fire('A scenario', ['when'], {
      when: { type: 'string', enum: ['started', 'ended', 'failed'], title: 'Has' },
    }),
    fire('At its time', [], {}),
  ],
};

/** All of a scenario but its code. */
export const scenarioSchema: JsonSchema = {
  type: 'object',
  required: ['name', 'mode', 'entries'],
  properties: {
    name: nameSchema,
    title: optionalText('Title', { maxLength: 200 }),
    mode: {
      type: 'string',
      enum: ['fired', 'background'],
      title: 'Mode',
      description: 'Runs when something fires it, or from start-up on',
    },
    enabled: { type: 'boolean', title: 'Enabled', default: true },
    description: optionalText('Description', { maxLength: 10_000 }),
    entries: {
      type: 'object',
      title: 'What it has to do with',
      description: 'Each under the name by which the code knows it',
      additionalProperties: entrySchema,
    },
    fires: { type: 'array', title: 'What fires it', maxItems: 32, items: fireSchema },
    policy: {
      type: 'object',
      title: 'When things go wrong',
      properties: {
        overlap: {
          type: 'string',
          enum: ['skip', 'restart', 'queue'],
          title: 'Fired while it runs',
          default: 'skip',
        },
        afterError: { type: 'string', enum: ['restart', 'leave'], title: 'A run that failed' },
        afterRestart: {
          type: 'string',
          enum: ['leave', 'restart', 'resume'],
          title: 'A run that a power cut ended',
          default: 'leave',
        },
      },
    },
    permissions: {
      type: 'object',
      title: 'What it may do',
      properties: {
        commands: {
          type: 'array',
          title: 'Devices that it may command',
          description: 'Left out: all of its entries',
          items: { type: 'string' },
        },
        cron: { type: 'boolean', title: 'Change jobs', default: false },
      },
    },
  },
};
