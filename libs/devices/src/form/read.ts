import { blank, carryOver } from './blank.js';
import { variantOf } from './fit.js';
import { itemOf, pathOf, propertyOf, ROOT, rowOf, ROWS, segment, type Place } from './names.js';
import { itemSchema, Shapes, type ListShape, type ObjectShape, type Shape, type Variant } from './shape.js';
import { fromBrowser, jsonText, readJson, readNumber } from './text.js';
import { MAX_ENTRIES, treeOf, type EntryNode } from './tree.js';
import type { FormAction, FormChoices, FormMistake, FormSchema, JsonValue } from './types.js';

/** What a form said. */
export interface FormReading {
  /**
   * What was entered. With mistakes or an action it is a draft to be shown again: a number that is none is there as
   * the text that was typed.
   */
  readonly value: JsonValue;
  /** What keeps the entries from being a value; whether the value keeps the contract is for the contract to say. */
  readonly mistakes: readonly FormMistake[];
  /** A button inside the form was pressed, or another variant chosen: render the form again, and save nothing. */
  readonly action?: FormAction;
  readonly choices: FormChoices;
}

/**
 * The value that the entries of a form stand for; entries are what `URLSearchParams` and `FormData` are made of. It
 * never throws: what cannot be read is told in `mistakes`, what has no place in the schema is passed over.
 */
export function readForm(schema: FormSchema, entries: Iterable<readonly [string, unknown]>): FormReading {
  const { root, action, cut } = treeOf(entries);
  const reader = new Reader(new Shapes(schema));
  if (cut) reader.mistake(ROOT, `is too large for a form: only the first ${MAX_ENTRIES} entries were read`);
  const value = reader.read(schema, root, ROOT, 'slot') ?? null;
  const asked = action ?? reader.chosen;
  return {
    value,
    // Nobody is blamed for what he has not come to yet; what cannot be kept in the value stays.
    mistakes: asked === undefined ? reader.mistakes : reader.mistakes.filter(({ text }) => text),
    choices: Object.fromEntries(reader.choices),
    ...(asked !== undefined && { action: asked }),
  };
}

/** What becomes of a place for which nothing is entered: a `slot` has to hold something all the same. */
type Presence = 'optional' | 'required' | 'slot';

class Reader {
  readonly mistakes: FormMistake[] = [];
  readonly choices = new Map<string, number>();
  chosen: FormAction | undefined;

  constructor(private readonly shapes: Shapes) {}

  mistake(at: Place, message: string, text?: string): void {
    this.mistakes.push({ path: pathOf(at), message, ...(text !== undefined && { text }) });
  }

  /** `undefined` if there is no value. */
  read(schema: unknown, node: EntryNode | undefined, at: Place, presence: Presence): JsonValue | undefined {
    const { shape } = this.shapes.of(schema, presence === 'optional');
    if (shape.kind === 'union' && node?.text('pick') !== undefined) {
      return this.readUnion(shape.variants, node, at, presence);
    }
    const json = node?.text('json');
    if (json !== undefined) return this.readJson(json, at, presence);

    const text = node?.text('value');
    switch (shape.kind) {
      case 'text':
        return this.readText(node, at, presence);
      case 'number':
        return this.readNumber(shape, text, at, presence);
      case 'choice':
        return this.readChoice(shape, text, at, presence);
      case 'flag':
        return text === 'true' || text === 'on';
      case 'const':
        return shape.value;
      case 'object':
        return node === undefined ? this.missing(at, presence) : this.readObject(shape, node, at);
      case 'list':
        if (node === undefined) return this.missing(at, presence);
        if (node.add && node.text('has') === undefined) return blank(this.shapes, schema);
        return this.readList(shape, node, at);
      case 'union':
      case 'json':
        return this.missing(at, presence);
      case 'never':
        return undefined;
    }
  }

  private missing(at: Place, presence: Presence): JsonValue | undefined {
    if (presence === 'optional') return undefined;
    this.mistake(at, 'is required');
    return presence === 'slot' ? '' : undefined;
  }

  private readJson(sent: string, at: Place, presence: Presence): JsonValue | undefined {
    const text = fromBrowser(sent);
    if (text.trim() === '') {
      if (presence === 'optional') return undefined;
      this.mistake(at, 'is required', text);
      return presence === 'slot' ? null : undefined;
    }
    const read = readJson(text);
    if ('value' in read) return read.value;
    this.mistake(at, read.message, text);
    return text;
  }

  private readText(node: EntryNode | undefined, at: Place, presence: Presence): JsonValue | undefined {
    const sent = node?.text('value');
    if (sent === undefined) return this.missing(at, presence);
    const text = fromBrowser(sent);
    return text === '' && presence === 'optional' && node?.text('empty') === undefined ? undefined : text;
  }

