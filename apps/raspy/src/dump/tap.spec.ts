import { VirtualClock } from '@raspy/clock';
import type { Frames, FrameSocket } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { Tap, type TappedMessage } from './tap.js';

const BROKER = 'memory://broker';
const TAP = 'memory://tap';

async function play(limits: { maxPeers?: number } = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const broker = await network.bind('router', BROKER);
  const seen: Frames[] = [];
  broker.start({
    message: (frames) => void seen.push(frames),
    undelivered: () => undefined,
    link: () => undefined,
  });
  const tapped: TappedMessage[] = [];
  const tap = new Tap({
    listen: TAP,
    broker: BROKER,
    transport: network,
    clock,
    onMessage: (message) => void tapped.push(message),
    ...limits,
  });
  await tap.start();
  const connect = (routingId?: string): { socket: FrameSocket; got: Frames[] } => {
    const got: Frames[] = [];
    const socket = network.connect('dealer', TAP, routingId === undefined ? {} : { routingId });
    socket.start({
      message: (frames) => void got.push(frames),
      undelivered: () => undefined,
      link: () => undefined,
    });
    return { socket, got };
  };
  return { clock, network, broker, seen, tap, tapped, connect };
}
const text = (frames: Frames): string[] => frames.map(String);

it('carries messages both ways, each peer by a connection of its own, and tells of all', async () => {
  const { clock, broker, seen, tap, tapped, connect } = await play();
  expect(tap.endpoint).toBe(TAP);
  const [a, b] = [connect('A-1'), connect()];
  a.socket.send([Buffer.from('from a')]);
  b.socket.send([Buffer.from('from b')]);
  clock.advanceBy(1);
  expect(seen.map((frames) => text(frames.slice(1)))).toEqual([['from a'], ['from b']]);
  expect(String(seen[0]![0])).not.toBe(String(seen[1]![0]));
  broker.send([seen[0]![0]!, Buffer.from('to a')]);
  clock.advanceBy(1);
  expect(a.got.map(text)).toEqual([['to a']]);
  expect(b.got).toEqual([]);
  expect(tapped.map(({ direction, peer, frames }) => [direction, peer.length, ...text(frames)])).toEqual([
    ['to-broker', 3, 'from a'],
    ['to-broker', 9, 'from b'],
    ['to-peer', 3, 'to a'],
  ]);
  await tap.stop();
});

it('forgets a peer whose broker connection is lost, and connects it anew with its next message', async () => {
  const { clock, network, seen, tap, connect } = await play();
  const a = connect();
  a.socket.send([Buffer.from('1')]);
  clock.advanceBy(1);
  network.cut(BROKER);
  clock.advanceBy(1);
  expect(tap.peers).toBe(0);
  network.heal(BROKER);
  a.socket.send([Buffer.from('2')]);
  clock.advanceBy(1);
  expect(seen.map((frames) => String(frames[1]))).toEqual(['1', '2']);
  expect(String(seen[0]![0])).not.toBe(String(seen[1]![0]));
  await tap.stop();
});

it('forgets a peer that has gone when the broker speaks to it, and one that is idle for ten minutes', async () => {
  const { clock, broker, seen, tap, connect } = await play();
  const [gone, idle] = [connect(), connect()];
  gone.socket.send([Buffer.from('x')]);
  idle.socket.send([Buffer.from('y')]);
  clock.advanceBy(1);
  await gone.socket.close();
  broker.send([seen[0]![0]!, Buffer.from('hello?')]);
  clock.advanceBy(1);
  expect(tap.peers).toBe(1);
  clock.advanceBy(599_997);
  expect(tap.peers).toBe(1);
  clock.advanceBy(1);
  expect(tap.peers).toBe(0);
  await tap.stop();
  clock.advanceBy(1);
  expect(clock.nextAt).toBe(Infinity);
});

it('holds a bounded number of peers: the one it met first goes', async () => {
  const { clock, broker, seen, tap, connect } = await play({ maxPeers: 2 });
  const peers = [connect('a'), connect('b'), connect('c')];
  for (const { socket } of peers) socket.send([Buffer.from('x')]);
  clock.advanceBy(1);
  expect(tap.peers).toBe(2);
  for (const [id] of seen) broker.send([id!, Buffer.from('y')]);
  clock.advanceBy(1);
  expect(peers.map(({ got }) => got.length)).toEqual([0, 1, 1]);
  await tap.stop();
});
