import { useMemo, useState } from 'preact/hooks';
import { buildTree, entryText, type TreeNode } from '../model/tree.js';
import type { Draft } from '../model/form.js';
import type { TreeEntry } from '../model/types.js';
import { call } from '../state/api.js';
import { entries, treeVersion } from '../state/live.js';
import { may } from '../state/session.js';
import { tellDone } from '../state/toasts.js';
import { Icon } from '../view/icons.js';
import { JsonInput, NumberInput } from '../view/inputs.js';
import { Badge, Button, CodeBlock, ConfirmButton, Dialog, Empty, Labelled, PageHead } from '../view/parts.js';

/** Everything that the home knows now, by its keys, as it changes. */
export function Tree() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(['/device']));
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [writing, setWriting] = useState<Written | undefined>(undefined);
  const version = treeVersion.value;
  const root = useMemo(() => buildTree(entries.values(), text), [version, text]);
  const entry = chosen === undefined ? undefined : entries.get(chosen);
  const toggle = (path: string): void => {
    const next = new Set(open);
    if (!next.delete(path)) next.add(path);
    setOpen(next);
  };
  return (
    <>
      <PageHead title="Tree" lead={`${entries.size} keys; values change as you look.`}>
        {may('admin') && (
          <Button icon="plus" onClick={() => setWriting({ key: '' })}>
            Write a key
          </Button>
        )}
      </PageHead>
      <div class="filter">
        <label class="search">
          <Icon name="search" />
          <span class="visually-hidden">Search keys and values</span>
          <input
            type="search"
            placeholder="Search keys and values"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </div>
      {root.count === 0 ? (
        <Empty icon="tree" title={text === '' ? 'Nothing is known yet' : 'Nothing like that'} />
      ) : (
        <div class="split">
          <div class="tree">
            <Level
              nodes={root.children}
              open={text === '' ? open : undefined}
              chosen={chosen}
              onToggle={toggle}
              onChoose={setChosen}
            />
          </div>
          <section class="panel stack">
            {entry === undefined ? (
              <p class="soft">Choose a key to see all of it.</p>
            ) : (
              <Details entry={entry} onWrite={() => setWriting(entry)} />
            )}
          </section>
        </div>
      )}
      {writing !== undefined && <Write entry={writing} onClose={() => setWriting(undefined)} />}
    </>
  );
}

interface LevelProps {
  readonly nodes: readonly TreeNode[];
  /** Paths that are open; all when it is left out. */
  readonly open: ReadonlySet<string> | undefined;
  readonly chosen: string | undefined;
  readonly onToggle: (path: string) => void;
  readonly onChoose: (key: string) => void;
}

function Level(props: LevelProps) {
  const { nodes, open, chosen, onToggle, onChoose } = props;
  return (
    <ul>
      {nodes.map((node) => {
        const isOpen = open === undefined || open.has(node.path);
        const branch = node.children.length > 0;
        return (
          <li key={node.path}>
            <div class={branch ? 'tree-row' : 'tree-row tree-leaf'}>
              {branch && (
                <button
                  type="button"
                  class="tree-toggle"
                  aria-expanded={isOpen}
                  aria-label={`What is below ${node.path}`}
                  onClick={() => onToggle(node.path)}
                >
                  <Icon name="forward" />
                </button>
              )}
              <button
                type="button"
                class="tree-name"
                aria-pressed={node.entry === undefined ? undefined : chosen === node.path}
                onClick={() => (node.entry === undefined ? onToggle(node.path) : onChoose(node.path))}
              >
                {node.name}
              </button>
              {node.entry !== undefined ? (
                <span class="tree-value">{shortText(node.entry)}</span>
              ) : (
                <span class="tree-count">{node.count}</span>
              )}
            </div>
            {branch && isOpen && <Level {...props} nodes={node.children} />}
          </li>
        );
      })}
    </ul>
  );
}

/** A reading as its value, a device as its state; anything else as it is. */
function shortText(entry: TreeEntry): string {
  const { value } = entry;
  if (typeof value === 'object' && value !== null && 'value' in value && 'quality' in value) {
    const { value: of, unit = '', quality } = value as { value: unknown; unit?: string; quality: string };
    return `${JSON.stringify(of)} ${unit}${quality === 'good' ? '' : ` (${quality})`}`;
  }
  if (typeof value === 'object' && value !== null && 'oid' in value && 'state' in value) {
    const { state, safety } = value as { state: string; safety?: { state: string } };
    return safety === undefined || safety.state === 'ok' ? state : `${state}, ${safety.state}`;
  }
  return entryText(entry);
}

function Details({ entry, onWrite }: { readonly entry: TreeEntry; readonly onWrite: () => void }) {
  const { key, value, text, seq, restored } = entry;
  return (
    <>
      <h2 class="break">{key}</h2>
      <p class="row soft small">
        <span>sequence {seq}</span>
        {restored && <Badge tone="warn">From before the last restart</Badge>}
      </p>
      <CodeBlock>
        {value === undefined ? (text ?? entryText(entry)) : JSON.stringify(value, null, 2)}
      </CodeBlock>
      {may('admin') && (
        <div class="row row-end">
          <ConfirmButton
            question={`${key} is deleted for everybody. Whoever owns it may write it again.`}
            done="The key was deleted"
            onConfirm={() => call('DELETE /kv', { query: { key } })}
          >
            Delete
          </ConfirmButton>
          <Button onClick={onWrite}>Change</Button>
        </div>
      )}
    </>
  );
}

/** What is written anew, or a key that is not there yet. */
type Written = Pick<TreeEntry, 'key' | 'value' | 'text'>;

function Write({ entry, onClose }: { readonly entry: Written; readonly onClose: () => void }) {
  const [key, setKey] = useState(entry.key);
  const [value, setValue] = useState<Draft>(entry.value ?? entry.text);
  const [ttlMs, setTtlMs] = useState<number | undefined>(undefined);
  return (
    <Dialog title={entry.key === '' ? 'Write a key' : 'Change a key'} onClose={onClose}>
      <form class="stack" onSubmit={(event) => event.preventDefault()}>
        <Labelled label="Key" help="Begins with “/”. What devices tell is theirs: they write it again.">
          {(id, note) => (
            <input
              id={id}
              type="text"
              aria-describedby={note}
              spellcheck={false}
              autocomplete="off"
              placeholder="/home/mode"
              value={key}
              onInput={({ currentTarget }) => setKey(currentTarget.value)}
            />
          )}
        </Labelled>
        <Labelled label="Value" help="JSON: a text stands in quotes">
          {(id, note) => <JsonInput id={id} describedBy={note} value={value} rows={6} onChange={setValue} />}
        </Labelled>
        <Labelled label="Forgotten after (ms)" help="Empty: it stays">
          {(id, note) => (
            <NumberInput
              id={id}
              describedBy={note}
              label="Forgotten after"
              value={ttlMs}
              step={1}
              onChange={setTtlMs}
            />
          )}
        </Labelled>
        <div class="row row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={!key.startsWith('/') || value === undefined}
            onClick={async () => {
              await call('PUT /kv', { body: { key, value, ...(ttlMs !== undefined && { ttlMs }) } });
              tellDone('The key was written');
              onClose();
            }}
          >
            Write
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
