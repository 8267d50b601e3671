import { VirtualClock } from '@raspy/clock';
import type { Body } from '@raspy/mdp-protocol';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { Titanic } from '../server/titanic.js';
import { memoryTitanicStorage } from '../storage/memory-storage.js';
import { memorySettings } from './memory-settings.js';
import { SettingsClient } from './settings-client.js';
import type { SettingsStore } from './settings-store.js';

async function overTitanic(): Promise<SettingsStore> {
  const titanic = await Titanic.open({ storage: memoryTitanicStorage(), clock: new VirtualClock() });
  return new SettingsClient({
    request: (_, body) =>
      titanic.services['titanic.store'](
        body.map((part) => (typeof part === 'string' ? textFrame(part) : part)),
      ),
  });
}

describe.each<[string, () => SettingsStore | Promise<SettingsStore>]>([
  ['over the bus', overTitanic],
  ['in memory', memorySettings],
])('settings %s', (_, open) => {
  let store: SettingsStore;
  beforeEach(async () => (store = await open()));

  it('are set, read and set anew', async () => {
    expect(await store.get('a', 'b', 'c')).toBeUndefined();
    await store.set('a', 'b', 'c', textFrame('1'));
    await store.set('a', 'b', 'c', textFrame('2'));
    expect(frameText((await store.get('a', 'b', 'c'))!)).toBe('2');
  });

  it('keep any bytes, none included, under any names, in their very case', async () => {
    const name = Uint8Array.of(0, 0xff);
    await store.set(name, '', 'Key', Uint8Array.of(0, 255, 10));
    await store.set('ä', 'b', '', new Uint8Array());
    expect([...(await store.get(name, '', 'Key'))!]).toEqual([0, 255, 10]);
    expect((await store.get(textFrame('ä'), 'b', ''))!.length).toBe(0);
    expect(await store.get(name, '', 'key')).toBeUndefined();
  });

  it('are listed in bytewise order', async () => {
    for (const [service, section, key] of [
      ['b', 's', 'k'],
      ['a', 's2', 'k'],
      ['a', 's1', 'k2'],
      ['a', 's1', 'K1'],
    ] as const) {
      await store.set(service, section, key, textFrame('v'));
    }
    expect(await store.list()).toEqual(['a', 'b']);
    expect(await store.list('a')).toEqual(['s1', 's2']);
    expect(await store.list('a', 's1')).toEqual(['K1', 'k2']);
    expect(await store.list('c')).toEqual([]);
    expect(await store.list('a', 's3')).toEqual([]);
  });

  it('are deleted one by one, by section and by service; what is not there is deleted', async () => {
    for (const section of ['s1', 's2', 's3']) {
      for (const key of ['k1', 'k2']) await store.set('a', section, key, textFrame('v'));
    }
    await store.delete('a', 's1', 'k1');
    await store.delete('a', 's1', 'k1');
    await store.delete('a', 'absent', 'k');
    await store.delete('absent');
    expect(await store.list('a', 's1')).toEqual(['k2']);
    await store.delete('a', 's2');
    expect(await store.list('a')).toEqual(['s1', 's3']);
    await store.delete('a');
    expect(await store.list()).toEqual([]);
  });

  it('are compared and set, so that of two at once one is told', async () => {
    const one = textFrame('1');
    expect(await store.compareAndSet('a', 'b', 'c', one, one)).toBe(false);
    const both = ['1', '2'].map((value) => store.compareAndSet('a', 'b', 'c', undefined, textFrame(value)));
    expect(await Promise.all(both)).toEqual([true, false]);
    expect(await store.compareAndSet('a', 'b', 'c', undefined, one)).toBe(false);
    expect(await store.compareAndSet('a', 'b', 'c', one, new Uint8Array())).toBe(true);
    expect(await store.compareAndSet('a', 'b', 'c', new Uint8Array(), textFrame('3'))).toBe(true);
    expect(frameText((await store.get('a', 'b', 'c'))!)).toBe('3');
  });

  it('are refused when a name or a value is too long', async () => {
    const refused = { code: 'STORE_FAILED' };
    const long = 'n'.repeat(256);
    await expect(store.set(long, 'b', 'c', textFrame('v'))).rejects.toMatchObject(refused);
    await expect(store.set('a', 'b', 'c', Buffer.alloc(1_048_577))).rejects.toMatchObject(refused);
    await expect(store.compareAndSet('a', long, 'c', undefined, textFrame('v'))).rejects.toMatchObject(
      refused,
    );
    await store.set('n'.repeat(255), 'b', 'c', Buffer.alloc(1_048_576));
    expect(await store.list()).toEqual(['n'.repeat(255)]);
  });
});

describe('a memory store', () => {
  it('keeps a copy', async () => {
    const store = memorySettings();
    const value = Buffer.from('before');
    await store.set('a', 'b', 'c', value);
    await store.compareAndSet('a', 'b', 'd', undefined, value);
    value.fill('x');
    expect(frameText((await store.get('a', 'b', 'c'))!)).toBe('before');
    expect(frameText((await store.get('a', 'b', 'd'))!)).toBe('before');
  });
});

describe('a settings client', () => {
  const asked: { service: string; body: Body; timeoutMs: number | undefined }[] = [];
  const answering = (...answer: string[]): SettingsClient => {
    asked.length = 0;
    return new SettingsClient(
      {
        request: (service, body, options): Promise<Frames> => {
          asked.push({ service, body, timeoutMs: options?.timeoutMs });
          return Promise.resolve(answer.map(textFrame));
        },
      },
      { timeoutMs: 77 },
    );
  };

  it('asks titanic.store, once, within its time', async () => {
    await answering('a', 'b', 'c', '200').set('a', 'b', 'c', textFrame('v'));
    expect(asked).toEqual([
      { service: 'titanic.store', body: ['set', 'a', 'b', 'c', textFrame('v')], timeoutMs: 77 },
    ]);
  });

  it('fails where the store fails', async () => {
    const failed = { code: 'STORE_FAILED', name: 'SettingsStoreError' };
    await expect(answering('a', '500').set('a', 'b', 'c', textFrame('v'))).rejects.toMatchObject(failed);
    await expect(answering('a', 'b', 'c', '500').get('a', 'b', 'c')).rejects.toMatchObject(failed);
    await expect(answering('a', '500').delete('a')).rejects.toMatchObject(failed);
    await expect(answering('500').list()).rejects.toMatchObject(failed);
  });

  it('does not take a failure of deleting for success while the value is there', async () => {
    const answers = [
      ['a', 'b', '500'],
      ['a', 'b', 'c', 'v', '200'],
    ];
    const client = new SettingsClient({ request: () => Promise.resolve(answers.shift()!.map(textFrame)) });
    await expect(client.delete('a', 'b', 'c')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('takes other replies for something else than the store', async () => {
    const invalid = (what: string) => ({
      code: 'INVALID_REPLY',
      message: expect.stringContaining(what) as unknown,
    });
    await expect(answering('hello').list()).rejects.toMatchObject(invalid('end with a status'));
    await expect(answering('a', '200').get('a', 'b', 'c')).rejects.toMatchObject(
      invalid('without the value'),
    );
    await expect(answering('501').list()).rejects.toMatchObject(invalid('not of RasPy'));
    await expect(answering('404').list()).rejects.toMatchObject(invalid('404'));
  });

  it('refuses a time without meaning', () => {
    expect(() => new SettingsClient({ request: () => Promise.resolve([]) }, { timeoutMs: -1 })).toThrow(
      'timeoutMs',
    );
  });
});
