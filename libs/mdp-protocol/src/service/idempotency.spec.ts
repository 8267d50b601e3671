import type { Frames } from '@raspy/wire';
import { memoryIdempotency } from './idempotency.js';

const reply = (bytes: number): Frames => [Buffer.alloc(bytes)];

describe('memoryIdempotency', () => {
  it('knows a key as new once, then as begun, then by its reply', () => {
    const store = memoryIdempotency();
    expect(store.begin('a')).toEqual({ state: 'new' });
    expect(store.begin('a')).toEqual({ state: 'unknown' });
    const first = reply(3);
    void store.finish('a', first);
    expect(store.begin('a')).toEqual({ state: 'done', reply: first });
    expect(store.begin('b')).toEqual({ state: 'new' });
  });

  it('forgets the key that was not used for longest', () => {
    const store = memoryIdempotency({ maxKeys: 2 });
    for (const key of ['a', 'b']) {
      void store.begin(key);
      void store.finish(key, reply(1));
    }
    expect(store.begin('a')).toMatchObject({ state: 'done' });
    expect(store.begin('c')).toEqual({ state: 'new' });
    expect(store.begin('a')).toMatchObject({ state: 'done' });
    expect(store.begin('b')).toEqual({ state: 'new' });
  });

  it('beyond its bytes forgets replies but not that they were given', () => {
    const store = memoryIdempotency({ maxReplyBytes: 10 });
    void store.finish('a', reply(6));
    void store.finish('b', reply(4));
    expect(store.begin('a')).toMatchObject({ state: 'done' });
    void store.finish('c', reply(6));
    expect(store.begin('b')).toEqual({ state: 'unknown' });
    expect(store.begin('a')).toEqual({ state: 'unknown' });
    expect(store.begin('c')).toMatchObject({ state: 'done' });
    void store.finish('d', reply(11));
    expect(store.begin('c')).toEqual({ state: 'unknown' });
    expect(store.begin('d')).toEqual({ state: 'unknown' });
  });

  it('counts a reply that is recorded anew once', () => {
    const store = memoryIdempotency({ maxReplyBytes: 10 });
    for (let i = 0; i < 5; i++) void store.finish('a', reply(5));
    void store.finish('b', reply(5));
    expect(store.begin('a')).toMatchObject({ state: 'done' });
    expect(store.begin('b')).toMatchObject({ state: 'done' });
  });
});
