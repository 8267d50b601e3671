import { ServerRig } from '../../test/support/server-rig.js';

/** A server whose CHP updates are heard. */
function heardRig(options = {}): ServerRig {
  const rig = new ServerRig(options);
  rig.subscribe('chp', '/');
  return rig;
}

const updates = (rig: ServerRig): string[] => rig.heard('chp').filter((one) => !one.startsWith('HUGZ'));

describe('an entry with a time to live (K29)', () => {
  it('ends once, exactly when it has passed, with a tombstone and a sequence of its own', () => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=5\n');
    rig.advance(4_999);
    expect(updates(rig)).toEqual(['/k=v@1']);
    rig.advance(1);
    expect(updates(rig)).toEqual(['/k=@2']);
    rig.advance(60_000);
    expect(updates(rig)).toEqual([]);
    expect(rig.snapshot().entries.size).toBe(0);
    expect(rig.machine.statistics()).toMatchObject({ updates: 2, expired: 1, deletes: 0, keys: 0 });
  });

  it('lives on when it is set again', () => {
    const rig = heardRig();
    for (let i = 1; i <= 10; i++) {
      rig.set('/k', 'v', 'ttl=5\n');
      rig.advance(4_000);
    }
    expect(updates(rig)).toHaveLength(10);
    rig.advance(999);
    expect(updates(rig)).toEqual([]);
    rig.advance(1);
    expect(updates(rig)).toEqual(['/k=@11']);
  });

  it('may be given a shorter one', () => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=500\n');
    rig.set('/k', 'v', 'ttl=1\n');
    rig.advance(1_000);
    expect(updates(rig)).toContain('/k=@3');
  });

  it.each([
    ['on CHP', 'chp'],
    ['with three frames, which have no properties', 'kvmsg'],
  ] as const)('lives for ever when it is set without, %s', (_how, wire) => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=5\n');
    rig.set('/k', 'w', '', wire);
    rig.advance(1_000_000);
    expect(rig.snapshot().entries).toEqual(new Map([['/k', 'w']]));
  });

  it('that was deleted does not end again, nor does another under its key', () => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=5\n');
    rig.set('/k', '');
    rig.set('/other', 'takes its id');
    rig.set('/k', 'w');
    rig.advance(60_000);
    expect(rig.snapshot().entries.size).toBe(2);
    expect(rig.machine.statistics().expired).toBe(0);
  });

  it('with a ttl of no meaning lives for ever; that is counted, and the update made and published as it came', () => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=1\n');
    rig.set('/k', 'v', 'ttl=-1\n');
    rig.advance(60_000);
    expect(rig.dropped()).toEqual({ ttl: 1 });
    expect(rig.eventsOf('dropped')).toMatchObject([{ cause: 'ttl', wire: 'chp', key: '/k' }]);
    expect(updates(rig)).toEqual(['/k=v@1', '/k=v@2']);
    expect(rig.snapshot().entries.size).toBe(1);
  });

  it('a refused update does not prolong it', () => {
    const rig = heardRig({ maxBodyBytes: 4 });
    rig.set('/k', 'v', 'ttl=5\n');
    rig.advance(4_000);
    rig.set('/k', 'too long', 'ttl=5\n');
    rig.advance(1_000);
    expect(updates(rig)).toEqual(['/k=v@1', '/k=@2']);
  });

  it('the longest is ten years', () => {
    const rig = new ServerRig({ hugzMs: 10_000_000_000 });
    rig.set('/k', 'v', 'ttl=315360000\n');
    rig.advance(315_360_000_000 - 1);
    expect(rig.machine.statistics().keys).toBe(1);
    rig.advance(1);
    expect(rig.machine.statistics().keys).toBe(0);
  });

  it('many that end at once do so in steps, between which others get a turn', () => {
    const rig = heardRig();
    for (let i = 0; i < 2_500; i++) rig.set(`/k/${i}`, 'v', 'ttl=5\n');
    rig.advance(4_999);
    rig.now += 1;
    const left: number[] = [];
    while (rig.machine.nextDeadline <= rig.now) {
      rig.tick();
      left.push(rig.machine.statistics().keys);
    }
    expect(left).toEqual([1_500, 500, 0]);
  });

  it('K33: thousands that end while a snapshot is sent and others are deleted break neither', () => {
    const rig = heardRig();
    for (let i = 0; i < 2_000; i++) rig.set(`/k/${i}`, 'v', i % 2 === 0 ? 'ttl=1\n' : '');
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    rig.advance(1_000);
    for (let i = 1; i < 2_000; i += 4) rig.set(`/k/${i}`, '');
    rig.deliverAll('chp', 'p');
    expect(rig.take('chp', 'p')).toHaveLength(2_001);
    expect(rig.machine.statistics()).toMatchObject({ expired: 1_000, keys: 500, keptBytes: 0 });
    expect(rig.snapshot().entries.size).toBe(500);
  });
});

describe('after a standstill', () => {
  it('nothing ends for a second: signs of life may wait in the sockets', () => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=10\n');
    rig.set('/silent', 'v', 'ttl=10\n');
    rig.suspend(30_000);
    rig.tick();
    expect(rig.eventsOf('stalled')).toEqual([{ type: 'stalled', lateMs: 29_000 }]);
    rig.advance(999);
    expect(rig.machine.statistics().keys).toBe(2);
    rig.set('/k', 'v', 'ttl=10\n');
    rig.advance(1);
    expect(updates(rig).slice(2)).toEqual(['/k=v@3', '/silent=@4']);
    rig.advance(10_000);
    expect(updates(rig)).toEqual(['/k=@5']);
    expect(rig.eventsOf('stalled')).toHaveLength(1);
  });

  it('of up to a second everything goes on as it would', () => {
    const rig = heardRig();
    rig.set('/k', 'v', 'ttl=1\n');
    rig.suspend(2_000);
    rig.tick();
    expect(rig.eventsOf('stalled')).toEqual([]);
    expect(updates(rig)).toEqual(['/k=v@1', '/k=@2']);
  });

  it('it is noticed by what should have ended, also where keep-alives are rare', () => {
    const rig = heardRig({ hugzMs: 60_000 });
    rig.set('/k', 'v', 'ttl=5\n');
    rig.suspend(20_000);
    rig.tick();
    expect(rig.eventsOf('stalled')).toEqual([{ type: 'stalled', lateMs: 15_000 }]);
    expect(rig.machine.statistics().keys).toBe(1);
    rig.advance(1_000);
    expect(rig.machine.statistics().keys).toBe(0);
  });

  it('what has not had its turn yet, since thousands end at once, does not pass for one', () => {
    const rig = heardRig();
    for (let i = 0; i < 20_000; i++) rig.set(`/k/${i}`, 'v', 'ttl=5\n');
    rig.advance(4_999);
    for (rig.now++; rig.machine.statistics().keys > 0; rig.now += 200) {
      // Each step takes long, but none a second.
      if (rig.machine.nextDeadline <= rig.now) rig.tick();
    }
    expect(rig.eventsOf('stalled')).toEqual([]);
  });
});
