import { frameText } from '@raspy/wire';
import { checkCounts } from '../../test/support/recount.js';
import { EPOCH, MachineRig } from '../../test/support/machine-rig.js';

describe('the requests of one service', () => {
  it('are sent one after the other, in order, while there is one worker', () => {
    const rig = new MachineRig();
    const ids = [1, 2, 3].map(() => rig.accept('a'));
    expect(rig.sent).toEqual([]);
    rig.workers('a', 1);
    for (const id of ids) {
      expect(rig.takeSent()).toEqual([id]);
      rig.reply(id);
      expect(rig.state(id)).toBe('done');
    }
    expect(rig.watched.size).toBe(0);
  });

  it('are sent as many at a time as there are workers, and as its policy allows', () => {
    const rig = new MachineRig({ concurrency: 3 });
    const ids = [1, 2, 3, 4, 5].map(() => rig.accept('a'));
    rig.workers('a', 2);
    expect(rig.takeSent()).toEqual(ids.slice(0, 2));
    rig.workers('a', 9);
    expect(rig.takeSent()).toEqual(ids.slice(2, 3));
    rig.workers('a', 0);
    rig.reply(ids[1]!);
    expect(rig.takeSent()).toEqual([]);
    checkCounts(rig.machine);
  });

  it('wait for one that failed, which goes first after its pause', () => {
    const rig = new MachineRig();
    const [first, second] = [rig.accept('a'), rig.accept('a')];
    rig.workers('a', 1);
    rig.fail(first);
    rig.takeSent();
    rig.pass(999);
    rig.workers('a', 1);
    expect(rig.sent).toEqual([]);
    rig.pass(1);
    expect(rig.takeSent()).toEqual([first]);
    rig.reply(first);
    expect(rig.takeSent()).toEqual([second]);
  });

  it('go on at once when the one that they wait for is closed', () => {
    const rig = new MachineRig();
    const [first, second] = [rig.accept('a'), rig.accept('a')];
    rig.workers('a', 1);
    rig.fail(first);
    rig.takeSent();
    rig.close(first);
    expect(rig.takeSent()).toEqual([second]);
  });

  it('do not wait for another service', () => {
    const rig = new MachineRig();
    const [a, b] = [rig.accept('a'), rig.accept('b')];
    rig.workers('b', 1);
    expect(rig.takeSent()).toEqual([b]);
    rig.fail(b);
    rig.workers('a', 1);
    expect(rig.takeSent()).toEqual([a]);
  });

  it('take their places by their acceptance when their time comes', () => {
    const rig = new MachineRig();
    const later = rig.accept('a', { notBefore: EPOCH + 5_000 });
    const others = [rig.accept('a'), rig.accept('a')];
    rig.workers('a', 1);
    expect(rig.takeSent()).toEqual([others[0]]);
    rig.pass(5_000);
    rig.reply(others[0]!);
    expect(rig.takeSent()).toEqual([later]);
    rig.reply(later);
    expect(rig.takeSent()).toEqual([others[1]]);
  });
});

