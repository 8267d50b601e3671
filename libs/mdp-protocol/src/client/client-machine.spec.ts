import { EMPTY_FRAME } from '@raspy/wire';
import { MdpClientError, MdpServerError, MdpTimeoutError, type MdpError } from '../errors.js';
import { ClientRig } from '../../test/support/client-rig.js';
import { texts } from '../../test/support/rig.js';
import type { ClientEvent } from './client-types.js';

function errorOf(events: ClientEvent[]): MdpError {
  const event = events.find((each) => each.type === 'failed');
  if (event?.type !== 'failed') throw new Error('no call has failed');
  return event.error;
}

describe('finding out what the broker offers', () => {
  it('opens one connection, and asks mmi.features in plain 0.1 form when it stands', () => {
    const rig = new ClientRig();
    expect(rig.log).toEqual(['open broker']);
    expect(rig.sent).toEqual([]);
    rig.up('broker');
    expect(rig.takeSent().map(({ port, frames }) => [port, ...texts(frames)])).toEqual([
      ['broker', '', 'MDPC01', 'mmi.features', ''],
    ]);
    expect(rig.takeEvents()).toEqual([{ type: 'status', status: 'connected' }]);
  });

  it('keeps requests until it knows, then sends each once, in order, behind a four-byte correlation frame', () => {
    const rig = new ClientRig();
    rig.request('first');
    rig.up('broker');
    rig.request('second');
    expect(rig.requests().map(({ service }) => service)).toEqual(['mmi.features']);
    rig.answerFeatures('stream', 'envelope');
    const sent = rig.requests();
    expect(sent.map(({ service, port }) => [service, port])).toEqual([
      ['first', 'broker'],
      ['second', 'broker'],
    ]);
    expect(sent.map(({ envelope }) => envelope.map((frame) => frame.length))).toEqual([[4], [4]]);
    expect(rig.client.statistics().mode).toBe('pipelining');
  });

  it.each([
    ['501', ['501']],
    ['200 without the name', ['other', '200']],
    ['the name without 200', ['envelope', '500']],
    ['the name as status', ['envelope']],
  ])('uses lanes when the answer is %s', (_, answer) => {
    const rig = new ClientRig();
    rig.up('broker');
    const [probe] = rig.requests();
    rig.reply(probe!, answer);
    rig.request();
    expect(rig.log).toEqual(['open broker', 'open lane-0']);
    expect(rig.client.statistics().mode).toBe('lanes');
  });

  it('uses lanes when the broker is silent for featureTimeoutMs, and never sends a request twice to find out', () => {
    const rig = new ClientRig({ featureTimeoutMs: 300 });
    rig.up('broker');
    rig.request();
    rig.advance(299);
    expect(rig.log).toEqual(['open broker']);
    rig.advance(1);
    expect(rig.log).toEqual(['open broker', 'open lane-0']);
    rig.takeSent();
    rig.up('lane-0');
    expect(rig.requests()).toHaveLength(1);
  });

  it('lets an answer that comes late switch pipelining on for later requests', () => {
    const rig = new ClientRig();
    rig.up('broker');
    rig.advance(1_000);
    rig.takeSent();
    const early = rig.request();
    rig.up('lane-0');
    const [first] = rig.requests();
    rig.answerFeatures('envelope');
    const later = rig.request();
    const [second] = rig.requests();
    expect(second).toMatchObject({ port: 'broker' });
    expect(second!.envelope).toHaveLength(1);
    rig.reply(first!, ['slow']);
    rig.reply(second!, ['fast']);
    expect(rig.results()).toEqual([`${early} final: slow`, `${later} final: fast`]);
    expect([...rig.open.keys()]).toEqual(['broker']);
  });

  it('an answer that comes again does not switch pipelining off', () => {
    const rig = ClientRig.pipelining();
    rig.reply({ port: 'broker', version: 1, envelope: [], service: 'mmi.features', body: [] }, ['501']);
    rig.request();
    expect(rig.requests()).toMatchObject([{ port: 'broker', service: 'echo' }]);
  });

  it('asks again on every new connection: another broker may have come', () => {
    const rig = ClientRig.pipelining();
    rig.advance(10_000);
    rig.down('broker');
    rig.up('broker');
    expect(rig.requests().map(({ service, envelope }) => [service, envelope.length])).toEqual([
      ['mmi.features', 0],
    ]);
    rig.request();
    expect(rig.requests()).toEqual([]);
  });
});

