import type { Frame } from '@raspy/wire';

/** Name of a service, a section or a key: a text, which stands for its UTF-8 bytes, or bytes; 0 to 255 of them, compared exactly. */
export type SettingName = string | Uint8Array;

/**
 * Settings: values of at most 1 MiB by service, section and key. What is changed is durable when the promise resolves.
 *
 * All methods reject with {@link SettingsStoreError} when the store could not do it.
 */
export interface SettingsStore {
  /** @returns the value; `undefined` when there is none */
  get(service: SettingName, section: SettingName, key: SettingName): Promise<Frame | undefined>;
  /** Whatever was there before is replaced. */
  set(service: SettingName, section: SettingName, key: SettingName, value: Uint8Array): Promise<void>;
  /** Deletes a value, all of a section, or all of a service. What is not there is deleted. */
  delete(service: SettingName, section?: SettingName, key?: SettingName): Promise<void>;
  /**
   * Names in bytewise order: of the services, of a service's sections, or of a section's keys. What is not there has none;
   * bytes that are no UTF-8 come as U+FFFD.
   */
  list(service?: SettingName, section?: SettingName): Promise<string[]>;
  /**
   * Sets a value if it is `expected` now.
   * @param expected - `undefined`: there is none
   * @returns whether it was set
   */
  compareAndSet(
    service: SettingName,
    section: SettingName,
    key: SettingName,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean>;
}