describe('an attempt', () => {
  it('is tried again after 1 s, 2 s, 4 s and so on, to a minute', () => {
    const rig = new MachineRig();
    const id = rig.accept('a');
    rig.workers('a', 1);
    for (let failure = 0; failure < 9; failure++) {
      rig.fail(id, false);
      rig.pass(60_000);
      rig.workers('a', 1);
    }
    expect(rig.eventsOf('attempt-failed').map(({ retryInMs }) => retryInMs / 1_000)).toEqual([
      1, 2, 4, 8, 16, 32, 60, 60, 60,
    ]);
    expect(rig.entry(id)).toMatchObject({ state: 'running', attempts: 1 });
  });

  it('that may have run counts, and the last makes a dead letter', () => {
    const rig = new MachineRig({ maxAttempts: 2 });
    const id = rig.accept('a');
    rig.workers('a', 1);
    rig.fail(id, false);
    rig.pass(1_000);
    rig.fail(id);
    rig.pass(2_000);
    rig.fail(id);
    expect(rig.entry(id)).toMatchObject({ state: 'dead', attempts: 2, reason: 'it broke' });
    expect(rig.eventsOf('dead')).toEqual([{ type: 'dead', id, service: 'a', reason: 'it broke' }]);
    expect(rig.disk.get(id)?.stored.progress).toMatchObject({ state: 'dead', attempts: 2 });
    expect(rig.watched.size).toBe(0);
    expect(rig.machine.statistics()).toMatchObject({ dead: 1, died: 1, attempts: 3, failedAttempts: 3 });
  });

  it('without a reply in time has failed, and may have run', () => {
    const rig = new MachineRig({ attemptTimeoutMs: 5_000 });
    const id = rig.accept('a');
    rig.workers('a', 1);
    expect(rig.sent[0]?.ttlMs).toBe(5_000);
    rig.pass(4_999);
    expect(rig.state(id)).toBe('running');
    rig.pass(1);
    expect(rig.eventsOf('attempt-failed')).toMatchObject([{ mayHaveRun: true, attempts: 1 }]);
    rig.pass(1_000);
    expect(rig.entry(id)).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('is told its key and deadline where it can be read, and nothing elsewhere', () => {
    const rig = new MachineRig();
    const expiresAt = EPOCH + 10_000;
    const plain = rig.accept('a');
    const submitted = rig.accept('b', { submitted: true, key: 'mine', expiresAt });
    const device = rig.accept('pi.lamp.devices');
    for (const name of ['a', 'b', 'pi.lamp.devices']) rig.workers(name, 1);
    expect(rig.sent.map(({ id, options, ttlMs }) => [id, options, ttlMs])).toEqual([
      [plain, undefined, 60_000],
      [submitted, { key: 'mine', deadline: expiresAt }, 10_000],
      [device, { key: device }, 60_000],
    ]);
    expect(frameText(rig.sent[2]!.target)).toBe('pi.lamp.devices');
  });

  it('whose claim fails does not count, and is tried again', () => {
    const rig = new MachineRig();
    const id = rig.accept('a');
    rig.isAuto = false;
    rig.workers('a', 1);
    rig.answerClaim(false, 'no room');
    expect(rig.sent).toEqual([]);
    expect(rig.entry(id)).toMatchObject({ state: 'waiting', attempts: 0 });
    rig.pass(1_000);
    rig.answerClaim(true);
    expect(rig.takeSent()).toEqual([id]);
    checkCounts(rig.machine);
  });

  it('that another owner has is no longer ours, and the next goes on', () => {
    const rig = new MachineRig();
    const [mine, next] = [rig.accept('a'), rig.accept('a')];
    rig.isAuto = false;
    rig.workers('a', 1);
    rig.answerClaim(false);
    expect(rig.state(mine)).toBeUndefined();
    rig.answerClaim(true);
    expect(rig.takeSent()).toEqual([next]);
    rig.reply(next);
    checkCounts(rig.machine);
    expect(rig.watched.size).toBe(0);
  });

  it('whose time is over before its claim was granted is not sent', () => {
    const rig = new MachineRig();
    const id = rig.accept('a', { expiresAt: EPOCH + 1_000 });
    rig.isAuto = false;
    rig.workers('a', 1);
    rig.pass(1_000);
    rig.answerClaim(true);
    expect(rig.sent).toEqual([]);
    expect(rig.entry(id)).toMatchObject({ state: 'expired', attempts: 0 });
    expect(rig.eventsOf('attempt-failed')).toEqual([]);
    checkCounts(rig.machine);
  });
});

describe('the first reply', () => {
  it.each([
    ['while a retry waits', 1_000 - 1, 'waiting'],
    ['while a retry runs', 1_000, 'running'],
  ])('counts %s, though its attempt was given up', (_when, ms, state) => {
    const rig = new MachineRig({ attemptTimeoutMs: 5_000 });
    const id = rig.accept('a');
    rig.workers('a', 1);
    rig.pass(5_000 + ms);
    expect(rig.state(id)).toBe(state);
    rig.reply(id, 'late', 1);
    expect(rig.state(id)).toBe('done');
    expect(rig.disk.get(id)?.reply?.map((frame) => frameText(frame))).toEqual(['late']);
    rig.reply(id, 'second', 2);
    rig.fail(id, true, 2);
    expect(rig.disk.get(id)?.reply?.map((frame) => frameText(frame))).toEqual(['late']);
    checkCounts(rig.machine);
    expect(rig.watched.size).toBe(0);
  });

  it('lets those go on that waited for its retry', () => {
    const rig = new MachineRig({ attemptTimeoutMs: 5_000 });
    const [first, second] = [rig.accept('a'), rig.accept('a')];
    rig.workers('a', 1);
    rig.pass(5_000);
    rig.takeSent();
    rig.reply(first, 'late', 1);
    expect(rig.takeSent()).toEqual([second]);
  });

  it('counts after its request became a dead letter, and while that is retried', () => {
    const rig = new MachineRig({ maxAttempts: 1, attemptTimeoutMs: 5_000 });
    const ids = [rig.accept('a'), rig.accept('b')];
    for (const name of ['a', 'b']) rig.workers(name, 1);
    rig.pass(5_000);
    expect(ids.map((id) => rig.state(id))).toEqual(['dead', 'dead']);
    rig.reply(ids[0]!, 'late', 1);
    rig.isAuto = false;
    const ticket = rig.retry(ids[1]!);
    rig.reply(ids[1]!, 'late', 1);
    while (rig.settle());
    expect(rig.answers.get(ticket)).toEqual({ type: 'ok' });
    expect(ids.map((id) => rig.state(id))).toEqual(['done', 'done']);
    checkCounts(rig.machine);
  });

  it('counts while the claim of a retry is under way, which is not sent then', () => {
    const rig = new MachineRig({ attemptTimeoutMs: 5_000 });
    const id = rig.accept('a');
    rig.workers('a', 1);
    rig.takeSent();
    rig.pass(5_000);
    rig.isAuto = false;
    rig.pass(1_000);
    expect(rig.state(id)).toBe('claiming');
    rig.reply(id, 'late', 1);
    rig.answerClaim(true);
    expect(rig.sent).toEqual([]);
    while (rig.settle());
    expect(rig.state(id)).toBe('done');
    checkCounts(rig.machine);
  });

  it('is kept in memory while it cannot be stored, and is told when it is', () => {
    const rig = new MachineRig();
    const id = rig.accept('a');
    rig.workers('a', 1);
    rig.isAuto = false;
    rig.reply(id);
    rig.settle('no room');
    expect(rig.state(id)).toBe('finishing');
    expect(rig.eventsOf('storage-failed')).toEqual([
      { type: 'storage-failed', reason: 'no room', retrying: true },
    ]);
    rig.pass(999);
    expect(rig.isWriting).toBe(false);
    rig.pass(1);
    rig.settle();
    expect(rig.state(id)).toBe('done');
    expect(rig.machine.statistics()).toMatchObject({ done: 1, storageFailures: 1 });
    checkCounts(rig.machine);
  });
});

describe('a dead letter', () => {
  const dead = (rig: MachineRig, target = 'a'): string => {
    const id = rig.accept(target);
    rig.workers(target, 1);
    rig.fail(id);
    return id;
  };

  it('begins anew when it is retried, at the end of the line', () => {
    const rig = new MachineRig({ maxAttempts: 1 });
    const id = dead(rig);
    const other = rig.accept('a');
    rig.takeSent();
    expect(rig.answers.get(rig.retry(id))).toEqual({ type: 'ok' });
    expect(rig.entry(id)).toMatchObject({ state: 'waiting', attempts: 0 });
    rig.workers('a', 1);
    expect(rig.takeSent()).toEqual([other]);
    rig.reply(other);
    expect(rig.takeSent()).toEqual([id]);
    expect(rig.entry(id).failures).toBe(0);
  });

  it('is the only thing that can be retried', () => {
    const rig = new MachineRig();
    expect(rig.answers.get(rig.retry(rig.accept('a')))).toEqual({ type: 'absent' });
    expect(rig.answers.get(rig.retry('0'.repeat(32)))).toEqual({ type: 'absent' });
  });

  it('stays what it is when its retry cannot be stored', () => {
    const rig = new MachineRig({ maxAttempts: 1, retentionMs: 10_000 });
    const id = dead(rig);
    rig.pass(5_000);
    rig.isAuto = false;
    const ticket = rig.retry(id);
    rig.settle('no room');
    expect(rig.answers.get(ticket)).toEqual({ type: 'refused', reason: 'storage' });
    expect(rig.entry(id)).toMatchObject({ state: 'dead', attempts: 1, at: EPOCH });
    checkCounts(rig.machine);
    rig.pass(5_000);
    expect(rig.state(id)).toBeUndefined();
  });

  it('is not retried after its time, as far as the clock can be believed', () => {
    const rig = new MachineRig();
    const id = rig.accept('a', { expiresAt: EPOCH + 1_000, onExpire: 'dead' });
    rig.pass(1_000);
    expect(rig.entry(id)).toMatchObject({ state: 'dead', bodyKept: true });
    expect(rig.answers.get(rig.retry(id))).toEqual({ type: 'refused', reason: 'expired' });
    rig.trusted = false;
    expect(rig.answers.get(rig.retry(id))).toEqual({ type: 'ok' });
    expect(rig.state(id)).toBe('held');
  });

  it('gives way to newer ones when there are too many, durably', () => {
    const rig = new MachineRig({ maxAttempts: 1, maxDead: 2 });
    const ids = ['a', 'b', 'c'].map((name) => dead(rig, name));
    expect(ids.map((id) => rig.state(id))).toEqual([undefined, 'dead', 'dead']);
    expect(rig.eventsOf('dead-letter-lost')).toEqual([
      { type: 'dead-letter-lost', id: ids[0], service: 'a' },
    ]);
    checkCounts(rig.machine);
    rig.restart();
    expect(rig.disk.has(ids[0]!)).toBe(false);
  });

  it('is not kept at all where none may be, and its service is not watched any more', () => {
    const rig = new MachineRig({ maxAttempts: 1, maxDead: 0 });
    const id = dead(rig);
    expect(rig.state(id)).toBeUndefined();
    expect(rig.watched.size).toBe(0);
    expect(rig.machine.statistics()).toMatchObject({ kept: 0, dead: 0, running: 0 });
  });
});

describe('the workers of a service', () => {
  it('are told only while something waits or runs', () => {
    const rig = new MachineRig();
    const id = rig.accept('a');
    rig.workers('a', 1);
    rig.fail(id);
    expect([...rig.watched]).toEqual(['a']);
    rig.pass(1_000);
    rig.reply(id);
    rig.takeSent();
    expect(rig.watched.size).toBe(0);
    rig.accept('a');
    // Those of before are not believed any more.
    expect(rig.takeSent()).toEqual([]);
    rig.workers('a', 1);
    expect(rig.takeSent()).toHaveLength(1);
  });

  it('are of no interest for a service without requests', () => {
    const rig = new MachineRig();
    rig.workers('a', 5);
    expect(rig.machine.statistics()).toMatchObject({ kept: 0, running: 0 });
  });
});

describe('a policy', () => {
  it('may be a service’s own', () => {
    const rig = new MachineRig({
      service: (name) => (name === 'a' ? { concurrency: 2, attemptTimeoutMs: 7 } : undefined),
    });
    for (const name of ['a', 'a', 'a', 'b']) rig.accept(name);
    rig.workers('a', 5);
    rig.workers('b', 5);
    expect(rig.sent.map(({ ttlMs }) => ttlMs)).toEqual([7, 7, 60_000]);
  });

  it.each([
    ['has no meaning', () => ({ concurrency: 0 })],
    [
      'cannot be told',
      (): never => {
        throw new Error('oops');
      },
    ],
  ])('that %s is told of, and the common one holds', (_what, service) => {
    const rig = new MachineRig({ service });
    rig.accept('a');
    rig.workers('a', 1);
    expect(rig.sent[0]?.ttlMs).toBe(60_000);
    expect(rig.eventsOf('policy-refused')).toMatchObject([
      { service: 'a', mistake: expect.stringMatching(/concurrency|oops/) as string },
    ]);
  });

  it('is asked for anew when nothing of its service is left, and not before', () => {
    const asked: string[] = [];
    const rig = new MachineRig({ service: (name) => void asked.push(name) });
    const ids = [rig.accept('a'), rig.accept('a', { key: 'k' })];
    rig.workers('a', 1);
    rig.reply(ids[0]!);
    rig.reply(ids[1]!);
    rig.close(ids[0]!);
    rig.accept('a', { key: 'k' });
    expect(asked).toEqual(['a']);
    rig.close(ids[1]!);
    rig.accept('a');
    expect(asked).toEqual(['a', 'a']);
  });

  it('tells all its mistakes at once', () => {
    expect(() => new MachineRig({ concurrency: 0, maxDead: -1, retentionMs: NaN, maxBytes: 0.5 })).toThrow(
      /concurrency[^]*maxBytes[^]*maxDead[^]*retentionMs/,
    );
  });
});
