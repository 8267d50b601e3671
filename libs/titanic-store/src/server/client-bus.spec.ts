import { VirtualClock } from '@raspy/clock';
import {
  MdpExpiredError,
  MdpServiceStatusError,
  MdpTimeoutError,
  type Body,
  type MdpRequestOptions,
} from '@raspy/mdp-protocol';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { clientBus } from './client-bus.js';

/** A broker as its client sees it. */
class FakeBroker {
  readonly clock = new VirtualClock();
  readonly bus = clientBus(this, { clock: this.clock });
  /** Questions, each with its time. */
  readonly questions: string[] = [];
  readonly sent: { service: string; body: Frames; options: MdpRequestOptions }[] = [];
  readonly told: number[] = [];
  workers = 0;
  builtIn = false;
  /** What `mmi.workers` fails with. */
  failure: Error | undefined;
  /** While set, questions wait. */
  waiting: Promise<unknown> | undefined;
  asking = 0;
  mostAsking = 0;
  reply: Frames | Error = [textFrame('done')];

  async call(service: string, body: Body): Promise<Frames> {
    const report = {
      intervalMs: 1,
      liveness: 1,
      services: [{ name: body[0], idle: this.workers, busy: 0, queued: 0 }],
    };
    await this.#question(service);
    if (this.failure !== undefined) throw this.failure;
    return [textFrame(JSON.stringify(report))];
  }

  async request(service: string, body: Body, options: MdpRequestOptions = {}): Promise<Frames> {
    if (service === 'mmi.service') {
      await this.#question(service);
      return [textFrame(this.workers > 0 || this.builtIn ? '200' : '404')];
    }
    this.sent.push({ service, body: body as Frames, options });
    if (this.reply instanceof Error) throw this.reply;
    return this.reply;
  }

  watch(service = 'pump'): () => void {
    return this.bus.watch(textFrame(service), (workers) => this.told.push(workers));
  }

  async #question(service: string): Promise<void> {
    this.questions.push(`${this.clock.now()} ${service}`);
    this.mostAsking = Math.max(this.mostAsking, ++this.asking);
    await this.waiting;
    this.asking--;
  }
}

let broker: FakeBroker;
beforeEach(() => (broker = new FakeBroker()));
const times = (service: string): number[] =>
  broker.questions.filter((question) => question.endsWith(service)).map((question) => parseFloat(question));
const unknown = () => new MdpServiceStatusError('mmi.workers', '501', []);

