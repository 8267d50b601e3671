import { z } from 'zod';
import type { CommandDescription, JsonSchema } from '../describe.js';
import { describeDeviceType, parse } from '../describe.js';
import { writableValues } from '../device-type.js';
import { InvalidArgumentError } from '../errors.js';
import type { BuiltInCommand } from '../names.js';
import { pollSecondsSchema } from './device-config.js';
import type { DeviceMember } from './device-member.js';
import type { HostedDevice } from './hosted-device.js';
import { setArguments } from './set-arguments.js';

/** What a built-in command is executed on. */
export interface BuiltInTarget {
  readonly device: HostedDevice;
  readonly member: DeviceMember;
  /** The guard of its output, if it has one. */
  readonly guarded: GuardedOutput | undefined;
}

/** What people may do about a guarded output. */
export interface GuardedOutput {
  /** Lets it be used again after a trip that holds until then. */
  acknowledge(): void;
  /** Drives it to its fail-safe state, and keeps it there. */
  disable(reason: string | undefined): void;
  enable(): void;
  state(): unknown;
}

interface BuiltIn {
  readonly title: string;
  readonly args: z.ZodObject;
  /** Whether the device can obey it. @default always */
  readonly available?: (target: BuiltInTarget) => boolean;
  execute(target: BuiltInTarget, args: Record<string, unknown>): unknown;
}

const isGuarded = ({ guarded }: BuiltInTarget): boolean => guarded !== undefined;

const BUILT_INS: Record<Exclude<BuiltInCommand, 'set'>, BuiltIn> = {
  acknowledge: {
    title: 'Acknowledge a trip, so that the output can be used again',
    args: z.strictObject({}),
    available: isGuarded,
    execute: ({ guarded }) => {
      guarded!.acknowledge();
      return guarded!.state();
    },
  },
  commands: {
    title: 'List the commands',
    args: z.strictObject({}),
    execute: (target) => allCommands(target),
  },
  config: {
    title: 'Show the configuration',
    args: z.strictObject({}),
    execute: ({ device }) => device.config.written,
  },
  disable: {
    title: 'Drive the output to its fail-safe state, and keep it there',
    args: z.strictObject({ reason: z.string().max(200).optional().meta({ title: 'Reason' }) }),
    available: isGuarded,
    execute: ({ guarded }, { reason }) => {
      guarded!.disable(reason as string | undefined);
      return guarded!.state();
    },
  },
  enable: {
    title: 'Let the output be used again',
    args: z.strictObject({}),
    available: isGuarded,
    execute: ({ guarded }) => {
      guarded!.enable();
      return guarded!.state();
    },
  },
  log: {
    title: 'Keep a history, or not',
    args: z.strictObject({ enabled: z.boolean().optional().meta({ title: 'Keep a history' }) }),
    execute: ({ device }, { enabled }) => {
      if (typeof enabled === 'boolean') device.log = enabled;
      return { enabled: device.log };
    },
  },
  poll: {
    title: 'Read the device now, or set the seconds between polls',
    args: z.strictObject({ seconds: pollSecondsSchema.optional().meta({ title: 'Seconds between polls' }) }),
    available: ({ device }) => device.pollable,
    execute: async ({ device, member }, { seconds }) => {
      if (typeof seconds === 'number') device.pollSeconds = seconds;
      else await device.poll();
      return { seconds: device.pollSeconds, values: member.readings.all() };
    },
  },
  reset: {
    title: 'Close the device and open it again',
    args: z.strictObject({}),
    execute: async ({ device }) => {
      await device.reset();
      return { state: device.state, ...(device.reason !== undefined && { reason: device.reason }) };
    },
  },
};

/** The built-in command of this name, `undefined` when the device cannot obey it, or there is none. */
export function builtInCommand(
  target: BuiltInTarget,
  command: string,
): ((args: unknown) => unknown) | undefined {
  const found = available(target).find(([name]) => name === command);
  if (found === undefined) return undefined;
  const [name, { args: schema, execute }] = found;
  return (args) => {
    const parsed = parse(schema, args ?? {});
    if (parsed.mistakes !== undefined) {
      throw new InvalidArgumentError(target.member.name, name, parsed.mistakes);
    }
    return execute(target, parsed.data as Record<string, unknown>);
  };
}

/** All commands that the device can obey now, its own and the built-in ones. */
export function allCommands(target: BuiltInTarget): Record<string, CommandDescription> {
  const { type } = target.member;
  return {
    ...describeDeviceType(type).commands,
    ...Object.fromEntries(available(target).map(([name, { title, args }]) => [name, described(title, args)])),
    ...(writableValues(type).length > 0 && { set: described('Set values', setArguments(type)) }),
  };
}

function described(title: string, args: z.ZodObject): CommandDescription {
  const { $schema: _, ...schema }: JsonSchema = z.toJSONSchema(args, { io: 'input' });
  return { title, args: schema };
}

function available(target: BuiltInTarget): [string, BuiltIn][] {
  return Object.entries<BuiltIn>(BUILT_INS).filter(([, { available: can }]) => can?.(target) ?? true);
}
