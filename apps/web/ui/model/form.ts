import type { Field, NumberField, ObjectField } from './fields.js';
import { formatNumber } from './format.js';
import type { Json, Mistake } from './types.js';

/** What a person has entered so far; `undefined` is an empty control. */
export type Draft = Json | undefined;

/** What a form begins with: what there is, or else what the schema says of defaults. Members that may be left out stay empty. */
export function initial(field: Field, value: Draft): Draft {
  if (value !== undefined) return value;
  if (field.kind === 'constant') return field.value;
  if (field.default !== undefined) return field.default;
  switch (field.kind) {
    case 'boolean':
      return false;
    case 'object':
      return initialObject(field);
    case 'choice':
      return initial(field.choices[0]!.field, undefined);
    case 'list':
      return Array.from({ length: field.min }, () => initial(field.item, undefined) ?? null);
    case 'tuple':
      return field.items.map((item) => initial(item, undefined) ?? null);
    case 'record':
      return {};
    default:
      return undefined;
  }
}

function initialObject(field: ObjectField): Draft {
  return members(
    field.members
      .filter(({ required }) => required)
      .map(({ name, field: of }) => [name, initial(of, undefined)] as const),
  );
}

/** An object of the members that are not empty. */
function members(entries: readonly (readonly [string, Draft])[]): Json {
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** A copy with one member set, or without it when it is empty. */
export function withMember(draft: Draft, name: string, value: Draft): Json {
  const { [name]: _, ...rest } = asObject(draft);
  const entries = Object.entries(asObject(draft)).map(
    ([key, of]) => [key, key === name ? value : of] as const,
  );
  return Object.hasOwn(asObject(draft), name)
    ? members(entries)
    : members([...Object.entries(rest), [name, value]]);
}

export function asObject(draft: Draft): Readonly<Record<string, Json>> {
  return typeof draft === 'object' && draft !== null && !Array.isArray(draft)
    ? (draft as Readonly<Record<string, Json>>)
    : {};
}

/** A text; empty for anything else. */
export function asText(draft: Draft): string {
  return typeof draft === 'string' ? draft : '';
}

export function asList(draft: Draft): readonly Json[] {
  return Array.isArray(draft) ? (draft as readonly Json[]) : [];
}

/** Which choice a value is of: the first that it fits, or else the first that shares a constant or the names of members. */
export function choiceIndex(field: Field & { readonly kind: 'choice' }, draft: Draft): number {
  const fits = field.choices.findIndex(({ field: of }) => mistakesIn(of, draft).length === 0);
  if (fits >= 0) return fits;
  const scores = field.choices.map(({ field: of }) => likeness(of, draft));
  const best = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  return Math.max(0, scores.indexOf(best));
}

function likeness(field: Field, draft: Draft): number {
  if (field.kind !== 'object') return typeMatches(field, draft) ? 1 : 0;
  const of = asObject(draft);
  return field.members.reduce((score, { name, required, field: member }) => {
    if (!Object.hasOwn(of, name)) return score - (required ? 1 : 0);
    return score + (member.kind === 'constant' ? (member.value === of[name] ? 10 : -10) : required ? 3 : 1);
  }, 0);
}

function typeMatches(field: Field, draft: Draft): boolean {
  const types: Partial<Record<Field['kind'], string>> = {
    boolean: 'boolean',
    number: 'number',
    text: 'string',
  };
  return types[field.kind] === typeof draft;
}

/** What is wrong, with paths as the server writes them: `points[0].name`. The server has the last word. */
export function mistakesIn(field: Field, draft: Draft, path = ''): readonly Mistake[] {
  const one = (message: string): readonly Mistake[] => [{ path, message }];
  if (draft === undefined) return one('is needed');
  switch (field.kind) {
    case 'boolean':
      return typeof draft === 'boolean' ? [] : one('is on or off');
    case 'number':
      return numberMistakes(field, draft).map((message) => ({ path, message }));
    case 'enum':
      return field.options.includes(draft) ? [] : one('is none of the choices');
    case 'constant':
      return field.value === draft ? [] : one(`is ${JSON.stringify(field.value)}`);
    case 'text':
      return textMistakes(field, draft).map((message) => ({ path, message }));
    case 'object':
      return objectMistakes(field, draft, path);
    case 'list':
      return listMistakes(field, draft, path);
    case 'tuple':
      if (!Array.isArray(draft) || draft.length !== field.items.length)
        return one(`has ${field.items.length} parts`);
      return field.items.flatMap((item, index) =>
        mistakesIn(item, asList(draft)[index], `${path}[${index}]`),
      );
    case 'record':
      return Object.entries(asObject(draft)).flatMap(([name, value]) =>
        mistakesIn(field.item, value, joined(path, name)),
      );
    case 'choice':
      if (field.choices.some(({ field: of }) => mistakesIn(of, draft, path).length === 0)) return [];
      return mistakesIn(bestChoice(field, draft), draft, path);
    case 'json':
      return [];
  }
}

function bestChoice(field: Field & { readonly kind: 'choice' }, draft: Draft): Field {
  const scores = field.choices.map(({ field: of }) => likeness(of, draft));
  return field.choices[Math.max(0, scores.indexOf(Math.max(...scores)))]!.field;
}

function objectMistakes(field: ObjectField, draft: Json, path: string): readonly Mistake[] {
  if (typeof draft !== 'object' || draft === null || Array.isArray(draft))
    return [{ path, message: 'is an object' }];
  const known = field.members.flatMap(({ name, required, field: of }) => {
    const value = asObject(draft)[name];
    return value === undefined && (!required || of.default !== undefined)
      ? []
      : mistakesIn(of, value, joined(path, name));
  });
  if (!field.closed) return known;
  const others = Object.keys(draft).filter((key) => !field.members.some(({ name }) => name === key));
  return [...known, ...others.map((name) => ({ path: joined(path, name), message: 'is not known' }))];
}

function listMistakes(
  field: Field & { readonly kind: 'list' },
  draft: Json,
  path: string,
): readonly Mistake[] {
  if (!Array.isArray(draft)) return [{ path, message: 'is a list' }];
  const { min, max = Infinity } = field;
  const count =
    draft.length < min ? [`needs at least ${min}`] : draft.length > max ? [`has at most ${max} entries`] : [];
  return [
    ...count.map((message) => ({ path, message })),
    ...asList(draft).flatMap((value, index) => mistakesIn(field.item, value, `${path}[${index}]`)),
  ];
}

/** A path one member deeper. */
export function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function numberMistakes(field: NumberField, draft: Json): readonly string[] {
  if (typeof draft !== 'number' || !Number.isFinite(draft)) return ['is a number'];
  if (field.integer && !Number.isInteger(draft)) return ['is a whole number'];
  const { min = -Infinity, max = Infinity, aboveMin, belowMax } = field;
  if (aboveMin ? draft <= min : draft < min)
    return [`is ${aboveMin ? 'more than' : 'at least'} ${formatNumber(min)}`];
  if (belowMax ? draft >= max : draft > max)
    return [`is ${belowMax ? 'less than' : 'at most'} ${formatNumber(max)}`];
  return [];
}

function textMistakes(field: Field & { readonly kind: 'text' }, draft: Json): readonly string[] {
  if (typeof draft !== 'string') return ['is a text'];
  const { minLength = 0, maxLength = Infinity, pattern } = field;
  if (draft.length < minLength)
    return [minLength === 1 ? 'is needed' : `has at least ${minLength} characters`];
  if (draft.length > maxLength) return [`has at most ${maxLength} characters`];
  return pattern !== undefined && !matches(pattern, draft) ? ['has another form'] : [];
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    // A pattern of another dialect: the server knows it.
    return true;
  }
}

