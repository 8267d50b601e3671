import fc from 'fast-check';
import { z } from 'zod';
import { expectAccessible } from '../../test/accessible.js';
import { anyChar } from '../../test/any-char.js';
import { samples, withoutMinusZero } from '../../test/contracts.js';
import { parseHtml, submit } from '../../test/html-form.js';
import { formEntries, readForm, renderForm, type FormSchema, type JsonValue } from './index.js';

const schemaOf = (contract: z.ZodType): FormSchema => {
  const { $schema: _, ...schema } = z.toJSONSchema(contract, { io: 'input' });
  return schema;
};
const json = fc
  .jsonValue({ stringUnit: anyChar, maxDepth: 2 })
  .map(withoutMinusZero) as fc.Arbitrary<JsonValue>;

const odd = fc.oneof(fc.constantFrom(null, true, false, '', 'a', 0, 3, -1, 1e9, 0.5, {}, []), json);

/** Schemas as nobody would write them: the keywords are right at times, their values less often. */
function wildSchemasOf(depth: number): fc.Arbitrary<FormSchema> {
  const part = depth === 0 ? odd : fc.oneof({ weight: 3, arbitrary: wildSchemasOf(depth - 1) }, odd);
  const some = fc.oneof(fc.array(part, { maxLength: 3 }), odd);
  const parts = fc.oneof(
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '~x'), part, { maxKeys: 3 }),
    odd,
  );
  const type = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null');
  const keyword = (name: string, value: fc.Arbitrary<unknown>) => fc.tuple(fc.constant(name), value);
  const keywords = fc.oneof(
    { weight: 8, arbitrary: keyword('type', fc.oneof(type, fc.array(type, { maxLength: 3 }))) },
    { weight: 3, arbitrary: keyword('properties', parts) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom('additionalProperties', 'propertyNames', 'items', 'not'), part),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constantFrom('anyOf', 'oneOf', 'allOf', 'prefixItems', 'enum'), some),
    },
    keyword('$defs', parts),
    keyword(
      '$ref',
      fc.constantFrom('#', '#/$defs/a', '#/properties/a', '#/anyOf/0', '#/%', 'http://a.org', 3),
    ),
    keyword('required', fc.constantFrom(['a'], ['a', 'b', '__proto__', 3], 'a')),
    keyword('format', fc.constantFrom('email', 'uri', 'date', 3)),
    keyword('pattern', fc.constantFrom('^a$', '(', 'a|b', 3)),
    fc.tuple(
      fc.constantFrom('minItems', 'maxItems', 'minLength', 'maxLength', 'minimum', 'exclusiveMaximum'),
      odd,
    ),
    fc.tuple(fc.constantFrom('multipleOf', 'const', 'default', 'title', 'description', 'unit'), odd),
    fc.tuple(fc.constantFrom('readOnly', 'writeOnly', 'multiline'), odd),
  );
  return fc
    .uniqueArray(keywords, { maxLength: 5, selector: ([name]) => name })
    .map((written) => Object.fromEntries(written) as FormSchema);
}
const wildSchemas = wildSchemasOf(3);

const kinds = fc.constantFrom('value', 'json', 'has', 'empty', 'key', 'pick', 'shown', 'do', 'other');
const pointers = fc
  .array(fc.constantFrom('a', 'b', '0', '1', '7', '~x', '__proto__', 'constructor', ''), { maxLength: 5 })
  .map((parts) => parts.map((part) => `/${part}`).join(''));
const wildEntries = fc.array(
  fc.tuple(
    fc.tuple(kinds, pointers).map((parts) => parts.join('')),
    fc.oneof(
      fc.constantFrom(
        '',
        '0',
        '1',
        '1,5',
        'true',
        '{"a":[1]}',
        '{',
        'add/a',
        'remove/a/0',
        'choose',
        'add',
        'remove',
      ),
      fc.string({ unit: anyChar }),
    ),
  ),
  { maxLength: 20 },
);

describe('a form', () => {
  it('gives back each value that its contract accepts', () => {
    fc.assert(
      fc.property(samples, ({ contract, value }) => {
        const schema = schemaOf(contract);
        const html = renderForm(schema, { value: value as JsonValue });
        expectAccessible(html);
        const entries = submit(html);
        const reading = readForm(schema, entries);
        expect(reading).toEqual({ value, mistakes: [], choices: {} });
        expect(entries).toEqual(formEntries(schema, value as JsonValue));
        expect(renderForm(schema, { value: reading.value })).toBe(html);
      }),
      { numRuns: 300 },
    );
  });

  it('of a value that the contract refuses shows all of it, and after sending the same again', () => {
    fc.assert(
      fc.property(samples, json, ({ contract }, value) => {
        const schema = schemaOf(contract);
        const html = renderForm(schema, { value });
        const { value: read, mistakes, choices } = readForm(schema, submit(html));
        const again = renderForm(schema, { value: read, choices });
        expect(submit(again)).toEqual(submit(html));
        expectAccessible(renderForm(schema, { value: read, mistakes, choices }));
      }),
      { numRuns: 200 },
    );
  });

  it('is well-formed for any schema and value, and is read again', () => {
    fc.assert(
      fc.property(wildSchemas, fc.option(json, { nil: undefined }), (schema, value) => {
        const html = renderForm(schema, value === undefined ? {} : { value });
        expectAccessible(html);
        const first = readForm(schema, submit(html));
        const again = submit(renderForm(schema, { value: first.value, choices: first.choices }));
        if (value !== undefined) expect(again).toEqual(submit(html));
        expect(readForm(schema, again).value).toEqual(first.value);
      }),
      { numRuns: 500, endOnFailure: true },
    );
  });

  it('is read without throwing, whatever was sent, and shown again', () => {
    fc.assert(
      fc.property(wildSchemas, wildEntries, (schema, entries) => {
        const { value, mistakes, choices } = readForm(schema, entries);
        expect(JSON.parse(JSON.stringify(value))).toEqual(value);
        parseHtml(renderForm(schema, { value, mistakes, choices }));
      }),
      { numRuns: 500, endOnFailure: true },
    );
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
