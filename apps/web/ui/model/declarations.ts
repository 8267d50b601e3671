/** A name that code may use. */
export interface Declared {
  readonly name: string;
  readonly kind: 'function' | 'variable' | 'method' | 'property';
  /** Its type or signature. */
  readonly detail: string;
  readonly info?: string;
}

/** What TypeScript declarations offer to completion. */
export interface Declarations {
  readonly globals: readonly Declared[];
  /** Members by interface, those that it extends included. */
  readonly interfaces: ReadonlyMap<string, readonly Declared[]>;
  /** Members of global objects, such as `entries`, by the name of the object. */
  readonly objects: ReadonlyMap<string, readonly Declared[]>;
}

/** Reads what the server declares for a scenario: a small part of TypeScript, and no more than that. */
export function parseDeclarations(text: string): Declarations {
  const interfaces = new Map<string, readonly Declared[]>();
  const objects = new Map<string, readonly Declared[]>();
  const globals: Declared[] = [];
  for (const block of text.matchAll(/^interface (\w+)(?:<\w+>)?(?: extends (\w+))? \{\n([\s\S]*?)^\}/gm)) {
    const [, name, parent, body] = block;
    const inherited = parent === undefined ? [] : (interfaces.get(parent) ?? []);
    interfaces.set(name!, [...inherited, ...membersOf(body!)]);
  }
  for (const found of text.matchAll(
    /(?:^\/\*\*([^/]*)\*\/\n)?^declare (?:const (\w+): (?:\{\n([\s\S]*?)^\}|([^;]+))|function (\w+)([\s\S]*?));$/gm,
  )) {
    const [, comment, object, body, type, called, signature] = found;
    const info = comment === undefined ? {} : { info: commentText(comment) };
    if (called !== undefined) {
      globals.push({ name: called, kind: 'function', detail: oneLine(signature!), ...info });
      continue;
    }
    globals.push({
      name: object!,
      kind: 'variable',
      detail: type === undefined ? '' : oneLine(type),
      ...info,
    });
    if (body !== undefined) objects.set(object!, membersOf(body));
    else if (type !== undefined) objects.set(object!, recordMembers(type));
  }
  return { globals, interfaces, objects };
}

function membersOf(body: string): readonly Declared[] {
  return [
    ...body.matchAll(
      /(?:^ {2}\/\*\*([^/]*)\*\/\n)?^ {2}(?:readonly )?(\w+)(\??)(\([\s\S]*?\): [^;]+|: [^;{]+(?:\{[^}]*\}[^;]*)?);/gm,
    ),
  ].map(([, comment, name, , detail]) => ({
    name: name!,
    kind: detail!.startsWith('(') ? ('method' as const) : ('property' as const),
    detail: oneLine(detail!.replace(/^: /, '')),
    ...(comment !== undefined && { info: commentText(comment) }),
  }));
}

/** Of `Record<'info' | 'warn', (…) => void>`. */
function recordMembers(type: string): readonly Declared[] {
  const record = /^Record<([^,]+), ([\s\S]+)>$/.exec(type.trim());
  if (record === null) return [];
  return [...record[1]!.matchAll(/'(\w+)'/g)].map(([, name]) => ({
    name: name!,
    kind: 'method' as const,
    detail: oneLine(record[2]!),
  }));
}

/** What may come after a chain of names such as `entries.lamp`; what begins anew for an empty one. */
export function membersAfter(of: Declarations, chain: readonly string[]): readonly Declared[] {
  const [first, ...rest] = chain;
  if (first === undefined) return of.globals;
  let members = of.objects.get(first) ?? [];
  for (const name of rest) {
    const type = members.find((member) => member.name === name)?.detail;
    members = type === undefined ? [] : (of.interfaces.get(type.replace(/<.*$/, '')) ?? []);
  }
  return members;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function commentText(text: string): string {
  return oneLine(text.replace(/^\s*\*/gm, ' '));
}

/** Where in the code a mistake is, if it says so: `line 3, column 5: …`. */
export function placeOf(message: string): { readonly line: number; readonly column: number } | undefined {
  const found = /\bline (\d+)(?:, column (\d+))?/.exec(message);
  return found === null ? undefined : { line: Number(found[1]), column: Number(found[2] ?? 1) };
}
