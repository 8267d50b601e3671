import fc from 'fast-check';
import { z } from 'zod';
import { anyChar } from './any-char.js';

/** A contract and a value that it accepts. */
export interface Sample {
  readonly contract: z.ZodType;
  readonly value: unknown;
}

interface Contract {
  readonly type: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: anyChar, maxLength: 6 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(
    '',
    ' ',
    '\n',
    '\r\n',
    'a\rb',
    '\na\n',
    '\0',
    '\ud800',
    '</textarea><script>',
    '"\'&amp;<',
    '1',
    'null',
    '"a"',
    '{}',
    '\u0085',
    '\ufeffx',
  ),
);
const anyNumber = fc
  .oneof(
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.integer(),
    fc.constantFrom(0, 1e21, 5e-324, -1e-7, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER),
  )
  .map((value) => (value === 0 ? 0 : value));
const anyPrimitive = fc.oneof(anyText, anyNumber, fc.boolean(), fc.constant(null));
const anyKey = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'pin', 'pollSeconds') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'a.b',
      'a[0]',
      '0',
      '~x',
      '/',
      '~',
      '',
      ' ',
      'constructor',
      'toString',
      'größe',
    ),
  },
  { weight: 1, arbitrary: anyText.filter((key) => key !== '__proto__') },
);

const leaves: fc.Arbitrary<Contract> = fc.oneof(
  fc
    .record({ least: fc.nat(3), most: fc.option(fc.integer({ min: 3, max: 300 })) })
    .map(({ least, most }) => ({
      type: most === null ? z.string().min(least) : z.string().min(least).max(most),
      values: anyText.map((text) => text.padEnd(least, 'x').slice(0, most ?? undefined)),
    })),
  fc.constant({ type: z.string().meta({ writeOnly: true }), values: anyText }),
  fc.constant({ type: z.string().meta({ multiline: true, description: 'a "text"' }), values: anyText }),
  fc.constant({ type: z.string().readonly(), values: anyText }),
  fc.constant({ type: z.email(), values: fc.constantFrom('a@b.org', "o'n@example.com") }),
  fc.constant({
    type: z.url(),
    values: fc.constantFrom('http://a.org/?a=1&b=2', 'tcp://h:1', ' http://a.org '),
  }),
  fc.constant({ type: z.iso.date(), values: fc.constantFrom('2026-02-28', '2024-02-29') }),
  fc.constant({ type: z.number().meta({ unit: '°C', title: '<Temperature>' }), values: anyNumber }),
  fc.constant({
    type: z.number().min(0).max(100).multipleOf(0.5),
    values: fc.nat(200).map((half) => half / 2),
  }),
  fc.constant({ type: z.int(), values: fc.maxSafeInteger() }),
  fc.constant({ type: z.boolean(), values: fc.boolean() }),
  fc.constant({ type: z.boolean().readonly(), values: fc.boolean() }),
  fc.constant({ type: z.null(), values: fc.constant(null) }),
  fc.constant({ type: z.any(), values: fc.jsonValue().map(withoutMinusZero) }),
  fc.constant({ type: z.json(), values: fc.jsonValue().map(withoutMinusZero) }),
  fc.uniqueArray(anyPrimitive, { minLength: 1, maxLength: 4 }).map((values) => ({
    type: z.literal(values as [string]),
    values: fc.constantFrom(...values),
  })),
  fc.uniqueArray(anyText, { minLength: 1, maxLength: 4 }).map((values) => ({
    type: z.enum(values as [string]),
    values: fc.constantFrom(...values),
  })),
);

const treeType = z.object({
  name: z.string(),
  get left() {
    return treeType.optional();
  },
  get more() {
    return z.array(treeType);
  },
});
function trees(depth: number): fc.Arbitrary<unknown> {
  const leaf = fc.record({ name: anyText, more: fc.constant([]) }, { noNullPrototype: true });
  if (depth === 0) return leaf;
  const part = trees(depth - 1);
  return fc.record(
    { name: anyText, left: part, more: fc.array(part, { maxLength: 2 }) },
    { requiredKeys: ['name', 'more'], noNullPrototype: true },
  );
}

