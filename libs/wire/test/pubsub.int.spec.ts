import { spawn, type ChildProcess } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as zmq from 'zeromq';
import {
  curveKeyPair,
  textFrame,
  zeromqTransport,
  type FrameSocket,
  type SocketOptions,
} from '../src/index.js';
import { lastingEndpoint } from '../src/testing/index.js';
import { message, Recorder } from './support.js';

const transport = zeromqTransport();
const open: FrameSocket[] = [];
const foreign: zmq.Socket[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const socket of foreign.splice(0)) socket.close();
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

async function publisher(options?: SocketOptions, endpoint = 'tcp://127.0.0.1:*'): Promise<Recorder> {
  const socket = await transport.bind('pub', endpoint, options);
  open.push(socket);
  return new Recorder(socket);
}

function subscriber(endpoint: string, prefixes: readonly string[], options?: SocketOptions): Recorder {
  const subscriptions = prefixes.map(textFrame);
  const socket = transport.connect('sub', endpoint, { ...options, subscriptions });
  open.push(socket);
  return new Recorder(socket);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a publisher and subscribers over libzmq', () => {
  it('carry what was subscribed to, frames verbatim and in order, and nothing else', async () => {
    const pub = await publisher();
    const some = subscriber(pub.socket.endpoint, ['/a/', '/b/']);
    const all = subscriber(pub.socket.endpoint, ['']);
    const none = subscriber(pub.socket.endpoint, []);
    await pub.until(() => pub.messages.length === 3);
    await none.until(() => none.links.length === 1);
    const binary = Buffer.from([0, 255, 1]);
    const published = [
      message('/a/1', '', binary),
      message('/c/1', 'not for everybody'),
      message('/b/1', 'x'),
      message('/a', 'too short a topic'),
      message('/a/2'),
    ];
    for (const frames of published) expect(pub.socket.send(frames)).toBe(true);
    await all.until(() => all.messages.length === published.length);
    await some.until(() => some.messages.length === 3);
    expect(all.messages.map((frames) => frames.map((frame) => Buffer.from(frame)))).toEqual(published);
    expect(some.texts.map((text) => text.split('|')[0])).toEqual(['/a/1', '/b/1', '/a/2']);
    expect(none.messages).toEqual([]);
    expect([some.links, pub.links]).toEqual([[true], []]);
    expect(pub.socket.queued).toBe(0);
  });

  it('tell the publisher of each subscription in order, and when nobody has the prefix any more', async () => {
    const pub = await publisher();
    const first = subscriber(pub.socket.endpoint, ['one', 'two']);
    await pub.until(() => pub.messages.length === 2);
    const second = subscriber(pub.socket.endpoint, ['two']);
    await pub.until(() => pub.messages.length === 3);
    await first.socket.close();
    await pub.until(() => pub.messages.length === 4);
    await second.socket.close();
    await pub.until(() => pub.messages.length === 5);
    expect(pub.notices).toEqual(['+one', '+two', '+two', '-one', '-two']);
  });

  it('hear nothing of what a foreign subscriber says besides subscriptions', async () => {
    const pub = await publisher();
    const rude = new zmq.XSubscriber({ linger: 0 });
    foreign.push(rude);
    rude.connect(pub.socket.endpoint);
    await rude.send('\u0001a');
    await rude.send('rubbish');
    await rude.send(['more', 'rubbish']);
    await rude.send('');
    await rude.send('\u0001b');
    await pub.until(() => pub.messages.length === 2);
    expect(pub.notices).toEqual(['+a', '+b']);
  });

  it('tell when the publisher goes and comes back, and subscribe again by themselves', async () => {
    const endpoint = await lastingEndpoint();
    const pub = await publisher({}, endpoint);
    const sub = subscriber(endpoint, ['k'], { reconnect: { minMs: 10, maxMs: 20 } });
    await pub.until(() => pub.messages.length === 1);
    await pub.socket.close();
    expect(pub.socket.send(message('k', 'late'))).toBe(false);
    await sub.until(() => sub.links.length === 2);
    const again = await publisher({}, endpoint);
    await again.until(() => again.messages.length === 1);
    again.socket.send(message('k', 'back'));
    await sub.until(() => sub.messages.length === 1);
    expect(sub.links).toEqual([true, false, true]);
    expect(sub.texts).toEqual(['k|back']);
  });

  it('keep a burst of 100,000 whole and in order, while the event loop gets its turns', async () => {
    const count = 100_000;
    const marks = { transportBufferMessages: count };
    const pub = await publisher(marks);
    const sub = subscriber(pub.socket.endpoint, ['k'], marks);
    await pub.until(() => pub.messages.length === 1);
    for (let i = 0; i < count; i++) pub.socket.send([textFrame('k'), textFrame(String(i))]);
    expect(pub.socket.queued).toBe(count);
    let turns = 0;
    for (; pub.socket.queued > 0; turns++) await turn();
    // Some 2,000 in each.
    expect(turns).toBeGreaterThan(40);
    await sub.until(() => sub.messages.length === count);
    expect(sub.texts).toEqual(Array.from({ length: count }, (_, i) => `k|${i}`));
  });

  it('lose for the one that does not read, and for nobody else; the publisher does not wait', async () => {
    const pub = await publisher({ transportBufferMessages: 10 });
    const slow = new zmq.Subscriber({ receiveHighWaterMark: 10, linger: 0 });
    foreign.push(slow);
    slow.subscribe('k');
    slow.connect(pub.socket.endpoint);
    const quick = subscriber(pub.socket.endpoint, ['k']);
    await pub.until(() => pub.messages.length === 2);
    const big = 'x'.repeat(200_000);
    const count = 200;
    for (let i = 0; i < count; i++) {
      expect(pub.socket.send(message('k', String(i), big))).toBe(true);
      await quick.until(() => quick.messages.length === i + 1);
    }
    expect(pub.socket.queued).toBe(0);
    // What was kept for it comes first and whole, then there is a gap.
    let expected = 0;
    for (let i = count; ; i++, expected++) {
      const [, number] = await slow.receive();
      if (Number(number) !== expected) break;
      pub.socket.send(message('k', String(i)));
    }
    expect(expected).toBeGreaterThan(10);
    expect(expected).toBeLessThan(count);
  });

  it('give what was published before close its linger, and drop it without', async () => {
    const count = 2_000;
    const marks = { transportBufferMessages: 2 * count };
    for (const lingerMs of [1_000, 0]) {
      const pub = await publisher({ ...marks, lingerMs });
      const sub = subscriber(pub.socket.endpoint, ['k'], marks);
      await pub.until(() => pub.messages.length === 1);
      for (let i = 0; i < count; i++) pub.socket.send(message('k', String(i)));
      await pub.socket.close();
      await pub.socket.close();
      await sub.until(() => sub.links.length === 2);
      if (lingerMs > 0) await sub.until(() => sub.messages.length === count);
      else expect(sub.messages).toEqual([]);
    }
  });

  it('take one consumer a socket, and subscribers send nothing', async () => {
    const pub = await publisher();
    const sub = subscriber(pub.socket.endpoint, ['k']);
    expect(() => new Recorder(pub.socket)).toThrow('started once');
    expect(() => new Recorder(sub.socket)).toThrow('started once');
    expect(sub.socket.send(message('x'))).toBe(false);
    expect(sub.socket.queued).toBe(0);
    await sub.socket.close();
    await sub.socket.close();
  });

  it('let in the keys of the allow-list and nobody else', async () => {
    const [server, friend, stranger] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
    const pub = await publisher({
      security: { role: 'server', secretKey: server.secretKey, allow: [friend.publicKey] },
    });
    const as = (keys: typeof friend): SocketOptions => ({
      security: { role: 'client', ...keys, serverKey: server.publicKey },
      reconnect: { minMs: 10, maxMs: 20 },
    });
    const out = subscriber(pub.socket.endpoint, ['stranger'], as(stranger));
    const plain = subscriber(pub.socket.endpoint, ['plain']);
    const friendly = subscriber(pub.socket.endpoint, ['friend'], as(friend));
    await pub.until(() => pub.messages.length === 1);
    pub.socket.send(message('friend', 'hello'));
    await friendly.until(() => friendly.messages.length === 1);
    expect(pub.notices).toEqual(['+friend']);
    expect([out.links, plain.links]).toEqual([[], []]);
  });
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a subscriber that is stopped', () => {
  it('is disconnected after stalledPeerMs, and what waited for it is freed', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heldBytes = (): number => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const pub = await publisher({ stalledPeerMs: 1_000, transportBufferMessages: 10_000 });
    const script = `
      const socket = new (require('zeromq').Subscriber)({ receiveHighWaterMark: 1 });
      socket.subscribe('k');
      socket.connect('${pub.socket.endpoint}');
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
    children.push(child);
    await pub.until(() => pub.messages.length === 1);
    child.kill('SIGSTOP');
    const before = heldBytes();
    for (let i = 0; i < 600; i++) pub.socket.send([textFrame('k'), Buffer.alloc(100_000)]);
    while (pub.socket.queued > 0) await turn();
    expect(heldBytes() - before).toBeGreaterThan(30_000_000);
    await pub.until(() => pub.messages.length === 2);
    expect(pub.notices).toEqual(['+k', '-k']);
    while (heldBytes() - before > 1_000_000) await turn();
  }, 10_000);
});
