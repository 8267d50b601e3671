import { VirtualClock } from '@raspy/clock';
import { frameText, textFrame } from '@raspy/wire';
import { FakeBus, settled } from '../../test/support/fake-bus.js';
import type { RequestReport } from '../admin.js';
import { memoryTitanicStorage } from '../storage/memory-storage.js';
import { Titanic, type OpenTitanicOptions } from './titanic.js';

async function newRig(options: Partial<OpenTitanicOptions> = {}) {
  const clock = new VirtualClock();
  const storage = memoryTitanicStorage();
  const bus = new FakeBus();
  const titanic = await Titanic.open({ storage, clock, maxAttempts: 1, ...options });
  titanic.connect(bus);
  const ask = async (...body: string[]): Promise<string[]> =>
    (await titanic.services['titanic.admin'](body.map(textFrame))).map((frame) => frameText(frame));
  const submit = async (more: object, service = 'svc'): Promise<string> => {
    const [, id] = await titanic.services['titanic.submit'](
      [JSON.stringify(more), service, 'body'].map(textFrame),
    );
    return frameText(id!);
  };
  const attempt = async (service: string, reply?: string): Promise<void> => {
    bus.workers(service, 1);
    await settled();
    bus.sent
      .at(-1)!
      .answer(
        reply === undefined
          ? { type: 'failed', reason: 'it broke', mayHaveRun: true }
          : { type: 'reply', reply: [textFrame(reply)] },
      );
    await settled();
  };
  const list = async (filter?: object): Promise<RequestReport[]> => {
    const [json, status] = await ask('list', ...(filter === undefined ? [] : [JSON.stringify(filter)]));
    expect(status).toBe('200');
    return JSON.parse(json!) as RequestReport[];
  };
  return { clock, storage, titanic, ask, submit, attempt, list, bus };
}

const NONE = '0'.repeat(32);

