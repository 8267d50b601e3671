import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { clientTypesText, typeText } from '../src/api/client-types-text.js';
import { deviceFormText } from '../src/api/device-form-text.js';
import { openApiDocument, operationId } from '../src/api/openapi.js';
import { routes } from '../src/api/table.js';

it('is an OpenAPI document that a validator takes which is not ours', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(openApiDocument());
  expect([errors, valid, validator.version]).toEqual([undefined, true, '3.1']);
});

it('names each operation once, and tells of each parameter of each path', () => {
  const ids = routes.map(operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, params } of routes) {
    const shape = (params as { readonly shape?: object } | undefined)?.shape ?? {};
    expect([path, Object.keys(shape)]).toEqual([
      path,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
    ]);
  }
});

it('refers to nothing that is not there', () => {
  const text = JSON.stringify(openApiDocument());
  const { components } = openApiDocument() as { components: Record<string, Record<string, unknown>> };
  for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
    expect([name, components[kind!]?.[name!] !== undefined]).toEqual([name, true]);
  }
  expect(text).not.toContain('$defs');
});

it('has the client that was made from it, and the form of devices', async () => {
  // Apart from what the formatter does.
  const plain = (text: string): string => text.replaceAll(/[\s;()|'"]/g, '').replaceAll(/,([}\]])/g, '$1');
  const isMade = async (file: string, text: string): Promise<boolean> =>
    plain(await readFile(join(__dirname, file), 'utf8')) === plain(text);
  expect(await isMade('../src/api/client-types.ts', clientTypesText())).toBe(true);
  expect(await isMade('../ui/model/common-config.ts', deviceFormText())).toBe(true);
});

it('makes types of schemas', () => {
  expect(typeText({ type: 'array', items: { anyOf: [{ type: 'integer' }, { const: 'x' }] } })).toBe(
    'readonly (number | "x")[]',
  );
  expect(typeText({ type: 'object', properties: { a: { type: 'null' } }, additionalProperties: {} })).toBe(
    '{ readonly a?: null; readonly [member: string]: unknown }',
  );
  expect(typeText({ type: 'object', additionalProperties: { type: 'number' } })).toBe(
    '{ readonly [member: string]: number }',
  );
  expect(typeText({ type: ['boolean', 'number'] })).toBe('boolean | number');
  expect(typeText({ type: 'object', properties: { at: { type: 'number', description: 'ms' } } })).toBe(
    '{ \n/** ms */\nreadonly at?: number }',
  );
  expect(typeText({ type: 'object' })).toBe('{ readonly [member: string]: unknown }');
});
