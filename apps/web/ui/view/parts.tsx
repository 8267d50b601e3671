import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';
import { formatAgo, formatTime } from '../model/format.js';
import { ApiError } from '../../src/client.js';
import { messageOf } from '../state/api.js';
import { seconds, wallNow } from '../state/time.js';
import { tellDone, tellError } from '../state/toasts.js';
import { Icon, type IconName } from './icons.js';

type Children = { readonly children?: ComponentChildren };

export function PageHead(props: {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly back?: { readonly href: string; readonly label: string };
  readonly children?: ComponentChildren;
}) {
  const { title, lead, back, children } = props;
  useEffect(() => {
    document.title = `${title} · RasPy`;
  }, [title]);
  return (
    <header class="page-head">
      <div class="page-head-text">
        {back && (
          <a class="back-link" href={back.href}>
            <Icon name="back" />
            {back.label}
          </a>
        )}
        <h1>{title}</h1>
        {lead !== undefined && <p class="lead">{lead}</p>}
      </div>
      {children !== undefined && <div class="page-actions">{children}</div>}
    </header>
  );
}

export function Button(props: {
  readonly children: ComponentChildren;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
  readonly label?: string;
  readonly small?: boolean;
  readonly onClick?: () => void | Promise<void>;
}) {
  const {
    children,
    kind = 'plain',
    icon,
    type = 'button',
    disabled = false,
    label,
    small = false,
    onClick,
  } = props;
  const [busy, run] = useBusy();
  return (
    <button
      type={type}
      class={`button button-${kind}${small ? ' button-small' : ''}`}
      disabled={disabled || busy}
      aria-label={label}
      aria-busy={busy}
      onClick={onClick && (() => void run(async () => onClick()))}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

export function IconButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly pressed?: boolean;
  readonly filled?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void | Promise<void>;
}) {
  const { icon, label, pressed, filled = false, disabled = false, onClick } = props;
  const [busy, run] = useBusy();
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled || busy}
      onClick={() => void run(async () => onClick())}
    >
      <Icon name={icon} filled={filled} />
    </button>
  );
}

/** Whether something goes on; a second one is not begun meanwhile. What fails is told. */
export function useBusy(): readonly [boolean, (task: () => Promise<void>) => Promise<void>] {
  const [busy, setBusy] = useState(false);
  const going = useRef(false);
  const run = useCallback(async (task: () => Promise<void>) => {
    if (going.current) return;
    going.current = true;
    setBusy(true);
    try {
      await task();
    } catch (error) {
      tellError(error);
    } finally {
      going.current = false;
      setBusy(false);
    }
  }, []);
  return [busy, run];
}

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  reload(): void;
}

/** What a request tells, asked anew when `deps` change or `reload` is called; what was there stays until then. */
export function useLoad<T>(load: () => Promise<T>, deps: readonly unknown[] = []): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: unknown }>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    load().then(
      (data) => wanted && setState({ data }),
      (error: unknown) => wanted && setState(({ data }) => ({ ...(data !== undefined && { data }), error })),
    );
    return () => {
      wanted = false;
    };
  }, [...deps, turn]);
  return { data: state.data, error: state.error, reload: () => setTurn((last) => last + 1) };
}

/** What was loaded, or why not, or that it is on its way. */
export function Loads<T>(props: {
  readonly of: Loaded<T>;
  readonly children: (data: T) => ComponentChildren;
}) {
  const { of, children } = props;
  if (of.data !== undefined) {
    return (
      <>
        {of.error !== undefined && <Failure error={of.error} retry={of.reload} />}
        {children(of.data)}
      </>
    );
  }
  if (of.error !== undefined) return <Failure error={of.error} retry={of.reload} />;
  return <Skeleton />;
}

export function Skeleton() {
  return (
    <div class="skeletons" role="status" aria-label="Loading">
      <div class="skeleton" />
      <div class="skeleton" />
      <div class="skeleton" />
    </div>
  );
}

