import { textFrame, type Frames } from '@raspy/wire';
import { ServerRig } from '../../test/support/server-rig.js';
import type { KvWire } from '../codec.js';

const WIRES: readonly KvWire[] = ['chp', 'kvmsg'];
const hex = (frames: Frames): string[] => frames.map((frame) => Buffer.from(frame).toString('hex'));
const UUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
/** What an entry costs besides key and body. */
const ENTRY_BYTES = 36;

/** A server that both wires listen to. */
function heardRig(options = {}): ServerRig {
  const rig = new ServerRig(options);
  for (const wire of WIRES) {
    rig.subscribe(wire);
    rig.subscribe(wire, 'HUGZ');
  }
  rig.advance(50);
  for (const wire of WIRES) rig.heard(wire);
  return rig;
}

describe('a server', () => {
  it('opens its six ports at the first tick, once', () => {
    const rig = new ServerRig();
    rig.advance(5_000);
    expect([...rig.opened].sort()).toEqual([
      'chp-collector',
      'chp-publisher',
      'chp-snapshot',
      'kvmsg-collector',
      'kvmsg-publisher',
      'kvmsg-snapshot',
    ]);
  });

  it('has no links to hear of', () => {
    expect(new ServerRig().machine.link()).toEqual([]);
  });
});

describe('an update', () => {
  it('V35: through CHP is published on both wires, uuid and properties as they came', () => {
    const rig = heardRig({ startSeq: 4 });
    rig.set('/client/7', '42', 'ttl=30\n', 'chp', UUID);
    expect(rig.published.chp.map(hex)).toEqual([
      [
        '2f636c69656e742f37',
        '0000000000000005',
        '00112233445566778899aabbccddeeff',
        '74746c3d33300a',
        '3432',
      ],
    ]);
    expect(rig.published.kvmsg.map(hex)).toEqual([['2f636c69656e742f37', '0000000000000005', '3432']]);
  });

  it('V29, V30: through three frames is published on both wires, on CHP with neither uuid nor properties', () => {
    const rig = heardRig();
    rig.set('/test/key1', 'value1', '', 'kvmsg');
    expect(rig.published.kvmsg.map(hex)).toEqual([
      ['2f746573742f6b657931', '0000000000000001', '76616c756531'],
    ]);
    expect(rig.published.chp.map(hex)).toEqual([
      ['2f746573742f6b657931', '0000000000000001', '', '', '76616c756531'],
    ]);
  });

  it('of both wires has one sequence, without gaps', () => {
    const rig = heardRig();
    for (let i = 1; i <= 6; i++) rig.set(`/k${i}`, 'v', '', WIRES[i % 2]);
    for (const wire of WIRES) {
      expect(rig.heard(wire)).toEqual([1, 2, 3, 4, 5, 6].map((i) => `/k${i}=v@${i}`));
    }
  });

  it('with the value that was there before is one too', () => {
    const rig = heardRig();
    rig.set('/k', 'v');
    rig.set('/k', 'v');
    expect(rig.heard('chp')).toEqual(['/k=v@1', '/k=v@2']);
  });

  it('V31, D27: without body deletes; the tombstone has a sequence of its own', () => {
    const rig = heardRig();
    rig.set('/test/key1', 'v');
    rig.set('/test/key1', '', '', 'kvmsg');
    expect(rig.published.kvmsg.map(hex).at(-1)).toEqual(['2f746573742f6b657931', '0000000000000002', '']);
    expect(rig.snapshot()).toMatchObject({ seq: 2, entries: new Map() });
    expect(rig.machine.statistics()).toMatchObject({ updates: 2, deletes: 1, keys: 0, bytes: 0 });
  });

  it('D27: that deletes what is not there is published like any other', () => {
    const rig = heardRig();
    rig.set('/never', '');
    expect(rig.heard('chp')).toEqual(['/never=@1']);
    expect(rig.machine.statistics()).toMatchObject({ keys: 0, deletes: 1 });
  });

  it('is published only on wires where somebody has listened; the end of a subscription may be that of another', () => {
    const rig = new ServerRig();
    rig.set('/a', '1');
    rig.subscribe('kvmsg', '/a');
    rig.set('/a', '2');
    rig.unsubscribe('kvmsg', '/a');
    rig.set('/a', '3');
    expect(rig.heard('chp')).toEqual([]);
    expect(rig.heard('kvmsg')).toEqual(['/a=2@2', '/a=3@3']);
    rig.advance(1_000);
    expect(rig.heard('kvmsg')).toEqual(['HUGZ@3']);
    expect(rig.snapshot().entries).toEqual(new Map([['/a', '3']]));
  });
});

