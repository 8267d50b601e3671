import {
  autocompletion,
  closeBrackets,
  completionKeymap,
  type CompletionContext,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { membersAfter, parseDeclarations, placeOf, type Declarations } from '../model/declarations.js';
import type { Mistake } from '../model/types.js';
import type { EditorHandle } from './editor.js';

export interface OpenOptions {
  readonly value: string;
  readonly label: string;
  readonly readOnly: boolean;
  readonly onChange: (value: string) => void;
}

/** Colours come from the page, so that light and dark need no second theme. */
const look = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--ink)', fontSize: '14px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', minHeight: '320px', maxHeight: '70vh' },
  '.cm-content': { padding: '12px 0', caretColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--soft)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--raised)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--accent-soft)',
    outline: '1px solid var(--accent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '10px',
    maxWidth: 'min(420px, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '240px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '6px 10px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--accent-ink)',
  },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.75', fontStyle: 'normal' },
  '.cm-completionInfo': { padding: '8px 12px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
});

const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword],
    color: 'var(--accent)',
    fontWeight: '600',
  },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: tags.comment, color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className], color: 'var(--warn)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

/**
 * Opens an editor in a shadow tree: there its styles are sheets that were constructed, which the page's strict policy
 * allows, and not inline ones, which it does not.
 */
export function openEditor(
  element: HTMLElement,
  { value, label, readOnly, onChange }: OpenOptions,
): EditorHandle {
  let declared: Declarations = parseDeclarations('');
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: value,
      extensions: [
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        javascript({ typescript: true }),
        syntaxHighlighting(colours),
        autocompletion({ override: [(context) => complete(context, declared)] }),
        lintGutter(),
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorState.readOnly.of(readOnly),
        look,
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    declare: (declarations) => {
      declared = parseDeclarations(declarations);
    },
    mark: (mistakes) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          mistakes.map((of) => diagnostic(view, of)),
        ),
      ),
    destroy: () => view.destroy(),
  };
}

function diagnostic(view: EditorView, { message }: Mistake): Diagnostic {
  const place = placeOf(message);
  const { doc } = view.state;
  const line = doc.line(Math.min(doc.lines, Math.max(1, place?.line ?? 1)));
  const from = Math.min(line.to, line.from + Math.max(0, (place?.column ?? 1) - 1));
  return { from, to: Math.max(from, line.to), severity: 'error', message };
}

function complete(context: CompletionContext, declared: Declarations) {
  const chain = context.matchBefore(/(?:[\w$]+\.)*[\w$]*/);
  if (chain === null || (chain.from === chain.to && !context.explicit)) return null;
  const names = chain.text.split('.');
  const typed = names.pop()!;
  const options = membersAfter(declared, names).map(({ name, kind, detail, info }) => ({
    label: name,
    type: kind,
    detail,
    ...(info !== undefined && { info }),
  }));
  return options.length === 0 ? null : { from: context.pos - typed.length, options, validFor: /^[\w$]*$/ };
}
