import { VERSION } from '@raspy/runtime';
import { z } from 'zod';
import type { Route } from './route.js';
import { problem } from './schemas.js';
import { API_BASE, routes as allRoutes } from './table.js';

/** A JSON Schema, or another part of the document. */
export type JsonObject = { [member: string]: unknown };

const COMPONENTS = '#/components/schemas/';

/** The API as an OpenAPI 3.1 document, made from the table of routes. */
export function openApiDocument(routes: readonly Route[] = allRoutes): JsonObject {
  const schemas: JsonObject = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => hoisted(schema, io, schemas);
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route, schemaOf);
  const failure = { 'application/problem+json': { schema: schemaOf(problem, 'output') } };
  return {
    openapi: '3.1.0',
    info: {
      title: 'RasPy',
      version: VERSION,
      description:
        'The home in a browser, and for programs. What goes wrong is told as application/problem+json.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: API_BASE }],
    security: [{ session: [] }, { token: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      responses: { Problem: { description: 'Why it was not done', content: failure } },
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'raspy_session_8080',
          description:
            'Set by POST /login. Its name ends with the port of this server, and begins with __Host- by TLS.',
        },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => JsonObject;

function operation(route: Route, schemaOf: SchemaOf): JsonObject {
  const { method, tag, summary, role, params, query, body, response } = route;
  const parameters = [...parametersOf(params, 'path', schemaOf), ...parametersOf(query, 'query', schemaOf)];
  const isChange = method !== 'get';
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    description:
      (role === 'nobody' ? 'For everybody' : `Role: ${role}`) +
      (isChange ? '; with a session it needs the header X-CSRF-Token' : ''),
    ...(role === 'nobody' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
    }),
    responses: {
      ...(response.kind === 'empty'
        ? { 204: { description: 'Done' } }
        : { 200: { description: 'The answer', content: contentOf(response, schemaOf) } }),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function contentOf(response: Exclude<Route['response'], { kind: 'empty' }>, schemaOf: SchemaOf): JsonObject {
  return response.kind === 'json'
    ? { 'application/json': { schema: schemaOf(response.schema, 'output') } }
    : { [response.type]: { schema: { type: 'string', description: response.description } } };
}

function parametersOf(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  schemaOf: SchemaOf,
): JsonObject[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Readonly<Record<string, JsonObject>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: place === 'query' && Object.keys(property).length === 0 ? { type: 'string' } : property,
  }));
}

/** `getDevicesServerDevice` */
export function operationId({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path.match(/[a-z]+/gi) ?? [];
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

/** A schema whose named parts stand among those of the document. */
function hoisted(schema: z.ZodType, io: 'input' | 'output', schemas: JsonObject): JsonObject {
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (io !== 'output') return;
      // Answers may have members that are not known yet: who reads them passes over what it does not know.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (zodSchema._zod.def.type === 'unknown') jsonSchema.$ref = `${COMPONENTS}Json`;
    },
  }) as JsonObject & {
    readonly $defs?: JsonObject;
  };
  for (const [name, part] of Object.entries($defs)) schemas[name] = withoutId(moved(part) as JsonObject);
  const { id, ...whole } = moved(rest) as JsonObject & { readonly id?: string };
  if (id === undefined) return whole;
  schemas[id] = whole;
  return { $ref: COMPONENTS + id };
}

function withoutId({ id: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** The same with references to where the parts stand now. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === '$ref' && typeof member === 'string' ? member.replace('#/$defs/', COMPONENTS) : moved(member),
    ]),
  );
}
