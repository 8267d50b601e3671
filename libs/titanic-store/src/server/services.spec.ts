import { VirtualClock } from '@raspy/clock';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { FakeBus, hex, settled } from '../../test/support/fake-bus.js';
import { memoryTitanicStorage, type MemoryTitanicStorage } from '../storage/memory-storage.js';
import type { TitanicServiceName } from './services.js';
import { Titanic, type OpenTitanicOptions } from './titanic.js';

class Rig {
  readonly clock = new VirtualClock();
  readonly bus = new FakeBus();
  readonly storage: MemoryTitanicStorage = memoryTitanicStorage();
  titanic!: Titanic;

  static async open(options: Partial<OpenTitanicOptions> = {}): Promise<Rig> {
    const rig = new Rig();
    rig.titanic = await Titanic.open({ storage: rig.storage, clock: rig.clock, ...options });
    rig.titanic.connect(rig.bus);
    return rig;
  }

  async ask(service: TitanicServiceName, ...body: (string | Uint8Array)[]): Promise<string[]> {
    const frames = body.map((frame) => (typeof frame === 'string' ? textFrame(frame) : frame));
    return texts(await this.titanic.services[service](frames));
  }

  async accept(...body: string[]): Promise<string> {
    const [status, id] = await this.ask('titanic.request', ...body);
    expect(status).toBe('200');
    return id!;
  }

  /** Brings a request for `svc` to its end. */
  async done(...reply: string[]): Promise<string> {
    const id = await this.accept('svc', 'x');
    this.bus.workers('svc', 1);
    await settled();
    this.bus.sent.at(-1)!.answer({ type: 'reply', reply: reply.map(textFrame) });
    await settled();
    return id;
  }
}

const texts = (frames: Frames): string[] => frames.map((frame) => frameText(frame));
const NO_IDS = [
  ['a path', '../../etc/passwd'],
  ['a path of 32 characters', '../../../../../../../etc/passwd.'],
  ['31 digits', '0'.repeat(31)],
  ['33 digits', '0'.repeat(33)],
  ['other letters', 'g'.repeat(32)],
  ['dashes', '01234567-89ab-4def-8123-456789abcdef'],
  ['digits that are not ASCII', '٠'.repeat(16)],
  ['nothing', ''],
] as const;

describe('titanic.request', () => {
  it('answers 200 and 32 small hexadecimal digits (V22, V23)', async () => {
    const rig = await Rig.open();
    const body = [
      Buffer.from('6c6f63616c686f73742e746573742e6c6f6e67', 'hex'),
      Buffer.from('77616974', 'hex'),
    ];
    const reply = await rig.titanic.services['titanic.request'](body);
    expect(hex(reply.slice(0, 1))).toEqual(['323030']);
    expect(frameText(reply[1]!)).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    rig.bus.workers('localhost.test.long', 1);
    await settled();
    expect(hex(rig.bus.sent[0]!.body)).toEqual(['77616974']);
  });

  it.each([
    ['no frames', []],
    ['no body', ['svc']],
    ['an empty target', ['', 'x']],
    ['itself', ['titanic.request', 'x']],
    ['titanic.reply', ['titanic.reply', 'x']],
    ['titanic.close', ['titanic.close', 'x']],
    ['the broker', ['mmi.service', 'x']],
  ])('answers 400 for %s', async (_what, body) => {
    const rig = await Rig.open();
    expect(await rig.ask('titanic.request', ...body)).toEqual(['400']);
    expect(rig.titanic.statistics().kept).toBe(0);
  });

  it('takes a body of empty frames, and titanic.store as a target', async () => {
    const rig = await Rig.open();
    await rig.accept('svc', '', '');
    await rig.accept('titanic.store', 'set', 'a', 'b', 'c', 'd');
    rig.bus.workers('svc', 1);
    await settled();
    expect(texts(rig.bus.sent[0]!.body)).toEqual(['', '']);
  });

  it('answers 500 when it cannot be stored, or is one too many (D24)', async () => {
    const rig = await Rig.open({ maxRequests: 1 });
    rig.storage.failure = new Error('no room');
    expect(await rig.ask('titanic.request', 'svc', 'x')).toEqual(['500']);
    rig.storage.failure = undefined;
    await rig.accept('svc', 'x');
    expect(await rig.ask('titanic.request', 'svc', 'x')).toEqual(['500']);
  });

  it('answers 400 when it is too large ever to be taken', async () => {
    const rig = await Rig.open({ maxRequestBytes: 4 });
    expect(await rig.ask('titanic.request', 'svc', '12345')).toEqual(['400']);
  });
});