/** The titles that lead to a path, as a form shows them: `Guard, made tighter › Duty › Window`. */
export function titleAt(field: Field, draft: Draft, path: string): string {
  const titles: string[] = [];
  let [of, value]: [Field | undefined, Draft] = [field, draft];
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    while (of?.kind === 'choice') of = of.choices[choiceIndex(of, value)]!.field;
    const inside: Field | undefined = of && memberOf(of, step);
    const listed = of?.kind === 'list' || of?.kind === 'tuple';
    const own = inside === undefined || of?.kind === 'record' ? step : inside.title;
    titles.push(listed ? String(Number(step) + 1) : own);
    value = listed ? asList(value)[Number(step)] : asObject(value)[step];
    of = inside;
  }
  return titles.filter((title) => title !== '').join(' › ');
}

function memberOf(field: Field, step: string): Field | undefined {
  switch (field.kind) {
    case 'object':
      return field.members.find(({ name }) => name === step)?.field;
    case 'list':
    case 'record':
      return field.item;
    case 'tuple':
      return field.items[Number(step)];
    default:
      return undefined;
  }
}

/** The mistakes of one path and of what is below it, as the server or the form told them. */
export function mistakesAt(mistakes: readonly Mistake[], path: string): readonly string[] {
  return mistakes.filter((mistake) => mistake.path === path).map(({ message }) => message);
}
