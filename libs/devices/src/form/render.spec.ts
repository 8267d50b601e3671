import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { expectAccessible } from '../../test/accessible.js';
import { all, byId, byTag, parseHtml, submit, textOf, type Element } from '../../test/html-form.js';
import {
  readForm,
  renderFields,
  renderForm,
  type FieldsOptions,
  type FormSchema,
  type JsonValue,
} from './index.js';

const schemaOf = (contract: z.ZodType): FormSchema => z.toJSONSchema(contract, { io: 'input' });
const attributesOf = (element: Element | undefined): Record<string, string> =>
  Object.fromEntries(element?.attributes ?? []);

/** The control of one property and its label. */
function control(
  type: z.ZodType,
  value?: JsonValue,
): Record<string, string> & { label: string; tag: string } {
  const schema = schemaOf(z.object({ x: type }));
  const root = expectAccessible(renderForm(schema, value === undefined ? {} : { value: { x: value } }));
  const found = byId(root, 'raspy-x');
  const label = byTag(root, 'label').find(({ attributes }) => attributes.get('for') === 'raspy-x');
  return {
    ...attributesOf(found),
    tag: found?.tag ?? 'none',
    label: label === undefined ? '' : textOf(label),
  };
}

describe('the control of', () => {
  it('a number has range, step and unit', () => {
    expect(
      control(z.number().min(0).max(100).multipleOf(0.5).meta({ unit: '%', title: 'Power' })),
    ).toMatchObject({
      type: 'number',
      inputmode: 'decimal',
      min: '0',
      max: '100',
      step: '0.5',
      required: '',
      label: 'Power (%) (required)',
    });
    expect(control(z.int().gt(0).lt(9))).toMatchObject({
      min: '1',
      max: '8',
      step: '1',
      inputmode: 'numeric',
    });
  });

  it('a number has no step that a browser would count from elsewhere', () => {
    expect(control(z.number().min(0.25).multipleOf(0.5)).step).toBe('any');
    expect(control(z.number().multipleOf(0.5), 0.3).step).toBe('any');
    expect(control(z.number()).step).toBe('any');
    expect(control(z.int())).toMatchObject({ step: '1' });
    expect(control(z.int())).not.toHaveProperty('max');
  });

  it('a number that may be negative has a keyboard with a minus', () => {
    expect(control(z.number().min(-20)).inputmode).toBeUndefined();
  });

  it('what was typed instead of a number still shows it', () => {
    expect(control(z.number(), '1,5')).toMatchObject({ type: 'text', inputmode: 'decimal', value: '1,5' });
    expect(control(z.number(), '15')).toMatchObject({ tag: 'textarea', name: 'json/x' });
  });

  it.each([
    [
      z.string().min(2).max(9).regex(/^a|b$/),
      { type: 'text', minlength: '2', maxlength: '9', pattern: '[\\s\\S]*(?:^a|b$)[\\s\\S]*' },
    ],
    [z.email(), { type: 'email' }],
    [z.url(), { type: 'url' }],
    [z.iso.date(), { type: 'date' }],
    [z.iso.datetime(), { type: 'text' }],
    [z.string().meta({ writeOnly: true }), { type: 'password', autocomplete: 'off' }],
    [z.string().max(1000), { tag: 'textarea' }],
    [z.string().meta({ multiline: true }), { tag: 'textarea' }],
    [z.boolean(), { type: 'checkbox', value: 'true' }],
    [z.boolean().optional(), { tag: 'select', label: 'x (optional)' }],
    [z.enum(['a', 'b']), { tag: 'select', required: '', label: 'x (required)' }],
    [z.string(), { type: 'text', label: 'x' }],
    [z.any(), { tag: 'textarea', name: 'json/x' }],
    [z.union([z.string(), z.number()]), { tag: 'none' }],
    [z.number().nullable(), { type: 'number', label: 'x' }],
    [z.object({}).optional(), { tag: 'button', value: 'add/x' }],
  ])('is as the contract says %#', (type, expected) => {
    expect(control(type)).toMatchObject(expected);
  });

  it.each([
    [z.email(), 'ä@b'],
    [z.url(), ' http://a'],
    [z.iso.date(), '2026-02-30'],
    [z.iso.date(), 'tomorrow'],
  ])('a text is not one that would change it %#', (type, value) => {
    expect(control(type, value)).toMatchObject({ type: 'text', value });
  });

  it('what is for reading cannot be changed, and is sent all the same', () => {
    const readOnly = { readOnly: true };
    const schema = schemaOf(
      z.object({
        text: z.string().meta(readOnly),
        number: z.number().meta(readOnly),
        flag: z.boolean().meta(readOnly),
        mode: z.enum(['a', 'b']).meta(readOnly),
      }),
    );
    const value = { text: 't', number: 1, flag: true, mode: 'b' };
    const html = renderForm(schema, { value });
    const root = expectAccessible(html);
    expect(attributesOf(byId(root, 'raspy-text'))).toHaveProperty('readonly');
    expect(attributesOf(byId(root, 'raspy-number'))).toHaveProperty('readonly');
    expect(attributesOf(byId(root, 'raspy-flag'))).toHaveProperty('disabled');
    expect(byTag(byId(root, 'raspy-mode')!, 'option').map(textOf)).toEqual(['b']);
    expect(readForm(schema, submit(html)).value).toEqual(value);
  });

  it('a choice tells values apart that look alike', () => {
    const schema = schemaOf(z.literal(['1', 1, null, true, '']));
    expect(byTag(parseHtml(renderForm(schema)), 'option').map(textOf)).toEqual([
      'please choose',
      '"1"',
      '1',
      'none',
      'yes',
      '(empty text)',
    ]);
  });

  it('a value without one tells what holds then', () => {
    const html = renderForm(
      schemaOf(z.object({ a: z.number().min(1).default(100), b: z.boolean().default(true) })),
    );
    expect(textOf(byId(parseHtml(html), 'raspy-a:hint')!)).toBe('At least 1, when not set: 100');
    expect(textOf(byId(parseHtml(html), 'raspy-b:hint')!)).toBe('When not set: yes');
  });
});

