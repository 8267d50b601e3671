import { ClientRig } from '../../test/support/client-rig.js';
import type { ClientPort } from './client-types.js';

function lanesOf(rig: ClientRig): ClientPort[] {
  return [...rig.open.keys()].filter((port) => port !== 'broker');
}

describe('lanes, for brokers without envelopes', () => {
  it('carry one request each, bare, so that replies need no correlation', () => {
    const rig = ClientRig.plain({ lanes: 2 });
    const ids = [rig.request('a'), rig.request('b'), rig.request('c')];
    rig.up('lane-0');
    rig.up('lane-1');
    const sent = rig.requests();
    expect(sent.map(({ port, service, envelope }) => [port, service, envelope])).toEqual([
      ['lane-0', 'a', []],
      ['lane-1', 'b', []],
    ]);
    rig.reply(sent[1]!, ['for b']);
    const [third] = rig.requests();
    expect(third).toMatchObject({ port: 'lane-1', service: 'c' });
    rig.reply(third!, ['for c']);
    rig.reply(sent[0]!, ['for a']);
    expect(rig.results()).toEqual([
      `${ids[1]!} final: for b`,
      `${ids[2]!} final: for c`,
      `${ids[0]!} final: for a`,
    ]);
  });

  it('are opened on demand, no more than there are requests, no more than allowed, and stay for the next', () => {
    const rig = ClientRig.plain({ lanes: 3 });
    expect(lanesOf(rig)).toEqual([]);
    rig.request();
    expect(lanesOf(rig)).toEqual(['lane-0']);
    rig.request();
    expect(lanesOf(rig)).toEqual(['lane-0', 'lane-1']);
    for (let i = 0; i < 10; i++) rig.request();
    expect(lanesOf(rig)).toEqual(['lane-0', 'lane-1', 'lane-2']);
    rig.up('lane-0');
    rig.up('lane-1');
    rig.up('lane-2');
    for (let open = rig.requests(); open.length > 0; open = rig.requests()) {
      for (const request of open) rig.reply(request, ['ok']);
    }
    expect(rig.results()).toHaveLength(12);
    rig.request();
    expect(rig.requests()).toMatchObject([{ port: 'lane-0' }]);
    expect(rig.log.filter((line) => line.startsWith('open lane'))).toHaveLength(3);
  });

  it('K21: a lane whose request timed out gets a new identity, so that its late reply is never the next one', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    const first = rig.request('echo', { timeoutMs: 100 });
    rig.up('lane-0');
    const second = rig.request('echo', { timeoutMs: 1_000 });
    rig.advance(100);
    expect(rig.results()).toEqual([`${first} TIMEOUT`]);
    expect(rig.log).toEqual(['open broker', 'open lane-0', 'close lane-0', 'open lane-0']);
    rig.takeSent();
    rig.up('lane-0');
    const [request] = rig.requests();
    rig.reply(request!, ['own']);
    expect(rig.results()).toEqual([`${second} final: own`]);
  });

  it('a lane whose request was aborted gets a new identity', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    const id = rig.request();
    rig.up('lane-0');
    rig.abort(id);
    expect(lanesOf(rig)).toEqual([]);
    rig.request();
    expect(lanesOf(rig)).toEqual(['lane-0']);
  });

  it('a retry uses a new socket', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    const id = rig.request('echo', { timeoutMs: 100, retries: 1 });
    rig.up('lane-0');
    rig.advance(100);
    expect(rig.log.slice(2)).toEqual(['close lane-0', 'open lane-0']);
    rig.takeSent();
    rig.up('lane-0');
    rig.reply(rig.requests()[0]!, ['x']);
    expect(rig.results()).toEqual([`${id} final: x`]);
  });

  it('a request that waits in vain for a lane to connect is withdrawn', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    const id = rig.request('echo', { timeoutMs: 100 });
    rig.advance(100);
    expect(rig.results()).toEqual([`${id} TIMEOUT`]);
    rig.up('lane-0');
    expect(rig.requests()).toEqual([]);
  });

  it('a broken lane loses its request only', () => {
    const rig = ClientRig.plain({ lanes: 2 });
    const [a, b] = [rig.request('a'), rig.request('b')];
    rig.up('lane-0');
    rig.up('lane-1');
    const sent = rig.requests();
    rig.down('lane-0');
    expect(rig.results()).toEqual([`${a} CONNECTION_LOST`]);
    rig.reply(sent[1]!, ['x']);
    expect(rig.results()).toEqual([`${b} final: x`]);
  });

  it('an idle lane that breaks is closed, and opened again when it is needed', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    rig.request();
    rig.up('lane-0');
    rig.reply(rig.requests()[0]!, ['x']);
    rig.down('lane-0');
    expect(lanesOf(rig)).toEqual([]);
    rig.request();
    expect(lanesOf(rig)).toEqual(['lane-0']);
  });

  it('discard what is not the reply, and unasked messages', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    const id = rig.request('echo');
    rig.up('lane-0');
    const [sent] = rig.requests();
    rig.reply({ ...sent!, envelope: [Buffer.from('abcd')] }, ['x']);
    rig.reply({ ...sent!, service: 'other' }, ['x']);
    rig.reply(sent!, ['right']);
    rig.reply(sent!, ['again']);
    expect(rig.results()).toEqual([`${id} final: right`]);
    expect(rig.client.statistics()).toMatchObject({ mismatched: 2, late: 1 });
  });

  it('are closed when pipelining begins, those with a request after its reply', () => {
    const rig = ClientRig.plain({ lanes: 3 });
    rig.request('a');
    rig.request('b');
    rig.up('lane-0');
    rig.up('lane-1');
    const [a, b] = rig.requests();
    rig.reply(a!, ['x']);
    rig.answerFeatures('envelope');
    expect(lanesOf(rig)).toEqual(['lane-1']);
    rig.reply(b!, ['x']);
    expect(lanesOf(rig)).toEqual([]);
    expect(rig.results()).toHaveLength(2);
  });

  it('are given no request while the connection to the broker is down', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    rig.request();
    rig.up('lane-0');
    rig.reply(rig.requests()[0]!, ['x']);
    rig.down('broker');
    rig.request();
    expect(rig.requests()).toEqual([]);
  });
});

