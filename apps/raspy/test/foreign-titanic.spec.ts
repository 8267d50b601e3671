import { systemClock } from '@raspy/clock';
import { MdpWorker, startBroker, type RunningBroker } from '@raspy/mdp-protocol';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { frameText, textFrame } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

/** Requests of a `titanic.admin` that is played. */
const request = (id: string, state: string) => ({
  id,
  service: 's',
  state,
  acceptedAt: 0,
  at: 1e300,
  attempts: 1,
  bodyBytes: 3,
});
const DONE = `${'a'.repeat(31)}1`;
const EXPIRED = `${'a'.repeat(31)}2`;

let network: MemoryNetwork;
let broker: RunningBroker;
let worker: MdpWorker;
/** What it answers, by action: texts of frames, the status last. */
let answers: Record<string, readonly string[]>;

beforeEach(async () => {
  network = new MemoryNetwork({ clock: systemClock });
  broker = await startBroker({ transport: network });
  worker = new MdpWorker({
    service: 'titanic.admin',
    transport: network,
    handle: ([action]) => Promise.resolve((answers[frameText(action!)] ?? ['501']).map(textFrame)),
  });
  answers = { list: [JSON.stringify([request(DONE, 'done'), request(EXPIRED, 'expired')]), '200'] };
});
afterEach(async () => {
  await worker.close();
  await broker.close();
});

async function raspy(...argv: string[]): Promise<{ code: number; out: string[]; err: string }> {
  // The worker may not have registered yet.
  for (;;) {
    const host = new TestHost({ argv });
    const code = await runTool(raspyTool({ transport: network }), host);
    if (!host.stderr.text.includes('nobody serves'))
      return { code, out: host.stdout.lines, err: host.stderr.text };
  }
}

it('does not guess which request is meant', async () => {
  const { code, err } = await raspy('titanic', 'show', 'aaaaaa');
  expect(code).toBe(2);
  expect(err).toContain('2 requests begin with aaaaaa: give more of it');
});

it('does not take an id for whole when not all requests can be listed', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) =>
    request(index.toString(16).padStart(32, '0'), 'done'),
  );
  answers['list'] = [JSON.stringify(many), '200'];
  const { code, err } = await raspy('titanic', 'drop', 'bbbbbb');
  expect(code).toBe(2);
  expect(err).toContain('too many requests to know which bbbbbb is');
});

it('shows a request whose reply was closed meanwhile', async () => {
  answers['show'] = [JSON.stringify(request(DONE, 'done')), 'abc', '200'];
  answers['reply'] = ['404'];
  const { code, out } = await raspy('titanic', 'show', DONE);
  expect(code).toBe(0);
  expect(out[2]).toBe('state       done since 1e+300 ms');
  expect(out.slice(-3)).toEqual(['body        1 frame, 3 bytes', '-'.repeat(40), '[003] abc']);
});

it('says that a body is no longer kept', async () => {
  answers['show'] = [JSON.stringify(request(EXPIRED, 'expired')), '200'];
  expect((await raspy('titanic', 'show', EXPIRED)).out.at(-1)).toBe('body        3 bytes, no longer kept');
});

it.each([
  ['show', ['{}', '200'], 'the reply of titanic.admin tells of no request'],
  ['show', ['no json', '200'], 'does not fit its definition'],
  ['reply', ['its disk fails', '500'], '"titanic.admin" answered 500: its disk fails'],
])('ends with 1 when %s answers %j', async (action, answer, told) => {
  answers['show'] = [JSON.stringify(request(DONE, 'done')), '200'];
  answers[action] = answer;
  const { code, err } = await raspy('titanic', 'show', DONE);
  expect(code).toBe(1);
  expect(err).toContain(told);
  expect(err).not.toContain('    at ');
});

it('stops at the first request about which it cannot ask', async () => {
  answers['drop'] = ['what', 'is', 'this'];
  const { code, err } = await raspy('titanic', 'drop', DONE, EXPIRED);
  expect(code).toBe(1);
  expect(err).toContain('has no status as last frame');
});
