import { z } from 'zod';
import { expectAccessible } from '../../test/accessible.js';
import { byId, parseHtml, submit, textOf } from '../../test/html-form.js';
import { readForm, renderForm, type FormReading, type FormSchema, type JsonValue } from './index.js';

const schemaOf = (contract: z.ZodType): FormSchema => z.toJSONSchema(contract, { io: 'input' });
const read = (contract: z.ZodType, ...entries: [string, string][]): FormReading =>
  readForm(schemaOf(contract), entries);
const valueOf = (contract: z.ZodType, ...entries: [string, string][]): JsonValue =>
  read(contract, ...entries).value;

describe('reading a form', () => {
  it('restores types by the schema', () => {
    const contract = z.object({
      a: z.string(),
      b: z.number(),
      c: z.boolean(),
      d: z.literal(['1', 1]),
      e: z.any(),
    });
    expect(
      read(
        contract,
        ['value/a', '1'],
        ['value/b', ' 1 '],
        ['value/c', 'true'],
        ['value/d', '1'],
        ['json/e', '[1]'],
      ),
    ).toEqual({ value: { a: '1', b: 1, c: true, d: 1, e: [1] }, mistakes: [], choices: {} });
  });

  it('takes FormData and URLSearchParams', () => {
    const schema = schemaOf(z.object({ a: z.string() }));
    const data = new FormData();
    data.set('value/a', 'x');
    data.set('value/b', new Blob(['file']));
    expect(readForm(schema, data).value).toEqual({ a: 'x' });
    expect(readForm(schema, new URLSearchParams('value/a=x')).value).toEqual({ a: 'x' });
  });

  it.each([
    ['1,5', 'write 1.5,'],
    ["1'000", 'write 1000,'],
    ['1 000,5', 'write 1000.5,'],
    ['1.000,5', 'write digits'],
    ['abc', 'write digits'],
    ['NaN', 'write digits'],
    ['0x10', 'write digits'],
    ['Infinity', 'write digits'],
    ['1e999', 'too large'],
  ])('does not take %s for a number', (typed, message) => {
    const { value, mistakes } = read(z.object({ a: z.number() }), ['value/a', typed]);
    expect(value).toEqual({ a: typed });
    expect(mistakes).toEqual([{ path: 'a', message: expect.stringContaining(message) as string }]);
  });

  it.each([
    ['-0', 0],
    ['+1.50', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1E3', 1000],
    ['-1e-7', -1e-7],
  ])('takes %s for a number', (typed, value) => {
    expect(valueOf(z.number(), ['value', typed])).toBe(value);
  });

  it('tells empty texts from missing ones', () => {
    const contract = z.object({ a: z.string(), b: z.string().optional(), c: z.string().optional() });
    expect(valueOf(contract, ['value/a', ''], ['value/b', ''], ['value/c', ''], ['empty/c', '1'])).toEqual({
      a: '',
      c: '',
    });
  });

  it('knows what an empty control means', () => {
    const contract = z.object({
      needed: z.number(),
      optional: z.number().optional(),
      nullable: z.number().nullable(),
      mode: z.enum(['a', 'b']),
      json: z.any(),
      none: z.any().optional(),
      list: z.array(z.number()),
    });
    const { value, mistakes } = read(
      contract,
      ...['needed', 'optional', 'nullable', 'mode', 'list/0'].map((name): [string, string] => [
        `value/${name}`,
        '',
      ]),
      ['json/json', ' '],
      ['json/none', ''],
    );
    expect(value).toEqual({ nullable: null, list: [''] });
    expect(mistakes.map(({ path }) => path)).toEqual(['needed', 'mode', 'json', 'list[0]']);
  });

  it('finds what is not there', () => {
    const contract = z.object({
      o: z.object({ a: z.string() }),
      l: z.array(z.string()),
      f: z.boolean(),
      k: z.literal('x'),
    });
    const { value, mistakes } = read(contract);
    expect(value).toEqual({ f: false, k: 'x' });
    expect(mistakes.map(({ path }) => path)).toEqual(['o', 'l']);
  });

  it('closes gaps in lists', () => {
    expect(
      valueOf(z.array(z.string()), ['value/10', 'c'], ['value/2', 'b'], ['value/x', '-'], ['value/0', 'a']),
    ).toEqual(['a', 'b', 'c']);
  });

  it('keeps keys of all kinds', () => {
    const value = JSON.parse(
      '{"__proto__":{"__proto__":1},"a.b":{"[0]":2},"a/b":{"~":3},"a\\nb":{},"\\ud800":{},"":{}}',
    ) as JsonValue;
    const contract = z.record(z.string(), z.record(z.string(), z.number()));
    const schema: FormSchema = {
      type: 'object',
      properties: Object.fromEntries(
        Object.keys(value as object).map((key) => [key, schemaOf(contract).additionalProperties]),
      ),
    };
    for (const one of [schemaOf(contract), schema]) {
      const again = readForm(one, submit(renderForm(one, { value }))).value;
      expect(JSON.stringify(again)).toBe(JSON.stringify(value));
    }
    expect(({} as Record<string, unknown>)['__proto__']).toBe(Object.prototype);
  });

  it('keeps both entries of a key that is there twice, and says so', () => {
    const contract = z.looseObject({ p: z.string().optional() });
    const entries = ['a', 'a', 'p', ''].flatMap((key, i): [string, string][] => [
      [`key/~x/${i}`, key],
      [`json/~x/${i}`, String(i)],
    ]);
    const { value, mistakes } = read(contract, ...entries);
    expect(value).toEqual({ a: 0, 'a (2)': 1, 'p (2)': 2, '': 3 });
    expect(mistakes.map(({ path }) => path)).toEqual(['a (2)', 'p (2)']);
  });

  it('shows JSON again that is none, as it was typed', () => {
    const schema = schemaOf(z.object({ a: z.any() }));
    const { value, mistakes } = readForm(schema, [['json/a', '{"a": 1,\r\n}']]);
    expect(mistakes).toEqual([
      { path: 'a', message: expect.stringContaining('is not JSON') as string, text: '{"a": 1,\n}' },
    ]);
    const root = expectAccessible(renderForm(schema, { value, mistakes }));
    expect(textOf(byId(root, 'raspy-a')!)).toBe('\n{"a": 1,\n}');
  });

  it('refuses JSON that is nested too deeply', () => {
    const { mistakes } = read(z.any(), ['json', '['.repeat(100_000) + ']'.repeat(100_000)]);
    expect(mistakes[0]!.message).toBe('is nested too deeply');
  });

  it('refuses choices that are none', () => {
    const contract = z.object({ a: z.enum(['x', 'y']), b: z.union([z.string(), z.number()]) });
    const { value, mistakes } = read(contract, ['value/a', '"z"'], ['pick/b', '7']);
    expect(value).toEqual({});
    expect(mistakes.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'a is not one of the choices: x, y',
      'b is not one of the choices: Text, Number',
    ]);
  });

  it('reads no more than fits a form', () => {
    const entries = Array.from({ length: 60_000 }, (_, i): [string, string] => [`value/${i}`, '']);
    const { value, mistakes } = read(z.array(z.string()), ...entries, [`value${'/a'.repeat(10_000)}`, '']);
    expect(value).toHaveLength(50_000);
    expect(mistakes).toEqual([{ path: '', message: expect.stringContaining('is too large') as string }]);
  });
});

