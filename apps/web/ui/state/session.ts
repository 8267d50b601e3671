import { computed, signal } from '@preact/signals';
import type { Role, Session } from '../model/types.js';
import { call, fetchSession, onSignedOut } from './api.js';

export const session = signal<Session | undefined>(undefined);
export const user = computed(() => session.value?.user ?? undefined);

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Whether the user may do what needs a role. */
export function may(role: Role): boolean {
  const own = user.value?.role;
  return own !== undefined && RANK[own] >= RANK[role];
}

export async function loadSession(): Promise<void> {
  session.value = await fetchSession();
}

export async function logIn(name: string, password: string): Promise<void> {
  await call('POST /login', { body: { name, password } });
  await loadSession();
}

export async function claim(code: string, name: string, password: string): Promise<void> {
  await call('POST /claim', { body: { code, name, password } });
  await loadSession();
}

export async function logOut(): Promise<void> {
  await call('POST /logout');
  await loadSession();
}

onSignedOut(() => {
  if (session.value?.user) session.value = { ...session.value, user: null };
});