describe('subscriptions', () => {
  it('are counted by prefix and wire, and end one by one', () => {
    const rig = new ServerRig();
    rig.subscribe('chp', '');
    rig.subscribe('chp', '/a/');
    rig.subscribe('chp', '/a/');
    rig.subscribe('kvmsg', '/b/');
    expect(rig.machine.statistics().subscriptions).toEqual({ chp: 2, kvmsg: 1 });
    rig.unsubscribe('chp', '');
    rig.unsubscribe('chp', '/other/');
    expect(rig.machine.statistics().subscriptions).toEqual({ chp: 1, kvmsg: 1 });
  });

  it('D9: nothing but a notice in one frame changes them', () => {
    const rig = new ServerRig();
    rig.subscribe('chp', '/a/');
    const others = [[], [''], ['\x02/a/'], ['\xff/a/'], ['/a/'], ['\0/a/', ''], ['\x01/b/', '']];
    for (const frames of others) {
      rig.receive(
        'chp-publisher',
        frames.map((frame) => Buffer.from(frame, 'latin1')),
      );
      expect(rig.machine.statistics().subscriptions).toEqual({ chp: 1, kvmsg: 0 });
    }
    rig.set('/a/1', 'v');
    expect(rig.heard('chp')).toEqual(['/a/1=v@1']);
  });
});

describe('limits', () => {
  it.each([
    ['reserved-key', 'KTHXBAI', 'v', ''],
    ['reserved-key', 'HUGZ', '', ''],
    ['bad-key', '', 'v', ''],
    ['bad-key', 'k', 'v', ''],
    ['bad-key', '/\xff', 'v', ''],
    ['key-too-long', `/${'k'.repeat(20)}`, 'v', ''],
    ['key-too-long', `/${'k'.repeat(20)}`, '', ''],
    ['body-too-large', '/k', 'v'.repeat(101), ''],
    ['properties-too-long', '/k', 'v', 'p'.repeat(31)],
    ['properties-too-long', '/k', '', 'p'.repeat(31)],
  ])('%s: %j is refused, counted and told, and changes nothing', (cause, key, body, properties) => {
    const rig = heardRig({ maxKeyBytes: 20, maxBodyBytes: 100, maxPropertiesBytes: 30 });
    rig.set(key, body, properties);
    expect(rig.dropped()).toEqual({ [cause]: 1 });
    const told = Buffer.from(key, 'latin1').toString();
    expect(rig.events).toEqual([{ type: 'dropped', cause, count: 1, wire: 'chp', peer: '', key: told }]);
    expect(rig.machine.statistics()).toMatchObject({ updates: 0, deletes: 0, sequence: 0, keys: 0 });
    expect(rig.heard('chp')).toEqual([]);
  });

  it('a key beyond maxKeys is refused; those that are there can change, and go', () => {
    const rig = new ServerRig({ maxKeys: 2 });
    for (const key of ['/a', '/b', '/c']) rig.set(key, 'v');
    rig.set('/a', 'changed');
    expect(rig.dropped()).toEqual({ 'too-many-keys': 1 });
    rig.set('/b', '');
    rig.set('/c', 'v');
    expect([...rig.snapshot().entries]).toEqual([
      ['/a', 'changed'],
      ['/c', 'v'],
    ]);
  });

  it('keys, bodies and 36 bytes an entry fill the tree to maxTotalBytes exactly', () => {
    const rig = new ServerRig({ maxTotalBytes: 2 * (2 + 10 + ENTRY_BYTES) });
    rig.set('/a', 'v'.repeat(10));
    rig.set('/b', 'v'.repeat(11));
    expect(rig.dropped()).toEqual({ 'tree-full': 1 });
    rig.set('/b', 'v'.repeat(10));
    expect(rig.machine.statistics()).toMatchObject({ keys: 2, bytes: 96 });
    rig.set('/b', 'v'.repeat(11));
    expect(rig.dropped()).toEqual({ 'tree-full': 2 });
    rig.set('/b', 'v'.repeat(9));
    rig.set('/a', 'v'.repeat(11));
    expect(rig.machine.statistics()).toMatchObject({ keys: 2, bytes: 96 });
  });

  it('what shrinks an entry is taken also where the tree is too full already', () => {
    const rig = new ServerRig({
      maxTotalBytes: 10,
      restore: [{ key: textFrame('/a'), seq: 0, ttlSeconds: 0, body: Buffer.alloc(50, 'v') }],
    });
    rig.set('/a', 'v'.repeat(49));
    rig.set('/a', 'v'.repeat(50));
    rig.set('/b', 'v');
    expect(rig.dropped()).toEqual({ 'tree-full': 2 });
    expect(rig.machine.statistics().bytes).toBe(49 + 2 + ENTRY_BYTES);
  });

  it('X08, D1: 4-byte sequences are dropped and counted, or stored under legacy4 and published with 8 bytes', () => {
    const x08 = [textFrame('/test/key1'), Buffer.from([0, 0, 0, 1]), textFrame('value1')];
    const strict = heardRig();
    strict.receive('kvmsg-collector', x08);
    expect(strict.dropped()).toEqual({ sequence: 1 });
    expect(strict.seq).toBe(0);
    const lenient = heardRig({ legacy4: true });
    lenient.receive('kvmsg-collector', x08);
    expect(lenient.published.kvmsg.map(hex)).toEqual([
      ['2f746573742f6b657931', '0000000000000001', '76616c756531'],
    ]);
  });

  it.each([
    ['chp', ['/k', '', 'v'], 'frame-count'],
    ['chp', [], 'frame-count'],
    ['chp', ['/k', 'sequence', 'uuid', '', 'v'], 'uuid'],
    ['kvmsg', ['/k', 'sequence', '', '', 'v'], 'frame-count'],
    ['kvmsg', ['/k', '', 'v'], 'sequence'],
  ] as const)('D9: on %s, %j is dropped as %s and told with its key', (wire, frames, cause) => {
    const rig = new ServerRig();
    rig.receive(`${wire}-collector`, frames.map(textFrame));
    const key = frames[0] ?? '';
    expect(rig.events).toEqual([{ type: 'dropped', cause, count: 1, wire, peer: '', key }]);
  });
});