  private readNumber(
    { nullable }: Shape & { kind: 'number' },
    text: string | undefined,
    at: Place,
    presence: Presence,
  ): JsonValue | undefined {
    if (text === undefined) return this.missing(at, presence);
    if (text.trim() === '') return nullable ? null : this.missing(at, presence);
    const read = readNumber(text);
    if ('value' in read) return read.value;
    this.mistake(at, read.message);
    return text;
  }

  private readChoice(
    { options }: Shape & { kind: 'choice' },
    text: string | undefined,
    at: Place,
    presence: Presence,
  ): JsonValue | undefined {
    if (text === undefined || text === '') return this.missing(at, presence);
    const chosen = options.find(({ value }) => jsonText(value) === text);
    if (chosen !== undefined) return chosen.value;
    this.mistake(at, `is not one of the choices: ${options.map(({ label }) => label).join(', ')}`);
    return presence === 'slot' ? '' : undefined;
  }

  private readObject(shape: ObjectShape, node: EntryNode, at: Place): JsonValue {
    const found: [string, JsonValue][] = [];
    for (const [key, schema] of shape.properties) {
      const presence = shape.required.has(key) ? 'required' : 'optional';
      const value = this.read(schema, node.children.get(segment(key)), propertyOf(at, key), presence);
      if (value !== undefined) found.push([key, value]);
    }
    const rows = node.children.get(ROWS);
    if (rows !== undefined) found.push(...this.readRows(shape, rows, at, new Set(shape.properties.keys())));
    return Object.fromEntries(found);
  }

  private readRows(
    shape: ObjectShape,
    rows: EntryNode,
    at: Place,
    taken: Set<string>,
  ): [string, JsonValue][] {
    const { additional = {} } = shape;
    const found = rows.numbered().map((row, i): [string, JsonValue] => {
      const wanted = fromBrowser(row.text('key') ?? '');
      const key = free(wanted, taken);
      const place = rowOf(at, i, key);
      if (key !== wanted)
        this.mistake(place, `the key ${JSON.stringify(wanted)} is there already: choose another`);
      return [key, this.read(additional, row, place, 'slot') ?? null];
    });
    if (rows.add) found.push([free('', taken), blank(this.shapes, additional)]);
    return found;
  }

  private readList(shape: ListShape, node: EntryNode, at: Place): JsonValue {
    const items = node
      .numbered()
      .map((item, i) => this.read(itemSchema(shape, i), item, itemOf(at, i), 'slot') ?? null);
    if (node.add) items.push(blank(this.shapes, itemSchema(shape, items.length)));
    return items;
  }

  private readUnion(
    variants: readonly Variant[],
    node: EntryNode,
    at: Place,
    presence: Presence,
  ): JsonValue | undefined {
    const pick = node.text('pick')!;
    if (pick === '') return this.missing(at, presence);
    const index = indexOf(variants, pick);
    if (index === undefined) {
      this.mistake(at, `is not one of the choices: ${variants.map(({ label }) => label).join(', ')}`);
      return presence === 'slot' ? '' : undefined;
    }
    const shown = node.text('shown') ?? pick;
    const value =
      shown === pick
        ? this.readVariant(variants, index, node, at)
        : this.change(variants, index, shown, node, at);
    if (variantOf(this.shapes, variants, value) !== index) this.choices.set(at.pointer, index);
    return value;
  }

  private readVariant(variants: readonly Variant[], index: number, node: EntryNode, at: Place): JsonValue {
    return this.read(variants[index]!.schema, node, at, 'slot') ?? null;
  }

  /** Another variant than the one whose controls were shown: what they said is kept where it has a place. */
  private change(
    variants: readonly Variant[],
    index: number,
    shown: string,
    node: EntryNode,
    at: Place,
  ): JsonValue {
    const { schema } = variants[index]!;
    const before = indexOf(variants, shown);
    const aside = new Reader(this.shapes);
    const old = before === undefined ? undefined : aside.readVariant(variants, before, node, at);
    const { shape } = this.shapes.of(schema);
    if (shape.kind !== 'const') this.chosen ??= { kind: 'choose', at: at.pointer };
    return carryOver(this.shapes, schema, old);
  }
}

function indexOf(variants: readonly Variant[], text: string): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) < variants.length ? Number(text) : undefined;
}

function free(wanted: string, taken: Set<string>): string {
  let key = wanted;
  for (let i = 2; taken.has(key); i++) key = `${wanted} (${i})`;
  taken.add(key);
  return key;
}
