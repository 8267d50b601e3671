import {
  deviceConfigSchema,
  type BudgetState,
  type Calibration,
  type CommandDescription,
  type DeviceConfig,
  type DeviceInfo,
  type DeviceTypeDescription,
  type Reading,
  type SafetyDefinition,
  type SafetyRule,
  type SafetyState,
  type ValueDescription,
} from '@raspy/devices';
import { z } from 'zod';
import type { ListedDevice } from '../../home/device-list.js';
import { declared, instant, json, jsonObject } from './json.js';

const rule = declared<SafetyRule>()(
  z.enum([
    'lease',
    'input',
    'interlock',
    'maxOn',
    'minOff',
    'duty',
    'budget',
    'disobeyed',
    'disabled',
    'boot',
    'shutdown',
  ]),
);
const outputValue = z.union([z.boolean(), z.number()]);
const jsonSchema = jsonObject.meta({ id: 'JsonSchema', description: 'JSON Schema, draft 2020-12' });

export const reading = declared<Reading>()(
  z.object({
    value: json,
    raw: z.number().optional(),
    unit: z.string().optional(),
    at: instant,
    quality: z.enum(['good', 'stale', 'suspect', 'bad']),
    reason: z.string().optional(),
  }),
).meta({ id: 'Reading' });

const budgetState = declared<BudgetState>()(
  z.object({ command: z.string(), argument: z.string(), left: z.number() }),
);
const safetyState = declared<SafetyState>()(
  z.object({
    output: z.string(),
    wanted: outputValue,
    actual: outputValue.optional(),
    failSafe: outputValue,
    state: z.enum(['ok', 'tripped', 'disabled']),
    rule: rule.optional(),
    reason: z.string().optional(),
    latched: z.boolean(),
    lease: z.object({ endsInMs: z.number() }).optional(),
    onForMs: z.number().optional(),
    dutyLeftMs: z.number().optional(),
    offUntilInMs: z.number().optional(),
    budgets: z.array(budgetState).optional(),
  }),
).meta({ id: 'SafetyState' });

const summary = z.object({
  name: z.string(),
  oid: z.string(),
  title: z.string().meta({ description: 'Title of its type' }),
  parent: z.string().optional(),
  state: z.enum(['opening', 'open', 'failed']),
  reason: z.string().optional(),
  values: z.record(z.string(), reading),
  found: z.literal(true).optional(),
  note: z.string().optional(),
  safety: safetyState.optional(),
});
export const listedDevice = declared<ListedDevice>()(summary.extend({ server: z.string() })).meta({
  id: 'Device',
});

const valueDescription = declared<ValueDescription>()(
  z.object({
    title: z.string(),
    schema: jsonSchema,
    access: z.enum(['read', 'readwrite', 'write']),
    unit: z.string().optional(),
    kind: z.enum(['gauge', 'counter', 'derive', 'absolute']).optional(),
    staleAfterMs: z.number().optional(),
    range: z.tuple([z.number(), z.number()]).optional(),
    maxChangePerSecond: z.number().optional(),
    stuckAfterMs: z.number().optional(),
  }),
).meta({ id: 'ValueDescription' });
const commandDescription = declared<CommandDescription>()(
  z.object({ title: z.string(), args: jsonSchema, bytes: z.literal(true).optional() }),
).meta({ id: 'CommandDescription' });

const safetyConfig = deviceConfigSchema.shape.safety.unwrap();
const { onlyWhile: _o, notWhile: _n, ...limits } = safetyConfig.shape;
const safetyDefinition = declared<SafetyDefinition>()(
  z.object({
    ...limits,
    latch: z.array(rule).optional(),
    output: z.string(),
    off: outputValue.optional(),
    selfActing: z.boolean().optional(),
  }),
).meta({ id: 'SafetyDefinition' });
/** Recursive, so that it needs its type said. */
export const deviceType: z.ZodType<DeviceTypeDescription> = z
  .object({
    oid: z.string(),
    title: z.string(),
    config: jsonSchema,
    values: z.record(z.string(), valueDescription),
    commands: z.record(z.string(), commandDescription),
    subdevices: z
      .record(
        z.string(),
        z.lazy(() => deviceType),
      )
      .optional(),
    safety: safetyDefinition.optional(),
  })
  .meta({ id: 'DeviceType' });

export const deviceInfo = declared<DeviceInfo>()(
  summary.extend({
    type: deviceType,
    commands: z.record(z.string(), commandDescription),
    config: jsonObject,
    pollSeconds: z.number(),
    log: z.boolean(),
  }),
).meta({ id: 'DeviceInfo' });

const calibration = declared<Calibration>()(
  z.union([
    z.object({ points: z.array(z.tuple([z.number(), z.number()])) }),
    z.object({ scale: z.number().optional(), offset: z.number().optional() }),
  ]),
).meta({ id: 'Calibration' });
/** As it was written: what has a default may be missing. Of the rules that can latch the schema knows more than the type. */
export const deviceConfig = declared<Omit<DeviceConfig, 'safety'>>()(
  z.object({
    ...deviceConfigSchema.shape,
    config: jsonObject.optional(),
    log: z.boolean().optional(),
    calibration: z.record(z.string(), calibration).optional(),
    safety: safetyConfig.meta({ id: 'SafetyConfig' }).optional(),
  }),
).meta({ id: 'DeviceConfig' });