describe('a button inside the form', () => {
  const contract = z.object({
    probes: z.array(z.object({ id: z.string(), offset: z.number().default(0) })).max(3),
    limits: z.object({ min: z.number() }).optional(),
    names: z.array(z.string()).min(2).optional(),
    labels: z.record(z.string(), z.number()),
    pair: z.tuple([z.string(), z.number().optional()]),
  });
  const schema = schemaOf(contract);
  const value: JsonValue = { probes: [{ id: 'a' }, { id: 'b', offset: 1 }], labels: { x: 1 }, pair: ['p'] };
  const press = (text: string, from: JsonValue = value): FormReading => {
    const html = renderForm(schema, { value: from });
    const reading = readForm(schema, submit(html, text));
    expect(reading.action).toBeDefined();
    expect(reading.mistakes).toEqual([]);
    expectAccessible(renderForm(schema, { value: reading.value }));
    return reading;
  };

  it('adds an item to a list', () => {
    const { value: added, action } = press('Add to probes');
    expect(added).toEqual({ ...value, probes: [{ id: 'a' }, { id: 'b', offset: 1 }, {}] });
    expect(action).toEqual({ kind: 'add', at: '/probes' });
  });

  it('is not there when the list is full', () => {
    const { value: full } = press('Add to probes');
    expect(renderForm(schema, { value: full })).not.toContain('Add to probes');
  });

  it('removes an item of a list', () => {
    expect(press('Remove probes 1').value).toEqual({ ...value, probes: [{ id: 'b', offset: 1 }] });
  });

  it('adds and removes what is optional', () => {
    const { value: added } = press('Add limits');
    expect(added).toEqual({ ...value, limits: {} });
    expect(press('Remove limits', added).value).toEqual(value);
    expect(press('Add names').value).toEqual({ ...value, names: ['', ''] });
  });

  it('adds and removes entries of a record', () => {
    const { value: added } = press('Add an entry to labels');
    expect(added).toEqual({ ...value, labels: { x: 1, '': '' } });
    expect(press('Remove x', added).value).toEqual({ ...value, labels: { '': '' } });
  });

  it('adds and removes the last part of a tuple', () => {
    const { value: added } = press('Add to pair');
    expect(added).toEqual({ ...value, pair: ['p', ''] });
    const html = renderForm(schema, { value: added });
    expect(html).not.toContain('Remove pair 1');
    expect(press('Remove pair 2', added).value).toEqual(value);
  });

  it('keeps what was typed elsewhere and is not right yet', () => {
    const sent = submit(renderForm(schema, { value }), 'Add to probes').map(
      ([name, text]): [string, string] => (name === 'value/probes/1/offset' ? [name, '1,5'] : [name, text]),
    );
    const reading = readForm(schema, sent);
    expect(reading.value).toMatchObject({ probes: [{ id: 'a' }, { id: 'b', offset: '1,5' }, {}] });
    expect(reading.mistakes).toEqual([]);
  });

  it.each([
    '',
    'save',
    'remove',
    'add/nowhere/at/all',
    'remove/probes/9',
    'choose/nothing',
    `add${'/a'.repeat(99)}`,
  ])('that is none changes nothing: %s', (pressed) => {
    const sent = [...submit(renderForm(schema, { value })), ['do', pressed] as const];
    expect(readForm(schema, sent).value).toEqual(value);
  });
});

