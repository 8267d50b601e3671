import { textFrame } from '@raspy/wire';
import { BrokerRig, type RawClient, type RawWorker } from '../../test/support/broker-rig.js';
import { encodeWorkerReply, MAX_SERVICE_BYTES, type MdpVersion } from '../codec.js';

/** PROTOCOLS §4, the table of worker states, cell by cell, for workers of both versions. */
describe.each<MdpVersion>([1, 2])('a worker of version %s', (version) => {
  const reply = version === 1 ? '\x03' : '\x04';
  const head = version === 1 ? ['', 'MDPW01'] : ['MDPW02'];
  const otherVersion: MdpVersion = version === 1 ? 2 : 1;
  let rig: BrokerRig;
  let worker: RawWorker;
  let client: RawClient;

  beforeEach(() => {
    rig = new BrokerRig();
    worker = rig.peer('worker', version);
    client = rig.client('client');
  });

  function idle(): void {
    worker.ready('echo');
    expect(worker.take()).toEqual([]);
  }

  function busy(): void {
    idle();
    client.request('echo', 'job');
    expect(worker.take()).toEqual(['request:job']);
  }

  const gone = (): void =>
    expect(rig.machine.statistics()).toMatchObject({ workers: 0, services: 0, inFlight: 0 });
  const stays = (): void => expect(rig.machine.statistics()).toMatchObject({ workers: 1, services: 1 });
  const lost = (): void => {
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
    expect(rig.machine.statistics()).toMatchObject({ lost: 1, failures: 1 });
  };

  describe('UNKNOWN', () => {
    it('READY registers it, and it is served what waits', () => {
      client.request('echo', 'early');
      worker.ready('echo');
      expect(worker.take()).toEqual(['request:early']);
      stays();
      expect(rig.eventsOf('worker-registered')).toEqual([
        { type: 'worker-registered', worker: 'worker', service: 'echo', version },
      ]);
    });

    it.each([
      ['an empty name', ''],
      ['a name of 4097 bytes', 'n'.repeat(MAX_SERVICE_BYTES + 1)],
      ['X03 D10: a name that begins with mmi.', 'mmi.x'],
    ])('READY with %s is answered with DISCONNECT, and leaves no record', (_what, name) => {
      worker.ready(name);
      expect(worker.take()).toEqual(['disconnect']);
      gone();
      expect(rig.machine.statistics().dropped).toEqual({ 'refused-name': 1 });
    });

    it('READY for a service built into the broker is refused', () => {
      rig = new BrokerRig({ builtinServices: ['titanic.request'] });
      worker = rig.worker('worker', 'titanic.request', version);
      expect(worker.take()).toEqual(['disconnect']);
      gone();
    });

    it('K05: READY for my.mmi.x, xmmi.service and mmi is accepted: the prefix counts', () => {
      for (const name of ['my.mmi.x', 'xmmi.service', 'mmi', 'MMI.service']) rig.worker(name, name, version);
      expect(rig.machine.statistics().workers).toBe(4);
    });

    it('READY with a name of 4096 bytes is accepted', () => {
      worker.ready('n'.repeat(MAX_SERVICE_BYTES));
      stays();
    });

    it.each([
      ['REQUEST', ['\x02', 'addr', '', 'x']],
      ['X04 D6: REPLY or FINAL', [reply, 'client', '', 'x']],
      ['K08 D6: HEARTBEAT', [version === 1 ? '\x04' : '\x05']],
      ...(version === 2 ? [['PARTIAL', ['\x03', 'client', '', 'x']] as [string, string[]]] : []),
    ] as [string, string[]][])(
      '%s is answered with DISCONNECT, and nothing is forwarded',
      (_what, frames) => {
        worker.send(...head, ...frames);
        expect(worker.take()).toEqual(['disconnect']);
        expect(client.take()).toEqual([]);
        gone();
        expect(rig.machine.statistics().dropped).toEqual({ 'unknown-worker': 1 });
      },
    );

    it('DISCONNECT is ignored', () => {
      worker.disconnect();
      expect(rig.sent).toEqual([]);
      gone();
    });

    it('what is malformed is dropped, and nothing is sent', () => {
      worker.send(...head, '\x09');
      worker.send(...head, reply, 'addr', 'no delimiter');
      worker.send(...head, '\x01');
      expect(rig.sent).toEqual([]);
      expect(rig.machine.statistics().dropped).toEqual({
        'bad-command': 1,
        'no-delimiter': 1,
        'too-short': 1,
      });
    });
  });

  describe('IDLE', () => {
    beforeEach(idle);

    it.each([
      ['X05 D7: READY again', 'registered-twice', ['\x01', 'echo']],
      ['READY again with a bad name', 'registered-twice', ['\x01', 'mmi.x']],
      ['REQUEST', 'invalid', ['\x02', 'addr', '', 'x']],
      ['D5: REPLY or FINAL', 'invalid', [reply, 'client', '', 'x']],
      ['a bad command', 'invalid', ['\x09']],
      ['a reply without delimiter', 'invalid', [reply, 'addr', 'x']],
      ['a reply without body', 'invalid', [reply, 'addr', '']],
      ['READY with a frame too many', 'invalid', ['\x01', 'echo', 'x']],
      ...(version === 2
        ? [['PARTIAL', 'invalid', ['\x03', 'client', '', 'x']] as [string, string, string[]]]
        : []),
    ] as [string, string, string[]][])(
      '%s: DISCONNECT and deleted, and nothing is forwarded',
      (_what, cause, frames) => {
        worker.send(...head, ...frames);
        expect(worker.take()).toEqual(['disconnect']);
        expect(client.take()).toEqual([]);
        gone();
        expect(rig.eventsOf('worker-removed')).toEqual([
          { type: 'worker-removed', worker: 'worker', service: 'echo', cause, busy: false },
        ]);
      },
    );

    it('D9: something malformed that is no worker command: dropped, DISCONNECT, deleted', () => {
      worker.send('', 'MDPC01', 'echo');
      expect(worker.take()).toEqual(['disconnect']);
      gone();
    });

    it('a reply with the token of an earlier request: DISCONNECT, deleted, not forwarded', () => {
      client.request('echo', 'one');
      worker.take();
      worker.reply('first');
      worker.reply('again');
      expect(client.bodies()).toEqual([['first']]);
      expect(worker.take()).toEqual(['disconnect']);
      gone();
    });

    it('HEARTBEAT refreshes its expiry', () => {
      rig.advance(10_000);
      worker.heartbeat();
      rig.advance(17_499);
      stays();
      rig.advance(1);
      gone();
    });

    it('DISCONNECT: deleted, and nothing is sent', () => {
      worker.disconnect();
      expect(worker.take()).toEqual([]);
      gone();
      expect(rig.eventsOf('worker-removed')[0]).toMatchObject({ cause: 'disconnected' });
    });

    it('a frame of the other version: DISCONNECT in its own, deleted', () => {
      for (const send of ['heartbeat', 'disconnect'] as const) {
        rig.peer('worker', otherVersion)[send]();
        expect(worker.take()).toEqual(['disconnect']);
        gone();
        worker.ready('echo');
      }
      rig.peer('worker', otherVersion).ready('echo');
      expect(worker.take()).toEqual(['disconnect']);
      gone();
    });

    it('silence for the expiry: deleted, and nothing further is sent', () => {
      rig.advance(17_499);
      stays();
      worker.take();
      rig.advance(1);
      gone();
      rig.advance(100_000);
      expect(worker.take()).toEqual([]);
      expect(rig.eventsOf('worker-removed')[0]).toMatchObject({ cause: 'expired' });
    });
  });

  describe('BUSY', () => {
    beforeEach(busy);

    it('REPLY or FINAL with its token: forwarded; the worker is idle again', () => {
      worker.reply('done', '200');
      expect(client.takeOne()).toEqual({
        kind: 'final',
        version: 1,
        envelope: [],
        service: 'echo',
        body: ['done', '200'],
      });
      expect(rig.machine.statistics()).toMatchObject({ workers: 1, inFlight: 0, replies: 1 });
      client.request('echo', 'next');
      expect(worker.take()).toEqual(['request:next']);
    });

    it.each([
      ['D8: READY', 'registered-twice', ['\x01', 'echo']],
      ['REQUEST', 'invalid', ['\x02', 'addr', '', 'x']],
      ['REPLY or FINAL with another address', 'invalid', [reply, 'client', '', 'x']],
      ['REPLY or FINAL with an empty address', 'invalid', [reply, '', '', 'x']],
      ['a bad command', 'invalid', ['\x09']],
      ['X06: a reply without delimiter', 'invalid', [reply, 'addr', 'x']],
      ...(version === 2
        ? [
            ['PARTIAL with another address', 'invalid', ['\x03', 'client', '', 'x']] as [
              string,
              string,
              string[],
            ],
          ]
        : []),
    ] as [string, string, string[]][])(
      '%s: DISCONNECT, deleted, its request lost, nothing forwarded',
      (_what, cause, frames) => {
        worker.send(...head, ...frames);
        expect(worker.take()).toEqual(['disconnect']);
        lost();
        gone();
        expect(rig.eventsOf('worker-removed')[0]).toMatchObject({ cause, busy: true });
        expect(rig.eventsOf('request-lost')).toEqual([
          { type: 'request-lost', worker: 'worker', service: 'echo', outcome: 'failed' },
        ]);
      },
    );

    it('a frame of the other version, though with its token: invalid, lost', () => {
      rig.receive('worker', encodeWorkerReply('final', otherVersion, worker.address, [textFrame('x')]));
      expect(worker.take()).toEqual(['disconnect']);
      lost();
      gone();
    });

    it('HEARTBEAT: it stays busy', () => {
      worker.heartbeat();
      expect(worker.take()).toEqual([]);
      expect(rig.machine.statistics()).toMatchObject({ workers: 1, inFlight: 1 });
    });

    it('D8: DISCONNECT: deleted, nothing sent to it, its request lost', () => {
      worker.disconnect();
      expect(worker.take()).toEqual([]);
      lost();
      gone();
    });

    it('D4: silence for the busy expiry: deleted, its request lost', () => {
      rig.advance(59_999);
      stays();
      rig.advance(1);
      lost();
      gone();
    });

    it('K20 D31: a late reply after deletion is answered with DISCONNECT and reaches nobody', () => {
      worker.disconnect();
      client.take();
      worker.reply('late');
      expect(worker.take()).toEqual(['disconnect']);
      expect(client.take()).toEqual([]);
    });
  });
});