describe('many requests over one connection', () => {
  it('matches each reply to its request, whatever the order', () => {
    const rig = ClientRig.pipelining();
    const ids = Array.from({ length: 100 }, () => rig.request());
    const sent = rig.requests();
    for (const [index, request] of [...sent.entries()].reverse())
      rig.reply(request, [`reply ${ids[index]!}`]);
    expect(rig.results()).toEqual(ids.reverse().map((id) => `${id} final: reply ${id}`));
  });

  it('keeps correlation numbers apart when they wrap', () => {
    const rig = ClientRig.pipelining({ firstCorrelation: 2 ** 32 - 2 });
    rig.request();
    rig.request();
    const numbers = rig.requests().map(({ envelope }) => Buffer.from(envelope[0]!).toString('hex'));
    expect(numbers).toEqual(['ffffffff', '00000000']);
  });

  it('has no more than maxInFlight under way; the next leaves when one is answered', () => {
    const rig = ClientRig.pipelining({ maxInFlight: 2 });
    rig.request('a');
    rig.request('b');
    rig.request('c');
    const sent = rig.requests();
    expect(sent.map(({ service }) => service)).toEqual(['a', 'b']);
    expect(rig.client.statistics()).toMatchObject({ inFlight: 2, queued: 1 });
    rig.reply(sent[0]!, ['x']);
    expect(rig.requests().map(({ service }) => service)).toEqual(['c']);
  });

  it('refuses a request at once when maxQueued wait', () => {
    const rig = new ClientRig({ maxQueued: 2 });
    rig.request();
    rig.request();
    expect(rig.results()).toEqual([]);
    const third = rig.request();
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${third} TOO_MANY_REQUESTS`]);
    expect(error).toBeInstanceOf(MdpClientError);
    expect(error).toMatchObject({ limit: 2, service: 'echo' });
    expect(rig.client.statistics().queued).toBe(2);
  });

  it('with maxQueued 0 still sends what can leave at once', () => {
    const rig = ClientRig.pipelining({ maxQueued: 0, maxInFlight: 1 });
    rig.request();
    const second = rig.request();
    expect(rig.requests()).toHaveLength(1);
    expect(rig.results()).toEqual([`${second} TOO_MANY_REQUESTS`]);
  });
});

describe('what is not the reply', () => {
  it('is discarded and counted, and the request waits on', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('echo');
    const [sent] = rig.requests();
    rig.reply({ ...sent!, service: 'other' }, ['x']);
    rig.reply({ ...sent!, version: 2 }, ['x']);
    rig.reply({ ...sent!, envelope: [Buffer.from('abcd')] }, ['x']);
    rig.reply({ ...sent!, envelope: [Buffer.from('abc')] }, ['x']);
    rig.reply({ ...sent!, envelope: [...sent!.envelope, Buffer.from('z')] }, ['x']);
    rig.reply({ ...sent!, envelope: [] }, ['x']);
    rig.receive('broker', [EMPTY_FRAME, Buffer.from('MDPC01')]);
    expect(rig.results()).toEqual([]);
    expect(rig.client.statistics()).toMatchObject({ mismatched: 3, late: 3, malformed: 1, replies: 0 });
    rig.reply(sent!, ['right']);
    expect(rig.results()).toEqual([`${id} final: right`]);
  });

  it('a second reply to one request reaches nobody', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request();
    const [sent] = rig.requests();
    rig.reply(sent!, ['one']);
    rig.reply(sent!, ['two']);
    expect(rig.results()).toEqual([`${id} final: one`]);
    expect(rig.client.statistics().late).toBe(1);
  });
});

describe('timeouts and retries', () => {
  it('fails after timeoutMs, and drops the reply that comes late', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('echo', { timeoutMs: 100 });
    const [sent] = rig.requests();
    rig.advance(99);
    expect(rig.results()).toEqual([]);
    rig.advance(1);
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
    expect(error).toMatchObject({ timeoutMs: 100, attempts: 1 });
    rig.reply(sent!, ['late']);
    expect(rig.results()).toEqual([]);
    expect(rig.client.statistics()).toMatchObject({ timeouts: 1, late: 1, inFlight: 0 });
  });

  it('K24: a request that waited in vain for a connection is withdrawn, and says that it was not sent', () => {
    const rig = new ClientRig();
    rig.request('echo', { timeoutMs: 100 });
    rig.advance(100);
    const error = errorOf(rig.takeEvents());
    expect(error).toBeInstanceOf(MdpTimeoutError);
    expect(error).toMatchObject({ attempts: 0 });
    expect(error.message).toContain('was not sent');
    rig.up('broker');
    rig.answerFeatures('envelope');
    expect(rig.requests().map(({ service }) => service)).toEqual(['mmi.features']);
  });

  it('never sends twice by default', () => {
    const rig = ClientRig.pipelining();
    rig.request('echo', { timeoutMs: 100 });
    rig.advance(100_000);
    expect(rig.requests()).toHaveLength(1);
  });

  it('with retries sends again after each timeout, under a new correlation number, each with the whole timeoutMs', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('echo', { timeoutMs: 100, retries: 2 });
    rig.advance(100);
    rig.advance(100);
    expect(rig.results()).toEqual([]);
    const sent = rig.requests();
    expect(new Set(sent.map(({ envelope }) => Buffer.from(envelope[0]!).toString('hex'))).size).toBe(3);
    rig.advance(99);
    rig.reply(sent[0]!, ['of the first']);
    expect(rig.results()).toEqual([]);
    rig.advance(1);
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
    expect(error).toMatchObject({ attempts: 3 });
  });

  it('takes the reply to the latest attempt', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('echo', { timeoutMs: 100, retries: 1 });
    rig.advance(150);
    const [, second] = rig.requests();
    rig.reply(second!, ['x']);
    expect(rig.results()).toEqual([`${id} final: x`]);
    expect(rig.client.statistics()).toMatchObject({ sent: 2, retries: 1, replies: 1 });
  });

  it('tries for 1 + retries times timeoutMs while there is no connection', () => {
    const rig = new ClientRig();
    const id = rig.request('echo', { timeoutMs: 100, retries: 4 });
    rig.advance(499);
    expect(rig.results()).toEqual([]);
    rig.advance(1);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
  });

  it('a request that waits through a timeout keeps its place', () => {
    const rig = new ClientRig();
    rig.request('first', { timeoutMs: 100, retries: 1 });
    rig.request('second', { timeoutMs: 1_000 });
    rig.advance(150);
    rig.up('broker');
    rig.answerFeatures('envelope');
    expect(rig.requests().map(({ service }) => service)).toEqual(['mmi.features', 'first', 'second']);
  });

  it('waits for ever when timeoutMs is Infinity', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('echo', { timeoutMs: Infinity });
    rig.advance(1e9);
    const [sent] = rig.requests();
    rig.reply(sent!, ['at last']);
    expect(rig.results()).toEqual([`${id} final: at last`]);
  });

  it('holds different deadlines in one heap: each fails at its own time', () => {
    const rig = ClientRig.pipelining();
    const spans = [500, 100, 300, 200, 400, 100];
    const ids = spans.map((timeoutMs) => rig.request('echo', { timeoutMs }));
    const failedAt = new Map<number, number>();
    for (let at = 10; at <= 500; at += 10) {
      rig.advance(10);
      for (const event of rig.takeEvents()) if (event.type === 'failed') failedAt.set(event.id, at);
    }
    expect(ids.map((id) => failedAt.get(id))).toEqual(spans);
  });
});

describe('abort and close', () => {
  it('withdraws a request that waits', () => {
    const rig = new ClientRig();
    const id = rig.request();
    rig.abort(id, 'changed my mind');
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${id} ABORTED`]);
    expect(error.cause).toBe('changed my mind');
    rig.up('broker');
    rig.answerFeatures('envelope');
    expect(rig.requests()).toHaveLength(1);
  });

  it('forgets one that was sent: its reply is late', () => {
    const rig = ClientRig.pipelining({ maxInFlight: 1 });
    const id = rig.request('a');
    rig.request('b');
    const [sent] = rig.requests();
    rig.abort(id);
    expect(rig.requests().map(({ service }) => service)).toEqual(['b']);
    rig.reply(sent!, ['x']);
    expect(rig.results()).toEqual([`${id} ABORTED`]);
    expect(rig.client.statistics()).toMatchObject({ late: 1, aborted: 1 });
  });

  it('does nothing for a call that is settled', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request();
    const [sent] = rig.requests();
    rig.reply(sent!, ['x']);
    rig.takeEvents();
    rig.abort(id);
    expect(rig.takeEvents()).toEqual([]);
    expect(rig.client.statistics().aborted).toBe(0);
  });

  it('close fails what is pending, and whatever comes after', () => {
    const rig = ClientRig.pipelining({ maxInFlight: 1 });
    const sent = rig.request();
    const waiting = rig.request();
    rig.step(() => rig.client.close());
    expect(rig.results()).toEqual([`${sent} CLOSED`, `${waiting} CLOSED`]);
    const after = rig.request();
    expect(rig.results()).toEqual([`${after} CLOSED`]);
    rig.advance(100_000);
    rig.down('broker');
    rig.receive('broker', []);
    rig.step((now) => rig.client.tick(now));
    expect(rig.events).toEqual([]);
    expect(rig.client.nextDeadline).toBe(Infinity);
  });
});

