import { frameText, textFrame, type Frame } from '@raspy/wire';
import { SettingsStoreError } from '../errors.js';
import { SettingRefused, SettingsTable } from '../server/settings-table.js';
import { memoryTitanicStorage } from '../storage/memory-storage.js';
import type { SettingName, SettingsStore } from './settings-store.js';

/** A store that forgets with the process, for tests: with the rules and limits of Titanic's own. */
export function memorySettings(): SettingsStore {
  const table = new SettingsTable(memoryTitanicStorage(), []);
  return {
    get: (service, section, key) => table.get(settingKey(service, section, key)),
    set: (service, section, key, value) =>
      ofStore('set', () => table.set(settingKey(service, section, key), Buffer.from(value))),
    delete: async (service, section, key) => {
      if (section !== undefined && key !== undefined) await table.delete(settingKey(service, section, key));
      else await table.deleteAll(nameFrame(service), section === undefined ? undefined : nameFrame(section));
    },
    list: (service, section) => {
      const names = service === undefined ? [] : section === undefined ? [service] : [service, section];
      return Promise.resolve(table.list(...names.map(nameFrame)).map((name) => frameText(name)));
    },
    compareAndSet: (service, section, key, expected, value) =>
      ofStore('compare_set', async () => {
        const setting = settingKey(service, section, key);
        return (await table.compareAndSet(setting, expected, Buffer.from(value))).type === 'set';
      }),
  };
}

async function ofStore<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SettingRefused ? new SettingsStoreError(action, '500') : error;
  }
}

function settingKey(
  service: SettingName,
  section: SettingName,
  key: SettingName,
): Record<'service' | 'section' | 'key', Frame> {
  return { service: nameFrame(service), section: nameFrame(section), key: nameFrame(key) };
}

function nameFrame(name: SettingName): Frame {
  return typeof name === 'string' ? textFrame(name) : name;
}
