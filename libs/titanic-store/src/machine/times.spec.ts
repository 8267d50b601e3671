import { checkCounts } from '../../test/support/recount.js';
import { EPOCH, MachineRig } from '../../test/support/machine-rig.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DEVICES = 'pi.lamp.devices';

describe('an order to a device without a deadline', () => {
  it('lives for a minute of the monotonic clock, whatever the wall clock does', () => {
    const rig = new MachineRig();
    const ids = [rig.accept(DEVICES), rig.accept(DEVICES, { submitted: true, notBefore: EPOCH + DAY })];
    rig.wall -= 5 * HOUR;
    rig.pass(59_999);
    expect(ids.map((id) => rig.state(id))).toEqual(['waiting', 'held']);
    rig.wall += 10 * HOUR;
    rig.pass(1);
    expect(ids.map((id) => rig.state(id))).toEqual(['expired', 'expired']);
    expect(rig.eventsOf('expired').map(({ reason }) => reason)).toEqual(
      Array(2).fill('it waited for too long'),
    );
    expect(rig.watched.size).toBe(0);
    checkCounts(rig.machine);
  });

  it('is not sent after it, also when nobody has ticked since', () => {
    const rig = new MachineRig();
    const id = rig.accept(DEVICES);
    rig.now += 60_000;
    rig.workers(DEVICES, 1);
    expect(rig.sent).toEqual([]);
    expect(rig.state(id)).toBe('expired');
    expect(rig.watched.size).toBe(0);
  });

  it('may wait at its broker for what is left of it', () => {
    const rig = new MachineRig();
    rig.accept(DEVICES);
    rig.pass(50_000);
    rig.workers(DEVICES, 1);
    expect(rig.sent[0]?.ttlMs).toBe(10_000);
  });

  it('does not outlive a restart', () => {
    const rig = new MachineRig();
    const ids = [rig.accept(DEVICES), rig.accept(DEVICES, { submitted: true, onExpire: 'dead' })];
    rig.restart();
    expect(ids.map((id) => rig.state(id))).toEqual(['expired', 'dead']);
    rig.restart();
    expect(ids.map((id) => rig.state(id))).toEqual(['expired', 'dead']);
  });

  it('does with one', () => {
    const rig = new MachineRig();
    const id = rig.accept(DEVICES, { expiresAt: EPOCH + HOUR });
    rig.pass(10 * 60_000);
    rig.restart();
    rig.workers(DEVICES, 1);
    expect(rig.takeSent()).toEqual([id]);
  });

  it('that failed in its last second expires rather than waits', () => {
    const rig = new MachineRig();
    const id = rig.accept(DEVICES);
    rig.workers(DEVICES, 1);
    rig.now += 60_000;
    rig.fail(id);
    expect(rig.entry(id)).toMatchObject({ state: 'expired', reason: 'it broke; and it waited for too long' });
  });
});

describe('a request with a time', () => {
  it('is held until its notBefore, and expires at its expiresAt', () => {
    const rig = new MachineRig();
    const from = rig.accept('a', { notBefore: EPOCH + 10_000 });
    const until = rig.accept('b', { expiresAt: EPOCH + 10_000 });
    expect(rig.state(from)).toBe('held');
    expect([...rig.watched]).toEqual(['b']);
    rig.pass(9_999);
    expect([rig.state(from), rig.state(until)]).toEqual(['held', 'waiting']);
    rig.pass(1);
    expect([rig.state(from), rig.state(until)]).toEqual(['waiting', 'expired']);
    expect([...rig.watched]).toEqual(['a']);
    expect(rig.entry(until)).toMatchObject({ bodyKept: false, reason: 'its time to be done has passed' });
    expect(rig.eventsOf('expired')).toMatchObject([{ id: until }]);
    checkCounts(rig.machine);
  });

  it('rests in the dead-letter list when it wants that', () => {
    const rig = new MachineRig();
    const id = rig.accept('a', { expiresAt: EPOCH + 10_000, onExpire: 'dead' });
    rig.pass(10_000);
    expect(rig.state(id)).toBe('dead');
  });

  it('expires within a second when the wall clock is set forward, whether held or waiting', () => {
    const rig = new MachineRig();
    const ids = [
      rig.accept('a', { expiresAt: EPOCH + HOUR }),
      rig.accept('b', { notBefore: EPOCH + HOUR, expiresAt: EPOCH + 2 * HOUR }),
      rig.accept('c', { notBefore: EPOCH + HOUR }),
    ];
    rig.wall += 3 * HOUR;
    rig.pass(1_000);
    expect(ids.map((id) => rig.state(id))).toEqual(['expired', 'expired', 'waiting']);
  });

  it('is not sent after it, nor before it, also when nobody has ticked since the clock was set', () => {
    const rig = new MachineRig();
    const until = rig.accept('a', { expiresAt: EPOCH + HOUR });
    const from = rig.accept('b', { notBefore: EPOCH + HOUR });
    rig.pass(HOUR - 1);
    rig.wall += 1;
    rig.workers('a', 1);
    expect(rig.state(until)).toBe('expired');
    rig.pass(1_000);
    expect(rig.state(from)).toBe('waiting');
    rig.wall -= 2 * HOUR;
    rig.workers('b', 1);
    expect(rig.state(from)).toBe('held');
    expect(rig.claims).toEqual([]);
    rig.wall += 2 * HOUR;
    rig.pass(1_000);
    rig.workers('b', 1);
    expect(rig.takeSent()).toEqual([from]);
    checkCounts(rig.machine);
  });

  it('is not sent again after its time when its attempt failed', () => {
    const rig = new MachineRig();
    const id = rig.accept('a', { expiresAt: EPOCH + 500 });
    rig.workers('a', 1);
    rig.fail(id, false);
    rig.pass(500);
    expect(rig.entry(id)).toMatchObject({ state: 'expired', reason: 'its time to be done has passed' });
  });

  it('may wait for its notBefore longer than the retention', () => {
    const rig = new MachineRig({ retentionMs: 10_000 });
    const id = rig.accept('a', { notBefore: EPOCH + 60_000 });
    rig.pass(59_999);
    expect(rig.state(id)).toBe('held');
    rig.restart();
    rig.pass(1);
    expect(rig.state(id)).toBe('waiting');
    rig.pass(1_000);
    rig.restart();
    rig.pass(8_999);
    expect(rig.state(id)).toBe('waiting');
    rig.pass(1);
    expect(rig.state(id)).toBe('expired');
  });
});