describe('the connection breaks', () => {
  it('fails requests that were sent: no reply can come, and they may have been executed', () => {
    const rig = ClientRig.pipelining({ maxInFlight: 1 });
    rig.advance(1_000);
    const sent = rig.request();
    const waiting = rig.request();
    rig.down('broker');
    expect(rig.events).toContainEqual({ type: 'status', status: 'disconnected' });
    expect(rig.results()).toEqual([`${sent} CONNECTION_LOST`]);
    rig.takeSent();
    rig.up('broker');
    rig.answerFeatures('envelope');
    const [, again] = rig.requests();
    rig.reply(again!, ['served']);
    expect(rig.results()).toEqual([`${waiting} final: served`]);
    expect(rig.client.statistics().lost).toBe(1);
  });

  it('replaces the socket, so that nothing it still holds is sent to the next broker', () => {
    const rig = ClientRig.pipelining();
    rig.advance(1_000);
    rig.down('broker');
    expect(rig.log).toEqual(['open broker', 'close broker', 'open broker']);
  });

  it('keeps those with retries left for the next connection, with a new timeout', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('echo', { timeoutMs: 1_000, retries: 1 });
    rig.advance(900);
    rig.down('broker');
    rig.advance(900);
    expect(rig.results()).toEqual([]);
    rig.takeSent();
    rig.up('broker');
    rig.answerFeatures('envelope');
    const [, again] = rig.requests();
    expect(again!.service).toBe('echo');
    rig.advance(99);
    rig.reply(again!, ['x']);
    expect(rig.results()).toEqual([`${id} final: x`]);
  });

  it('does not open sockets in a hot loop when connections break at once', () => {
    const rig = new ClientRig();
    let opened = 0;
    while (rig.now < 10_000) {
      if (rig.open.get('broker') === 'down') {
        rig.up('broker');
        rig.down('broker');
        opened++;
      } else rig.advance(1);
    }
    expect(opened).toBeLessThanOrEqual(41);
    expect(opened).toBeGreaterThan(30);
  });
});

