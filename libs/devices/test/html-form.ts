/** One element of HTML as the specs look at it. */
export interface Element {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: (Element | string)[];
}

const VOID = new Set(['input']);
const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const TOKEN = /<([a-z][a-z0-9]*)((?: [a-z][a-z-]*(?:="[^"<>]*")?)*)>|<\/([a-z][a-z0-9]*)>|([^<>]+)/gy;

/** Reads HTML as strictly as XML: it refuses what is not quoted, escaped, closed or known. */
export function parseHtml(html: string): Element {
  const root: Element = { tag: '#root', attributes: new Map(), children: [] };
  const open = [root];
  const ids = new Set<string>();
  // What a parser does first: there is no carriage return, and no character 0 in a document.
  const source = html.replace(/\r\n?/g, '\n');
  if (source.includes('\0')) throw new Error('a character 0');
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new Error(`malformed HTML: ${source.slice(at, at + 60)}`);
    const [, tag, written = '', end, text] = match;
    if (text !== undefined) {
      open.at(-1)!.children.push(unescape(text));
    } else if (end !== undefined) {
      if (open.pop()!.tag !== end) throw new Error(`</${end}> closes something else`);
    } else {
      const element: Element = { tag: tag!, attributes: attributesOf(written), children: [] };
      const id = element.attributes.get('id');
      if (id !== undefined && ids.has(id)) throw new Error(`id ${id} is there twice`);
      if (id !== undefined) ids.add(id);
      open.at(-1)!.children.push(element);
      if (!VOID.has(tag!)) open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.tag}> is not closed`);
  return root;
}

/** All elements inside one, in the order of the document. */
export function all(element: Element, where: (element: Element) => boolean = () => true): Element[] {
  const found: Element[] = [];
  const look = ({ children }: Element): void => {
    for (const child of children) {
      if (typeof child === 'string') continue;
      if (where(child)) found.push(child);
      look(child);
    }
  };
  look(element);
  return found;
}

export function byTag(element: Element, ...tags: string[]): Element[] {
  return all(element, ({ tag }) => tags.includes(tag));
}

export function byId(element: Element, id: string): Element | undefined {
  return all(element, ({ attributes }) => attributes.get('id') === id)[0];
}

export function textOf(element: Element): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

/** What a browser sends for a form, by the rules of HTML; `pressed` is the text of the button, if it has a name. */
export function submit(html: string, pressed?: string): [string, string][] {
  const root = parseHtml(html);
  const sent: [string, string][] = [];
  for (const element of all(root)) {
    const name = element.attributes.get('name');
    if (name === undefined || name === '' || element.attributes.has('disabled')) continue;
    const value = valueOf(element, pressed);
    if (value !== undefined) sent.push([crlf(name), crlf(value)]);
  }
  // Through the encoding, which has no lone surrogates.
  return [...new URLSearchParams(new URLSearchParams(sent).toString())];
}

function valueOf(element: Element, pressed: string | undefined): string | undefined {
  const { tag, attributes } = element;
  const value = attributes.get('value') ?? '';
  switch (tag) {
    case 'textarea':
      return textOf(element).replace(/^\n/, '');
    case 'button':
      return pressed !== undefined && textOf(element) === pressed ? value : undefined;
    case 'select': {
      const options = byTag(element, 'option');
      const selected = options.filter((option) => option.attributes.has('selected'));
      if (selected.length > 1) throw new Error('several options are selected');
      return (selected[0] ?? options[0])?.attributes.get('value');
    }
    case 'input':
      return inputValue(attributes.get('type') ?? 'text', value, attributes.has('checked'));
    default:
      return undefined;
  }
}

/** The value sanitization of HTML. */
function inputValue(type: string, value: string, checked: boolean): string | undefined {
  switch (type) {
    case 'hidden':
      return value;
    case 'checkbox':
      return checked ? value : undefined;
    case 'text':
    case 'password':
      return value.replace(/\n/g, '');
    case 'email':
    case 'url':
      return value.replace(/\n/g, '').trim();
    case 'number':
      return /^-?(\d+(\.\d+)?|\.\d+)([eE][-+]?\d+)?$/.test(value) && Number.isFinite(Number(value))
        ? value
        : '';
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : '';
    default:
      throw new Error(`unknown type ${type}`);
  }
}

function crlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

function attributesOf(written: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, value = ''] of written.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)) {
    if (attributes.has(name!)) throw new Error(`attribute ${name!} is there twice`);
    attributes.set(name!, unescape(value));
  }
  return attributes;
}

function unescape(text: string): string {
  return text.replace(/&([^;&]*);?/g, (all, name: string) => {
    const char = REFERENCES[name];
    if (char === undefined || !all.endsWith(';')) throw new Error(`${all} is no reference`);
    return char;
  });
}
