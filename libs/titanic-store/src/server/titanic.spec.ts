import { VirtualClock } from '@raspy/clock';
import { frameText, textFrame } from '@raspy/wire';
import { FakeBus, settled } from '../../test/support/fake-bus.js';
import type { TicketAnswer, TitanicEvent } from '../machine/effects.js';
import type { NewRequest } from '../machine/titanic-machine.js';
import { memoryTitanicStorage, type MemoryTitanicStorage } from '../storage/memory-storage.js';
import { Titanic, type OpenTitanicOptions } from './titanic.js';

const HOUR = 3_600_000;

class Rig {
  readonly clock: VirtualClock;
  readonly bus = new FakeBus();
  readonly events: TitanicEvent[] = [];
  titanic!: Titanic;

  constructor(
    readonly storage: MemoryTitanicStorage,
    clock = new VirtualClock(),
  ) {
    this.clock = clock;
  }

  static async open(
    options: Partial<OpenTitanicOptions> = {},
    storage = memoryTitanicStorage(),
    clock?: VirtualClock,
  ) {
    const rig = new Rig(storage, clock);
    rig.titanic = await Titanic.open({ storage, clock: rig.clock, ...options });
    rig.titanic.events$.subscribe((event) => rig.events.push(event));
    return rig;
  }

  /** The same home after a restart. */
  reopened(options: Partial<OpenTitanicOptions> = {}): Promise<Rig> {
    return Rig.open(options, this.storage.reopened(), new VirtualClock(0, this.clock.wallNow()));
  }

  submit(target: string, more: Partial<NewRequest> = {}): Promise<TicketAnswer> {
    return this.titanic.submit({
      target: textFrame(target),
      body: [textFrame('body')],
      submitted: false,
      ...more,
    });
  }

  async accept(target: string, more: Partial<NewRequest> = {}): Promise<string> {
    const answer = await this.submit(target, more);
    if (answer.type !== 'accepted') throw new Error(JSON.stringify(answer));
    return answer.id;
  }

  /** A request for `svc` that has been sent. */
  async running(): Promise<string> {
    const id = await this.accept('svc');
    this.bus.workers('svc', 1);
    await settled();
    return id;
  }

  /** What the storage is asked for waits until the function that is returned is called. */
  hold(method: 'commit' | 'claim'): (error?: Error) => void {
    const waiting: ((error?: Error) => void)[] = [];
    const original = this.storage[method].bind(this.storage) as (...args: unknown[]) => Promise<never>;
    const held = (...args: unknown[]): Promise<never> =>
      new Promise((resolve, reject) => {
        waiting.push((error) => (error === undefined ? resolve(original(...args)) : reject(error)));
      });
    jest.spyOn(this.storage, method).mockImplementation(held);
    return (error) => {
      for (const goOn of waiting.splice(0)) goOn(error);
    };
  }
}

