import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mistake } from '../model/types.js';
import { Skeleton } from './parts.js';

/** What the lazily loaded editor offers. */
export interface EditorHandle {
  declare(declarations: string): void;
  mark(mistakes: readonly Mistake[]): void;
  destroy(): void;
}

/** An editor for code, loaded when it is needed; a plain text field where it cannot be loaded. */
export function Editor(props: {
  readonly label: string;
  readonly value: string;
  /** TypeScript declarations, for completion. */
  readonly declarations: string;
  readonly mistakes: readonly Mistake[];
  readonly readOnly: boolean;
  readonly onChange: (value: string) => void;
}) {
  const { label, value, declarations, mistakes, readOnly, onChange } = props;
  const frame = useRef<HTMLDivElement>(null);
  const handle = useRef<EditorHandle | undefined>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');
  useEffect(() => {
    let wanted = true;
    import('./code-mirror.js').then(
      ({ openEditor }) => {
        if (!wanted) return;
        handle.current = openEditor(frame.current!, {
          value,
          label,
          readOnly,
          onChange: (text) => change.current(text),
        });
        setState('ready');
      },
      () => setState('failed'),
    );
    return () => {
      wanted = false;
      handle.current?.destroy();
    };
  }, []);
  useEffect(() => handle.current?.declare(declarations), [declarations, state]);
  useEffect(() => handle.current?.mark(mistakes), [JSON.stringify(mistakes), state]);
  return (
    <>
      {state === 'loading' && <Skeleton />}
      {state === 'failed' && (
        <textarea
          class="mono"
          rows={24}
          aria-label={label}
          spellcheck={false}
          value={value}
          readOnly={readOnly}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
      <div class="editor" ref={frame} hidden={state !== 'ready'} />
    </>
  );
}
