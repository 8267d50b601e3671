import { VirtualClock } from '@raspy/clock';
import {
  MdpClosedError,
  MdpConnectionLostError,
  MdpTimeoutError,
  type Body,
  type MdpRequestOptions,
} from '@raspy/mdp-protocol';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import type { TitanicStatus } from './status.js';
import { TitanicClient } from './titanic-client.js';

const ID = '0123456789abcdef0123456789abcdef';

interface Asked {
  readonly service: string;
  readonly body: readonly string[];
  readonly options: MdpRequestOptions;
  readonly at: number;
}

/** Answers what a test says, and keeps what was asked and when. */
class Script {
  readonly clock = new VirtualClock();
  readonly asked: Asked[] = [];
  readonly client = new TitanicClient(this, { clock: this.clock });
  answer: (asked: Asked) => readonly string[] | Error = () => ['200'];

  request(service: string, body: Body, options: MdpRequestOptions = {}): Promise<Frames> {
    const texts = body.map((frame) => (typeof frame === 'string' ? frame : frameText(frame)));
    const asked = { service, body: texts, options, at: this.clock.now() };
    this.asked.push(asked);
    const answer = this.answer(asked);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer.map(textFrame));
  }

  /** Answers one after the other, the last again and again. */
  answers(...answers: (readonly string[] | Error)[]): void {
    let next = 0;
    this.answer = () => answers[Math.min(next++, answers.length - 1)]!;
  }

  get times(): number[] {
    return this.asked.map(({ at }) => at);
  }
}

let script: Script;
beforeEach(() => (script = new Script()));
const texts = (frames: Frames): string[] => frames.map((frame) => frameText(frame));

describe('a submission', () => {
  it('goes by titanic.request where it is plain, and gives the id', async () => {
    script.answers(['200', ID]);
    expect(await script.client.submit('pump', ['dose', textFrame('5')])).toBe(ID);
    expect(await script.client.request('pump', ['dose'], { timeoutMs: 7 })).toBe(ID);
    expect(script.asked).toMatchObject([
      { service: 'titanic.request', body: ['pump', 'dose', '5'], options: { timeoutMs: 2_500, retries: 0 } },
      { service: 'titanic.request', body: ['pump', 'dose'], options: { timeoutMs: 7, retries: 0 } },
    ]);
  });

  it('goes by titanic.submit with a time, a key, or an end as a dead letter', async () => {
    script.answers(['200', ID]);
    await script.client.submit('pump', ['x'], { notBefore: new Date(1_000), expiresAt: 2_000 });
    await script.client.submit('pump', ['x'], { idempotencyKey: 'k' });
    await script.client.submit('pump', ['x'], { onExpire: 'dead' });
    const options = script.asked.map(({ body }) => JSON.parse(body[0]!) as unknown);
    expect(options).toEqual([{ notBefore: 1_000, expiresAt: 2_000 }, { key: 'k' }, { onExpire: 'dead' }]);
    expect(script.asked.map(({ service, body }) => [service, ...body.slice(1)])).toEqual(
      Array.from({ length: 3 }, () => ['titanic.submit', 'pump', 'x']),
    );
  });

  it('is repeated by itself only with a key, unless it is told otherwise', async () => {
    script.answers(['200', ID]);
    await script.client.submit('pump', ['x'], { idempotencyKey: 'k' });
    await script.client.submit('pump', ['x'], { idempotencyKey: 'k', retries: 0 });
    await script.client.submit('pump', ['x'], { expiresAt: 1 });
    await script.client.submit('pump', ['x'], { retries: 1 });
    expect(script.asked.map(({ options }) => options.retries)).toEqual([2, 0, 0, 1]);
  });

  it('takes the id as Titanic writes it, since another make may know no other', async () => {
    script.answers(['200', ID.toUpperCase()]);
    expect(await script.client.submit('pump', ['x'])).toBe(ID.toUpperCase());
  });

  it('tells what Titanic says of it', async () => {
    const submitting = () => script.client.submit('pump', ['x']);
    script.answers(['400 the body is too large']);
    await expect(submitting()).rejects.toMatchObject({
      code: 'REFUSED',
      service: 'pump',
      reason: 'the body is too large',
    });
    script.answers(['400']);
    await expect(submitting()).rejects.toMatchObject({ code: 'REFUSED', reason: '' });
    script.answers(['500']);
    await expect(submitting()).rejects.toMatchObject({ code: 'NOT_STORED', service: 'pump' });
  });

  it.each([[['404']], [['501']], [['hello', '200']], [['200']], [['200', 'no id']], [[]]])(
    'takes %j for something else than Titanic',
    async (answer) => {
      script.answers(answer);
      await expect(script.client.submit('pump', ['x'])).rejects.toMatchObject({ code: 'INVALID_REPLY' });
    },
  );

  it.each([
    [{ notBefore: NaN }, 'notBefore is NaN'],
    [{ expiresAt: new Date('soon') }, 'expiresAt is NaN'],
    [{ expiresAt: -1 }, 'expiresAt is -1'],
    [{ notBefore: 2, expiresAt: 2 }, 'expiresAt must be after notBefore'],
    [{ idempotencyKey: '' }, 'idempotencyKey has 0 characters'],
    [{ idempotencyKey: 'k'.repeat(256) }, 'idempotencyKey has 256 characters'],
    [{ retries: 0.5 }, 'retries is 0.5'],
  ])('is not sent with %j', async (options, mistake) => {
    await expect(script.client.submit('pump', ['x'], options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(mistake) as unknown,
    });
    expect(script.asked).toEqual([]);
  });
});

