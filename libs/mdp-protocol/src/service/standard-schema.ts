import { type Coded, coded, uncoded } from './coded.js';
import { ServiceDefinitionError } from './definition-error.js';

/** What a validation ends with: the value as the schema reads it, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The part of Standard Schema, version 1, that this library uses: zod 4, valibot, arktype and others offer it, so
 * that a service may declare its frames with the one its author knows. Validation must be synchronous.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Standard JSON Schema, where the schema offers it. May throw for what JSON Schema cannot tell. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
    };
  };
}

/** What a schema takes: the value that travels. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input'];
/** What a schema gives: the value after defaults and transformations. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output'];

/** A value with many mistakes is told of so many. */
const MOST_ISSUES = 3;

/** @throws {@link ServiceDefinitionError} when the schema validates asynchronously */
export function validate<Output>(schema: StandardSchema<unknown, Output>, value: unknown): Coded<Output> {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    // Its outcome is of no use, and must not surface as an unhandled rejection either.
    result.catch(() => undefined);
    throw new ServiceDefinitionError([
      `a ${schema['~standard'].vendor} schema validates asynchronously, or threw; use synchronous checks alone`,
    ]);
  }
  if (result.issues === undefined) return coded(result.value);
  const told = result.issues.slice(0, MOST_ISSUES).map(issueText);
  const more = result.issues.length - told.length;
  return uncoded(told.join('; ') + (more > 0 ? `; and ${more} more` : '') || 'refused by its schema');
}

function issueText(issue: StandardIssue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

/** The JSON Schema of what travels, if the schema can tell. */
export function jsonSchemaOf(schema: StandardSchema): Readonly<Record<string, unknown>> | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
  } catch {
    return undefined;
  }
}
