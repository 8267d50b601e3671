import { frameKey, type Frame } from '@raspy/wire';
import type { SettingKey } from './storage.js';

/** Bytes of the name of a service, a section or a key. */
export const MAX_NAME_BYTES = 255;
/** Bytes of a value: 1 MiB. */
export const MAX_VALUE_BYTES = 1_048_576;

/** Whether each of the names is as long as one may be. */
export function areNames(...names: readonly Frame[]): boolean {
  return names.every(({ length }) => length <= MAX_NAME_BYTES);
}

/** The setting's names as one string, different for different names: each with its length in front. */
export function settingText({ service, section, key }: SettingKey): string {
  return [service, section, key].map((name) => String.fromCharCode(name.length) + frameKey(name)).join('');
}