describe('the status', () => {
  it.each<[string[], TitanicStatus]>([
    [['300'], { state: 'pending' }],
    [['300 soon'], { state: 'pending' }],
    [['200', 'a', 'b'], { state: 'done', reply: [textFrame('a'), textFrame('b')] }],
    [['200 OK', '500'], { state: 'done', reply: [textFrame('500')] }],
    [['400'], { state: 'unknown' }],
    [['400 bad uuid'], { state: 'unknown' }],
    [['400 expired'], { state: 'expired' }],
    [['400 dead'], { state: 'dead' }],
  ])('of %j', async (answer, status) => {
    script.answers(answer);
    expect(await script.client.status(ID)).toEqual(status);
    expect(script.asked).toMatchObject([{ service: 'titanic.reply', body: [ID] }]);
  });

  it('is not known where the reply cannot be read, or is none', async () => {
    script.answers(['500']);
    await expect(script.client.status(ID)).rejects.toMatchObject({ code: 'REPLY_UNREADABLE', id: ID });
    script.answers(['404']);
    await expect(script.client.status(ID)).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });
});

describe('waiting for a reply', () => {
  it('asks at once, then soon, then at most as rarely as it is told', async () => {
    script.answers(['300']);
    const reply = script.client.reply(ID, { ttlMs: 1_000, pollMs: 100 });
    const failed = expect(reply).rejects.toMatchObject({ code: 'REPLY_TIMEOUT', id: ID, ttlMs: 1_000 });
    await script.clock.advanceByAsync(1_000);
    await failed;
    expect(script.times.slice(0, 7)).toEqual([0, 20, 50, 95, 162.5, 262.5, 362.5]);
    expect(script.times.at(-1)).toBe(962.5);
    expect(script.clock.nextAt).toBe(Infinity);
  });

  it('has the poll and the ttl of the manual', async () => {
    script.answers(['300']);
    const failed = expect(script.client.reply(ID)).rejects.toMatchObject({ ttlMs: 900_000 });
    await script.clock.advanceByAsync(900_000);
    await failed;
    expect(script.times.at(-1)! - script.times.at(-2)!).toBe(1_500);
  });

  it('gives the reply, whatever it says', async () => {
    script.answers(['300'], ['200', 'failed', '500']);
    const reply = script.client.reply(ID);
    await script.clock.advanceByAsync(20);
    expect(texts(await reply)).toEqual(['failed', '500']);
  });

  it('goes on when a question is not answered', async () => {
    script.answers(new MdpTimeoutError('titanic.reply', 1, 1), new MdpConnectionLostError('titanic.reply'), [
      '200',
      'a',
    ]);
    const reply = script.client.reply(ID);
    await script.clock.advanceByAsync(50);
    expect(texts(await reply)).toEqual(['a']);
  });

  it('never lets a question take longer than is left, nor sends it twice', async () => {
    script.answers(['300']);
    const failed = expect(script.client.reply(ID, { ttlMs: 30 })).rejects.toMatchObject({
      code: 'REPLY_TIMEOUT',
    });
    await script.clock.advanceByAsync(30);
    await failed;
    expect(script.asked.map(({ options }) => options)).toEqual([
      { timeoutMs: 30, retries: 0 },
      { timeoutMs: 10, retries: 0 },
    ]);
  });

  it.each([
    ['400', 'UNKNOWN_REQUEST'],
    ['400 expired', 'EXPIRED'],
    ['400 dead', 'DEAD'],
    ['500', 'REPLY_UNREADABLE'],
    ['404', 'INVALID_REPLY'],
  ])('ends with %s as %s', async (answer, code) => {
    script.answers([answer]);
    await expect(script.client.reply(ID)).rejects.toMatchObject({ code });
  });

  it('ends when the requester is closed', async () => {
    script.answers(new MdpClosedError('titanic.reply'));
    await expect(script.client.reply(ID)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('ends when its signal fires between two questions, and leaves no timer', async () => {
    script.answers(['300']);
    const ending = new AbortController();
    const reply = script.client.reply(ID, { signal: ending.signal });
    const failed = expect(reply).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await script.clock.advanceByAsync(30);
    ending.abort('enough');
    await failed;
    expect(script.asked[0]!.options.signal).toBe(ending.signal);
    expect(script.clock.nextAt).toBe(Infinity);
  });

  it('ends when its signal fires while a question is answered', async () => {
    const ending = new AbortController();
    script.answer = () => {
      ending.abort('enough');
      return ['300'];
    };
    await expect(script.client.reply(ID, { signal: ending.signal })).rejects.toMatchObject({
      cause: 'enough',
    });
    expect(script.clock.nextAt).toBe(Infinity);
  });

  it('may last for ever', async () => {
    script.answers(['300']);
    const reply = script.client.reply(ID, { ttlMs: Infinity, pollMs: 60_000 });
    await script.clock.advanceByAsync(86_400_000);
    script.answers(['200', 'at last']);
    await script.clock.advanceByAsync(60_000);
    expect(texts(await reply)).toEqual(['at last']);
  });

  it('refuses a span without meaning', async () => {
    await expect(script.client.reply(ID, { ttlMs: 0, pollMs: NaN })).rejects.toMatchObject({
      mistakes: [expect.stringContaining('ttlMs'), expect.stringContaining('pollMs')],
    });
    expect(() => new TitanicClient(script, { pollMs: 0, ttlMs: 0, timeoutMs: 0 })).toThrow('timeoutMs');
  });
});

describe('reply$', () => {
  const seen = (pollMs = 1_500): { readonly states: string[]; end: () => void } => {
    const states: string[] = [];
    const following = script.client.reply$(ID, { pollMs }).subscribe({
      next: ({ state }) => states.push(state),
      complete: () => states.push('complete'),
      error: (error: { code: string }) => states.push(error.code),
    });
    return { states, end: () => following.unsubscribe() };
  };

  it('tells each state once, and completes after the last', async () => {
    script.answers(['300'], ['300'], ['200', 'a']);
    const { states } = seen();
    await script.clock.advanceByAsync(50);
    expect(states).toEqual(['pending', 'done', 'complete']);
    expect(script.clock.nextAt).toBe(Infinity);
  });

  it.each([
    ['400', 'unknown'],
    ['400 expired', 'expired'],
    ['400 dead', 'dead'],
  ])('completes after %s', async (answer, state) => {
    script.answers([answer]);
    const { states } = seen();
    await script.clock.advanceByAsync(0);
    expect(states).toEqual([state, 'complete']);
  });

  it('goes on for as long as Titanic cannot be reached', async () => {
    script.answers(new MdpConnectionLostError('titanic.reply'));
    const { states } = seen();
    await script.clock.advanceByAsync(3_600_000);
    expect(states).toEqual([]);
    script.answers(['200']);
    await script.clock.advanceByAsync(1_500);
    expect(states).toEqual(['done', 'complete']);
  });

  it('errors for what Titanic says, and when the requester is closed', async () => {
    script.answers(['500']);
    const first = seen();
    await script.clock.advanceByAsync(0);
    script.answers(new MdpClosedError('titanic.reply'));
    const second = seen();
    await script.clock.advanceByAsync(0);
    expect([first.states, second.states]).toEqual([['REPLY_UNREADABLE'], ['CLOSED']]);
  });

  it('asks nothing before it is subscribed to, and nothing after it is left', async () => {
    script.answers(['300']);
    script.client.reply$(ID);
    expect(script.asked).toEqual([]);
    const { states, end } = seen();
    await script.clock.advanceByAsync(20);
    end();
    await script.clock.advanceByAsync(10_000);
    expect(script.times).toEqual([0, 20]);
    expect(states).toEqual(['pending']);
  });
});

describe('close', () => {
  it('is sent again when it is not answered, since that is safe', async () => {
    await script.client.close(ID);
    expect(script.asked).toMatchObject([{ service: 'titanic.close', body: [ID], options: { retries: 2 } }]);
  });

  it('fails where that could not be stored', async () => {
    script.answers(['500']);
    await expect(script.client.close(ID)).rejects.toMatchObject({ code: 'NOT_STORED', id: ID });
    script.answers(['400']);
    await expect(script.client.close(ID)).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });
});

describe('run', () => {
  /** Titanic's answers to each service. */
  const answering = (reply: readonly string[] | Error, close: readonly string[] | Error = ['200']): void => {
    script.answer = ({ service }) =>
      service === 'titanic.reply' ? reply : service === 'titanic.close' ? close : ['200', ID];
  };
  const services = (): string[] => script.asked.map(({ service }) => service);

  it('submits, waits and closes', async () => {
    answering(['200', 'a']);
    expect(texts(await script.client.run('pump', ['x'], { timeoutMs: 9 }))).toEqual(['a']);
    expect(services()).toEqual(['titanic.request', 'titanic.reply', 'titanic.close']);
    expect(script.asked[2]!.options.timeoutMs).toBe(9);
  });

  it('gives the reply though the request could not be closed', async () => {
    answering(['200', 'a'], ['500']);
    expect(texts(await script.client.run('pump', ['x']))).toEqual(['a']);
  });

  it.each([
    ['400 expired', 'EXPIRED', ['titanic.submit', 'titanic.reply', 'titanic.close']],
    ['400 dead', 'DEAD', ['titanic.submit', 'titanic.reply']],
  ])('closes a request that expired, and leaves a dead letter to people: %s', async (answer, code, asked) => {
    answering([answer]);
    await expect(script.client.run('pump', ['x'], { idempotencyKey: 'k' })).rejects.toMatchObject({ code });
    expect(services()).toEqual(asked);
  });

  it('leaves the request when its own time is over', async () => {
    answering(['300']);
    const run = script.client.run('pump', ['x'], { ttlMs: 10 });
    const failed = expect(run).rejects.toMatchObject({ code: 'REPLY_TIMEOUT', id: ID });
    await script.clock.advanceByAsync(10);
    await failed;
    expect(services()).not.toContain('titanic.close');
  });

  it('submits nothing with a span that has no meaning', async () => {
    await expect(script.client.run('pump', ['x'], { ttlMs: -1 })).rejects.toThrow('ttlMs');
    expect(script.asked).toEqual([]);
  });
});