describe('while the clock cannot be believed', () => {
  it('requests with a time are held, neither sent nor expired; others go on', () => {
    const rig = new MachineRig();
    rig.trusted = false;
    const timed = [
      rig.accept('a', { expiresAt: EPOCH - DAY }),
      rig.accept('a', { notBefore: EPOCH - DAY }),
      rig.accept('a', { notBefore: EPOCH + DAY }),
    ];
    const plain = rig.accept('a');
    rig.workers('a', 5);
    expect(rig.takeSent()).toEqual([plain]);
    rig.pass(HOUR);
    expect(timed.map((id) => rig.state(id))).toEqual(['held', 'held', 'held']);
    expect(rig.machine.statistics().held).toBe(3);
    checkCounts(rig.machine);
  });

  it('one that waits is held before it is sent, and goes when there is trust again', () => {
    const rig = new MachineRig();
    const id = rig.accept('a', { expiresAt: EPOCH + HOUR });
    rig.trusted = false;
    rig.workers('a', 1);
    expect([rig.state(id), rig.claims.length]).toEqual(['held', 0]);
    rig.trusted = true;
    rig.pass(1_000);
    rig.workers('a', 1);
    expect(rig.takeSent()).toEqual([id]);
  });

  it('one whose attempt fails is held, and those behind it go on', () => {
    const rig = new MachineRig();
    const [timed, plain] = [rig.accept('a', { expiresAt: EPOCH + HOUR }), rig.accept('a')];
    rig.workers('a', 1);
    rig.trusted = false;
    rig.takeSent();
    rig.fail(timed);
    expect(rig.state(timed)).toBe('held');
    expect(rig.takeSent()).toEqual([plain]);
  });

  it('what is held goes, waits or expires within a second of its return', () => {
    const rig = new MachineRig();
    rig.trusted = false;
    rig.wall = 0;
    const ids = [
      rig.accept('a', { expiresAt: EPOCH }),
      rig.accept('b', { notBefore: EPOCH - DAY }),
      rig.accept('c', { notBefore: EPOCH + DAY }),
      rig.accept('d', { expiresAt: EPOCH + DAY }),
    ];
    rig.pass(HOUR);
    rig.wall = EPOCH;
    rig.trusted = true;
    rig.pass(1_000);
    expect(ids.map((id) => rig.state(id))).toEqual(['expired', 'waiting', 'held', 'waiting']);
    expect(rig.eventsOf('clock')).toEqual([{ type: 'clock', trusted: true, held: 4 }]);
    rig.trusted = false;
    rig.pass(1_000);
    expect(rig.eventsOf('clock').slice(1)).toEqual([{ type: 'clock', trusted: false, held: 1 }]);
    checkCounts(rig.machine);
  });

  it('lets those of one service whose time has come together go in their order', () => {
    const rig = new MachineRig();
    const ids = [2, 1].map((hours) => rig.accept('a', { notBefore: EPOCH + hours * HOUR }));
    const running = rig.accept('a');
    rig.workers('a', 2);
    expect(rig.takeSent()).toEqual([running]);
    rig.wall += 3 * HOUR;
    rig.pass(1_000);
    expect(rig.takeSent()).toEqual([ids[0]]);
  });

  it('that is told from the start, with what is held', () => {
    const rig = new MachineRig();
    rig.accept('a', { expiresAt: EPOCH + HOUR });
    rig.trusted = false;
    rig.restart();
    expect(rig.eventsOf('clock')).toEqual([{ type: 'clock', trusted: false, held: 1 }]);
    rig.pass(10_000);
    expect(rig.eventsOf('clock')).toHaveLength(1);
  });
});

