import { signal } from '@preact/signals';
import type { Preferences } from '../model/types.js';
import { get, put } from './api.js';
import { tellError } from './toasts.js';

export const preferences = signal<Preferences>({});

export async function loadPreferences(): Promise<void> {
  preferences.value = await get<Preferences>('/preferences');
}

/** Shown at once, kept by the server; taken back when it could not be kept. */
export async function savePreferences(next: Preferences): Promise<void> {
  const before = preferences.value;
  preferences.value = next;
  try {
    await put('/preferences', next);
  } catch (error) {
    preferences.value = before;
    tellError(error);
  }
}