describe('reports of what was dropped', () => {
  it('come at once, then once a second for each cause, with how many there were', () => {
    const rig = new ServerRig();
    for (let i = 0; i < 100; i++) rig.set(`bad${i}`, 'v');
    rig.set('HUGZ', 'v');
    expect(rig.events).toMatchObject([
      { cause: 'bad-key', count: 1, key: 'bad0' },
      { cause: 'reserved-key', count: 1 },
    ]);
    rig.advance(1_000);
    expect(rig.events.slice(2)).toMatchObject([{ cause: 'bad-key', count: 99, key: 'bad99' }]);
    rig.advance(10_000);
    expect(rig.events).toHaveLength(3);
    expect(rig.dropped()).toEqual({ 'bad-key': 100, 'reserved-key': 1 });
  });

  it('tell at most 256 bytes of a key', () => {
    const rig = new ServerRig();
    rig.set('x'.repeat(100_000), 'v');
    expect(rig.eventsOf('dropped')[0]!.key).toBe('x'.repeat(256));
  });

  it('tell the peer where there is one', () => {
    const rig = new ServerRig();
    rig.ask('kvmsg', 'peer-1', 'HELLO', '/');
    expect(rig.events).toEqual([
      { type: 'dropped', cause: 'verb', count: 1, wire: 'kvmsg', peer: 'peer-1', key: '' },
    ]);
    rig.set('/k', 'v');
    // X09: the next is served.
    expect(rig.snapshot('kvmsg', '/', 'peer-1').entries.size).toBe(1);
  });
});

describe('HUGZ', () => {
  it('V34: goes out each second, on CHP with five frames and 0, on the other with three and the sequence', () => {
    const rig = heardRig({ startSeq: 2 });
    rig.advance(3_000);
    expect(rig.published.chp.map(hex)).toEqual(Array(3).fill(['4855475a', '0000000000000000', '', '', '']));
    expect(rig.published.kvmsg.map(hex)).toEqual(Array(3).fill(['4855475a', '0000000000000002', '']));
  });

  it('goes out whether or not updates flow', () => {
    const rig = heardRig();
    for (let i = 0; i < 40; i++) {
      rig.advance(100);
      rig.set('/k', String(i));
    }
    expect(rig.heard('kvmsg').filter((one) => one.startsWith('HUGZ'))).toHaveLength(4);
  });

  it('goes out only on wires where somebody listens', () => {
    const rig = new ServerRig();
    rig.advance(3_000);
    rig.subscribe('chp', '/a/');
    rig.advance(1_000);
    expect(rig.heard('kvmsg')).toEqual([]);
    expect(rig.heard('chp')).toEqual(['HUGZ@0']);
  });

  it.each(['HUGZ', 'H', ''])('K31: goes out at once for a new subscription to %j', (prefix) => {
    const rig = new ServerRig();
    rig.advance(500);
    rig.subscribe('kvmsg', prefix);
    rig.advance(0);
    expect(rig.heard('kvmsg')).toEqual(['HUGZ@0']);
    rig.advance(999);
    expect(rig.heard('kvmsg')).toEqual([]);
    rig.advance(1);
    expect(rig.heard('kvmsg')).toEqual(['HUGZ@0']);
  });

  it.each(['/a/', 'HUGZ ', 'hugz'])('does not hurry for a subscription to %j', (prefix) => {
    const rig = new ServerRig();
    rig.advance(500);
    rig.subscribe('kvmsg', prefix);
    rig.advance(499);
    expect(rig.heard('kvmsg')).toEqual([]);
  });

  it('is not sent more than 20 times a second, however many subscribe', () => {
    const rig = new ServerRig();
    let sent = 0;
    for (let i = 0; i < 1_000; i++) {
      rig.subscribe('chp', 'HUGZ');
      rig.advance(1);
      sent += rig.heard('chp').length;
    }
    expect(sent).toBeLessThanOrEqual(20);
    expect(sent).toBeGreaterThanOrEqual(19);
  });
});

