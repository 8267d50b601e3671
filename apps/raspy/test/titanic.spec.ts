import { startBroker } from '@raspy/mdp-protocol';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { systemClock } from '@raspy/clock';
import { textFrame } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';
import { TitanicHome } from './titanic-home.js';

let home: TitanicHome;
const raspy = (...argv: string[]) => home.raspy(...argv);

/** Submits a request that waits, since nobody serves it. */
async function waiting(...more: string[]): Promise<string> {
  const { code, out, err } = await raspy('titanic', 'submit', 'sleeper', 'hello', ...more);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out[0]!;
}

/** A dead letter. */
async function dead(): Promise<string> {
  const died = home.event('dead');
  const { out } = await raspy(
    ...['titanic', 'submit', 'sleeper', 'hello', '--expires-in=1s', '--on-expire=dead'],
  );
  await died;
  return out[0]!;
}

beforeEach(async () => {
  home = await TitanicHome.start();
});
afterEach(() => home.close());

describe('raspy titanic submit', () => {
  it('prints the id of a request that waits for its service', async () => {
    const id = await waiting();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const { out } = await raspy('titanic', 'submit', 'sleeper', '0xff', '--json');
    expect(JSON.parse(out[0]!)).toMatchObject({ service: 'sleeper' });
    expect(home.titanic.statistics()).toMatchObject({ accepted: 2, waiting: 2 });
  });

  it('tells Titanic of times, a key, and what becomes of it', async () => {
    const id = await waiting(
      '--not-before=+1h',
      '--expires-at=2999-01-01T00:00Z',
      '--key=k',
      '--on-expire=dead',
    );
    expect(await waiting('--not-before=+1h', '--key=k')).toBe(id);
    expect(home.titanic.find(id)!.record).toMatchObject({
      key: 'k',
      onExpire: 'dead',
      expiresAt: Date.parse('2999-01-01T00:00Z'),
    });
    expect(home.titanic.find(id)!.state).toBe('held');
  });

  it('waits for the reply, prints it, and closes the request', async () => {
    home.serve('echo', (body) => Promise.resolve([...body, textFrame('200')]));
    const done = await raspy('titanic', 'submit', 'echo', 'hello', '--wait');
    expect(done).toMatchObject({ code: 0, out: ['-'.repeat(40), '[005] hello', '[003] 200'] });
    expect(done.err).toMatch(/^raspy: the request is [0-9a-f]{32}; waiting for its reply\n$/);
    expect(home.titanic.statistics()).toMatchObject({ kept: 0, closed: 1 });
  });

  it('ends with 1 for a reply with another status than 200', async () => {
    home.serve('broken', () => Promise.resolve([textFrame('404')]));
    const { code, out } = await raspy('titanic', 'submit', 'broken', 'x', '--wait', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out[0]!)).toMatchObject({ status: '404', frames: ['404'] });
  });

  it('leaves the request with Titanic when its waiting is ended', async () => {
    const { host, ended } = home.running(['titanic', 'submit', 'sleeper', 'hello', '--wait']);
    await host.stderr.until(/waiting for its reply\n/);
    host.signal('SIGINT');
    expect((await ended).err).toMatch(
      /ended by SIGINT; the request is still with Titanic: raspy titanic show/,
    );
    expect((await ended).code).toBe(1);
    expect(home.titanic.statistics()).toMatchObject({ waiting: 1 });
  });

  it('tells that the request will not be done', async () => {
    const { code, err } = await raspy('titanic', 'submit', 'sleeper', 'hello', '--expires-in=1s', '--wait');
    expect(code).toBe(1);
    expect(err).toMatch(/raspy: the request [0-9a-f]{32} was not done in time, and will not be\n$/);
  });

  it.each([
    [['--expires-in=5m', '--expires-at=+5m'], 'give --expires-in or --expires-at, not both'],
    [['--expires-in=soon'], '--expires-in="soon" is no span: give one such as 90s'],
    [['--expires-in=0s'], 'would expire before it may be done: give a time after now'],
    [['--expires-at=2020-01-01T00:00Z'], 'give a time after now'],
    [['--not-before=+2h', '--expires-in=1h'], 'give a time after --not-before'],
    [['--not-before=tomorrow'], '--not-before="tomorrow" is no time'],
    [['--not-before=2026-02-30T10:00Z'], 'is no time'],
    [['--not-before=2026-02-20T25:00Z'], 'is no time'],
    [['--on-expire=keep'], 'give one of drop, dead'],
  ])('refuses %j', async (flags, told) => {
    const { code, err } = await raspy('titanic', 'submit', 'sleeper', 'x', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(told);
    expect(home.titanic.statistics().accepted).toBe(0);
  });

  it('tells why Titanic refuses a request', async () => {
    const { code, err } = await raspy('titanic', 'submit', 'mmi.service', 'x');
    expect(code).toBe(1);
    expect(err).toContain('Titanic does not take the request for "mmi.service"');
  });
});

