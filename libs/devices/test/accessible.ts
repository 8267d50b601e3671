import { all, byTag, parseHtml, textOf, type Element } from './html-form.js';

const TAGS = new Set(
  'form,button,input,textarea,select,option,label,fieldset,legend,div,p,span,ul,ol,li,a'.split(','),
);

/** Checks what holds for each form, whatever its schema; gives the parsed form. */
export function expectAccessible(html: string): Element {
  const root = parseHtml(html);
  const elements = all(root);
  const byId = new Map(elements.map((element) => [element.attributes.get('id'), element]));
  const labels = new Map(byTag(root, 'label').map((label) => [label.attributes.get('for'), textOf(label)]));
  for (const element of elements) {
    const { tag, attributes } = element;
    const id = attributes.get('id');
    if (!TAGS.has(tag)) throw new Error(`<${tag}> has no place in a form`);
    for (const name of attributes.keys()) if (name.startsWith('on')) throw new Error(`attribute ${name}`);
    const shown = attributes.get('type') !== 'hidden';
    if (['input', 'select', 'textarea'].includes(tag) && shown && !labels.get(id)?.trim()) {
      throw new Error(`no label for ${id ?? attributes.get('name') ?? tag}`);
    }
    if (tag === 'button' && textOf(element).trim() === '') throw new Error('a button without text');
    if (tag === 'fieldset' && (element.children[0] as Element | undefined)?.tag !== 'legend') {
      throw new Error('a fieldset without legend');
    }
    for (const target of attributes.get('aria-describedby')?.split(' ') ?? [])
      expectTarget(target, byId.get(target));
    if (tag === 'a') {
      const target = attributes.get('href')!.slice(1);
      expectTarget(target, byId.get(target));
    }
    if (
      attributes.has('required') &&
      !labels.get(id)?.includes('(required)') &&
      !attributes.get('name')!.startsWith('pick')
    ) {
      throw new Error(`no text says that ${id!} is required`);
    }
  }
  for (const target of labels.keys())
    if (!byId.has(target)) throw new Error(`label for nothing: ${target ?? ''}`);
  return root;
}

function expectTarget(id: string, target: Element | undefined): void {
  if (target === undefined) throw new Error(`nothing has the id ${id}`);
  if (target.attributes.get('type') === 'hidden') throw new Error(`${id} cannot be seen`);
}
