import * as zmq from 'zeromq';
import {
  BindError,
  curveKeyPair,
  randomRoutingId,
  zeromqTransport,
  type FrameSocket,
  type SocketOptions,
} from '../src/index.js';
import { lastingEndpoint } from '../src/testing/index.js';
import { message, Recorder } from './support.js';

const transport = zeromqTransport();
const open: FrameSocket[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

async function router(
  options?: SocketOptions,
  onMessage?: (frames: readonly Uint8Array[]) => void,
  endpoint = 'tcp://127.0.0.1:*',
) {
  const socket = await transport.bind('router', endpoint, options);
  open.push(socket);
  return new Recorder(socket, onMessage);
}

function dealer(endpoint: string, options?: SocketOptions): Recorder {
  const socket = transport.connect('dealer', endpoint, options);
  open.push(socket);
  return new Recorder(socket);
}

describe('a dealer and a router over libzmq', () => {
  it('report the link, carry frames verbatim and answer by routing id', async () => {
    const server = await router();
    expect(server.socket.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    const client = dealer(server.socket.endpoint);
    await client.until(() => client.links.length === 1);
    const binary = Buffer.from([0, 255, 1]);
    expect(client.socket.send(message('', 'a', binary))).toBe(true);
    await server.until(() => server.messages.length === 1);
    const [id, ...rest] = server.messages[0]!;
    expect(rest.map((frame) => Buffer.from(frame))).toEqual([Buffer.alloc(0), Buffer.from('a'), binary]);
    server.socket.send([id!, ...message('back')]);
    await client.until(() => client.messages.length === 1);
    expect(client.texts).toEqual(['back']);
    expect(client.links).toEqual([true]);
  });

  it('shows a printable routing id where one was asked for', async () => {
    const server = await router();
    const routingId = randomRoutingId();
    const client = dealer(server.socket.endpoint, { routingId });
    client.socket.send(message('hello'));
    await server.until(() => server.messages.length === 1);
    expect(server.texts).toEqual([`${routingId}|hello`]);
  });

  it('K15: keep a burst of 10,000 messages whole and in order, both ways', async () => {
    const count = 10_000;
    const server = await router({ sendQueueMessages: count }, (frames) => {
      expect(server.socket.send(frames)).toBe(true);
    });
    const client = dealer(server.socket.endpoint, { sendQueueMessages: count });
    for (let i = 0; i < count; i++) expect(client.socket.send(message(String(i)))).toBe(true);
    await client.until(() => client.messages.length === count);
    expect(client.texts).toEqual(Array.from({ length: count }, (_, i) => String(i)));
    expect(server.socket.queued).toBe(0);
  });

  it('K16: many sends at once never throw EBUSY; above the bound send says no and nothing is lost silently', () => {
    const client = dealer('tcp://127.0.0.1:9', { sendQueueMessages: 10 });
    const taken = Array.from({ length: 50 }, (_, i) => client.socket.send(message(String(i))));
    expect(taken.filter(Boolean)).toHaveLength(10);
    expect(client.socket.queued).toBe(10);
  });

  it('bound the queue by bytes as well', async () => {
    const client = dealer('tcp://127.0.0.1:9', { sendQueueBytes: 100 });
    client.socket.send(message('first'));
    await Promise.resolve();
    const taken = Array.from({ length: 5 }, () => client.socket.send(message('x'.repeat(60))));
    expect(taken).toEqual([true, true, false, false, false]);
  });

  it('hold what is sent before a connection stands and deliver it in order when it does', async () => {
    const endpoint = await lastingEndpoint();
    const client = dealer(endpoint);
    for (let i = 0; i < 5; i++) client.socket.send(message(String(i)));
    const socket = await transport.bind('router', endpoint);
    open.push(socket);
    const server = new Recorder(socket);
    await server.until(() => server.messages.length === 5);
    expect(server.texts.map((text) => text.split('|').pop())).toEqual(['0', '1', '2', '3', '4']);
  });

  it('tell when the other side goes and comes back', async () => {
    const endpoint = await lastingEndpoint();
    const server = await router({}, undefined, endpoint);
    const client = dealer(endpoint, { reconnect: { minMs: 10, maxMs: 20 } });
    await client.until(() => client.links.length === 1);
    await server.socket.close();
    await client.until(() => client.links.length === 2);
    open.push(await transport.bind('router', endpoint));
    await client.until(() => client.links.length === 3);
    expect(client.links).toEqual([true, false, true]);
  });

  it('tell of each unreachable peer, also of those tried in answer to the one before', async () => {
    const socket = await transport.bind('router', 'tcp://127.0.0.1:*');
    open.push(socket);
    const told: string[] = [];
    await new Promise<void>((resolve) => {
      socket.start({
        message: () => undefined,
        link: () => undefined,
        undelivered: ([peer]) => {
          told.push(String(peer));
          if (told.length === 3) resolve();
          else socket.send(message(`peer ${told.length + 1}`, 'x'));
        },
      });
      socket.send(message('peer 1', 'x'));
    });
    expect(told).toEqual(['peer 1', 'peer 2', 'peer 3']);
  });

  it('K18: a message to an unknown peer comes back as unreachable and the socket goes on', async () => {
    const server = await router();
    server.socket.send(message('nobody', 'x'));
    server.socket.send(message('nobody', 'y'));
    await server.until(() => server.undelivered.length === 2);
    expect(server.undelivered.map(({ why }) => why)).toEqual(['unreachable', 'unreachable']);
    const client = dealer(server.socket.endpoint, { routingId: 'somebody' });
    await client.until(() => client.links.length === 1);
    client.socket.send(message('hello'));
    await server.until(() => server.messages.length === 1);
    server.socket.send(message('somebody', 'hi'));
    await client.until(() => client.messages.length === 1);
  });

  it('K19: the newer of two peers with one routing id wins', async () => {
    const server = await router();
    const older = dealer(server.socket.endpoint, { routingId: 'twin' });
    older.socket.send(message('older'));
    await server.until(() => server.messages.length === 1);
    const newer = dealer(server.socket.endpoint, { routingId: 'twin' });
    newer.socket.send(message('newer'));
    await server.until(() => server.messages.length === 2);
    server.socket.send(message('twin', 'hi'));
    await newer.until(() => newer.messages.length === 1);
    expect(older.messages).toEqual([]);
  });

  it('K18: a peer that does not read fills its own bounded queue, delays nobody else, and loses nothing that was taken', async () => {
    const server = await router({ transportBufferMessages: 10, sendQueueMessages: 20 });
    const slow = new zmq.Dealer({ routingId: 'slow', receiveHighWaterMark: 10, linger: 0 });
    slow.connect(server.socket.endpoint);
    await slow.send('here');
    const quick = dealer(server.socket.endpoint, { routingId: 'quick' });
    quick.socket.send(message('here'));
    await server.until(() => server.messages.length === 2);
    const big = 'x'.repeat(500_000);
    let taken = 0;
    // Until the kernel's buffers, libzmq's and our own are full.
    while (server.socket.send(message('slow', String(taken), big))) {
      taken++;
      if (taken % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(taken).toBeLessThan(1_000);
    }
    server.socket.send(message('quick', 'still served'));
    await quick.until(() => quick.messages.length === 1);
    const read: string[] = [];
    while (read.length < taken) read.push(String((await slow.receive())[0]));
    expect(read).toEqual(Array.from({ length: taken }, (_, i) => String(i)));
    expect(server.undelivered).toEqual([]);
    slow.close();
  });

  it('bound what waits for all peers together', async () => {
    const server = await router({ transportBufferMessages: 1, sendQueueTotalBytes: 3_000_000 });
    const big = 'x'.repeat(1_000_000);
    const slow = ['a', 'b', 'c'].map((routingId) => {
      const socket = new zmq.Dealer({ routingId, receiveHighWaterMark: 1, linger: 0 });
      socket.connect(server.socket.endpoint);
      return socket;
    });
    for (const socket of slow) await socket.send('here');
    await server.until(() => server.messages.length === slow.length);
    const refused = new Set<string>();
    while (refused.size < slow.length) {
      for (const peer of ['a', 'b', 'c']) if (!server.socket.send(message(peer, big))) refused.add(peer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Each was refused with a few of its own 1,000 messages or 64 MiB taken: it was the sum that counted.
    expect(server.socket.queued).toBeLessThan(20);
    for (const socket of slow) socket.close();
    // The last one is still counted while its fate is told.
    while (server.socket.queued > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('tell of every message for a peer that goes while messages wait for it', async () => {
    // More than the system's buffers, which may take some yet, can take.
    const server = await router({ transportBufferMessages: 10, sendQueueMessages: 100 });
    const gone = new zmq.Dealer({ routingId: 'gone', receiveHighWaterMark: 1, linger: 0 });
    gone.connect(server.socket.endpoint);
    await gone.send('here');
    await server.until(() => server.messages.length === 1);
    const big = 'x'.repeat(500_000);
    while (server.socket.send(message('gone', big))) await new Promise((resolve) => setImmediate(resolve));
    expect(server.socket.queued).toBe(100);
    gone.close();
    // libzmq may still take one or the other before it notices; what waits then comes back at once.
    await server.until(() => server.undelivered.length > 0);
    expect(new Set(server.undelivered.map(({ why }) => why))).toEqual(new Set(['unreachable']));
    expect(server.socket.queued).toBe(0);
  });

  it('end the connection of a sender whose frame is above the limit, and serve the others', async () => {
    const server = await router({ maxFrameBytes: 1_000 });
    const rude = dealer(server.socket.endpoint, { reconnect: { minMs: 10, maxMs: 10 } });
    await rude.until(() => rude.links.length === 1);
    rude.socket.send(message('x'.repeat(1_001)));
    await rude.until(() => rude.links.includes(false));
    const polite = dealer(server.socket.endpoint);
    polite.socket.send(message('x'.repeat(1_000)));
    await server.until(() => server.messages.length === 1);
    expect(server.messages[0]![1]!.length).toBe(1_000);
  });

  it('K23: close gives what is queued its linger, and without linger drops it', async () => {
    const server = await router();
    const socket = transport.connect('dealer', server.socket.endpoint, { lingerMs: 1_000 });
    const client = new Recorder(socket);
    await client.until(() => client.links.length === 1);
    for (let i = 0; i < 100; i++) socket.send(message(String(i)));
    await socket.close();
    await socket.close();
    expect(socket.send(message('late'))).toBe(false);
    await server.until(() => server.messages.length === 100);
    const unconnected = transport.connect('dealer', 'tcp://127.0.0.1:9', { lingerMs: 20 });
    new Recorder(unconnected);
    unconnected.send(message('never'));
    await unconnected.close();
  });

  it('K17: a second consumer is a programming error', async () => {
    const server = await router();
    expect(() => new Recorder(server.socket)).toThrow('started once');
  });

  it("K23: a router's last words are read before it hangs up", async () => {
    const server = await router({ lingerMs: 500 });
    const clients = Array.from({ length: 20 }, () => dealer(server.socket.endpoint));
    for (const client of clients) client.socket.send(message('here'));
    await server.until(() => server.messages.length === clients.length);
    for (const [id] of server.messages) server.socket.send([id!, ...message('goodbye')]);
    await server.socket.close();
    await Promise.all(clients.map((client) => client.until(() => client.links.includes(false))));
    expect(clients.map((client) => client.texts)).toEqual(clients.map(() => ['goodbye']));
  });

  it('can be bound again at once where one was closed', async () => {
    const endpoint = await lastingEndpoint();
    for (let i = 0; i < 20; i++) {
      const socket = await transport.bind('router', endpoint);
      const client = dealer(endpoint);
      new Recorder(socket);
      await client.until(() => client.links.length === 1);
      await socket.close();
    }
  });

  it('say which endpoint is in use, or unusable', async () => {
    const server = await router();
    const again = transport.bind('router', server.socket.endpoint);
    await expect(again).rejects.toBeInstanceOf(BindError);
    await expect(again).rejects.toMatchObject({ code: 'ENDPOINT_IN_USE', endpoint: server.socket.endpoint });
    await expect(transport.bind('router', 'tcp://192.0.2.1:5514')).rejects.toMatchObject({
      code: 'ENDPOINT_UNUSABLE',
    });
    await expect(transport.bind('router', 'nonsense')).rejects.toMatchObject({ code: 'ENDPOINT_UNUSABLE' });
  });
});

describe('CURVE', () => {
  const serverKeys = curveKeyPair();
  const friend = curveKeyPair();
  const stranger = curveKeyPair();

  const as = (keys: typeof friend): SocketOptions => ({
    security: { role: 'client', ...keys, serverKey: serverKeys.publicKey },
    reconnect: { minMs: 10, maxMs: 20 },
  });

  it('K34: lets in the keys of the allow-list and nobody else', async () => {
    const server = await router({
      security: { role: 'server', secretKey: serverKeys.secretKey, allow: [friend.publicKey] },
    });
    const out = dealer(server.socket.endpoint, as(stranger));
    const plain = dealer(server.socket.endpoint);
    out.socket.send(message('from a stranger'));
    plain.socket.send(message('in the clear'));
    const friendly = dealer(server.socket.endpoint, as(friend));
    friendly.socket.send(message('from a friend'));
    await server.until(() => server.messages.length === 1);
    expect(server.texts[0]).toContain('from a friend');
    expect(out.links).toEqual([]);
    // Queued, not lost and not sent: the message leaves as soon as the key is granted elsewhere.
    expect(out.socket.queued).toBe(1);
  });

  it('encrypts for whoever has the server key when any client key will do', async () => {
    const server = await router({
      security: { role: 'server', secretKey: serverKeys.secretKey, allow: 'any' },
    });
    const client = dealer(server.socket.endpoint, as(stranger));
    client.socket.send(message('hello'));
    await server.until(() => server.messages.length === 1);
  });

  it('keeps allow-lists that come and go at once: two at the same time, and one right after the last has gone', async () => {
    const allow = (...keys: string[]) =>
      router({ security: { role: 'server', secretKey: serverKeys.secretKey, allow: keys } });
    for (let round = 0; round < 20; round++) {
      await Promise.all([allow(friend.publicKey), allow(stranger.publicKey)]);
      for (const socket of open.splice(0)) await socket.close();
    }
    const server = await allow(friend.publicKey);
    dealer(server.socket.endpoint, as(friend)).socket.send(message('hello'));
    await server.until(() => server.messages.length === 1);
  });

  it('asks nobody about keys any more as soon as the last allow-list has gone', async () => {
    for (let round = 0; round < 20; round++) {
      const last = await transport.bind('router', 'tcp://127.0.0.1:*', {
        security: { role: 'server', secretKey: serverKeys.secretKey, allow: [friend.publicKey] },
      });
      const server = await router({
        security: { role: 'server', secretKey: serverKeys.secretKey, allow: 'any' },
      });
      await last.close();
      const client = dealer(server.socket.endpoint, as(stranger));
      client.socket.send(message('hello'));
      await server.until(() => server.messages.length === 1);
    }
  });

  it('keeps the allow-lists of two sockets apart', async () => {
    const allow = (keys: typeof friend) =>
      router({ security: { role: 'server', secretKey: serverKeys.secretKey, allow: [keys.publicKey] } });
    const [one, two] = [await allow(friend), await allow(stranger)];
    const wrong = dealer(one.socket.endpoint, as(stranger));
    wrong.socket.send(message('wrong door'));
    const right = dealer(two.socket.endpoint, as(stranger));
    right.socket.send(message('right door'));
    await two.until(() => two.messages.length === 1);
    expect(one.messages).toEqual([]);
  });

  it('refuses keys that are none, and roles that do not fit the socket', async () => {
    expect(() =>
      transport.connect('dealer', 'tcp://127.0.0.1:9', as({ ...friend, secretKey: 'short' })),
    ).toThrow('Z85');
    const serverRole = { role: 'server', secretKey: serverKeys.secretKey, allow: 'any' } as const;
    expect(() => transport.connect('dealer', 'tcp://127.0.0.1:9', { security: serverRole })).toThrow('role');
    await expect(transport.bind('router', 'tcp://127.0.0.1:*', as(friend))).rejects.toMatchObject({
      code: 'SOCKET_OPTION',
    });
  });
});