describe('a union', () => {
  const schema = schemaOf(
    z.object({
      source: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('file'), name: z.string(), path: z.string() }),
        z.object({ kind: z.literal('url'), name: z.string(), url: z.string(), retries: z.number() }),
        z.object({ kind: z.literal('none') }),
      ]),
      level: z.union([z.literal('auto'), z.number()]).optional(),
      limit: z.union([z.object({ low: z.number().optional() }), z.object({ high: z.number().optional() })]),
    }),
  );
  const value = { source: { kind: 'file', name: 'n', path: '/p' }, limit: {} };
  const choose = (changes: Record<string, string>, from: JsonValue = value, pressed?: string): FormReading =>
    readForm(
      schema,
      submit(renderForm(schema, { value: from }), pressed).map(([name, text]) => [
        name,
        changes[name] ?? text,
      ]),
    );

  it('is changed by choosing, and keeps what has a place in both variants', () => {
    const { value: changed, action } = choose({ 'pick/source': '1', 'value/source/name': 'new' });
    expect(action).toEqual({ kind: 'choose', at: '/source' });
    expect(changed).toMatchObject({ source: { name: 'new' } });
    expect(changed).not.toHaveProperty('source.path');
  });

  it('shows the chosen variant next, with its own kind', () => {
    const { value: changed, choices } = choose({ 'pick/source': '1' }, value, 'Show fields of source');
    const html = renderForm(schema, { value: changed, choices });
    expect(byId(parseHtml(html), 'raspy-source-url')).toBeDefined();
    const filled = submit(html).map(([name, text]) => [name, name.endsWith('retries') ? '3' : text] as const);
    expect(readForm(schema, filled)).toEqual({
      value: { source: { kind: 'url', name: 'n', url: '', retries: 3 }, limit: {} },
      mistakes: [],
      choices: {},
    });
  });

  it('is read at once when the chosen variant has nothing to fill in', () => {
    expect(choose({ 'pick/level': '0' })).toEqual({
      value: { ...value, level: 'auto' },
      mistakes: [],
      choices: {},
    });
    expect(choose({ 'pick/level': '' }, { ...value, level: 'auto' }).value).toEqual(value);
  });

  it('remembers a choice that the value does not tell', () => {
    const { value: changed, choices } = choose({ 'pick/limit': '1' });
    expect(changed).toEqual(value);
    expect(choices).toEqual({ '/limit': 1 });
    const html = renderForm(schema, { value: changed, choices });
    expect(byId(parseHtml(html), 'raspy-limit-high')).toBeDefined();
    expect(readForm(schema, submit(html))).toEqual({ value, mistakes: [], choices });
  });

  it('that is required has to be chosen', () => {
    expect(choose({ 'pick/source': '' }).mistakes).toEqual([{ path: 'source', message: 'is required' }]);
  });

  it('passes over choices that are none', () => {
    expect(renderForm(schema, { value, choices: { '/limit': 9, '/source': 0.5 } })).toBe(
      renderForm(schema, { value }),
    );
  });
});
