import * as zmq from 'zeromq';
import { zeromqTransport, type Frames, type FrameSocket, type SocketOptions } from '../src/index.js';
import { lastingEndpoint } from '../src/testing/index.js';
import { message, Recorder } from './support.js';

const transport = zeromqTransport();
const open: FrameSocket[] = [];
const foreign: zmq.Socket[] = [];

afterEach(async () => {
  for (const socket of foreign.splice(0)) socket.close();
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

async function bound(kind: 'pull' | 'router', options?: SocketOptions, endpoint = 'tcp://127.0.0.1:*') {
  const socket = await transport.bind(kind, endpoint, options);
  open.push(socket);
  return new Recorder(socket);
}

function connected(kind: 'push' | 'dealer', endpoint: string, options?: SocketOptions): Recorder {
  const socket = transport.connect(kind, endpoint, options);
  open.push(socket);
  return new Recorder(socket);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const big = 'x'.repeat(500_000);
/** So many big ones must wait that the system's buffers, which may take some yet, cannot take them all. */
const WAITING = 100;

/** Sends messages, each to be confirmed, until no more are taken. @returns those that were */
async function fill(socket: FrameSocket, make: (number: string) => Frames): Promise<Frames[]> {
  const taken: Frames[] = [];
  for (;;) {
    const frames = make(String(taken.length));
    if (!socket.send(frames, true)) return taken;
    taken.push(frames);
    if (taken.length % 5 === 0) await turn();
    expect(taken.length).toBeLessThan(1_000);
  }
}

describe('a push and a pull over libzmq', () => {
  it('carry frames verbatim and in order, one way', async () => {
    const pull = await bound('pull');
    const push = connected('push', pull.socket.endpoint);
    const count = 10_000;
    await push.until(() => push.links.length === 1);
    for (let i = 0; i < count; i++) expect(push.socket.send(message('', String(i)))).toBe(true);
    await pull.until(() => pull.messages.length === count);
    expect(pull.texts).toEqual(Array.from({ length: count }, (_, i) => `|${i}`));
    expect(pull.socket.send(message('x'))).toBe(false);
    expect([pull.socket.queued, push.socket.queued]).toEqual([0, 0]);
    expect([pull.links, push.links]).toEqual([[], [true]]);
    expect(() => new Recorder(pull.socket)).toThrow('started once');
  });

  it('hold what is sent before a connection stands, within a bound, and confirm it when it leaves', async () => {
    const endpoint = await lastingEndpoint();
    const push = connected('push', endpoint, {
      sendQueueMessages: 3,
      reconnect: { minMs: 10, maxMs: 20 },
    });
    const sent = ['a', 'b', 'c', 'd'].map((text) => message(text));
    expect(sent.map((frames) => push.socket.send(frames, true))).toEqual([true, true, true, false]);
    expect(push.delivered).toEqual([]);
    const pull = await bound('pull', {}, endpoint);
    await pull.until(() => pull.messages.length === 3);
    expect(pull.texts).toEqual(['a', 'b', 'c']);
    await push.until(() => push.delivered.length === 3);
    expect(push.delivered.every((frames, i) => frames === sent[i])).toBe(true);
  });

  it('tell when the other side goes and comes back', async () => {
    const endpoint = await lastingEndpoint();
    const pull = await bound('pull', {}, endpoint);
    const push = connected('push', endpoint, { reconnect: { minMs: 10, maxMs: 20 } });
    await push.until(() => push.links.length === 1);
    await pull.socket.close();
    await push.until(() => push.links.length === 2);
    push.socket.send(message('held'));
    const again = await bound('pull', {}, endpoint);
    await again.until(() => again.messages.length === 1);
    expect(push.links).toEqual([true, false, true]);
  });

  it('give what is queued its linger', async () => {
    const pull = await bound('pull');
    const push = connected('push', pull.socket.endpoint, { lingerMs: 1_000 });
    await push.until(() => push.links.length === 1);
    for (let i = 0; i < 100; i++) push.socket.send(message(String(i)));
    await push.socket.close();
    await pull.until(() => pull.messages.length === 100);
  });
});

describe('a confirmation', () => {
  it('comes for the messages that asked for it, and only for those', async () => {
    const server = await bound('router');
    const client = connected('dealer', server.socket.endpoint);
    const [asked, other, last] = [message('1'), message('2'), message('3')];
    client.socket.send(asked, true);
    client.socket.send(other);
    client.socket.send(last, true);
    await client.until(() => client.delivered.length === 2);
    expect(client.delivered[0]).toBe(asked);
    expect(client.delivered[1]).toBe(last);
    await server.until(() => server.messages.length === 3);
  });

  it('does not come for a peer that is not there: that is told alone', async () => {
    const server = await bound('router');
    const client = connected('dealer', server.socket.endpoint, { routingId: 'here' });
    client.socket.send(message('hello'));
    await server.until(() => server.messages.length === 1);
    server.socket.send(message('nobody', 'x'), true);
    server.socket.send(message('here', 'y'), true);
    await server.until(() => server.delivered.length === 1);
    expect(server.delivered.map((frames) => String(frames[0]))).toEqual(['here']);
    expect(server.undelivered.map(({ frames }) => String(frames[0]))).toEqual(['nobody']);
  });

  it('comes for a peer that does not read when the message leaves at last, in order', async () => {
    const server = await bound('router', { transportBufferMessages: 5, sendQueueMessages: 20 });
    const slow = new zmq.Dealer({ routingId: 'slow', receiveHighWaterMark: 5, linger: 0 });
    foreign.push(slow);
    slow.connect(server.socket.endpoint);
    await slow.send('here');
    await server.until(() => server.messages.length === 1);
    const taken = await fill(server.socket, (number) => message('slow', number, big));
    expect(server.socket.queued).toBe(20);
    expect(server.delivered).toHaveLength(taken.length - 20);
    for (let i = 0; i < taken.length; i++) expect(String((await slow.receive())[0])).toBe(String(i));
    await server.until(() => server.delivered.length === taken.length);
    expect(server.delivered.every((frames, i) => frames === taken[i])).toBe(true);
    expect(server.undelivered).toEqual([]);
  });

  it('does not come for what waits for a peer that goes', async () => {
    const server = await bound('router', { transportBufferMessages: 5, sendQueueMessages: WAITING });
    const gone = new zmq.Dealer({ routingId: 'gone', receiveHighWaterMark: 1, linger: 0 });
    gone.connect(server.socket.endpoint);
    await gone.send('here');
    await server.until(() => server.messages.length === 1);
    const taken = await fill(server.socket, (number) => message('gone', number, big));
    gone.close();
    await server.until(() => server.delivered.length + server.undelivered.length === taken.length);
    const told = [...server.delivered, ...server.undelivered.map(({ frames }) => frames)];
    expect(told.every((frames, i) => frames === taken[i])).toBe(true);
    expect(server.undelivered.length).toBeGreaterThan(0);
  });

  it('comes from a socket whose only peer does not read when there is room again', async () => {
    const slow = new zmq.Pull({ receiveHighWaterMark: 1, linger: 0 });
    foreign.push(slow);
    await slow.bind('tcp://127.0.0.1:*');
    const push = connected('push', slow.lastEndpoint!, { transportBufferMessages: 1, sendQueueMessages: 5 });
    await push.until(() => push.links.length === 1);
    const taken = await fill(push.socket, (number) => message(number, big));
    expect(push.delivered.length).toBeLessThan(taken.length);
    for (let i = 0; i < taken.length; i++) expect(String((await slow.receive())[0])).toBe(String(i));
    await push.until(() => push.delivered.length === taken.length);
    expect(push.delivered.every((frames, i) => frames === taken[i])).toBe(true);
  });
});