describe('a socket that takes no more', () => {
  it('a refused request was not sent: it waits, and leaves in order when there is room', () => {
    const rig = ClientRig.pipelining();
    let room = 3;
    rig.refuse = () => room-- <= 0;
    const ids = Array.from({ length: 40 }, (_, index) => rig.request(`s${index}`));
    expect(rig.client.statistics()).toMatchObject({ sent: 3, inFlight: 3, queued: 37 });
    room = Infinity;
    rig.advance(100);
    const sent = rig.requests();
    expect(sent.map(({ service }) => service)).toEqual(ids.map((_, index) => `s${index}`));
    expect(rig.client.statistics()).toMatchObject({ sent: 40, queued: 0 });
  });

  it('a batch that is refused comes back in order', () => {
    const rig = new ClientRig();
    for (let i = 0; i < 40; i++) rig.request(`s${i}`);
    rig.up('broker');
    rig.refuse = () => true;
    rig.answerFeatures('envelope');
    rig.takeSent();
    let room = 5;
    rig.refuse = () => room-- <= 0;
    rig.advance(5);
    room = Infinity;
    rig.advance(100);
    expect(rig.requests().map(({ service }) => service)).toEqual(
      Array.from({ length: 40 }, (_, i) => `s${i}`),
    );
  });

  it('is not asked over and over: the number of refusals stays small', () => {
    const rig = new ClientRig();
    for (let i = 0; i < 1_000; i++) rig.request('s', { timeoutMs: 1_000 });
    rig.up('broker');
    let refused = 0;
    rig.refuse = (_port, frames) => frames[0]!.length > 0 && ++refused > 0;
    rig.answerFeatures('envelope');
    refused = 0;
    rig.advance(999);
    expect(refused).toBeLessThan(200 * 17);
    expect(rig.results()).toEqual([]);
    rig.advance(1);
    expect(rig.results()).toHaveLength(1_000);
    expect(rig.client.statistics()).toMatchObject({ sent: 0, queued: 0, inFlight: 0 });
  });

  it('a request refused to the end says that it was not sent', () => {
    const rig = ClientRig.pipelining();
    rig.refuse = () => true;
    rig.request('echo', { timeoutMs: 100 });
    rig.advance(100);
    const [event] = rig.takeEvents();
    expect(event).toMatchObject({ type: 'failed', error: { code: 'TIMEOUT', attempts: 0 } });
  });

  it('a refused question for a worker is asked again', () => {
    const rig = ClientRig.pipelining();
    let refusals = 1;
    rig.refuse = () => refusals-- > 0;
    rig.request('pump', { checkWorker: true });
    rig.advance(10);
    expect(rig.requests()).toMatchObject([{ service: 'mmi.service' }]);
    expect(rig.client.statistics().sent).toBe(0);
  });

  it('a lane that refuses is opened anew', () => {
    const rig = ClientRig.plain({ lanes: 1 });
    rig.request();
    let refusals = 1;
    rig.refuse = () => refusals-- > 0;
    rig.up('lane-0');
    expect(rig.log.slice(1)).toEqual(['open lane-0', 'close lane-0', 'open lane-0']);
    rig.up('lane-0');
    expect(rig.requests()).toHaveLength(1);
  });

  it('what comes back from nowhere is no matter', () => {
    const rig = ClientRig.pipelining();
    const { client } = rig;
    expect(client.undelivered(0, 'broker', [], 'full')).toEqual([]);
    expect(client.undelivered(0, 'lane-0', [], 'closed')).toEqual([]);
  });
});
