import { VirtualClock } from '@raspy/clock';
import { textFrame, type BoundKind, type SocketOptions } from '../src/index.js';
import { MemoryNetwork, type MemoryNetworkOptions } from '../src/testing/index.js';
import { message, Recorder } from './support.js';

const AT = 'memory://x';

function setUp(options: Partial<MemoryNetworkOptions> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, ...options });
  return {
    clock,
    network,
    bound: async (kind: BoundKind, socketOptions?: SocketOptions) =>
      new Recorder(await network.bind(kind, AT, socketOptions)),
    connected: (kind: 'dealer' | 'push', socketOptions?: SocketOptions) =>
      new Recorder(network.connect(kind, AT, socketOptions)),
    subscriber: (...prefixes: string[]) =>
      new Recorder(network.connect('sub', AT, { subscriptions: prefixes.map(textFrame) })),
  };
}

describe('push and pull in memory', () => {
  it('carry messages one way, without ids, those sent before the link included', async () => {
    const { clock, bound, connected } = setUp({ delayMs: 5 });
    const push = connected('push', { sendQueueMessages: 2 });
    expect(['a', 'b', 'c'].map((text) => push.socket.send(message(text)))).toEqual([true, true, false]);
    const pull = await bound('pull');
    clock.advanceBy(5);
    expect(pull.texts).toEqual(['a', 'b']);
    push.socket.send(message('d', ''));
    expect(push.socket.queued).toBe(1);
    clock.advanceBy(5);
    expect(pull.texts).toEqual(['a', 'b', 'd|']);
    expect(pull.socket.send(message('x'))).toBe(false);
    expect(push.links).toEqual([true]);
  });

  it('are cut and heal, with a report of each change even at one instant', async () => {
    const { clock, network, bound, connected } = setUp({ delayMs: 5 });
    const pull = await bound('pull');
    const push = connected('push');
    clock.advanceBy(0);
    push.socket.send(message('lost'));
    network.cut(AT);
    push.socket.send(message('kept'));
    network.heal(AT);
    clock.advanceBy(5);
    expect(push.links).toEqual([true, false, true]);
    expect(pull.texts).toEqual(['kept']);
  });

  it('do not meet sockets of another kind', async () => {
    const { clock, bound, connected, subscriber } = setUp();
    await bound('pull');
    const others = [connected('dealer'), subscriber('k')];
    clock.advanceBy(0);
    expect(others.map(({ links }) => links)).toEqual([[], []]);
  });
});

describe('publisher and subscribers in memory', () => {
  it('give each subscriber once what begins with one of its prefixes', async () => {
    const { clock, bound, subscriber } = setUp();
    const pub = await bound('pub');
    const some = subscriber('/a/', '/a/b/', '/c/');
    const all = subscriber('');
    const none = subscriber();
    clock.advanceBy(0);
    for (const topic of ['/a/b/1', '/d/', '/c/', '/a']) pub.socket.send(message(topic, 'x'));
    clock.advanceBy(0);
    expect(some.texts).toEqual(['/a/b/1|x', '/c/|x']);
    expect(all.messages).toHaveLength(4);
    expect(none.messages).toEqual([]);
    expect(none.links).toEqual([true]);
    expect(some.socket.send(message('x'))).toBe(false);
  });

  it('tell the publisher of subscriptions, and of prefixes that nobody has any more', async () => {
    const { clock, network, bound, subscriber } = setUp({ delayMs: 5 });
    const pub = await bound('pub');
    const first = subscriber('one', 'two', 'one');
    subscriber('two');
    clock.advanceBy(4);
    expect(pub.messages).toEqual([]);
    clock.advanceBy(1);
    await first.socket.close();
    clock.advanceBy(0);
    expect(pub.notices).toEqual(['+one', '+two', '+two', '-one']);
    network.cut(AT);
    clock.advanceBy(0);
    network.heal(AT);
    clock.advanceBy(5);
    expect(pub.notices.slice(4)).toEqual(['-two', '+two']);
  });

  it('know nothing of a subscriber that went while word of it was under way', async () => {
    const { clock, bound, subscriber } = setUp({ delayMs: 5 });
    const pub = await bound('pub');
    const sub = subscriber('k');
    clock.advanceBy(1);
    await sub.socket.close();
    clock.advanceBy(10);
    expect(pub.messages).toEqual([]);
  });

  it('lose in silence for the subscriber with too much under way, and for no other', async () => {
    let loseFor = '';
    const { clock, network, bound } = setUp({
      delayMs: 5,
      lose: (frames, link) => link.kind === 'sub' && link.endpoint === AT && String(frames[1]) === loseFor,
    });
    const pub = await bound('pub', { transportBufferMessages: 2 });
    const subscribe = (prefix: string): Recorder =>
      new Recorder(network.connect('sub', AT, { subscriptions: [textFrame(prefix)] }));
    const [all, one] = [subscribe(''), subscribe('b')];
    clock.advanceBy(5);
    for (const [i, topic] of ['a', 'a', 'b', 'b'].entries())
      expect(pub.socket.send(message(topic, String(i + 1)))).toBe(true);
    expect(pub.socket.queued).toBe(4);
    clock.advanceBy(5);
    expect(all.texts).toEqual(['a|1', 'a|2']);
    expect(one.texts).toEqual(['b|3', 'b|4']);
    loseFor = '5';
    for (const text of ['5', '6']) pub.socket.send(message('b', text));
    clock.advanceBy(5);
    expect(one.texts.slice(2)).toEqual(['b|6']);
    expect(pub.undelivered).toEqual([]);
  });

  it('part when the publisher closes: last words arrive, and a new one is subscribed to', async () => {
    const { clock, bound, subscriber } = setUp();
    const pub = await bound('pub');
    const sub = subscriber('k');
    clock.advanceBy(0);
    pub.socket.send(message('k', 'bye'));
    await pub.socket.close();
    expect(pub.socket.send(message('k', 'late'))).toBe(false);
    clock.advanceBy(0);
    const again = await bound('pub');
    clock.advanceBy(0);
    expect(sub.texts).toEqual(['k|bye']);
    expect(sub.links).toEqual([true, false, true]);
    expect(again.notices).toEqual(['+k']);
    expect(pub.notices).toEqual(['+k']);
  });
});

