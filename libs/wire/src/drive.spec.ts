import { VirtualClock, type Millis } from '@raspy/clock';
import { drive } from './drive.js';
import { MemoryNetwork } from './testing/index.js';
import type { Effect, Frames, FrameSocket, FrameSocketHandlers, Machine } from './index.js';

type Port = 'a' | 'b';
type Step = readonly Effect<Port, string>[];

/** A machine whose answers the test writes, and that notes what it was told. */
class Scripted implements Machine<Port, string> {
  nextDeadline: Millis = Infinity;
  readonly told: string[] = [];
  onTick: (now: Millis) => Step = () => [];
  onReceive: (frames: Frames) => Step = () => [];

  tick(now: Millis): Step {
    this.told.push(`tick ${now}`);
    return this.onTick(now);
  }
  receive(now: Millis, port: Port, frames: Frames): Step {
    this.told.push(`receive ${now} ${port} ${frames.map(String).join('|')}`);
    return this.onReceive(frames);
  }
  undelivered(now: Millis, port: Port, frames: Frames, why: string): Step {
    this.told.push(`undelivered ${now} ${port} ${frames.map(String).join('|')} ${why}`);
    return [];
  }
  delivered(now: Millis, port: Port, frames: Frames): Step {
    this.told.push(`delivered ${now} ${port} ${frames.map(String).join('|')}`);
    return [];
  }
  link(now: Millis, port: Port, up: boolean): Step {
    this.told.push(`link ${now} ${port} ${up}`);
    return [];
  }
}