describe('titanic.reply', () => {
  it('answers 300 while its request waits or runs, and what the worker said when it is done (V24, D22)', async () => {
    const rig = await Rig.open();
    const id = await rig.accept('svc', 'x');
    const ask = (): Promise<Frames> => rig.titanic.services['titanic.reply']([textFrame(id)]);
    expect(hex(await ask())).toEqual(['333030']);
    rig.bus.workers('svc', 1);
    await settled();
    expect(hex(await ask())).toEqual(['333030']);
    rig.bus.sent[0]!.answer({ type: 'reply', reply: [Buffer.from('200')] });
    await settled();
    expect(hex(await ask())).toEqual(['323030', '323030']);
    expect(hex(await ask())).toEqual(['323030', '323030']);
  });

  it('passes on a reply that tells of a failure as it is', async () => {
    const rig = await Rig.open();
    const id = await rig.done('it broke', '', '500');
    expect(await rig.ask('titanic.reply', id)).toEqual(['200', 'it broke', '', '500']);
  });

  it('takes capital letters', async () => {
    const rig = await Rig.open();
    const id = await rig.done('r');
    expect(await rig.ask('titanic.reply', id.toUpperCase())).toEqual(['200', 'r']);
  });

  it.each(NO_IDS)('answers 400 for %s, and looks nowhere (D26)', async (_what, id) => {
    const rig = await Rig.open();
    const find = jest.spyOn(rig.titanic, 'find');
    const reply = jest.spyOn(rig.storage, 'reply');
    expect(await rig.ask('titanic.reply', id)).toEqual(['400']);
    expect([find.mock.calls, reply.mock.calls]).toEqual([[], []]);
  });

  it('answers 400 for no frames, an unknown id and one that is closed', async () => {
    const rig = await Rig.open();
    const id = await rig.done('r');
    await rig.ask('titanic.close', id);
    for (const body of [[], ['0'.repeat(32)], [id]]) {
      expect(await rig.ask('titanic.reply', ...body)).toEqual(['400']);
    }
  });

  it('answers 400 expired and 400 dead', async () => {
    const rig = await Rig.open({ maxAttempts: 1, deviceLifeMs: 5_000 });
    const expired = await rig.accept('pi.lamp.devices', 'x');
    const dead = await rig.accept('svc', 'x');
    rig.bus.workers('svc', 1);
    await settled();
    rig.bus.sent[0]!.answer({ type: 'failed', reason: 'it broke', mayHaveRun: true });
    await rig.clock.advanceByAsync(5_000);
    expect(await rig.ask('titanic.reply', expired)).toEqual(['400 expired']);
    expect(await rig.ask('titanic.reply', dead)).toEqual(['400 dead']);
  });

  it('answers 500 when the reply cannot be read, and 400 when it was closed meanwhile', async () => {
    const rig = await Rig.open();
    const id = await rig.done('r');
    let fail: (error: Error) => void = () => undefined;
    jest
      .spyOn(rig.storage, 'reply')
      .mockImplementation(() => new Promise((_resolve, reject) => (fail = reject)));
    const first = rig.ask('titanic.reply', id);
    fail(new Error('bad sector'));
    expect(await first).toEqual(['500']);
    const second = rig.ask('titanic.reply', id);
    await rig.ask('titanic.close', id);
    fail(new Error('it is not there'));
    expect(await second).toEqual(['400']);
  });
});