describe('the retention', () => {
  it('ends the life of what waits, and forgets what has ended', () => {
    const rig = new MachineRig({ retentionMs: 10_000 });
    const [done, waits] = [rig.accept('a'), rig.accept('b')];
    rig.workers('a', 1);
    rig.pass(3_000);
    rig.reply(done);
    rig.pass(7_000);
    expect([rig.state(done), rig.state(waits)]).toEqual(['done', 'expired']);
    rig.pass(3_000);
    expect([rig.state(done), rig.state(waits)]).toEqual([undefined, 'expired']);
    rig.pass(7_000);
    expect(rig.machine.statistics()).toMatchObject({ kept: 0, bytes: 0 });
    rig.restart();
    expect(rig.disk.size).toBe(0);
  });

  it('is counted on the monotonic clock: a wall clock that is set deletes nothing', () => {
    const rig = new MachineRig();
    const [done, waits] = [rig.accept('a'), rig.accept('b')];
    rig.workers('a', 1);
    rig.reply(done);
    for (const step of [365 * DAY, -800 * DAY]) {
      rig.wall += step;
      rig.pass(HOUR);
    }
    expect([rig.state(done), rig.state(waits)]).toEqual(['done', 'waiting']);
  });

  it('goes on after a restart for what had passed, as far as the clock can be believed', () => {
    const after = (trusted: boolean, wallStep: number): (string | undefined)[] => {
      const rig = new MachineRig({ retentionMs: 10_000 });
      const [done, waits] = [rig.accept('a'), rig.accept('b')];
      rig.workers('a', 1);
      rig.reply(done);
      rig.pass(6_000);
      rig.trusted = trusted;
      rig.wall += wallStep;
      rig.restart();
      rig.pass(4_000);
      return [rig.state(done), rig.state(waits)];
    };
    expect(after(true, 0)).toEqual([undefined, 'expired']);
    expect(after(false, 0)).toEqual(['done', 'waiting']);
    expect(after(true, -DAY)).toEqual(['done', 'waiting']);
  });

  it('begins anew for a dead letter that is retried, after a restart too', () => {
    const rig = new MachineRig({ retentionMs: 10_000, maxAttempts: 1 });
    const id = rig.accept('a');
    rig.pass(9_000);
    rig.workers('a', 1);
    rig.fail(id);
    rig.pass(9_000);
    rig.retry(id);
    rig.restart();
    rig.pass(9_999);
    expect(rig.state(id)).toBe('waiting');
    rig.pass(1);
    expect(rig.state(id)).toBe('expired');
  });
});

describe('a tick', () => {
  it('looks at a thousand entries at most, and the next is wanted at once', () => {
    const rig = new MachineRig({ maxRequestsPerService: 10_000 });
    const names = ['a', 'b', 'c'];
    for (let index = 0; index < 3_000; index++) {
      rig.accept(names[index % 3]!, { ...(index % 2 === 0 ? { expiresAt: EPOCH + 5_000 } : {}) });
    }
    const seen = (): number => rig.eventsOf('expired').length;
    rig.now += 5_000;
    rig.wall += 5_000;
    for (let turns = 1; seen() < 1_500; turns++) {
      const before = seen();
      rig.tick();
      expect(seen() - before).toBeLessThanOrEqual(1_000);
      if (seen() < 1_500) expect(rig.machine.nextDeadline).toBeLessThanOrEqual(rig.now);
      expect(turns).toBeLessThan(4);
    }
    checkCounts(rig.machine);
  });

  it('is bounded too where many of one service are too old, and none of them is sent', () => {
    const rig = new MachineRig({ retentionMs: 10_000 });
    for (let index = 0; index < 2_500; index++) rig.accept('a');
    rig.now += 10_000;
    const fresh = rig.accept('a');
    rig.workers('a', 1);
    expect(rig.eventsOf('expired')).toHaveLength(1_000);
    rig.pass(0);
    expect(rig.eventsOf('expired')).toHaveLength(2_500);
    expect(rig.takeSent()).toEqual([fresh]);
    checkCounts(rig.machine);
  });

  it('that leaves nothing of a service ends its being watched before it is watched anew', () => {
    const rig = new MachineRig({ retentionMs: 10_000, maxDead: 0 });
    for (let index = 0; index < 1_000; index++) rig.accept('a', { onExpire: 'dead' });
    rig.now += 10_000;
    rig.tick();
    expect(rig.machine.statistics().kept).toBe(0);
    const fresh = rig.accept('a');
    rig.workers('a', 1);
    expect(rig.takeSent()).toEqual([fresh]);
    rig.reply(fresh);
    expect(rig.watched.size).toBe(0);
  });

  it('is not wanted when nothing is to be done', () => {
    const rig = new MachineRig();
    expect(rig.machine.nextDeadline).toBe(Infinity);
    rig.close(rig.accept('a', { notBefore: EPOCH + DAY }));
    expect(rig.machine.nextDeadline).toBe(Infinity);
  });
});
