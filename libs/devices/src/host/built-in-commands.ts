import { z } from 'zod';
import type { CommandDescription, JsonSchema } from '../describe.js';
import { describeDeviceType, parse } from '../describe.js';
import { InvalidArgumentError } from '../errors.js';
import type { BuiltInCommand } from '../names.js';
import { pollSecondsSchema } from './device-config.js';
import type { HostedDevice } from './hosted-device.js';

interface BuiltIn {
  readonly title: string;
  readonly args: z.ZodObject;
  execute(device: HostedDevice, args: Record<string, unknown>): unknown;
}

const BUILT_INS: Record<BuiltInCommand, BuiltIn> = {
  commands: {
    title: 'List the commands',
    args: z.strictObject({}),
    execute: (device) => ({
      ...describeDeviceType(device.config.driver.type).commands,
      ...describeCommands(device),
    }),
  },
  config: {
    title: 'Show the configuration',
    args: z.strictObject({}),
    execute: (device) => device.config.written,
  },
  log: {
    title: 'Keep a history, or not',
    args: z.strictObject({ enabled: z.boolean().optional() }),
    execute: (device, { enabled }) => {
      if (typeof enabled === 'boolean') device.log = enabled;
      return { enabled: device.log };
    },
  },
  poll: {
    title: 'Read the device now, or set the seconds between polls',
    args: z.strictObject({ seconds: pollSecondsSchema.optional() }),
    execute: async (device, { seconds }) => {
      if (typeof seconds === 'number') device.pollSeconds = seconds;
      else await device.poll();
      return { seconds: device.pollSeconds, values: device.readings.all() };
    },
  },
  reset: {
    title: 'Close the device and open it again',
    args: z.strictObject({}),
    execute: async (device) => {
      await device.reset();
      return { state: device.state, ...(device.reason !== undefined && { reason: device.reason }) };
    },
  },
};

/** The built-in commands that a device can obey: all, but `poll` only while it is open and can be asked. */
export function builtInCommands(device: HostedDevice): Map<string, (args: unknown) => unknown> {
  return new Map(
    available(device).map(([name, { args: schema, execute }]) => [
      name,
      (args: unknown) => {
        const parsed = parse(schema, args ?? {});
        if (parsed.mistakes !== undefined) {
          throw new InvalidArgumentError(device.config.name, name, parsed.mistakes);
        }
        return execute(device, parsed.data as Record<string, unknown>);
      },
    ]),
  );
}

/** What {@link builtInCommands} holds, as plain JSON. */
export function describeCommands(device: HostedDevice): Record<string, CommandDescription> {
  return Object.fromEntries(
    available(device).map(([name, { title, args }]) => {
      const { $schema: _, ...schema }: JsonSchema = z.toJSONSchema(args, { io: 'input' });
      return [name, { title, args: schema }];
    }),
  );
}

function available(device: HostedDevice): [string, BuiltIn][] {
  return Object.entries(BUILT_INS).filter(([name]) => name !== 'poll' || device.pollable);
}
