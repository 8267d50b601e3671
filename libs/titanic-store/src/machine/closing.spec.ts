import { frameText } from '@raspy/wire';
import { checkCounts } from '../../test/support/recount.js';
import { EPOCH, MachineRig } from '../../test/support/machine-rig.js';

const OK = { type: 'ok' };
const REFUSED = { type: 'refused', reason: 'storage' };

/** Brings a request of service `a` into a state; what it then waits for has not happened. */
const inState: Record<string, (rig: MachineRig, key?: string) => string> = {
  held: (rig, key) => rig.accept('a', { notBefore: EPOCH + 60_000, ...(key !== undefined && { key }) }),
  waiting: (rig, key) => rig.accept('a', { ...(key !== undefined && { key }) }),
  claiming: (rig, key) => {
    const id = inState['waiting']!(rig, key);
    rig.isAuto = false;
    rig.workers('a', 1);
    return id;
  },
  running: (rig, key) => {
    const id = inState['waiting']!(rig, key);
    rig.workers('a', 1);
    return id;
  },
  done: (rig, key) => {
    const id = inState['running']!(rig, key);
    rig.reply(id);
    return id;
  },
  dead: (rig, key) => {
    const id = inState['running']!(rig, key);
    rig.fail(id);
    return id;
  },
  expired: (rig, key) => {
    const id = rig.accept('a', { expiresAt: EPOCH + 1_000, ...(key !== undefined && { key }) });
    rig.pass(1_000);
    return id;
  },
};
const STATES = Object.keys(inState);

