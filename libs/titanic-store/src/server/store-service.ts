import { statusFrame, StatusCode } from '@raspy/mdp-protocol';
import { frameText, type Frame, type Frames } from '@raspy/wire';
import type { SettingsTable } from './settings-table.js';

const OK = statusFrame(StatusCode.OK);
const FAILED = statusFrame(StatusCode.ERROR);
const NOT_FOUND = statusFrame(StatusCode.NOT_FOUND);
const CONFLICT: Frame = Buffer.from('409');
const UNKNOWN_ACTION: Frames = [statusFrame(StatusCode.NOT_IMPLEMENTED)];

/** What went wrong in the store, for its operator. */
export type OnStoreError = (action: string, error: unknown) => void;

/**
 * `titanic.store` (PROTOCOLS §8.1): settings by service, section and key. The status is the last frame. Our additions:
 *
 * | Request | Success | Otherwise |
 * |---|---|---|
 * | `list` | service names, `200` | |
 * | `list`, service | service, section names, `200` | |
 * | `list`, service, section | service, section, keys, `200` | |
 * | `compare_set`, service, section, key, value | service, section, key, `200`; it was not there | service, section, key, current value, `409` |
 * | `compare_set`, service, section, key, expected, value | service, section, key, `200` | service, section, key, current value if any, `409` |
 */
export class StoreService {
  readonly #table: SettingsTable;
  readonly #onError: OnStoreError;

  constructor(table: SettingsTable, onError: OnStoreError) {
    this.#table = table;
    this.#onError = onError;
  }

  async serve(body: Frames): Promise<Frames> {
    const [actionFrame, service, section, key] = body;
    if (actionFrame === undefined) return [FAILED];
    const action = frameText(actionFrame);
    if (action === 'list') return this.#list(service, section);
    if (service === undefined) return [FAILED];
    switch (action) {
      case 'set': {
        const value = body[4];
        if (section === undefined || key === undefined || value === undefined) return [FAILED];
        return this.#attempt(action, [service, FAILED], async () => {
          await this.#table.set({ service, section, key }, value);
          return [service, section, key, OK];
        });
      }
      case 'get': {
        if (section === undefined || key === undefined) return [FAILED];
        return this.#attempt(action, [service, section, key, FAILED], async () => {
          const value = await this.#table.get({ service, section, key });
          return [service, section, key, ...(value === undefined ? [NOT_FOUND] : [value, OK])];
        });
      }
      case 'delete':
        return this.#delete(service, section, key);
      case 'compare_set':
        return this.#compareAndSet(service, section, key, body.slice(4));
      default:
        return UNKNOWN_ACTION;
    }
  }

  #list(service?: Frame, section?: Frame): Frames {
    const given = [service, section].filter((name) => name !== undefined);
    return [...given, ...this.#table.list(service, section), OK];
  }

  async #delete(service: Frame, section?: Frame, key?: Frame): Promise<Frames> {
    if (section === undefined || key === undefined) {
      const place = section === undefined ? [service] : [service, section];
      return this.#attempt('delete', [...place, FAILED], async () => {
        await this.#table.deleteAll(service, section);
        return [...place, OK];
      });
    }
    return this.#attempt('delete', [service, section, FAILED], async () => {
      const found = await this.#table.delete({ service, section, key });
      return found ? [service, section, key, OK] : [service, section, FAILED];
    });
  }

  async #compareAndSet(service: Frame, section?: Frame, key?: Frame, values: Frames = []): Promise<Frames> {
    const value = values.at(-1);
    if (section === undefined || key === undefined || value === undefined || values.length > 2)
      return [FAILED];
    const expected = values.length === 2 ? values[0] : undefined;
    return this.#attempt('compare_set', [service, FAILED], async () => {
      const result = await this.#table.compareAndSet({ service, section, key }, expected, value);
      if (result.type === 'set') return [service, section, key, OK];
      return [service, section, key, ...(result.current === undefined ? [] : [result.current]), CONFLICT];
    });
  }

  async #attempt(action: string, failed: Frames, work: () => Promise<Frames>): Promise<Frames> {
    try {
      return await work();
    } catch (error) {
      this.#onError(action, error);
      return failed;
    }
  }
}
