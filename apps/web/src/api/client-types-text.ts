import type { JsonObject } from './openapi.js';
import { openApiDocument } from './openapi.js';

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: JsonObject;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonObject }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonObject }>> }>
  >;
}

/** The types of a client, as TypeScript: made from the same table as the server, so that both cannot differ. */
export function clientTypesText(): string {
  const document = openApiDocument() as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
  };
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeText(schema)};\n`,
  );
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationText(method, path, operation)),
  );
  return [
    '// Made from the table of routes by nx run web:client; not to be changed by hand.\n/* eslint-disable max-lines -- one table */\n',
    ...schemas,
    '/** What each operation takes, and answers. */',
    `export interface ApiOperations {\n${operations.join('')}}\n`,
  ].join('\n');
}

function operationText(
  method: string,
  path: string,
  { summary, parameters = [], requestBody, responses }: Operation,
): string {
  const group = (place: string): string => {
    const members = parameters.filter((parameter) => parameter.in === place);
    return members.length === 0
      ? 'undefined'
      : `{ ${members.map(({ name, required, schema }) => `readonly ${name}${required ? '' : '?'}: ${typeText(schema)}`).join('; ')} }`;
  };
  const body = requestBody?.content['application/json']?.schema;
  return [
    `  /** ${summary} */`,
    `  readonly '${method.toUpperCase()} ${path}': {`,
    `    readonly params: ${group('path')};`,
    `    readonly query: ${group('query')};`,
    `    readonly body: ${body === undefined ? 'undefined' : typeText(body)};`,
    `    readonly response: ${responseText(responses)};`,
    '  };\n',
  ].join('\n');
}

function responseText(responses: Operation['responses']): string {
  const [content] = Object.entries(responses['200']?.content ?? {});
  if (content === undefined) return 'undefined';
  const [type, { schema }] = content;
  if (type === 'application/json') return typeText(schema);
  return type.startsWith('text/plain') ? 'string' : 'Response';
}

/** A JSON Schema as a type. */
export function typeText(schema: JsonObject): string {
  const {
    $ref,
    enum: words,
    const: word,
    anyOf,
    type,
    items,
    prefixItems,
  } = schema as {
    readonly $ref?: string;
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
    readonly anyOf?: readonly JsonObject[];
    readonly type?: string | readonly string[];
    readonly items?: JsonObject;
    readonly prefixItems?: readonly JsonObject[];
  };
  if ($ref !== undefined) return $ref.split('/').at(-1)!;
  if (words !== undefined) return words.map((one) => JSON.stringify(one)).join(' | ');
  if (word !== undefined) return JSON.stringify(word);
  if (anyOf !== undefined) return anyOf.map(typeText).join(' | ');
  if (typeof type === 'object') return type.map((one) => typeText({ ...schema, type: one })).join(' | ');
  switch (type) {
    case 'array':
      return prefixItems === undefined
        ? `readonly (${typeText(items ?? {})})[]`
        : `readonly [${prefixItems.map(typeText).join(', ')}]`;
    case 'object':
      return objectText(schema);
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'unknown';
  }
}

function commentText({ description }: JsonObject): string {
  return typeof description === 'string' ? `\n/** ${description} */\n` : '';
}

function objectText(schema: JsonObject): string {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    readonly properties?: Readonly<Record<string, JsonObject>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: JsonObject | boolean;
  };
  const members = Object.entries(properties).map(
    ([name, property]) =>
      `${commentText(property)}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeText(property)}`,
  );
  if (typeof additionalProperties === 'object') {
    // Members that are named have types of their own, which one for all of them would have to allow.
    const others = members.length === 0 ? typeText(additionalProperties) : 'unknown';
    members.push(`readonly [member: string]: ${others}`);
  }
  return members.length === 0 ? '{ readonly [member: string]: unknown }' : `{ ${members.join('; ')} }`;
}