describe('confirmations in memory', () => {
  it('come a moment later for what asked for one; of what waits, when the link stands', async () => {
    const { clock, bound, connected } = setUp();
    const dealer = connected('dealer');
    const held = message('held');
    dealer.socket.send(held, true);
    clock.advanceBy(10);
    expect(dealer.delivered).toEqual([]);
    const router = await bound('router');
    clock.advanceBy(0);
    expect(dealer.delivered[0]).toBe(held);
    dealer.socket.send(message('not asked'));
    const reply = [router.messages[0]![0]!, ...message('reply')];
    router.socket.send(reply, true);
    router.socket.send(message('nobody', 'x'), true);
    expect(router.delivered).toEqual([]);
    clock.advanceBy(0);
    expect(dealer.delivered).toHaveLength(1);
    expect(router.delivered).toEqual([reply]);
    expect(router.undelivered).toHaveLength(1);
  });

  it('wait with their message while a peer has too much under way, in order and within a bound', async () => {
    const { clock, bound, connected } = setUp({ delayMs: 10, peerBuffer: 2 });
    const router = await bound('router', { sendQueueMessages: 2 });
    const dealer = connected('dealer', { routingId: 'slow' });
    connected('dealer', { routingId: 'other' });
    clock.advanceBy(0);
    const sent = ['1', '2', '3', '4', '5'].map((text) => message('slow', text));
    expect(sent.map((frames) => router.socket.send(frames, true))).toEqual([true, true, true, true, false]);
    expect(router.socket.send(message('other', 'x'), true)).toBe(true);
    clock.advanceBy(5);
    expect(router.delivered.map(String)).toEqual(['slow,1', 'slow,2', 'other,x']);
    expect(router.socket.queued).toBe(5);
    clock.advanceBy(5);
    expect(router.delivered.slice(3)).toEqual(sent.slice(2, 4));
    expect(dealer.texts).toEqual(['1', '2']);
    clock.advanceBy(10);
    expect(dealer.texts).toEqual(['1', '2', '3', '4']);
  });

  it('do not come for what waits when the peer goes', async () => {
    const { clock, network, bound, connected } = setUp({ delayMs: 10, peerBuffer: 1 });
    const router = await bound('router');
    connected('dealer', { routingId: 'slow' });
    clock.advanceBy(0);
    for (const text of ['1', '2', '3']) router.socket.send(message('slow', text), true);
    network.cut(AT);
    clock.advanceBy(20);
    expect(router.delivered.map(String)).toEqual(['slow,1']);
    expect(router.undelivered.map(({ frames, why }) => `${frames.map(String).join(',')} ${why}`)).toEqual([
      'slow,2 unreachable',
      'slow,3 unreachable',
    ]);
  });
});
