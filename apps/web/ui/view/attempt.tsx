import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mistake } from '../model/types.js';
import { mistakesOf } from '../state/api.js';
import { Icon } from './icons.js';

export interface Attempt<E extends HTMLElement> {
  /** Where the fields are. */
  readonly fields: RefObject<E>;
  /** What is wrong at the fields: nothing before somebody tries, so that nobody is told off while filling in a form. */
  readonly shown: readonly Mistake[];
  /** Whether it may be saved. If not, what is wrong is shown and said, and the first field with a mistake gets the focus. */
  readonly attempt: () => boolean;
  /** As if nobody had tried: after much of the form has become another. */
  readonly forget: () => void;
}

/**
 * The attempt to save a form.
 * @param wrong - what the form finds wrong with it
 * @param error - what the home said of it; its mistakes are shown by the form
 */
export function useAttempt<E extends HTMLElement = HTMLFormElement>(
  wrong: readonly Mistake[],
  error?: unknown,
): Attempt<E> {
  const fields = useRef<E>(null);
  const [tried, setTried] = useState(0);
  const toFirst = (): void => firstWrong(fields.current)?.focus();
  useEffect(() => {
    if (tried > 0) toFirst();
  }, [tried]);
  useEffect(() => {
    if (mistakesOf(error).length > 0) toFirst();
  }, [error]);
  return {
    fields,
    shown: tried > 0 ? wrong : [],
    attempt: () => {
      // A text that cannot be read is no part of the draft.
      const unreadable = fields.current?.querySelector('textarea:invalid') ?? null;
      const right = wrong.length === 0 && unreadable === null;
      setTried((turn) => (right ? 0 : turn + 1));
      return right;
    },
    forget: () => setTried(0),
  };
}

function firstWrong(fields: HTMLElement | null): HTMLElement | null | undefined {
  return fields
    ?.querySelector('.mistake')
    ?.closest('.labelled, .nested, .form-grid')
    ?.querySelector<HTMLElement>('input, select, textarea, button');
}

/** What keeps a form from being saved. It is always there, so that it is read out as soon as there is something to say. */
export function MistakeSummary(props: {
  readonly mistakes: readonly Mistake[];
  readonly titleOf: (path: string) => string;
}) {
  const { mistakes, titleOf } = props;
  return (
    <div aria-live="polite">
      {mistakes.length > 0 && (
        <div class="notice notice-bad">
          <Icon name="warn" />
          <div>
            <p>
              <strong>Not saved yet</strong>
            </p>
            <ul>
              {mistakes.map(({ path, message }) => (
                <li key={`${path} ${message}`}>
                  {[titleOf(path), message].filter((text) => text !== '').join(': ')}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </div>
  );
}