describe('presence', () => {
  it('is asked for at once, then more and more rarely while there is none', async () => {
    broker.watch();
    await broker.clock.advanceByAsync(20_000);
    expect(times('mmi.workers')).toEqual([0, 250, 750, 1_750, 3_750, 7_750, 12_750, 17_750]);
    expect(broker.told).toEqual([]);
  });

  it('is told when it changes, idle and busy workers together, down to none', async () => {
    broker.workers = 2;
    broker.watch();
    await broker.clock.advanceByAsync(4_999);
    expect(broker.told).toEqual([2]);
    broker.workers = 3;
    await broker.clock.advanceByAsync(5_000);
    broker.workers = 0;
    await broker.clock.advanceByAsync(5_000);
    expect(broker.told).toEqual([2, 3, 0]);
    expect(times('mmi.workers').slice(0, 4)).toEqual([0, 5_000, 10_000, 10_250]);
  });

  it('is looked for soon again when the last worker has gone', async () => {
    broker.watch();
    await broker.clock.advanceByAsync(4_000);
    broker.workers = 1;
    await broker.clock.advanceByAsync(3_750);
    broker.workers = 0;
    await broker.clock.advanceByAsync(5_000);
    expect(broker.told).toEqual([1, 0]);
    broker.workers = 1;
    await broker.clock.advanceByAsync(250);
    expect(broker.told).toEqual([1, 0, 1]);
  });

  it('stands as it was known while questions fail', async () => {
    broker.workers = 2;
    broker.watch();
    await broker.clock.advanceByAsync(0);
    broker.failure = new MdpTimeoutError('mmi.workers', 1, 1);
    await broker.clock.advanceByAsync(60_000);
    expect(broker.told).toEqual([2]);
    broker.failure = undefined;
    broker.workers = 1;
    await broker.clock.advanceByAsync(5_000);
    expect(broker.told).toEqual([2, 1]);
  });

  it('is one where the broker itself serves the name', async () => {
    broker.builtIn = true;
    broker.watch();
    await broker.clock.advanceByAsync(0);
    expect(broker.told).toEqual([1]);
  });

  it('is one or none with a broker that does not count, which is asked only once to', async () => {
    broker.workers = 7;
    broker.failure = unknown();
    broker.watch();
    await broker.clock.advanceByAsync(10_000);
    expect(broker.told).toEqual([1]);
    expect([times('mmi.workers'), times('mmi.service')]).toEqual([[0], [0, 5_000, 10_000]]);
  });

  it('counts again after a refusal of another kind', async () => {
    broker.failure = new MdpServiceStatusError('mmi.workers', '500', []);
    broker.watch();
    await broker.clock.advanceByAsync(0);
    broker.failure = undefined;
    broker.workers = 3;
    await broker.clock.advanceByAsync(250);
    expect(broker.told).toEqual([3]);
  });

  it('is asked for by at most 16 questions at a time, each service in its turn', async () => {
    let go = (): void => undefined;
    broker.waiting = new Promise<void>((resolve) => (go = resolve));
    broker.workers = 1;
    for (let service = 0; service < 40; service++) broker.watch(`service ${service}`);
    await broker.clock.advanceByAsync(0);
    expect(broker.asking).toBe(16);
    go();
    await broker.clock.advanceByAsync(0);
    expect([broker.told.length, broker.mostAsking]).toEqual([40, 16]);
  });

  it('is told no more to who does not watch any more', async () => {
    broker.workers = 1;
    let go = (): void => undefined;
    broker.waiting = new Promise<void>((resolve) => (go = resolve));
    const unwatched = broker.watch();
    unwatched();
    const again = broker.watch();
    go();
    await broker.clock.advanceByAsync(0);
    expect(broker.told).toEqual([1]);
    unwatched();
    await broker.clock.advanceByAsync(5_000);
    expect(times('mmi.workers')).toEqual([0, 0, 5_000]);
    again();
    await broker.clock.advanceByAsync(60_000);
    expect(times('mmi.workers')).toHaveLength(3);
  });

  it('is not asked for by those whose turn comes when nobody watches any more', async () => {
    let go = (): void => undefined;
    broker.waiting = new Promise<void>((resolve) => (go = resolve));
    const ends = Array.from({ length: 20 }, (_, service) => broker.watch(`service ${service}`));
    for (const end of ends) end();
    go();
    await broker.clock.advanceByAsync(60_000);
    expect(times('mmi.workers')).toHaveLength(16);
  });

  it('is not asked for after the end', async () => {
    broker.watch();
    await broker.clock.advanceByAsync(0);
    await broker.bus.close();
    broker.watch('later');
    await broker.clock.advanceByAsync(60_000);
    expect(times('mmi.workers')).toEqual([0]);
    expect(broker.clock.nextAt).toBe(Infinity);
  });
});

describe('sending', () => {
  const send = (service = textFrame('pump')) => broker.bus.send(service, [textFrame('x')], { ttlMs: 1_000 });

  it('gives the reply, which may come long after the attempt', async () => {
    expect(await send()).toEqual({ type: 'reply', reply: [textFrame('done')] });
    expect(broker.sent).toMatchObject([
      { service: 'pump', body: [textFrame('x')], options: { timeoutMs: 601_000 } },
    ]);
  });

  it('holds a socket of another broker for a minute at most', async () => {
    broker.failure = unknown();
    broker.watch();
    await broker.clock.advanceByAsync(0);
    await send();
    await broker.bus.send(textFrame('pump'), [], { ttlMs: 90_000 });
    expect(broker.sent.map(({ options }) => options.timeoutMs)).toEqual([60_000, 90_000]);
  });

  it('tells a failure, and whether it may have been executed', async () => {
    broker.reply = new MdpTimeoutError('pump', 1, 1);
    expect(await send()).toMatchObject({ type: 'failed', mayHaveRun: true });
    broker.reply = new MdpExpiredError('pump');
    expect(await send()).toMatchObject({ type: 'failed', reason: broker.reply.message, mayHaveRun: false });
  });

  it('is given up at the end', async () => {
    await send();
    expect(broker.sent[0]!.options.signal!.aborted).toBe(false);
    await broker.bus.close();
    expect(broker.sent[0]!.options.signal!.aborted).toBe(true);
  });

  it('never goes to another service because a name is no text', async () => {
    const name = Uint8Array.of(0x70, 0xff);
    broker.bus.watch(name, (workers) => broker.told.push(workers));
    const outcome = await send(name);
    expect(outcome).toMatchObject({ type: 'failed', mayHaveRun: false });
    expect(outcome).toMatchObject({ reason: expect.stringContaining('not UTF-8') as unknown });
    await broker.clock.advanceByAsync(60_000);
    expect([broker.sent, broker.questions, frameText(name)]).toEqual([[], [], 'p\ufffd']);
  });
});
