import { VirtualClock } from '@raspy/clock';
import { createPipe } from '../src/index.js';
import { MemoryNetwork } from '../src/testing/index.js';
import { message, Recorder } from './support.js';

describe('MemoryNetwork', () => {
  const clock = new VirtualClock();

  async function pair(options: Partial<ConstructorParameters<typeof MemoryNetwork>[0]> = {}) {
    const network = new MemoryNetwork({ clock, ...options });
    const server = new Recorder(await network.bind('router', 'memory://x'));
    const client = new Recorder(network.connect('dealer', 'memory://x'));
    clock.advanceBy(0);
    return { network, server, client };
  }

  it('delivers after its delay and in order, even when the delay shrinks', async () => {
    const delays = [50, 10, 10];
    const { server, client } = await pair({ delayMs: () => delays.shift() ?? 0 });
    for (const text of ['a', 'b', 'c']) client.socket.send(message(text));
    clock.advanceBy(49);
    expect(server.messages).toEqual([]);
    clock.advanceBy(1);
    expect(server.texts.map((text) => text.slice(-1))).toEqual(['a', 'b', 'c']);
    expect(server.messages[0]![0]).toHaveLength(5);
  });

  it('loses what it is told to lose', async () => {
    const { server, client } = await pair({ lose: (frames) => String(frames[0]) === 'b' });
    for (const text of ['a', 'b', 'c']) client.socket.send(message(text));
    clock.advanceBy(0);
    expect(server.texts.map((text) => text.slice(-1))).toEqual(['a', 'c']);
  });

  it('takes links down with all that is under way, and gives a new identity when they heal', async () => {
    const { network, server, client } = await pair({ delayMs: 10 });
    client.socket.send(message('lost'));
    network.cut('memory://x');
    clock.advanceBy(20);
    client.socket.send(message('kept'));
    expect(client.socket.queued).toBe(1);
    network.heal('memory://x');
    clock.advanceBy(20);
    expect(client.links).toEqual([true, false, true]);
    expect(server.texts.map((text) => text.slice(-4))).toEqual(['kept']);
  });

  it('tells of messages to peers that are not there', async () => {
    const { server, client } = await pair();
    client.socket.send(message('a'));
    clock.advanceBy(0);
    const id = server.messages[0]![0]!;
    await client.socket.close();
    server.socket.send([id, ...message('late')]);
    clock.advanceBy(0);
    expect(server.undelivered).toHaveLength(1);
    expect(server.undelivered[0]!.why).toBe('unreachable');
    expect(client.messages).toEqual([]);
  });

  it('lets dealers wait for a router that is bound later or again, within a bound', async () => {
    const network = new MemoryNetwork({ clock });
    const client = new Recorder(network.connect('dealer', 'memory://later', { sendQueueMessages: 2 }));
    expect(['a', 'b', 'c'].map((text) => client.socket.send(message(text)))).toEqual([true, true, false]);
    const first = new Recorder(await network.bind('router', 'memory://later'));
    clock.advanceBy(0);
    expect(first.texts).toHaveLength(2);
    await first.socket.close();
    clock.advanceBy(0);
    const second = new Recorder(await network.bind('router', 'memory://later'));
    clock.advanceBy(0);
    client.socket.send(message('again'));
    clock.advanceBy(0);
    expect(client.links).toEqual([true, false, true]);
    expect(second.texts).toHaveLength(1);
    expect(first.socket.send(message('x', 'y'))).toBe(false);
  });

  it('refuses an endpoint in use, gives out fresh ones, and refuses frames above the limit', async () => {
    const network = new MemoryNetwork({ clock });
    const one = await network.bind('router', 'memory://host:0');
    const two = await network.bind('router', 'memory://host:*');
    expect(one.endpoint).not.toBe(two.endpoint);
    await expect(network.bind('router', one.endpoint)).rejects.toMatchObject({ code: 'ENDPOINT_IN_USE' });
    const client = network.connect('dealer', one.endpoint, { maxFrameBytes: 3 });
    expect(client.send(message('four'))).toBe(false);
    await client.close();
    expect(client.send(message('x'))).toBe(false);
  });

  it('takes one consumer a socket', async () => {
    const { server, client } = await pair();
    expect(() => new Recorder(server.socket)).toThrow('started once');
    expect(() => new Recorder(client.socket)).toThrow('started once');
    expect(server.socket.queued).toBe(0);
  });
});

describe('createPipe', () => {
  it('carries messages both ways, what was sent before the start included', async () => {
    const [left, right] = createPipe();
    left.send(message('early'));
    expect(left.queued).toBe(1);
    const a = new Recorder(left);
    const b = new Recorder(right);
    right.send(message('back'));
    left.send(message('late'));
    await a.until(() => a.messages.length === 1);
    await b.until(() => b.messages.length === 2);
    expect(b.texts).toEqual(['early', 'late']);
    expect([a.links, b.links]).toEqual([[true], [true]]);
    expect(() => new Recorder(left)).toThrow('started once');
  });

  it('delivers what was sent before the other side closed, then says that the link is down', async () => {
    const [left, right] = createPipe();
    const b = new Recorder(right);
    left.send(message('last'));
    await left.close();
    await b.until(() => b.links.includes(false));
    expect(b.texts).toEqual(['last']);
    expect(right.send(message('x'))).toBe(false);
    expect(left.send(message('x'))).toBe(false);
  });

  it('confirms what the other side has been given, and nothing after close', async () => {
    const [left, right] = createPipe();
    const a = new Recorder(left);
    const b = new Recorder(right);
    const asked = message('asked');
    left.send(asked, true);
    left.send(message('not asked'));
    expect(a.delivered).toEqual([]);
    await a.until(() => a.delivered.length === 1);
    expect(a.delivered[0]).toBe(asked);
    left.send(message('last'), true);
    await left.close();
    await b.until(() => b.links.includes(false));
    expect(b.texts).toEqual(['asked', 'not asked', 'last']);
    expect(a.delivered).toHaveLength(1);
  });

  it('says no when the other side has not begun to read and the bound is reached', () => {
    const [left] = createPipe();
    for (let i = 0; i < 1_000; i++) expect(left.send(message('x'))).toBe(true);
    expect(left.send(message('x'))).toBe(false);
  });
});