describe('titanic.admin', () => {
  it('lists requests in their order, all or some', async () => {
    const { clock, submit, attempt, list, titanic } = await newRig();
    const now = clock.wallNow();
    const dead = await submit({}, 'a');
    await attempt('a');
    const done = await submit({ key: 'k' }, 'b');
    await attempt('b', 'reply');
    const held = await submit({ notBefore: now + 5_000, expiresAt: now + 6_000 }, 'a');
    const gone = await submit({ key: 'gone' });
    await titanic.closeRequest(gone);
    const all = await list();
    expect(all).toEqual([
      {
        id: dead,
        service: 'a',
        state: 'dead',
        acceptedAt: now,
        at: now,
        attempts: 1,
        reason: 'it broke',
        bodyBytes: 4,
      },
      {
        id: done,
        service: 'b',
        state: 'done',
        acceptedAt: now,
        at: now,
        attempts: 1,
        key: 'k',
        bodyBytes: 4,
        replyBytes: 5,
      },
      {
        ...{ id: held, service: 'a', state: 'held', acceptedAt: now, at: now, attempts: 0 },
        ...{ notBefore: now + 5_000, expiresAt: now + 6_000, bodyBytes: 4 },
      },
    ]);
    expect(await list({ state: 'dead' })).toEqual([all[0]]);
    expect(await list({ service: 'a' })).toEqual([all[0], all[2]]);
    expect(await list({ service: 'a', state: 'held' })).toEqual([all[2]]);
    expect(await list({ limit: 2 })).toEqual(all.slice(0, 2));
  });

  it('tells of one that runs or is being stored as people would', async () => {
    const { submit, bus, list, storage, titanic } = await newRig();
    await submit({}, 'a');
    bus.workers('a', 1);
    await settled();
    let goOn: () => void = () => undefined;
    jest.spyOn(storage, 'commit').mockImplementation(() => new Promise((resolve) => (goOn = resolve)));
    const second = titanic.submit({ target: textFrame('b'), body: [], submitted: false });
    expect((await list()).map(({ state }) => state)).toEqual(['running', 'waiting']);
    bus.sent[0]!.answer({ type: 'reply', reply: [] });
    await settled();
    expect((await list()).map(({ state }) => state)).toEqual(['running', 'waiting']);
    goOn();
    await Promise.race([second, settled()]);
  });

  it.each([
    ['[]', 'the filter is not a JSON object'],
    ['{"state":"closed"}', 'state is none of waiting, held, running, done, expired, dead'],
    ['{"service":1}', 'service is not a text'],
    ['{"limit":0}', 'limit is not a whole number from 1 to 10000'],
    ['{"limit":10001}', 'limit is not a whole number from 1 to 10000'],
    ['{"limit":1.5}', 'limit is not a whole number from 1 to 10000'],
  ])('refuses the filter %s', async (filter, reason) => {
    const { ask } = await newRig();
    expect(await ask('list', filter)).toEqual([reason, '400']);
  });

  it('shows one with its body, and the reply of one that is done', async () => {
    const { submit, attempt, ask } = await newRig();
    const id = await submit({});
    const [json, body, status] = await ask('show', id.toUpperCase());
    expect([JSON.parse(json!), body, status]).toMatchObject([{ id, state: 'waiting' }, 'body', '200']);
    expect(await ask('reply', id)).toEqual(['the request is waiting, not done', '409']);
    await attempt('svc', 'reply');
    expect(await ask('reply', id)).toEqual(['reply', '200']);
  });

  it('shows one that has expired without its body', async () => {
    const { clock, submit, ask } = await newRig();
    const id = await submit({ expiresAt: clock.wallNow() + 1_000 });
    await clock.advanceByAsync(1_000);
    const [json, status] = await ask('show', id);
    expect([(JSON.parse(json!) as RequestReport).state, status]).toEqual(['expired', '200']);
  });

  it('retries dead letters and nothing else', async () => {
    const { clock, submit, attempt, ask, storage, list } = await newRig();
    const expiresAt = clock.wallNow() + 5_000;
    const id = await submit({ expiresAt, onExpire: 'dead' });
    expect(await ask('retry', id)).toEqual(['the request is waiting, and only dead ones are retried', '409']);
    await attempt('svc');
    storage.failure = new Error('no room');
    expect(await ask('retry', id)).toEqual(['it could not be stored', '500']);
    storage.failure = undefined;
    expect(await ask('retry', id)).toEqual(['200']);
    expect(await list({ state: 'waiting' })).toHaveLength(1);
    await clock.advanceByAsync(5_000);
    expect(await ask('retry', id)).toEqual(['its time to be done has passed', '409']);
  });

  it('drops requests, for good', async () => {
    const { submit, ask, storage, titanic } = await newRig();
    const id = await submit({ key: 'k' });
    storage.failure = new Error('no room');
    expect(await ask('drop', id)).toEqual(['it could not be stored', '500']);
    storage.failure = undefined;
    expect(await ask('drop', id)).toEqual(['200']);
    expect(await ask('drop', id)).toEqual([`no request ${id}`, '404']);
    expect(titanic.statistics()).toMatchObject({ kept: 0, closedKeys: 1 });
  });

  it.each([['show'], ['reply'], ['retry'], ['drop']])(
    '%s answers 404 for what is not there, and for no id',
    async (action) => {
      const { ask } = await newRig();
      expect(await ask(action, NONE)).toEqual([`no request ${NONE}`, '404']);
      expect(await ask(action, '../../etc/passwd')).toEqual(['no request ../../etc/passwd', '404']);
    },
  );

  it('tells its counters', async () => {
    const { submit, ask } = await newRig();
    await submit({});
    const [json, status] = await ask('statistics');
    expect([JSON.parse(json!), status]).toMatchObject([
      { accepted: 1, kept: 1, waiting: 1, bytes: 4, settings: 0 },
      '200',
    ]);
  });
});
