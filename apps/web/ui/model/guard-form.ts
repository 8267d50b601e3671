import { commonConfig } from './common-config.js';
import { asObject } from './form.js';
import type { DeviceType, Json, JsonSchema } from './types.js';

/**
 * The schema of what can be configured of a device of this type beside what the type asks for: a guard only where there is
 * one, and its fail-safe state of the kind that its output is.
 */
export function commonSchema(type: DeviceType): JsonSchema {
  const { safety, pollSeconds, ...rest } = asObject(commonConfig['properties']);
  return {
    ...commonConfig,
    properties: {
      pollSeconds: { ...asObject(pollSeconds), description: '-1: it is not polled' },
      ...rest,
      ...(type.safety !== undefined && { safety: guardSchema(asObject(safety), type, type.safety) }),
    },
  };
}

function guardSchema(
  schema: JsonSchema,
  type: DeviceType,
  { output, failSafe, off }: NonNullable<DeviceType['safety']>,
): JsonSchema {
  const { failSafe: _, ...rest } = asObject(schema['properties']);
  const { type: kind = 'boolean', minimum, maximum } = type.values[output]?.schema ?? {};
  const state: Json = {
    type: kind,
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    title: 'Fail-safe state',
    description: 'What it is driven to when control, an input or its server is lost',
    default: failSafe ?? off ?? (kind === 'boolean' ? false : 0),
  };
  return { ...schema, title: 'Guard, made tighter', properties: { failSafe: state, ...rest } };
}

/** What budgets of a type may name, by the path of the field: its commands, and their arguments that are numbers. */
export function budgetNames(type: DeviceType, path: string): readonly string[] {
  if (path === 'safety.budgets.command') return Object.keys(type.commands);
  if (path !== 'safety.budgets.argument') return [];
  const named = Object.values(type.commands).flatMap(({ args }) =>
    Object.entries(asObject(args['properties'])).filter(([, of]) =>
      ['number', 'integer'].some((kind) => asObject(of)['type'] === kind),
    ),
  );
  return [...new Set(named.map(([name]) => name))];
}