describe('raspy titanic ls', () => {
  it('lists requests, the oldest first, and counts them', async () => {
    const first = await waiting();
    const second = await waiting('--not-before=+1h');
    const { code, out } = await raspy('titanic', 'ls');
    expect(code).toBe(0);
    expect(out[0]).toMatch(/^ID {32}SERVICE +STATE +AGE +ATTEMPTS +REASON$/);
    expect(out[1]).toMatch(new RegExp(`^${first} +sleeper +waiting +0 s +0$`));
    expect(out[2]).toMatch(new RegExp(`^${second} +sleeper +held +0 s +0$`));
    expect(out.slice(3)).toEqual(['', '2 requests: 1 waiting, 1 held']);
    const json = await raspy('titanic', 'ls', '--json');
    expect(json.out.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([first, second]);
  });

  it('lists those of a state, of a service, and so many', async () => {
    const held = await waiting('--not-before=+1h');
    await waiting();
    expect((await raspy('titanic', 'ls', '--state=held')).out[1]).toContain(held);
    expect((await raspy('titanic', 'ls', '--state=held')).out).toHaveLength(4);
    expect((await raspy('titanic', 'ls', '--service=other')).out[0]).toBe('none is for other');
    expect((await raspy('titanic', 'ls', '--limit=1')).out).toContain(
      'the oldest 1 are shown: --limit=COUNT shows more',
    );
  });

  it('tells that there are none, and what can be done about dead letters', async () => {
    expect((await raspy('titanic', 'ls')).out).toEqual(['no requests']);
    await dead();
    const all = await raspy('titanic', 'ls');
    expect(all.out[1]).toMatch(/ dead +1 s +0 +its time to be done has passed$/);
    expect(all.out.slice(3)).toEqual([
      '1 request: 1 dead',
      'raspy titanic ls --state=dead shows what was given up, raspy titanic show ID why',
    ]);
    expect((await raspy('titanic', 'ls', '--state=dead')).out.at(-1)).toMatch(
      /^raspy titanic retry ID… tries them/,
    );
  });

  it('says what to do where there is no Titanic, or no broker', async () => {
    const transport = new MemoryNetwork({ clock: systemClock });
    const broker = await startBroker({ transport });
    const host = new TestHost({ argv: ['titanic', 'ls'] });
    expect(await runTool(raspyTool({ transport }), host)).toBe(1);
    expect(host.stderr.text).toContain(
      'nobody serves titanic.admin at tcp://127.0.0.1:5514: its broker was started with --titanic=false',
    );
    await broker.close();
    const nobody = await raspy('titanic', 'ls', '--broker-port=1', '--timeout-ms=50');
    expect(nobody.code).toBe(1);
    expect(nobody.err).toContain('no broker at tcp://127.0.0.1:1: start a home');
  });
});

describe('raspy titanic show', () => {
  it('prints everything about a request that waits', async () => {
    const id = await waiting('--not-before=+8h', '--expires-in=2d', '--key=k\u001b');
    const { code, out } = await raspy('titanic', 'show', id);
    expect(code).toBe(0);
    expect(out[0]).toBe(`id          ${id}`);
    const text = out.join('\n');
    expect(text).toMatch(/\nstate {7}held since \d{4}-\d\d-\d\dT.*Z \(0 s ago\)\n/);
    expect(text).toMatch(/\nnot before {2}.*Z \(in 7 h\)\nexpires {5}.*Z \(in 47 h\)\nkey {9}k\\u001b\n/);
    expect(out.slice(-3)).toEqual(['body        1 frame, 5 bytes', '-'.repeat(40), '[005] hello']);
  });

  it('prints the reply of one that is done, whose id may be shortened', async () => {
    home.serve('echo', (body) => Promise.resolve([...body, textFrame('200')]));
    const { out } = await raspy('titanic', 'submit', 'echo', 'a', 'b');
    const id = out[0]!;
    let shown = await raspy('titanic', 'show', id.slice(0, 8).toUpperCase());
    while (!shown.out[2]!.includes('done')) shown = await raspy('titanic', 'show', id.slice(0, 8));
    expect(shown.out.slice(-5)).toEqual([
      expect.stringMatching(/^reply {7}3 frames, 5 bytes$/),
      ...['-'.repeat(40), '[001] a', '[001] b', '[003] 200'],
    ]);
    const json = JSON.parse((await raspy('titanic', 'show', id, '--json')).out[0]!) as unknown;
    expect(json).toMatchObject({ id, state: 'done', attempts: 1, reply: ['a', 'b', '200'] });
  });

  it.each([
    ['lamp', 2, '"lamp" is no id'],
    ['abcde', 2, '"abcde" is no id'],
    ['abcdef', 1, 'there is no request abcdef: it was closed or forgotten'],
    ['0'.repeat(32), 1, `there is no request ${'0'.repeat(32)}`],
  ])('refuses %s', async (id, ending, told) => {
    const { code, err } = await raspy('titanic', 'show', id);
    expect(code).toBe(ending);
    expect(err).toContain(told);
  });
});

describe('raspy titanic retry and drop', () => {
  it('tells why a dead letter cannot be retried', async () => {
    const id = await dead();
    const { code, err } = await raspy('titanic', 'retry', id);
    expect(code).toBe(1);
    expect(err).toContain(`raspy: ${id}: "titanic.admin" answered 409: its time to be done has passed`);
  });

  it('tells each result, and ends with 1 when one failed', async () => {
    const [first, second] = [await waiting(), await waiting()];
    const retried = await raspy('titanic', 'retry', first);
    expect(retried.code).toBe(1);
    expect(retried.err).toContain('the request is waiting, and only dead ones are retried');
    const nobody = '1'.repeat(32);
    const dropped = await raspy('titanic', 'drop', first, nobody, second.slice(0, 12));
    expect(dropped).toMatchObject({ code: 1, out: [`${first} dropped`, `${second} dropped`] });
    expect(dropped.err).toContain(`raspy: ${nobody}: there is no request`);
    const json = await raspy('titanic', 'drop', first, '--json');
    expect(JSON.parse(json.out[0]!)).toMatchObject({ id: first, result: 'failed' });
    expect(home.titanic.statistics()).toMatchObject({ kept: 0 });
  });

  it('takes ids, or all dead letters', async () => {
    expect(await raspy('titanic', 'retry', '--all-dead')).toMatchObject({ code: 0, out: [] });
    expect((await raspy('titanic', 'retry')).code).toBe(2);
    expect((await raspy('titanic', 'retry', '--all-dead', 'abcdef')).code).toBe(2);
    expect((await raspy('titanic', 'drop')).code).toBe(2);
  });
});

it('retries all dead letters', async () => {
  await home.close();
  home = await TitanicHome.start({ maxAttempts: 1, attemptTimeoutMs: 20 });
  let answer: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  home.serve('slow', (body) => asked.then(() => body));
  const died = home.event('dead');
  const { out } = await raspy('titanic', 'submit', 'slow', 'hello');
  await died;
  const listed = await raspy('titanic', 'ls');
  expect(listed.out[1]).toMatch(/ dead +0 s +1 +\S/);
  expect(await raspy('titanic', 'retry', '--all-dead', '--json')).toMatchObject({
    code: 0,
    out: [JSON.stringify({ id: out[0], result: 'retried' })],
  });
  answer!();
});