describe('a Titanic', () => {
  it('answers before it is connected, and sends from then on', async () => {
    const rig = await Rig.open();
    const id = await rig.accept('svc');
    expect(rig.bus.watched.size).toBe(0);
    rig.titanic.connect(rig.bus);
    rig.bus.workers('svc', 1);
    await settled();
    expect(rig.bus.sent).toMatchObject([{ service: 'svc', ttlMs: 60_000 }]);
    rig.bus.sent[0]!.answer({ type: 'reply', reply: [textFrame('r')] });
    await settled();
    expect(rig.titanic.find(id)?.state).toBe('done');
    expect((await rig.titanic.reply(id)).map((frame) => frameText(frame))).toEqual(['r']);
    expect((await rig.titanic.body(id)).map((frame) => frameText(frame))).toEqual(['body']);
    expect(rig.bus.watched.size).toBe(0);
    expect(() => rig.titanic.connect(rig.bus)).toThrow('connected already');
  });

  it('does nothing with what is told of services that it watches no more', async () => {
    const rig = await Rig.open();
    rig.titanic.connect(rig.bus);
    const id = await rig.accept('svc');
    const tell = rig.bus.watched.get('svc')!;
    await rig.titanic.closeRequest(id);
    await rig.accept('svc');
    tell(5);
    await settled();
    expect(rig.bus.sent).toEqual([]);
  });

  it('fails attempts in time, by its clock', async () => {
    const rig = await Rig.open({ attemptTimeoutMs: 5_000 });
    rig.titanic.connect(rig.bus);
    await rig.running();
    await rig.clock.advanceByAsync(6_000);
    expect(rig.events).toMatchObject([{ type: 'attempt-failed', reason: 'no reply within 5000 ms' }]);
    expect(rig.bus.sent).toHaveLength(2);
  });

  it('takes a body that cannot be read for a failure that counts', async () => {
    const rig = await Rig.open({ maxAttempts: 2 });
    rig.titanic.connect(rig.bus);
    jest.spyOn(rig.storage, 'body').mockRejectedValue(new Error('bad sector'));
    const id = await rig.running();
    await rig.clock.advanceByAsync(1_000);
    expect(rig.titanic.find(id)).toMatchObject({
      state: 'dead',
      reason: 'its body cannot be read: bad sector',
    });
  });

  it('takes a bus that breaks its word for a failure', async () => {
    const rig = await Rig.open();
    rig.titanic.connect(rig.bus);
    rig.bus.mistake = new Error('oops');
    await rig.running();
    expect(rig.events).toMatchObject([{ type: 'attempt-failed', reason: 'oops', mayHaveRun: true }]);
  });

  it('tells why it could not store', async () => {
    const rig = await Rig.open();
    rig.storage.failure = new Error('no room');
    expect(await rig.submit('svc')).toEqual({ type: 'refused', reason: 'storage' });
    expect(rig.events).toContainEqual({ type: 'storage-failed', reason: 'no room', retrying: false });
  });

  it('goes on when a note is refused', async () => {
    const rig = await Rig.open({ deviceLifeMs: 1_000 });
    const id = await rig.accept('pi.lamp.devices');
    jest.spyOn(rig.storage, 'note').mockImplementation(() => {
      throw new Error('too much at a time');
    });
    await rig.clock.advanceByAsync(1_000);
    expect(rig.titanic.find(id)?.state).toBe('expired');
    expect(rig.events).toContainEqual({
      type: 'storage-failed',
      reason: 'too much at a time',
      retrying: false,
    });
  });

  it('carries out what a listener asks for after what it was told of, in this order on the disk too', async () => {
    const rig = await Rig.open({ maxAttempts: 1 });
    rig.titanic.connect(rig.bus);
    const states: string[] = [];
    const commit = rig.storage.commit.bind(rig.storage);
    jest.spyOn(rig.storage, 'commit').mockImplementation((changes) => {
      for (const change of changes)
        states.push(change.type === 'progress' ? change.progress.state : change.type);
      return commit(changes);
    });
    rig.titanic.events$.subscribe((event) => {
      if (event.type === 'dead') void rig.titanic.retry(event.id);
    });
    await rig.running();
    rig.bus.sent[0]!.answer({ type: 'failed', reason: 'it broke', mayHaveRun: true });
    await settled();
    expect(states).toEqual(['accept', 'dead', 'waiting']);
  });

  it('refuses options without meaning, and closes the storage then', async () => {
    const storage = memoryTitanicStorage();
    const closing = jest.spyOn(storage, 'close');
    await expect(Titanic.open({ storage, maxAttempts: 0 })).rejects.toThrow(/maxAttempts/);
    await expect(Titanic.open({ storage, settings: { maxSettings: -1 } })).rejects.toThrow(/maxSettings/);
    expect(closing).toHaveBeenCalledTimes(2);
  });

  it('passes on what its storage says at the start', async () => {
    const storage = memoryTitanicStorage();
    jest.spyOn(storage, 'load').mockRejectedValue(new Error('not a log'));
    jest.spyOn(storage, 'close').mockRejectedValue(new Error('nothing to close'));
    await expect(Titanic.open({ storage })).rejects.toThrow('not a log');
  });

  it('counts what it and its storage do', async () => {
    const rig = await Rig.open();
    await rig.accept('svc');
    await rig.titanic.services['titanic.store'](['set', 'a', 'b', 'c', 'v'].map(textFrame));
    expect(rig.titanic.statistics()).toMatchObject({ accepted: 1, settings: 1, storage: { commits: 2 } });
    expect([...rig.titanic.all()]).toHaveLength(1);
    expect(rig.titanic.damage).toEqual([]);
  });

  it('tells what its settings store could not do', async () => {
    const rig = await Rig.open();
    rig.storage.failure = new Error('no room');
    await rig.titanic.services['titanic.store'](['set', 'a', 'b', 'c', 'v'].map(textFrame));
    expect(rig.events).toEqual([{ type: 'store-failed', action: 'set', reason: 'no room' }]);
  });
});

