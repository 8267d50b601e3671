// Made from the schema of devices by nx run web:client; not to be changed by hand.
import type { JsonSchema } from './types.js';

/** What can be configured of every device beside what its type asks for. */
export const commonConfig: JsonSchema = {
  type: 'object',
  properties: {
    pollSeconds: { title: 'Seconds between polls', type: 'integer', minimum: -1, maximum: 2678400 },
    log: { default: false, title: 'Keep a history', type: 'boolean' },
    safety: {
      title: 'Safety',
      type: 'object',
      properties: {
        failSafe: { title: 'Fail-safe state', type: ['boolean', 'number'] },
        boot: { title: 'State at the start', type: 'string', enum: ['off', 'last', 'on'] },
        leaseRequired: { title: 'Active only under a lease', type: 'boolean' },
        maxLeaseMs: { title: 'Longest lease', unit: 'ms', type: 'number', exclusiveMinimum: 0 },
        maxOnMs: { title: 'Longest time active at once', unit: 'ms', type: 'number', exclusiveMinimum: 0 },
        minOffMs: { title: 'Shortest time inactive', unit: 'ms', type: 'number', minimum: 0 },
        duty: {
          title: 'Duty',
          type: 'object',
          properties: {
            onMs: {
              type: 'number',
              exclusiveMinimum: 0,
              title: 'Longest time active within the window',
              unit: 'ms',
            },
            windowMs: { type: 'number', exclusiveMinimum: 0, title: 'Window', unit: 'ms' },
          },
          required: ['onMs', 'windowMs'],
        },
        budgets: {
          title: 'Budgets',
          maxItems: 16,
          type: 'array',
          items: {
            type: 'object',
            properties: {
              command: { type: 'string', title: 'Command' },
              argument: { type: 'string', title: 'Argument' },
              maxAtOnce: { title: 'Most at once', type: 'number', exclusiveMinimum: 0 },
              max: { type: 'number', exclusiveMinimum: 0, title: 'Most within the window' },
              windowMs: { type: 'number', exclusiveMinimum: 0, title: 'Window', unit: 'ms' },
            },
            required: ['command', 'argument', 'max', 'windowMs'],
          },
        },
        latch: {
          title: 'Trips that hold until acknowledged',
          maxItems: 6,
          type: 'array',
          items: { type: 'string', enum: ['lease', 'input', 'interlock', 'maxOn', 'duty', 'disobeyed'] },
        },
        onlyWhile: {
          title: 'Active only while all of these hold',
          maxItems: 32,
          type: 'array',
          items: {
            type: 'object',
            properties: {
              device: { type: 'string', minLength: 1, title: 'Device' },
              value: { type: 'string', minLength: 1, title: 'Value' },
              is: { title: 'Equals', type: ['boolean', 'number', 'string'] },
              above: { title: 'Above', type: 'number' },
              below: { title: 'Below', type: 'number' },
            },
            required: ['device', 'value'],
          },
        },
        notWhile: {
          title: 'Not active while any of these holds',
          maxItems: 32,
          type: 'array',
          items: {
            type: 'object',
            properties: {
              device: { type: 'string', minLength: 1, title: 'Device' },
              value: { type: 'string', minLength: 1, title: 'Value' },
              is: { title: 'Equals', type: ['boolean', 'number', 'string'] },
              above: { title: 'Above', type: 'number' },
              below: { title: 'Below', type: 'number' },
            },
            required: ['device', 'value'],
          },
        },
      },
    },
  },
};
