import type { Millis } from '@raspy/clock';
import { readStatus, StatusCode, type Body } from '@raspy/mdp-protocol';
import { frameText, OptionCheck, type Frame, type Frames } from '@raspy/wire';
import { InvalidTitanicReplyError, SettingsStoreError } from '../errors.js';
import { TitanicOptionError } from '../option-error.js';
import type { SettingName, SettingsStore } from './settings-store.js';
import type { TitanicRequester } from './titanic-client.js';

/** What a {@link SettingsClient} can be told. */
export interface SettingsClientOptions {
  /** How long a call may take. `Infinity` for no limit. @default 2,500 */
  readonly timeoutMs?: Millis;
}

/** What the store answered: its status, which is the last frame, and what is before. */
interface StoreReply {
  readonly status: string;
  readonly result: Frames;
}

const CONFLICT = '409';

/**
 * The settings store over the bus (`titanic.store`, PROTOCOLS §8.1). `list` and `compareAndSet` are RasPy's additions; a store
 * of another make does not know them.
 *
 * All methods reject as {@link SettingsStore} tells, with what the requester rejects with, and with
 * {@link InvalidTitanicReplyError} when something else serves the name. After a `TIMEOUT` a change may have been made.
 */
export class SettingsClient implements SettingsStore {
  readonly #requester: TitanicRequester;
  readonly #timeoutMs: Millis;

  /**
   * @param requester - its life is the caller's: there is nothing to close here
   * @throws {@link TitanicOptionError} when options have no meaning
   */
  constructor(requester: TitanicRequester, options: SettingsClientOptions = {}) {
    this.#requester = requester;
    this.#timeoutMs = options.timeoutMs ?? 2_500;
    const check = new OptionCheck(TitanicOptionError);
    check.millis('timeoutMs', this.#timeoutMs, true);
    check.done();
  }

  async get(service: SettingName, section: SettingName, key: SettingName): Promise<Frame | undefined> {
    const { status, result } = await this.#ask('get', [service, section, key]);
    if (status === StatusCode.NOT_FOUND) return undefined;
    const value = this.#ok('get', { status, result })[3];
    if (value === undefined)
      throw new InvalidTitanicReplyError('titanic.store answered 200 to get, without the value');
    return value;
  }

  async set(service: SettingName, section: SettingName, key: SettingName, value: Uint8Array): Promise<void> {
    this.#ok('set', await this.#ask('set', [service, section, key, value]));
  }

  async delete(service: SettingName, section?: SettingName, key?: SettingName): Promise<void> {
    const names = [service, section, key];
    const given = names.slice(0, names.indexOf(undefined) < 0 ? 3 : names.indexOf(undefined));
    const answer = await this.#ask('delete', given as SettingName[]);
    // The original fails where the section is absent, which is no failure here, and its status does not tell the two apart.
    const mayBeAbsent = answer.status === StatusCode.ERROR && section !== undefined && key !== undefined;
    if (mayBeAbsent && (await this.get(service, section, key)) === undefined) return;
    this.#ok('delete', answer);
  }

  async list(service?: SettingName, section?: SettingName): Promise<string[]> {
    const place = service === undefined ? [] : section === undefined ? [service] : [service, section];
    const names = this.#ok('list', await this.#ask('list', place));
    return names.slice(place.length).map((name) => frameText(name));
  }

  async compareAndSet(
    service: SettingName,
    section: SettingName,
    key: SettingName,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    const values = expected === undefined ? [value] : [expected, value];
    const answer = await this.#ask('compare_set', [service, section, key, ...values]);
    if (answer.status === CONFLICT) return false;
    this.#ok('compare_set', answer);
    return true;
  }

  async #ask(action: string, body: Body): Promise<StoreReply> {
    const reply = await this.#requester.request('titanic.store', [action, ...body], {
      timeoutMs: this.#timeoutMs,
    });
    const status = readStatus(reply.at(-1));
    if (status === undefined) {
      throw new InvalidTitanicReplyError(
        `the reply of titanic.store to ${action} does not end with a status`,
      );
    }
    return { status, result: reply.slice(0, -1) };
  }

  #ok(action: string, { status, result }: StoreReply): Frames {
    switch (status) {
      case StatusCode.OK:
        return result;
      case StatusCode.ERROR:
        throw new SettingsStoreError(action, status);
      case StatusCode.NOT_IMPLEMENTED:
        throw new InvalidTitanicReplyError(`titanic.store does not know ${action}: it is not of RasPy`);
      default:
        throw new InvalidTitanicReplyError(
          `titanic.store answered ${status} to ${action}: who serves the name?`,
        );
    }
  }
}
