import type { Action, ServiceDefinition } from './definition.js';
import type { AnyKind, Arity, FrameForm } from './frame-kind.js';
import { jsonSchemaOf } from './standard-schema.js';

/** One parameter or result, told as data. */
export interface FrameDescription {
  readonly name: string;
  readonly form: FrameForm;
  readonly arity: Arity;
  /** What travels, in draft 2020-12; only for a schema that can tell it (Standard JSON Schema). */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

/** One action, told as data. */
export interface ActionDescription {
  /** As it travels. */
  readonly name: string;
  readonly title?: string;
  readonly params: readonly FrameDescription[];
  readonly result: readonly FrameDescription[];
}

/** A service as plain data that survives JSON, for documentation and `info` actions; actions in order of declaration. */
export function describeService(definition: ServiceDefinition): readonly ActionDescription[] {
  return Object.values(definition.actions).map(describeAction);
}

function describeAction({ name, title, params, result }: Action): ActionDescription {
  return {
    name,
    ...(title === undefined ? {} : { title }),
    params: params.map(describeKind),
    result: result.map(describeKind),
  };
}

function describeKind({ name, form, arity, schema }: AnyKind): FrameDescription {
  const jsonSchema = schema === undefined ? undefined : jsonSchemaOf(schema);
  return { name, form, arity, ...(jsonSchema === undefined ? {} : { jsonSchema }) };
}