describe('what restores the tree', () => {
  const entry = (key: string, seq: number, body = 'v', ttlSeconds = 0) => ({
    key: textFrame(key),
    seq,
    ttlSeconds,
    body: textFrame(body),
  });

  it('publishes nothing, and is in the first snapshot with its sequences', () => {
    const rig = new ServerRig({ startSeq: 50, restore: [entry('/a', 7), entry('/b', 50)] });
    rig.subscribe('kvmsg');
    rig.ask('kvmsg', 'p', 'ICANHAZ?', '');
    rig.deliverAll('kvmsg', 'p');
    expect(rig.take('kvmsg', 'p')).toMatchObject([
      { type: 'item', seq: 7n },
      { type: 'item', seq: 50n },
      { type: 'end', seq: 50n },
    ]);
    expect(rig.heard('kvmsg').filter((one) => !one.startsWith('HUGZ'))).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ restored: 2, updates: 0, keys: 2 });
  });

  it('passes over what breaks the limits', () => {
    const bad = [entry('', 1), entry('HUGZ', 2), entry('/a', 3, ''), entry('/long', 4, 'too long')];
    const rig = new ServerRig({ startSeq: 9, maxBodyBytes: 4, restore: bad });
    expect(rig.machine.statistics()).toMatchObject({ restored: 0, notRestored: 4, keys: 0 });
  });

  it('K32: a sequence above the one to go on from is taken for that one: no newer one may be lower', () => {
    const rig = new ServerRig({ startSeq: 5, restore: [entry('/a', 99)] });
    expect(rig.snapshot()).toMatchObject({ seq: 5, entries: new Map([['/a', 'v']]) });
    rig.set('/a', 'w');
    expect(rig.seq).toBe(6);
  });

  it('K29: a time to live begins when the server does, however long reading all took', () => {
    const rig = new ServerRig({ startSeq: 5, restore: [entry('/a', 3, 'v', 2)], restoringMs: 60_000 });
    rig.subscribe('chp', '/');
    rig.advance(1_999);
    expect(rig.heard('chp')).not.toContain('/a=@6');
    rig.advance(1);
    expect(rig.heard('chp')).toContain('/a=@6');
  });

  it('K29: a time to live begins anew', () => {
    const rig = new ServerRig({ startSeq: 5, restore: [entry('/a', 3, 'v', 2)] });
    rig.subscribe('chp', '/');
    rig.advance(1_999);
    expect(rig.heard('chp')).not.toContain('/a=@6');
    rig.advance(1);
    expect(rig.heard('chp')).toContain('/a=@6');
  });
});

it('takes no update that needs more memory while little is live and much is held, as it lies scattered', () => {
  const maxTotalBytes = 1_048_576;
  const rig = new ServerRig({ maxTotalBytes });
  const isFull = (): boolean => (rig.dropped()['tree-full'] ?? 0) > 0;
  // Of each size as many as there may be, of which one is left in every slab.
  for (let size = 128; size < 512 && !isFull(); size += 16) {
    const count = Math.floor((maxTotalBytes - rig.machine.statistics().bytes) / (size + 36));
    const key = (i: number): string => `/${size}/${String(i).padStart(6, '0')}`;
    const body = 'x'.repeat(size - key(0).length);
    for (let i = 0; i < count && !isFull(); i++) rig.set(key(i), body);
    for (let i = 0; i < count; i++) if (i % Math.floor(65_536 / size) !== 0) rig.set(key(i), '');
  }
  expect(isFull()).toBe(true);
  expect(rig.machine.statistics().bytes).toBeLessThan(maxTotalBytes / 2);
  // What has its room already goes on.
  const before = rig.dropped()['tree-full'];
  rig.set('/128/000000', 'y'.repeat(117));
  expect(rig.dropped()['tree-full']).toBe(before);
  expect(rig.snapshot('chp', '/128/').entries.get('/128/000000')).toBe('y'.repeat(117));
});