describe('a form', () => {
  const schema = schemaOf(
    z.object({
      host: z.string().min(1).meta({ title: 'Host', description: 'Where the bridge is.' }),
      probes: z.array(z.object({ id: z.string(), offset: z.number().optional() })),
      extra: z.any().optional(),
      mode: z.union([z.literal('auto'), z.number()]),
      labels: z.record(z.string(), z.string()),
    }),
  );
  const value = {
    host: '',
    probes: [{ id: 'a' }, { id: 'b' }],
    extra: { x: [1] },
    mode: 3,
    labels: { a: 'b' },
  };
  const mistakesOf = (options: FieldsOptions): [string, string | undefined][] => {
    const root = expectAccessible(renderForm(schema, { value, ...options }));
    const summary = all(root, ({ attributes }) => attributes.get('role') === 'alert')[0]!;
    return byTag(summary, 'a').map((link) => [textOf(link), link.attributes.get('href')]);
  };

  it('tells mistakes in a summary and beside the control', () => {
    const mistakes = [
      { path: 'host', message: 'is too short' },
      { path: 'probes[1].offset', message: 'is no number' },
      { path: 'extra.x[0]', message: 'is odd' },
      { path: 'mode', message: 'is too large' },
      { path: 'labels.a', message: 'is not known' },
      { path: 'labels', message: 'are too few' },
      { path: 'elsewhere', message: 'is not known' },
      { path: '', message: 'is not right' },
    ];
    const links = mistakesOf({ mistakes });
    expect(links).toEqual([
      ['is not known', '#raspy'],
      ['is not right', '#raspy'],
      ['Host: is too short', '#raspy-host'],
      ['offset: is no number', '#raspy-probes-1-offset'],
      ['extra: is odd', '#raspy-extra'],
      ['mode: is too large', '#raspy-mode'],
      ['labels: are too few', '#raspy-labels'],
      ['a: is not known', '#raspy-labels-_7e_x-0'],
    ]);
    const root = parseHtml(renderForm(schema, { value, mistakes }));
    expect(attributesOf(byId(root, 'raspy-host'))).toMatchObject({
      'aria-invalid': 'true',
      'aria-describedby': 'raspy-host:hint raspy-host:mistake',
    });
    expect(textOf(byId(root, 'raspy-host:mistake')!)).toBe('Mistake: is too short');
    expect(attributesOf(byId(root, 'raspy-probes-0-id'))).not.toHaveProperty('aria-invalid');
  });

  it('finds its part in the mistakes of a larger document', () => {
    const mistakes = ['config.host', 'config', 'configs.host', 'name'].map((path) => ({
      path,
      message: path,
    }));
    expect(mistakesOf({ mistakes, mistakesUnder: 'config' })).toEqual([
      ['config', '#raspy'],
      ['configs.host', '#raspy'],
      ['name', '#raspy'],
      ['Host: config.host', '#raspy-host'],
    ]);
    expect(
      mistakesOf({ mistakes: [{ path: 'a[0].host', message: 'm' }], mistakesUnder: 'a[0]' })[0]![1],
    ).toBe('#raspy-host');
  });

  it('has no summary without mistakes', () => {
    expect(renderForm(schema, { value })).not.toContain('role="alert"');
  });

  it('names groups by legends and items by their number', () => {
    const root = expectAccessible(renderForm(schema, { value }));
    expect(byTag(root, 'legend').map(textOf)).toEqual([
      'probes',
      'probes 1',
      'probes 2',
      'mode (required)',
      'labels',
    ]);
  });

  it('is saved by the Enter key, whatever buttons it has', () => {
    const [first] = byTag(parseHtml(renderForm(schema, { value, submitLabel: 'Keep' })), 'button');
    expect(textOf(first!)).toBe('Keep');
    expect(attributesOf(first)).not.toHaveProperty('name');
  });

  it('goes where the caller says, with what he adds', () => {
    const html = renderForm(schema, {
      method: 'get',
      action: '/a?b&c',
      hidden: { token: '"1"' },
      idPrefix: 'one',
    });
    const form = byTag(parseHtml(html), 'form')[0];
    expect(attributesOf(form)).toMatchObject({ method: 'get', action: '/a?b&c' });
    expect(submit(html)[0]).toEqual(['token', '"1"']);
    expect(byId(parseHtml(html), 'one-host')).toBeDefined();
    expect(readForm(schema, submit(html)).value).not.toHaveProperty('token');
  });

  it('escapes all text', () => {
    const evil = `"><script>alert(1)</script>' onfocus='x' </textarea></select>&lt;\0\ud800]]>--><!--`;
    const meta = { title: evil, description: evil, unit: evil };
    const contract = z.object({
      [evil]: z.string().meta(meta),
      long: z.string().max(9999).meta(meta),
      choice: z.enum([evil, 'b']).meta(meta),
      list: z.array(z.number().meta(meta)).meta(meta),
      union: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal(evil) }),
        z.object({ kind: z.literal('b') }),
      ]),
      default: z.string().default(evil),
      pattern: z.string().meta({ pattern: '"<>&' }),
      record: z.record(z.string(), z.any()),
    });
    const all = {
      [evil]: evil,
      long: `${evil}\n`,
      choice: evil,
      list: [1],
      union: { kind: evil },
      pattern: evil,
      record: { [evil.replace(/\0|\ud800/g, '')]: evil },
    };
    const paths = [
      evil,
      'long',
      'choice',
      'list[0]',
      'union',
      'union.kind',
      'default',
      'record',
      'nowhere',
      '',
    ];
    const html = renderForm(schemaOf(contract), {
      value: all,
      mistakes: paths.map((path) => ({ path, message: evil, text: evil })),
      submitLabel: evil,
      action: evil,
      hidden: { [evil]: evil },
      idPrefix: 'a&"<',
    });
    expectAccessible(html);
    expect(html).not.toContain('<script');
    const { value: read } = readForm(
      schemaOf(contract),
      submit(renderForm(schemaOf(contract), { value: all })),
    );
    expect(read).toEqual(all);
  });

  it('needs nothing but itself, so that it runs in a browser', () => {
    const sources = readdirSync(__dirname).filter((name) => !name.endsWith('.spec.ts'));
    const imported = sources.flatMap((name) =>
      [...readFileSync(join(__dirname, name), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from!),
    );
    expect(imported.length).toBeGreaterThan(20);
    expect(imported.filter((from) => !/^\.\/[a-z]+\.js$/.test(from))).toEqual([]);
  });

  it('may be embedded', () => {
    expect(byTag(parseHtml(renderFields(schema, { value })), 'form')).toEqual([]);
  });
});

