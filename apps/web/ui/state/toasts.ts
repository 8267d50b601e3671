import { signal } from '@preact/signals';
import { messageOf } from './api.js';
import { after } from './time.js';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
}

/** What is told at the edge of the page; errors stay until they are dismissed. */
export const toasts = signal<readonly Toast[]>([]);

const DONE_MS = 4000;
const MOST = 4;
let last = 0;

function tell(kind: Toast['kind'], text: string): void {
  const id = ++last;
  toasts.value = [...toasts.value.filter((toast) => toast.text !== text), { id, kind, text }].slice(-MOST);
  if (kind === 'done') after(DONE_MS, () => dismiss(id));
}

export const tellDone = (text: string): void => tell('done', text);
export const tellError = (error: unknown): void => tell('error', messageOf(error));

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