describe('titanic.close', () => {
  it('answers 200 for what it does not know (V25)', async () => {
    const rig = await Rig.open();
    const reply = await rig.titanic.services['titanic.close']([textFrame('0123456789abcdef'.repeat(2))]);
    expect(hex(reply)).toEqual(['323030']);
    expect(await rig.ask('titanic.close')).toEqual(['200']);
  });

  it.each(NO_IDS)('answers 200 for %s, and looks nowhere', async (_what, id) => {
    const rig = await Rig.open();
    const closing = jest.spyOn(rig.titanic, 'closeRequest');
    expect(await rig.ask('titanic.close', id)).toEqual(['200']);
    expect(closing).not.toHaveBeenCalled();
  });

  it('may be asked again and again, in capital letters too', async () => {
    const rig = await Rig.open();
    const id = await rig.done('r');
    expect(await rig.ask('titanic.close', id.toUpperCase())).toEqual(['200']);
    expect(await rig.ask('titanic.close', id)).toEqual(['200']);
    expect((await rig.storage.load()).requests).toEqual([]);
  });

  it('of a request that runs discards the reply that comes later (D25)', async () => {
    const rig = await Rig.open();
    const id = await rig.accept('svc', 'x');
    rig.bus.workers('svc', 1);
    await settled();
    expect(await rig.ask('titanic.close', id)).toEqual(['200']);
    rig.bus.sent[0]!.answer({ type: 'reply', reply: [textFrame('late')] });
    await settled();
    expect((await rig.storage.load()).requests).toEqual([]);
    expect(rig.titanic.statistics()).toMatchObject({ kept: 0, bytes: 0, running: 0 });
  });

  it('answers 500 when it cannot be stored, and all is as before', async () => {
    const rig = await Rig.open();
    const id = await rig.done('r');
    rig.storage.failure = new Error('no room');
    expect(await rig.ask('titanic.close', id)).toEqual(['500']);
    expect(await rig.ask('titanic.reply', id)).toEqual(['200', 'r']);
  });
});

describe('several requests', () => {
  it('are marked each for itself: the second is done while the others wait (D23, K37)', async () => {
    const rig = await Rig.open();
    const ids = [await rig.accept('a', '1'), await rig.accept('b', '2'), await rig.accept('c', '3')];
    rig.bus.workers('b', 1);
    await settled();
    rig.bus.sent[0]!.answer({ type: 'reply', reply: [textFrame('two')] });
    await settled();
    const statuses = await Promise.all(ids.map(async (id) => (await rig.ask('titanic.reply', id))[0]));
    expect(statuses).toEqual(['300', '200', '300']);
  });
});

describe('titanic.submit', () => {
  it('answers as titanic.request does, and appends the options for the service', async () => {
    const rig = await Rig.open();
    const expiresAt = rig.clock.wallNow() + 60_000;
    const [status, id] = await rig.ask('titanic.submit', JSON.stringify({ key: 'k', expiresAt }), 'svc', 'x');
    expect(status).toBe('200');
    expect(await rig.ask('titanic.submit', '{"key":"k"}', 'svc', 'y')).toEqual(['200', id]);
    rig.bus.workers('svc', 1);
    await settled();
    expect(texts(rig.bus.sent[0]!.body)).toEqual(['x', `RSPY1{"key":"k","deadline":${expiresAt}}`]);
    expect(rig.bus.sent).toHaveLength(1);
  });

  it('without a key tells the id', async () => {
    const rig = await Rig.open();
    const [, id] = await rig.ask('titanic.submit', '{}', 'svc', 'x');
    rig.bus.workers('svc', 1);
    await settled();
    expect(texts(rig.bus.sent[0]!.body)).toEqual(['x', `RSPY1{"key":"${id!}"}`]);
  });

  it.each([
    [[], '400 frames are missing'],
    [['{}'], '400 frames are missing'],
    [['{}', 'svc'], '400 frames are missing'],
    [['{', 'svc', 'x'], '400 the options are not JSON'],
    [['{}', 'mmi.service', 'x'], '400 no such target: not titanic.*, not mmi.*, 1 to 4,096 bytes'],
    [['{}', 'svc', 'x'.repeat(101)], '400 the body is too large'],
    [['{"expiresAt":1}', 'svc', 'x'], '400 expired'],
  ])('says why not: %j', async (body, status) => {
    const rig = await Rig.open({ maxRequestBytes: 100 });
    expect(await rig.ask('titanic.submit', ...body)).toEqual([status]);
  });

  it('answers 500 when it cannot be stored', async () => {
    const rig = await Rig.open();
    rig.storage.failure = new Error('no room');
    expect(await rig.ask('titanic.submit', '{}', 'svc', 'x')).toEqual(['500']);
  });
});