describe('a restart', () => {
  it('is told what was found, though nobody could listen then', async () => {
    const rig = await Rig.open();
    const id = await rig.accept('pi.lamp.devices');
    const { events, titanic } = await rig.reopened();
    expect(events).toMatchObject([{ type: 'expired', id }]);
    const others: TitanicEvent[] = [];
    titanic.events$.subscribe((event) => others.push(event));
    expect(others).toEqual([]);
  });

  it('sends what was running again, when its claim is stored', async () => {
    const first = await Rig.open();
    first.titanic.connect(first.bus);
    const id = await first.running();
    const rig = await first.reopened();
    rig.titanic.connect(rig.bus);
    const goOn = rig.hold('claim');
    rig.bus.workers('svc', 1);
    await settled();
    expect(rig.bus.sent).toEqual([]);
    goOn();
    await settled();
    expect(rig.bus.sent).toHaveLength(1);
    expect(rig.titanic.find(id)?.attempts).toBe(2);
    const broken = rig.hold('claim');
    rig.bus.sent[0]!.answer({ type: 'failed', reason: 'it broke', mayHaveRun: false });
    await rig.clock.advanceByAsync(1_000);
    broken(new Error('no room'));
    await settled();
    expect(rig.titanic.find(id)).toMatchObject({
      state: 'waiting',
      reason: 'it could not be claimed: no room',
    });
  });

  it('with a clock that is before what was stored believes it only when it has been set', async () => {
    const first = await Rig.open();
    const expiresAt = first.clock.wallNow() + HOUR;
    const id = await first.accept('svc', { expiresAt });
    const clock = new VirtualClock(0, first.clock.wallNow() - 60_001);
    const rig = await Rig.open({}, first.storage.reopened(), clock);
    expect(rig.titanic.find(id)?.state).toBe('held');
    expect(rig.events).toEqual([{ type: 'clock', trusted: false, held: 1 }]);
    clock.stepWall(2 * HOUR);
    await clock.advanceByAsync(1_000);
    expect(rig.titanic.find(id)?.state).toBe('expired');
  });

  it('believes a clock that is a little before it', async () => {
    const first = await Rig.open();
    const id = await first.accept('svc', { expiresAt: first.clock.wallNow() + HOUR });
    const rig = await Rig.open(
      {},
      first.storage.reopened(),
      new VirtualClock(0, first.clock.wallNow() - 60_000),
    );
    expect(rig.titanic.find(id)?.state).toBe('waiting');
  });

  it('believes no clock that its owner does not', async () => {
    let trusted = false;
    const rig = await Rig.open({ clockTrusted: () => trusted });
    const id = await rig.accept('svc', { expiresAt: rig.clock.wallNow() - HOUR });
    await rig.clock.advanceByAsync(10_000);
    expect(rig.titanic.find(id)?.state).toBe('held');
    trusted = true;
    await rig.clock.advanceByAsync(1_000);
    expect(rig.titanic.find(id)?.state).toBe('expired');
  });
});

describe('disconnect', () => {
  it('stops sending: what runs is given up and has not failed, a reply that still comes counts', async () => {
    const rig = await Rig.open();
    rig.titanic.connect(rig.bus);
    const ids = [await rig.accept('a'), await rig.accept('b'), await rig.accept('b')];
    for (const name of ['a', 'b']) rig.bus.workers(name, 1);
    await settled();
    const disconnecting = rig.titanic.disconnect();
    expect(rig.titanic.disconnect()).toBe(disconnecting);
    await disconnecting;
    expect([rig.bus.isClosed, rig.bus.watched.size]).toEqual([true, 0]);
    rig.bus.sent[0]!.answer({ type: 'failed', reason: 'cut off', mayHaveRun: true });
    rig.bus.sent[1]!.answer({ type: 'reply', reply: [] });
    await settled();
    expect(ids.map((id) => rig.titanic.find(id)?.state)).toEqual(['running', 'done', 'waiting']);
    expect(rig.events).toEqual([]);
    await rig.accept('c');
    await rig.clock.advanceByAsync(HOUR);
    expect(rig.bus.sent).toHaveLength(2);
    expect(rig.titanic.find(ids[0]!)).toMatchObject({ state: 'waiting', attempts: 1 });
  });

  it('does not count what was claimed and could not be sent any more', async () => {
    const rig = await Rig.open();
    rig.titanic.connect(rig.bus);
    const goOn = rig.hold('claim');
    const id = await rig.running();
    await rig.titanic.disconnect();
    goOn();
    await settled();
    expect(rig.bus.sent).toEqual([]);
    expect(rig.titanic.find(id)).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  it('without a bus is well', async () => {
    const rig = await Rig.open();
    await rig.titanic.disconnect();
  });
});

describe('close', () => {
  it('waits for what is being stored, and answers it', async () => {
    const rig = await Rig.open();
    const goOn = rig.hold('commit');
    const answer = rig.submit('svc');
    let isClosed = false;
    let isComplete = false;
    rig.titanic.events$.subscribe({ complete: () => (isComplete = true) });
    const closing = rig.titanic.close().then(() => (isClosed = true));
    await settled();
    expect([isClosed, isComplete]).toEqual([false, false]);
    goOn();
    expect(await answer).toMatchObject({ type: 'accepted' });
    await closing;
    expect(isComplete).toBe(true);
    expect(rig.clock.nextAt).toBe(Infinity);
  });

  it('refuses those who wait for what would have been tried again', async () => {
    const rig = await Rig.open();
    rig.titanic.connect(rig.bus);
    const id = await rig.running();
    rig.storage.failure = new Error('no room');
    rig.bus.sent[0]!.answer({ type: 'reply', reply: [] });
    await settled();
    const answer = rig.titanic.closeRequest(id);
    const closing = rig.titanic.close();
    expect(rig.titanic.close()).toBe(closing);
    await closing;
    expect(await answer).toEqual({ type: 'refused', reason: 'storage' });
  });

  it('makes every later question one that cannot be stored', async () => {
    const rig = await Rig.open();
    await rig.titanic.close();
    rig.storage.failure = new Error('it is closed');
    const reply = await rig.titanic.services['titanic.request'](['svc', 'x'].map(textFrame));
    expect(reply.map((frame) => frameText(frame))).toEqual(['500']);
    expect(rig.clock.nextAt).toBe(Infinity);
  });
});