class FakeSocket implements FrameSocket {
  readonly endpoint = 'fake';
  readonly queued = 0;
  readonly sent: Frames[] = [];
  readonly confirms: (boolean | undefined)[] = [];
  handlers: FrameSocketHandlers | undefined;
  full = false;
  closed = false;
  start(handlers: FrameSocketHandlers): void {
    this.handlers = handlers;
  }
  send(frames: Frames, confirm?: boolean): boolean {
    if (!this.full) this.sent.push(frames);
    this.confirms.push(confirm);
    return !this.full;
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function setUp(machine: Scripted) {
  const clock = new VirtualClock();
  const sockets: FakeSocket[] = [];
  const events: string[] = [];
  const driven = drive<Port, string>({
    machine,
    clock,
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    onEvent: (event) => events.push(event),
  });
  return { clock, sockets, events, driven };
}

const hello = [Buffer.from('hello')];

describe('drive', () => {
  it('ticks once at the start and then whenever the deadline comes', () => {
    const machine = new Scripted();
    machine.onTick = (now) => {
      machine.nextDeadline = now + 10;
      return [];
    };
    const { clock } = setUp(machine);
    clock.advanceTo(25);
    expect(machine.told).toEqual(['tick 0', 'tick 10', 'tick 20']);
  });

  it('does not tick for a deadline that has moved away, and comes earlier when it has moved near', () => {
    const machine = new Scripted();
    machine.nextDeadline = 10;
    const { clock, driven } = setUp(machine);
    machine.onTick = () => {
      machine.nextDeadline = Infinity;
      return [];
    };
    driven.perform(() => {
      machine.nextDeadline = 30;
      return [];
    });
    clock.advanceTo(20);
    expect(machine.told).toEqual(['tick 0']);
    driven.perform(() => {
      machine.nextDeadline = 25;
      return [];
    });
    clock.advanceTo(40);
    expect(machine.told).toEqual(['tick 0', 'tick 25']);
  });

  it('opens, sends, closes and reports in the order of the effects', () => {
    const machine = new Scripted();
    machine.onTick = () => [
      { type: 'open', port: 'a' },
      { type: 'send', port: 'a', frames: hello },
      { type: 'event', event: 'sent' },
      { type: 'close', port: 'a' },
      { type: 'close', port: 'a' },
      { type: 'send', port: 'a', frames: hello },
    ];
    const { sockets, events } = setUp(machine);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]!.sent).toEqual([hello]);
    expect(sockets[0]!.closed).toBe(true);
    expect(events).toEqual(['sent']);
    expect(machine.told).toEqual(['tick 0', 'undelivered 0 a hello closed']);
  });

  it('tells the machine of a message that the socket did not take', () => {
    const machine = new Scripted();
    machine.onTick = () => [{ type: 'open', port: 'a' }];
    const { sockets, driven } = setUp(machine);
    sockets[0]!.full = true;
    driven.perform(() => [{ type: 'send', port: 'a', frames: hello }]);
    expect(machine.told).toContain('undelivered 0 a hello full');
  });

  it('passes on what a socket reports, but nothing from one that was replaced', () => {
    const machine = new Scripted();
    machine.onTick = () => [{ type: 'open', port: 'a' }];
    const { sockets, driven } = setUp(machine);
    driven.perform(() => [{ type: 'open', port: 'a' }]);
    expect(sockets[0]!.closed).toBe(true);
    for (const socket of sockets) {
      socket.handlers?.link(true);
      socket.handlers?.message(hello);
      socket.handlers?.undelivered(hello, 'unreachable');
      socket.handlers?.delivered?.(hello);
    }
    expect(machine.told).toEqual([
      'tick 0',
      'link 0 a true',
      'receive 0 a hello',
      'undelivered 0 a hello unreachable',
      'delivered 0 a hello',
    ]);
  });

  it('asks for a confirmation where the machine does, and needs no machine that listens to it', () => {
    const machine = new Scripted();
    machine.onTick = () => [{ type: 'open', port: 'a' }];
    const { sockets, driven } = setUp(machine);
    driven.perform(() => [
      { type: 'send', port: 'a', frames: hello, confirm: true },
      { type: 'send', port: 'a', frames: hello },
    ]);
    expect(sockets[0]!.confirms).toEqual([true, undefined]);
    const deaf: Machine<Port, string> = {
      nextDeadline: Infinity,
      tick: () => [{ type: 'open', port: 'a' }],
      receive: () => [],
      undelivered: () => [],
      link: () => [],
    };
    const socket = new FakeSocket();
    drive({ machine: deaf, clock: new VirtualClock(), open: () => socket, onEvent: () => undefined });
    expect(() => socket.handlers?.delivered?.(hello)).not.toThrow();
  });

  it('finishes a step before the one that an event handler asks for', () => {
    const machine = new Scripted();
    const clock = new VirtualClock();
    const order: string[] = [];
    const driven = drive<Port, string>({
      machine,
      clock,
      open: () => new FakeSocket(),
      onEvent: (event) => {
        order.push(event);
        if (event === 'first') {
          driven.perform(() => [{ type: 'event', event: 'nested' }]);
        }
      },
    });
    driven.perform(() => [
      { type: 'event', event: 'first' },
      { type: 'event', event: 'second' },
    ]);
    expect(order).toEqual(['first', 'second', 'nested']);
  });

  it('goes on after a step that throws', () => {
    const { driven, events } = setUp(new Scripted());
    expect(() =>
      driven.perform(() => {
        throw new Error('step failed');
      }),
    ).toThrow('step failed');
    driven.perform(() => [{ type: 'event', event: 'alive' }]);
    expect(events).toEqual(['alive']);
  });

  it('is still after close: no timer, no step, every port closed', async () => {
    const machine = new Scripted();
    machine.nextDeadline = 10;
    machine.onTick = () => [
      { type: 'open', port: 'a' },
      { type: 'open', port: 'b' },
    ];
    const { clock, sockets, driven, events } = setUp(machine);
    await driven.close();
    clock.advanceTo(100);
    driven.perform(() => [{ type: 'event', event: 'late' }]);
    expect(machine.told).toEqual(['tick 0']);
    expect(sockets.map((socket) => socket.closed)).toEqual([true, true]);
    expect(events).toEqual([]);
  });

  it('drives a machine over a memory network in virtual time', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock, delayMs: 5 });
    const bound = await network.bind('router', 'memory://server');
    const server = new Scripted();
    server.onTick = () => [{ type: 'open', port: 'a' }];
    server.onReceive = (frames) => [{ type: 'send', port: 'a', frames: [...frames, Buffer.from('back')] }];
    drive<Port, string>({ machine: server, clock, open: () => bound, onEvent: () => undefined });
    const client = new Scripted();
    client.onTick = () => [
      { type: 'open', port: 'a' },
      { type: 'send', port: 'a', frames: hello },
    ];
    drive<Port, string>({
      machine: client,
      clock,
      open: () => network.connect('dealer', 'memory://server', { routingId: 'me' }),
      onEvent: () => undefined,
    });
    clock.advanceTo(20);
    expect(server.told).toEqual(['tick 0', 'receive 5 a me|hello']);
    expect(client.told).toEqual(['tick 0', 'link 0 a true', 'receive 10 a hello|back']);
  });
});

it('keeps the process alive through a pause in which every port is closed', async () => {
  const machine = new Scripted();
  const clock = new VirtualClock();
  const held: (boolean | undefined)[] = [];
  const schedule = clock.schedule.bind(clock);
  clock.schedule = (at: Millis, task: () => void, hold?: boolean) => {
    held.push(hold);
    return schedule(at, task);
  };
  machine.nextDeadline = 50;
  machine.onTick = () => [{ type: 'open', port: 'a' }];
  const driven = drive<Port, string>({
    machine,
    clock,
    open: () => new FakeSocket(),
    onEvent: () => undefined,
  });
  // The same deadline stands, and must be waited for by the timer alone now.
  driven.perform(() => [{ type: 'close', port: 'a' }]);
  driven.perform(() => []);
  expect(held).toEqual([false, true]);
  machine.onTick = () => {
    machine.nextDeadline = Infinity;
    return [];
  };
  clock.advanceTo(50);
  expect(machine.told).toEqual(['tick 0', 'tick 50']);
  await driven.close();
});