describe('close', () => {
  it('of what is not there is well', () => {
    const rig = new MachineRig();
    expect(rig.answers.get(rig.close('0'.repeat(32)))).toEqual(OK);
  });

  it.each(STATES)('of one that is %s is answered when it is stored, and all of it is gone', (state) => {
    const rig = new MachineRig({ maxAttempts: 1 });
    const id = inState[state]!(rig);
    expect(rig.state(id)).toBe(state);
    rig.isAuto = false;
    const ticket = rig.close(id);
    expect(rig.answers.has(ticket)).toBe(false);
    expect(rig.state(id)).toBe('closed');
    rig.settle();
    expect(rig.answers.get(ticket)).toEqual(OK);
    expect(rig.disk.size).toBe(0);
    rig.answerClaim(true);
    if (state === 'running') rig.reply(id);
    while (rig.settle());
    expect(rig.sent).toHaveLength(
      state === 'held' || state === 'waiting' || state === 'claiming' || state === 'expired' ? 0 : 1,
    );
    expect(rig.machine.statistics()).toMatchObject({
      kept: 0,
      bytes: 0,
      waiting: 0,
      running: 0,
      held: 0,
      dead: 0,
      closed: 1,
    });
    expect(rig.watched.size).toBe(0);
    expect(rig.disk.size).toBe(0);
  });

  it.each(STATES)('of one with a key that is %s leaves only its key', (state) => {
    const rig = new MachineRig({ maxAttempts: 1, retentionMs: 100_000 });
    const id = inState[state]!(rig, 'k');
    rig.isAuto = true;
    const ticket = rig.close(id);
    expect(rig.answers.get(ticket)).toEqual(OK);
    rig.answerClaim(true);
    rig.reply(id);
    expect(rig.machine.statistics()).toMatchObject({ kept: 0, bytes: 0, running: 0, closedKeys: 1 });
    expect(rig.disk.get(id)?.stored.progress?.state).toBe('closed');
    expect(rig.disk.get(id)?.reply).toBeUndefined();
    expect(rig.accept('a', { key: 'k' })).toBe(id);
    expect(rig.answers.get(rig.close(id))).toEqual(OK);
    expect(rig.machine.statistics().closed).toBe(1);
    checkCounts(rig.machine);
  });

  it.each(STATES)('of one that is %s and cannot be stored changes nothing', (state) => {
    const rig = new MachineRig({ maxAttempts: 1, retentionMs: 100_000 });
    const id = inState[state]!(rig);
    rig.isAuto = false;
    const { at, attempts, lifeEnds, bytes, deadline } = rig.entry(id);
    const ticket = rig.close(id);
    rig.pass(500);
    rig.settle('no room');
    expect(rig.answers.get(ticket)).toEqual(REFUSED);
    expect(rig.entry(id)).toMatchObject({ state, at, attempts, lifeEnds, bytes, deadline });
    expect(rig.machine.statistics()).toMatchObject({ kept: 1, closed: 0, storageFailures: 1 });
    checkCounts(rig.machine);
    rig.isAuto = true;
    expect(rig.answers.get(rig.close(id))).toEqual(OK);
  });

  it('that cannot be stored leaves its place in the line', () => {
    const rig = new MachineRig();
    const ids = [1, 2, 3].map(() => rig.accept('a'));
    rig.isAuto = false;
    for (const id of [ids[1]!, ids[0]!]) rig.close(id);
    while (rig.settle('no room'));
    rig.isAuto = true;
    rig.workers('a', 1);
    for (const id of ids) {
      expect(rig.takeSent()).toEqual([id]);
      rig.reply(id);
    }
  });

  it.each([
    ['a reply', (rig: MachineRig, id: string) => rig.reply(id), 'finishing', 1],
    ['a failure', (rig: MachineRig, id: string) => rig.fail(id), 'waiting', 1],
    [
      'a failure and a reply',
      (rig: MachineRig, id: string): void => {
        rig.fail(id);
        rig.reply(id);
      },
      'finishing',
      1,
    ],
  ])('that cannot be stored has not swallowed %s that came meanwhile', (_what, come, state, attempts) => {
    const rig = new MachineRig();
    const id = inState['running']!(rig);
    rig.isAuto = false;
    rig.close(id);
    come(rig, id);
    checkCounts(rig.machine);
    rig.settle('no room');
    expect(rig.entry(id)).toMatchObject({ state, attempts, inFlight: false });
    checkCounts(rig.machine);
  });

  it('that cannot be stored has not swallowed the end of a claim', () => {
    const rig = new MachineRig();
    const id = inState['claiming']!(rig);
    rig.close(id);
    rig.answerClaim(true);
    expect(rig.sent).toEqual([]);
    rig.settle('no room');
    expect(rig.state(id)).toBe('running');
    expect(rig.takeSent()).toEqual([id]);
  });

  it('while it runs frees its worker’s place when the attempt ends, or has taken as long as it may', () => {
    const rig = new MachineRig({ attemptTimeoutMs: 5_000 });
    const ids = [1, 2, 3].map(() => rig.accept('a'));
    rig.workers('a', 1);
    rig.takeSent();
    rig.close(ids[0]!);
    expect(rig.sent).toEqual([]);
    rig.reply(ids[0]!);
    expect(rig.takeSent()).toEqual([ids[1]]);
    rig.pass(3_000);
    rig.close(ids[1]!);
    rig.pass(1_999);
    expect(rig.sent).toEqual([]);
    rig.pass(1);
    expect(rig.takeSent()).toEqual([ids[2]]);
    checkCounts(rig.machine);
  });

  it('waits for what is being stored, and for the commit of another close', () => {
    const rig = new MachineRig();
    rig.isAuto = false;
    const submitted = rig.submit('a', { key: 'k' });
    const id = [...rig.machine.all()][0]!.record.id;
    const early = [rig.close(id), rig.close(id)];
    rig.settle();
    expect(rig.answers.get(submitted)).toEqual({ type: 'accepted', id });
    const late = rig.close(id);
    for (const ticket of [...early, late]) expect(rig.answers.has(ticket)).toBe(false);
    rig.settle();
    for (const ticket of [...early, late]) expect(rig.answers.get(ticket)).toEqual(OK);
    expect(rig.isWriting).toBe(false);
  });

  it('of what could not be stored is refused with it', () => {
    const rig = new MachineRig();
    rig.isAuto = false;
    const submitted = rig.submit('a');
    const ticket = rig.close([...rig.machine.all()][0]!.record.id);
    rig.settle('no room');
    expect([rig.answers.get(submitted), rig.answers.get(ticket)]).toEqual([REFUSED, REFUSED]);
    expect(rig.machine.statistics().kept).toBe(0);
  });

  it('of one whose reply is being stored waits for that, and is refused when it fails', () => {
    const rig = new MachineRig();
    const id = inState['running']!(rig);
    rig.isAuto = false;
    rig.reply(id);
    const first = rig.close(id);
    rig.settle('no room');
    expect(rig.answers.get(first)).toEqual(REFUSED);
    const second = rig.close(id);
    rig.pass(1_000);
    rig.settle();
    expect(rig.answers.has(second)).toBe(false);
    rig.settle();
    expect(rig.answers.get(second)).toEqual(OK);
    expect(rig.machine.statistics().kept).toBe(0);
  });

  it('of a dead letter that is being retried waits for that', () => {
    const rig = new MachineRig({ maxAttempts: 1 });
    const id = inState['dead']!(rig);
    rig.isAuto = false;
    const retried = rig.retry(id);
    const closed = rig.close(id);
    rig.settle();
    expect(rig.answers.get(retried)).toEqual(OK);
    rig.settle();
    expect(rig.answers.get(closed)).toEqual(OK);
    expect(rig.state(id)).toBeUndefined();
    checkCounts(rig.machine);
  });
});

