import { VirtualClock } from '@raspy/clock';
import { deferred, Trial } from '../../test/trial.js';
import { type FromThread, type ThreadData, type ToThread, TurnSign } from './messages.js';
import { loadQuickJs } from './quickjs.js';
import { MAX_WAITING } from './limits.js';
import { ThreadHost } from './thread-host.js';
import { WorkerEngine } from './worker-engine.js';
import type { SpawnThread, ThreadListener } from './worker-thread.js';

/** A thread that does nothing but what the test says. */
class StillThread {
  readonly got: ToThread[] = [];
  terminated = 0;
  #waiting: { type: string; count: number; resolve: () => void } | undefined;

  constructor(
    readonly data: ThreadData,
    readonly listener: ThreadListener,
  ) {}

  get sign(): TurnSign {
    return new TurnSign(this.data.sign);
  }

  post(message: ToThread): void {
    this.got.push(message);
    if (this.#waiting !== undefined && this.#count(this.#waiting.type) >= this.#waiting.count)
      this.#waiting.resolve();
  }

  async until(type: string, count = 1): Promise<void> {
    const { promise, resolve } = deferred<undefined>();
    this.#waiting = { type, count, resolve: () => resolve(undefined) };
    if (this.#count(type) < count) await promise;
  }

  say(...messages: FromThread[]): void {
    this.listener.received(messages);
  }

  async terminate(): Promise<void> {
    this.terminated++;
    await Promise.resolve();
  }

  #count(type: string): number {
    return this.got.filter((message) => message.type === type).length;
  }
}

function still(): { clock: VirtualClock; engine: WorkerEngine; threads: StillThread[] } {
  const threads: StillThread[] = [];
  const clock = new VirtualClock();
  const spawn: SpawnThread = (data, listener) => {
    threads.push(new StillThread(data, listener));
    return threads.at(-1)!;
  };
  return { clock, engine: new WorkerEngine({ clock, spawn }), threads };
}

describe('the watch over a thread', () => {
  it('ends one that stays in a turn for half a second, and blames the program whose turn it is', async () => {
    const { clock, engine, threads } = still();
    const first = new Trial(engine, '');
    const second = new Trial(engine, '');
    const thread = threads[0]!;
    await thread.until('start', 2);
    thread.say({ type: 'ready' });
    thread.sign.begin(2);
    clock.advanceBy(550);
    expect(thread.terminated).toBe(0);
    clock.advanceBy(100);
    expect(thread.terminated).toBe(1);
    expect(await first.ended).toMatchObject({ reason: 'lost' });
    expect(await second.ended).toMatchObject({ reason: 'hung' });
    const third = new Trial(engine, '');
    expect(threads).toHaveLength(2);
    await engine.close();
    expect(await third.ended).toEqual({ kind: 'stopped' });
  });

  it('leaves one alone whose turns go on, or that does nothing', async () => {
    const { clock, engine, threads } = still();
    const trial = new Trial(engine, '');
    const thread = threads[0]!;
    await thread.until('start');
    clock.advanceBy(60_000);
    thread.say({ type: 'ready' });
    for (let n = 0; n < 20; n++) {
      thread.sign.begin(1);
      clock.advanceBy(450);
      thread.sign.end();
      clock.advanceBy(450);
    }
    clock.advanceBy(60_000);
    thread.say({ type: 'idle', handled: thread.got.length });
    expect(clock.nextAt).toBe(Infinity);
    trial.running.deliver('e', 1);
    expect(clock.nextAt).toBeLessThan(Infinity);
    expect(thread.terminated).toBe(0);
    await engine.close();
  });

  it('does not take an answer to something earlier for rest', async () => {
    const { clock, engine, threads } = still();
    const trial = new Trial(engine, '');
    const thread = threads[0]!;
    await thread.until('start');
    thread.say({ type: 'ready' });
    trial.running.deliver('e', 1);
    thread.say({ type: 'idle', handled: 1 });
    thread.sign.begin(1);
    clock.advanceBy(1_000);
    expect(await trial.ended).toMatchObject({ reason: 'hung' });
  });

  it('holds it against nobody if a check hangs', async () => {
    const { clock, engine, threads } = still();
    const trial = new Trial(engine, '');
    const checked = engine.check('return');
    const thread = threads[0]!;
    await thread.until('check');
    thread.say({ type: 'ready' });
    thread.sign.begin(-1);
    clock.advanceBy(1_000);
    expect(await checked).toEqual([
      { line: 1, column: 1, message: expect.stringContaining('could not') as string },
    ]);
    expect(await trial.ended).toMatchObject({ reason: 'lost' });
  });

  it('blames the program whose turn it was if the thread dies', async () => {
    const { engine, threads } = still();
    const trials = [new Trial(engine, ''), new Trial(engine, '')];
    const thread = threads[0]!;
    await thread.until('start', 2);
    thread.say({ type: 'ready' });
    thread.sign.begin(1);
    thread.listener.died('out of memory');
    thread.say({ type: 'turn', program: 2, turn: { calls: [], end: { kind: 'returned' } } });
    expect(await trials[0]!.ended).toMatchObject({
      reason: 'error',
      message: expect.stringContaining('out of memory') as string,
    });
    expect(await trials[1]!.ended).toMatchObject({ reason: 'lost' });
  });

  it('believes a thread that says what broke it', async () => {
    const { engine, threads } = still();
    const trials = [new Trial(engine, ''), new Trial(engine, '')];
    const thread = threads[0]!;
    await thread.until('start', 2);
    const end = { kind: 'failed', reason: 'stack', message: 'stack overflow' } as const;
    thread.say({ type: 'ready' }, { type: 'broken', program: 2, end });
    expect(await trials[0]!.ended).toMatchObject({ reason: 'lost' });
    expect(await trials[1]!.ended).toEqual(end);
    expect(thread.terminated).toBe(1);
  });

  it('keeps what comes before the code is read, in order', async () => {
    const { engine, threads } = still();
    const trial = new Trial(engine, '');
    trial.running.deliver('a', 1);
    trial.running.deliver('b', 2);
    const thread = threads[0]!;
    await thread.until('event', 2);
    expect(thread.got.map((message) => (message.type === 'event' ? message.event : message.type))).toEqual([
      'start',
      'a',
      'b',
    ]);
    await engine.close();
  });

  it('refuses a span without meaning', () => {
    expect(() => new WorkerEngine({ hungAfterMs: 0 })).toThrow('hungAfterMs');
  });
});

/** The thread's own side, in the thread of the test. */
async function host() {
  const quickjs = await loadQuickJs();
  const said: FromThread[] = [];
  const later: (() => void)[] = [];
  const limits = {
    turnBudgetMs: 10_000,
    memoryBytes: 2 ** 22,
    stackBytes: 2 ** 15,
    maxCalls: 100,
    maxMessageBytes: 2 ** 16,
  };
  const sign = new TurnSign();
  const hosted = new ThreadHost({
    quickjs,
    limits,
    sign,
    now: () => 0,
    wallNow: () => 0,
    post: (messages) => said.push(...messages),
    later: (task) => later.push(task),
  });
  const run = (turns = Infinity) => {
    for (let n = 0; n < turns && later.length > 0; n++) later.shift()!();
  };
  const prelude = 'return { call: house.call, on: house.on };';
  const start = (program: number, js: string) =>
    hosted.receive({ type: 'start', program, name: 'p', js, prelude });
  const turns = () => said.flatMap((message) => (message.type === 'turn' ? [message] : []));
  return { hosted, said, run, start, sign, turns, quickjs };
}

describe('the programs of a thread', () => {
  const LISTENS = 'on("e", (n) => { call("got", n) }); await new Promise(() => {})';

  it('take turns, however much waits for one of them', async () => {
    const { hosted, run, start, turns } = await host();
    start(1, LISTENS);
    start(2, LISTENS);
    run();
    for (let n = 0; n < 50; n++) hosted.receive({ type: 'event', program: 1, event: 'e', json: String(n) });
    hosted.receive({ type: 'event', program: 2, event: 'e', json: '1' });
    run(2);
    expect(turns().map(({ program }) => program)).toEqual([1, 2]);
    run();
    expect(turns()).toHaveLength(51);
  });

  it('end if too much waits for them', async () => {
    const { hosted, run, start, turns } = await host();
    start(1, LISTENS);
    for (let n = 0; n < MAX_WAITING; n++)
      hosted.receive({ type: 'event', program: 1, event: 'e', json: '1' });
    run();
    expect(turns()).toMatchObject([
      { turn: { end: { reason: 'budget', message: expect.stringContaining('too slow') as string } } },
    ]);
  });

  it('say when nothing waits any more, and whose turn it is', async () => {
    const { hosted, said, run, start, sign } = await host();
    expect(said).toEqual([{ type: 'ready' }]);
    start(1, LISTENS);
    hosted.receive({ type: 'event', program: 1, event: 'e', json: '1' });
    hosted.receive({ type: 'stop', program: 1 });
    hosted.receive({ type: 'stop', program: 1 });
    hosted.receive({ type: 'event', program: 1, event: 'e', json: '1' });
    expect(sign.program).toBe(0);
    expect(sign.count).toBeGreaterThan(0);
    run();
    expect(said).toEqual([{ type: 'ready' }, { type: 'idle', handled: 5 }]);
  });

  it('check a code', async () => {
    const { hosted, said, run } = await host();
    hosted.receive({ type: 'check', check: 7, js: 'let a; let a' });
    run();
    expect(said).toContainEqual({
      type: 'checked',
      check: 7,
      mistakes: [expect.objectContaining({ line: 1 })],
    });
  });

  it('are all over once QuickJS is broken', async () => {
    const { hosted, said, run, start, quickjs } = await host();
    start(1, LISTENS);
    run();
    quickjs.module.newRuntime = () => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    start(2, LISTENS);
    hosted.receive({ type: 'event', program: 1, event: 'e', json: '1' });
    run();
    expect(said.filter(({ type }) => type === 'broken' || type === 'turn')).toEqual([
      { type: 'broken', program: 2, end: { kind: 'failed', reason: 'stack', message: 'stack overflow' } },
    ]);
  });
});