describe('a schema', () => {
  it('may refer to its definitions, and to itself', () => {
    const tree: FormSchema = {
      type: 'object',
      properties: {
        name: { $ref: '#/$defs/a~1b', title: 'Name' },
        left: { $ref: '#' },
        gone: { $ref: '#/$defs/none' },
        loop: { $ref: '#/$defs/loop' },
      },
      $defs: { 'a/b': { type: 'string', title: 'No' }, loop: { $ref: '#/$defs/loop' } },
    };
    const root = expectAccessible(renderForm(tree, { value: { left: { left: {} } } }));
    expect(byTag(root, 'legend').map(textOf)).toEqual(['left (optional)', 'left (optional)']);
    expect(textOf(byTag(root, 'label')[0]!)).toBe('Name (optional)');
    expect(byId(root, 'raspy-gone')!.attributes.get('name')).toBe('json/gone');
    expect(byId(root, 'raspy-loop')!.attributes.get('name')).toBe('json/loop');
  });

  it('whose values never end is bounded', () => {
    const endless: FormSchema = {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { $ref: '#' }, b: { $ref: '#' } },
    };
    const html = renderForm(endless);
    expect(html.length).toBeLessThan(3_000_000);
    parseHtml(html);
  });

  it('that is an alternative of itself is bounded', () => {
    const circular: FormSchema = {
      anyOf: [{ $ref: '#' }, { type: 'string' }, { type: 'object', allOf: [{ $ref: '#' }] }],
    };
    const html = renderForm(circular, { value: 'x' });
    expectAccessible(html);
    expect(readForm(circular, submit(html)).value).toBe('x');
  });

  it('combines what allOf says', () => {
    const combined: FormSchema = {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'number' } }, required: ['b'] },
      ],
    };
    expect(readForm(combined, submit(renderForm(combined, { value: { a: '', b: 1 } }))).value).toEqual({
      a: '',
      b: 1,
    });
    expect(byTag(parseHtml(renderForm(combined)), 'label').map(textOf)).toEqual(['a', 'b (required)']);
  });

  it('of a long list is edited as JSON', () => {
    const list = Array.from({ length: 5_000 }, (_, i) => i);
    const schema = schemaOf(z.object({ list: z.array(z.number()), lists: z.array(z.array(z.number())) }));
    const value = { list, lists: Array.from({ length: 150 }, () => list.slice(0, 100)) };
    const html = renderForm(schema, { value });
    expect(byTag(parseHtml(html), 'input', 'textarea').length).toBeLessThan(2_500);
    expect(readForm(schema, submit(html)).value).toEqual(value);
  });

  it('that forbids a property shows it only where it is', () => {
    const schema = schemaOf(z.object({ a: z.never().optional() }));
    expect(byTag(parseHtml(renderForm(schema)), 'textarea')).toEqual([]);
    expect(byTag(parseHtml(renderForm(schema, { value: { a: 1 } })), 'textarea')).toHaveLength(1);
  });
});