function objects(depth: number): fc.Arbitrary<Contract> {
  const member = fc.tuple(anyKey, contracts(depth - 1), fc.constantFrom('required', 'optional', 'default'));
  return fc
    .tuple(
      fc.uniqueArray(member, { maxLength: 4, selector: ([key]) => key }),
      fc.constantFrom('plain', 'strict', 'loose'),
    )
    .map(([members, openness]) => objectContract(members, openness));
}

/** Random contracts, as zod schemas, with values that they accept. */
function contracts(depth: number): fc.Arbitrary<Contract> {
  if (depth === 0) return leaves;
  const part = contracts(depth - 1);
  return fc.oneof(
    leaves,
    { weight: 2, arbitrary: objects(depth) },
    fc.tuple(part, fc.nat(1), fc.option(fc.integer({ min: 2, max: 4 }))).map(([item, least, most]) => ({
      type: most === null ? z.array(item.type).min(least) : z.array(item.type).min(least).max(most),
      values: fc.array(item.values, { minLength: least, maxLength: most ?? 4 }),
    })),
    fc.tuple(part, part, part).map(([first, second, rest]) => ({
      type: z.tuple([first.type, second.type], rest.type),
      values: fc
        .tuple(first.values, second.values, fc.array(rest.values, { maxLength: 2 }))
        .map(([one, two, others]) => [one, two, ...others]),
    })),
    part.map((value) => ({
      type: z.record(z.string(), value.type),
      values: fc.dictionary(anyKey, value.values, { maxKeys: 3, noNullPrototype: true }),
    })),
    part.map((value) => ({
      type: z.partialRecord(z.enum(['a', 'b']), value.type),
      values: fc.dictionary(fc.constantFrom('a', 'b'), value.values, { noNullPrototype: true }),
    })),
    part.map(({ type, values }) => ({ type: type.nullable(), values: fc.option(values) })),
    fc.array(part, { minLength: 1, maxLength: 3 }).map((some) => ({
      type: z.union(some.map(({ type }) => type) as [z.ZodType]),
      values: fc.oneof(...some.map(({ values }) => values)),
    })),
    fc.tuple(objects(depth), objects(depth)).map(([one, other]) => ({
      type: z.discriminatedUnion('kind', [
        (one.type as z.ZodObject).extend({ kind: z.literal('one') }),
        (other.type as z.ZodObject).extend({ kind: z.literal('other') }),
      ]),
      values: fc.oneof(
        one.values.map((value) => ({ ...(value as object), kind: 'one' })),
        other.values.map((value) => ({ ...(value as object), kind: 'other' })),
      ),
    })),
    fc.constant({ type: treeType, values: trees(3) }),
  );
}

function objectContract(members: readonly [string, Contract, string][], openness: string): Contract {
  const shape = Object.fromEntries(
    members.map(([key, { type }, presence]) => [
      key,
      presence === 'required'
        ? type
        : presence === 'optional'
          ? type.optional()
          : type.default('<default>' as never),
    ]),
  );
  const known = fc.record(Object.fromEntries(members.map(([key, { values }]) => [key, values])), {
    requiredKeys: members.filter(([, , presence]) => presence === 'required').map(([key]) => key),
    noNullPrototype: true,
  });
  const more = fc.dictionary(anyKey, fc.jsonValue({ maxDepth: 1 }).map(withoutMinusZero), {
    maxKeys: 2,
    noNullPrototype: true,
  });
  return {
    type:
      openness === 'strict'
        ? z.strictObject(shape)
        : openness === 'loose'
          ? z.looseObject(shape)
          : z.object(shape),
    values:
      openness === 'strict' ? known : fc.tuple(more, known).map(([extra, own]) => ({ ...extra, ...own })),
  };
}

/** Contracts with values that they accept. */
export const samples: fc.Arbitrary<Sample> = contracts(3)
  .chain(({ type, values }) => values.map((value) => ({ contract: type, value })))
  .filter(({ contract, value }) => contract.safeParse(value).success);

/** JSON has no -0: `JSON.stringify` writes it as 0. */
export function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