const HELP: Readonly<Record<number, string>> = {
  0: 'Is the program “web” of the home running, and is this device in the same network? It is tried again when you ask.',
  403: 'Ask somebody who is an admin of this home.',
  404: 'It may have been removed or renamed.',
  503: 'A part of the home does not answer. “Services” shows who is alive.',
};

export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const help = error instanceof ApiError ? HELP[error.status] : undefined;
  return (
    <div class="notice notice-bad" role="alert">
      <Icon name="warn" />
      <div>
        <p>
          <strong>{messageOf(error)}</strong>
        </p>
        {help && <p>{help}</p>}
        {error instanceof ApiError && error.mistakes.length > 0 && (
          <ul>
            {error.mistakes.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                {path !== '' && <code>{path}</code>} {message}
              </li>
            ))}
          </ul>
        )}
        {retry && (
          <Button icon="reload" onClick={retry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

export function Badge({ tone = 'plain', children }: { readonly tone?: Tone } & Children) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

/** An instant, as its age by the second; the exact time is in its title. */
export function Ago({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={formatTime(at, wallNow())}>
      {formatAgo(at, seconds.value)}
    </time>
  );
}

export function Clock({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{formatTime(at, wallNow())}</time>;
}

/** A window over the page; Escape closes it. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const { title, onClose, children } = props;
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current!;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

/** A question before something that cannot be undone. */
export function ConfirmButton(props: {
  readonly children: string;
  readonly question: string;
  readonly done: string;
  readonly icon?: IconName;
  readonly small?: boolean;
  readonly disabled?: boolean;
  readonly onConfirm: () => Promise<void>;
}) {
  const { children, question, done, icon = 'bin', small = false, disabled = false, onConfirm } = props;
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button kind="quiet" icon={icon} small={small} disabled={disabled} onClick={() => setAsked(true)}>
        {children}
      </Button>
      {asked && (
        <Dialog title={children} onClose={() => setAsked(false)}>
          <p>{question}</p>
          <div class="row row-end">
            <Button onClick={() => setAsked(false)}>Cancel</Button>
            <Button
              kind="danger"
              onClick={async () => {
                await onConfirm();
                setAsked(false);
                tellDone(done);
              }}
            >
              {children}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

export function Tabs<T extends string>(props: {
  readonly label: string;
  readonly tabs: readonly (readonly [T, string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}) {
  const { label, tabs, value, onChange } = props;
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const index = (tabs.findIndex(([id]) => id === value) + by + tabs.length) % tabs.length;
    onChange(tabs[index]![0]);
    ((event.currentTarget as Element).children[index] as HTMLElement).focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(([id, title]) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === value}
          tabIndex={id === value ? 0 : -1}
          onClick={() => onChange(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

/** A label above a control, with help and what is wrong below it. */
export function Labelled(props: {
  readonly label: string;
  readonly help?: string | undefined;
  readonly mistakes?: readonly string[];
  readonly children: (id: string, describedBy: string | undefined, wrong: boolean) => ComponentChildren;
}) {
  const { label, help, mistakes = [], children } = props;
  const id = useId();
  const note = help !== undefined || mistakes.length > 0 ? `${id}-note` : undefined;
  return (
    <div class={mistakes.length > 0 ? 'labelled has-mistake' : 'labelled'}>
      <label for={id}>{label}</label>
      {children(id, note, mistakes.length > 0)}
      {note !== undefined && (
        <p class="note" id={note}>
          {mistakes.map((message) => (
            <span class="mistake" key={message}>
              {message}
            </span>
          ))}
          {help}
        </p>
      )}
    </div>
  );
}

export function Switch(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly hideLabel?: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  const { label, checked, disabled = false, hideLabel = false, onChange } = props;
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        aria-label={hideLabel ? label : undefined}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          // What is shown is what is, not what was asked for: it moves when the home says so.
          event.currentTarget.checked = checked;
          onChange(wanted);
        }}
      />
      <span class="switch-track" aria-hidden="true" />
      {!hideLabel && <span>{label}</span>}
    </label>
  );
}

/** Text that can be copied. */
export function CodeBlock({ children }: { readonly children: string }) {
  return (
    <pre class="code-block" tabIndex={0}>
      <code>{children}</code>
    </pre>
  );
}
