import { signal } from '@preact/signals';
import { preferencesOf } from '../model/arrange.js';
import type { Preferences } from '../model/types.js';
import { call } from './api.js';
import { tellError } from './toasts.js';

export const preferences = signal<Preferences>({});

export async function loadPreferences(): Promise<void> {
  preferences.value = preferencesOf(await call('GET /preferences'));
}

/** Shown at once, kept by the server; taken back when it could not be kept. */
export async function savePreferences(next: Preferences): Promise<void> {
  const before = preferences.value;
  preferences.value = next;
  try {
    await call('PUT /preferences', { body: next });
  } catch (error) {
    preferences.value = before;
    tellError(error);
  }
}