describe('ifNoWorker: fail', () => {
  it('asks mmi.service first, and fails without sending when it says 404', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('pump', { checkWorker: true });
    const [question] = rig.requests();
    expect(question).toMatchObject({ service: 'mmi.service', body: ['pump'], version: 1 });
    rig.reply(question!, ['404']);
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${id} NO_WORKER`]);
    expect(error).toBeInstanceOf(MdpServerError);
    expect(rig.requests()).toEqual([]);
    expect(rig.client.statistics()).toMatchObject({ sent: 0, inFlight: 0 });
  });

  it.each(['200', '501', 'what?'])('sends the request when it says %s, within the same timeout', (status) => {
    const rig = ClientRig.pipelining();
    const id = rig.request('pump', { checkWorker: true, timeoutMs: 100 });
    rig.advance(60);
    const [question] = rig.requests();
    rig.reply(question!, [status]);
    const [request] = rig.requests();
    expect(request).toMatchObject({ service: 'pump', port: 'broker' });
    expect(request!.envelope).not.toEqual(question!.envelope);
    rig.advance(39);
    expect(rig.results()).toEqual([]);
    rig.advance(1);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
  });

  it('asks and sends on one lane', () => {
    const rig = ClientRig.plain();
    const id = rig.request('pump', { checkWorker: true });
    rig.up('lane-0');
    const [question] = rig.requests();
    expect(question).toMatchObject({ port: 'lane-0', service: 'mmi.service' });
    rig.reply(question!, ['200']);
    const [request] = rig.requests();
    expect(request).toMatchObject({ port: 'lane-0', service: 'pump', envelope: [] });
    rig.reply(request!, ['done']);
    expect(rig.results()).toEqual([`${id} final: done`]);
    expect(rig.log).toEqual(['open broker', 'open lane-0']);
  });

  it('a lost connection while it asks costs nothing: the request was not sent', () => {
    const rig = ClientRig.pipelining();
    rig.advance(1_000);
    const id = rig.request('pump', { checkWorker: true, timeoutMs: 1_000 });
    rig.takeSent();
    rig.down('broker');
    expect(rig.results()).toEqual([]);
    rig.up('broker');
    rig.answerFeatures('envelope');
    expect(rig.requests().map(({ service }) => service)).toEqual(['mmi.features', 'mmi.service']);
    rig.advance(1_000);
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
    expect(error).toMatchObject({ attempts: 0 });
  });

  it('does not ask again before a retry: the request may have run by then', () => {
    const rig = ClientRig.pipelining();
    rig.request('pump', { checkWorker: true, timeoutMs: 100, retries: 1 });
    const [question] = rig.requests();
    rig.reply(question!, ['200']);
    rig.advance(100);
    expect(rig.requests().map(({ service }) => service)).toEqual(['pump', 'pump']);
  });
});

describe('broker-made failures', () => {
  it.each([
    ['raspy:worker-lost', 'WORKER_LOST'],
    ['raspy:queue-full', 'QUEUE_FULL'],
    ['raspy:expired', 'EXPIRED'],
  ])('%s fails the request with %s', (reason, code) => {
    const rig = ClientRig.pipelining();
    const id = rig.request();
    rig.reply(rig.requests()[0]!, [reason, '500']);
    const error = errorOf(rig.events);
    expect(rig.results()).toEqual([`${id} ${code}`]);
    expect(error).toBeInstanceOf(MdpServerError);
  });

  it.each([[['raspy:worker-lost']], [['raspy:expired', '500', '']], [['raspy:other', '500']], [['500']]])(
    'the body %j is a reply as any other',
    (body) => {
      const rig = ClientRig.pipelining();
      const id = rig.request();
      rig.reply(rig.requests()[0]!, body);
      expect(rig.results()).toEqual([`${id} final: ${body.join(' ')}`]);
    },
  );
});

describe('streams (MDP 0.2)', () => {
  it('asks by 0.2, behind an envelope on the shared connection, and passes partial replies on', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('list', { streaming: true });
    const [request] = rig.requests();
    expect(request).toMatchObject({ version: 2, port: 'broker' });
    expect(request!.envelope).toHaveLength(1);
    rig.reply(request!, ['k1'], 'partial');
    rig.reply(request!, ['k2'], 'partial');
    rig.reply(request!, ['200']);
    rig.reply(request!, ['k3'], 'partial');
    expect(rig.results()).toEqual([`${id} partial: k1`, `${id} partial: k2`, `${id} final: 200`]);
    expect(rig.client.statistics()).toMatchObject({ partials: 2, replies: 1, late: 1 });
  });

  it('asks by bare 0.2 on a lane', () => {
    const rig = ClientRig.plain();
    const id = rig.request('list', { streaming: true });
    rig.up('lane-0');
    const [sent] = rig.takeSent();
    expect(texts(sent!.frames).slice(0, 3)).toEqual(['MDPC02', '\\x01', 'list']);
    rig.reply({ port: 'lane-0', version: 2, envelope: [], service: 'list', body: [] }, ['k1'], 'partial');
    rig.reply({ port: 'lane-0', version: 2, envelope: [], service: 'list', body: [] }, ['200']);
    expect(rig.results()).toEqual([`${id} partial: k1`, `${id} final: 200`]);
  });

  it('starts the timeout again at each partial reply', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('list', { streaming: true, timeoutMs: 100 });
    const [request] = rig.requests();
    for (let i = 0; i < 5; i++) {
      rig.advance(90);
      rig.reply(request!, ['k'], 'partial');
    }
    rig.takeEvents();
    rig.advance(99);
    expect(rig.results()).toEqual([]);
    rig.advance(1);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
  });

  it('retries only as long as nothing has come', () => {
    const rig = ClientRig.pipelining();
    const id = rig.request('list', { streaming: true, timeoutMs: 100, retries: 5 });
    rig.advance(100);
    const [, second] = rig.requests();
    rig.reply(second!, ['k'], 'partial');
    rig.advance(100);
    expect(rig.results()).toEqual([`${id} partial: k`, `${id} TIMEOUT`]);
    expect(rig.requests()).toEqual([]);
  });

  it('a 0.2 reply to a 0.1 request is none', () => {
    const rig = ClientRig.pipelining();
    rig.request('list');
    const [request] = rig.requests();
    rig.reply({ ...request!, version: 2 }, ['k'], 'partial');
    expect(rig.results()).toEqual([]);
    expect(rig.client.statistics().mismatched).toBe(1);
  });
});