describe('a worker of 0.2 that is BUSY', () => {
  it('PARTIAL with its token: forwarded to a client of 0.2; it stays busy', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo', 2);
    const client = rig.client('client', 2);
    client.request('echo', 'job');
    worker.partial('1');
    worker.partial('2');
    expect(client.take().map(({ kind, body }) => [kind, ...body])).toEqual([
      ['partial', '1'],
      ['partial', '2'],
    ]);
    expect(rig.machine.statistics()).toMatchObject({ inFlight: 1, partials: 2 });
    worker.reply('3');
    expect(client.takeOne()).toMatchObject({ kind: 'final', version: 2, body: ['3'] });
  });

  it('PARTIAL refreshes its expiry', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo', 2);
    rig.client('client', 2).request('echo', 'job');
    rig.every(50_000, 5, () => worker.partial('more'));
    expect(rig.machine.statistics().workers).toBe(1);
    rig.advance(60_000);
    expect(rig.machine.statistics().workers).toBe(0);
  });
});

describe('X05: READY twice', () => {
  it('the second is answered with DISCONNECT, the name is gone, a third registers', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'localhost.fake.devices');
    worker.ready('localhost.fake.devices');
    expect(worker.take()).toEqual(['disconnect']);
    expect(rig.mmi('mmi.service', 'localhost.fake.devices')).toEqual(['404']);
    rig.advance(100_000);
    worker.ready('localhost.fake.devices');
    expect(rig.mmi('mmi.service', 'localhost.fake.devices')).toEqual(['200']);
  });
});

describe('roles', () => {
  it('one peer may be client and worker at once: the tables are separate', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('both', 'echo');
    const client = rig.client('both');
    client.request('echo', 'to myself');
    expect(worker.take()).toEqual(['request:to myself']);
    worker.reply('by myself');
    expect(client.bodies()).toEqual([['by myself']]);
  });
});