describe('a restart', () => {
  it('finds everything that was acknowledged as it was', () => {
    const rig = new MachineRig({ maxAttempts: 2 });
    const ids = ['done', 'running', 'waiting', 'held', 'expired'].map((state, index) => {
      const of = new MachineRig();
      const id = inState[state]!(of);
      const found = of.disk.get(id)!;
      const record = { ...found.stored.record, id: String(index).repeat(32), order: index + 1 };
      rig.disk.set(record.id, { ...found, stored: { ...found.stored, record } });
      return record.id;
    });
    rig.restart();
    expect(ids.map((id) => rig.state(id))).toEqual(['done', 'waiting', 'waiting', 'held', 'waiting']);
    expect(rig.machine.statistics()).toMatchObject({ kept: 5, waiting: 3, held: 1 });
    checkCounts(rig.machine);
    rig.pass(1_000);
    expect(rig.state(ids[4]!)).toBe('expired');
  });

  it('sends again what was running, first, and records that before it does', () => {
    const rig = new MachineRig();
    const [first, second] = [rig.accept('a'), rig.accept('a')];
    rig.workers('a', 1);
    expect(rig.claims[0]?.durable).toBe(false);
    rig.restart();
    expect(rig.entry(first)).toMatchObject({ state: 'waiting', attempts: 1 });
    rig.isAuto = false;
    rig.workers('a', 1);
    expect(rig.claims[1]).toMatchObject({ durable: true, progress: { state: 'running', attempts: 2 } });
    expect(rig.sent).toEqual([]);
    rig.settle();
    expect(rig.takeSent()).toEqual([first]);
    rig.reply(first);
    rig.isAuto = true;
    rig.tick();
    expect(rig.claims[2]).toMatchObject({ durable: true });
    rig.reply(second);
    rig.accept('a');
    rig.workers('a', 1);
    expect(rig.claims[3]).toMatchObject({ durable: false });
  });

  it('makes a dead letter of what did not outlive its last attempt', () => {
    const rig = new MachineRig({ maxAttempts: 2 });
    const id = rig.accept('a');
    rig.workers('a', 1);
    rig.restart();
    rig.workers('a', 1);
    rig.restart();
    expect(rig.entry(id)).toMatchObject({ state: 'dead', reason: 'attempt 2 did not outlive Titanic' });
    rig.restart();
    expect(rig.entry(id)).toMatchObject({ state: 'dead', attempts: 2 });
    expect(rig.eventsOf('dead')).toHaveLength(1);
  });

  it('with fewer attempts allowed makes no dead letter of what was not tried', () => {
    const rig = new MachineRig({ maxAttempts: 1 });
    const id = rig.accept('a');
    const { record } = rig.disk.get(id)!.stored;
    rig.restore({ record, progress: { state: 'waiting', attempts: 3, at: EPOCH }, doubtful: false });
    rig.workers('a', 1);
    rig.fail(id, false);
    expect(rig.entry(id)).toMatchObject({ state: 'waiting', attempts: 3 });
    rig.pass(1_000);
    rig.fail(id);
    expect(rig.state(id)).toBe('dead');
  });

  it('makes a dead letter of what may have run in a damaged part of the log, and of nothing else', () => {
    const rig = new MachineRig({ maxAttempts: 1 });
    const doubtful = ['waiting', 'done', 'dead', 'expired'].map((state, index) => {
      const of = new MachineRig({ maxAttempts: 1 });
      const { stored } = of.disk.get(inState[state]!(of))!;
      const progress = state === 'expired' ? ({ state, attempts: 0, at: EPOCH } as const) : stored.progress;
      return {
        progress,
        doubtful: true,
        record: { ...stored.record, id: String(index).repeat(32), order: index },
      };
    });
    rig.restore(...doubtful);
    expect([...rig.machine.all()].map(({ state }) => state)).toEqual(['dead', 'done', 'dead', 'expired']);
    expect(rig.eventsOf('dead')).toMatchObject([
      { id: '0'.repeat(32), reason: expect.stringContaining('damaged') as string },
    ]);
    checkCounts(rig.machine);
  });

  it('goes on with the order of before', () => {
    const rig = new MachineRig();
    const [first, second] = [rig.accept('a'), rig.accept('a')];
    rig.disk.set(first, rig.disk.get(first)!);
    const reversed = [...rig.disk].reverse();
    rig.disk.clear();
    for (const [id, found] of reversed) rig.disk.set(id, found);
    rig.restart();
    const third = rig.accept('a');
    rig.workers('a', 3);
    expect(rig.takeSent()).toEqual([first, second, third]);
    expect(rig.entry(third).record.order).toBe(3);
  });

  it('keeps the reply, and tells it as it was', () => {
    const rig = new MachineRig();
    const id = inState['done']!(rig);
    rig.restart();
    expect(rig.entry(id)).toMatchObject({ state: 'done', replyBytes: 5, attempts: 1 });
    expect(rig.disk.get(id)?.reply?.map((frame) => frameText(frame))).toEqual(['reply']);
    expect(rig.machine.statistics().bytes).toBe(9);
  });
});
