import { textFrame } from '@raspy/wire';
import { checkCounts } from '../../test/support/recount.js';
import { EPOCH, MachineRig } from '../../test/support/machine-rig.js';

describe('what Titanic accepts', () => {
  it('is answered when it is stored, and not before', () => {
    const rig = new MachineRig();
    rig.isAuto = false;
    const ticket = rig.submit('echo');
    expect(rig.answers.size).toBe(0);
    rig.settle();
    expect(rig.answers.get(ticket)).toEqual({
      type: 'accepted',
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    expect(rig.disk.size).toBe(1);
    expect([...rig.watched]).toEqual(['echo']);
  });

  it('is not sent before it is stored', () => {
    const rig = new MachineRig();
    rig.accept('echo');
    rig.workers('echo', 5);
    rig.isAuto = false;
    rig.submit('echo');
    expect(rig.claims).toHaveLength(1);
    // What was noted by the first claim, and the second request's commit.
    rig.settle();
    expect(rig.claims).toHaveLength(2);
  });

  it('leaves nothing behind when it cannot be stored', () => {
    const rig = new MachineRig();
    rig.isAuto = false;
    const ticket = rig.submit('echo', { key: 'k' });
    expect(rig.machine.statistics()).toMatchObject({ kept: 1, bytes: 4 });
    rig.settle('no room');
    expect(rig.answers.get(ticket)).toEqual({ type: 'refused', reason: 'storage' });
    expect(rig.machine.statistics()).toMatchObject({
      kept: 0,
      bytes: 0,
      accepted: 0,
      refused: 1,
      storageFailures: 1,
    });
    expect([...rig.machine.all()]).toEqual([]);
    expect(rig.watched.size).toBe(0);
    expect(rig.events).toEqual([
      { type: 'storage-failed', reason: 'no room', retrying: false },
      { type: 'refused', service: 'echo', reason: 'storage' },
    ]);
    rig.isAuto = true;
    expect(rig.answers.get(rig.submit('echo', { key: 'k' }))).toMatchObject({ type: 'accepted' });
  });

  it.each([
    ['titanic.request'],
    ['titanic.reply'],
    ['titanic.close'],
    ['titanic.submit'],
    ['titanic.admin'],
    ['mmi.service'],
    ['mmi.'],
    [''],
    ['x'.repeat(4_097)],
  ])('is nothing for %s', (target) => {
    const rig = new MachineRig();
    expect(rig.answers.get(rig.submit(target))).toEqual({ type: 'refused', reason: 'target' });
    checkCounts(rig.machine);
  });

  it.each([['titanic.store'], ['mmi'], ['Titanic.request'], ['x'.repeat(4_096)]])(
    'may be for %s',
    (target) => {
      expect(() => new MachineRig().accept(target)).not.toThrow();
    },
  );

  it('is bounded in number, by service, in bytes and in the bytes of one', () => {
    const limits = { maxRequests: 3, maxRequestsPerService: 2, maxBytes: 20, maxRequestBytes: 10 };
    const reasonOf = (fill: (rig: MachineRig) => void, target: string, bytes: number): unknown => {
      const rig = new MachineRig(limits);
      fill(rig);
      const answer = rig.answers.get(rig.submit(target, { body: [Buffer.alloc(bytes)] }));
      checkCounts(rig.machine);
      return answer?.type === 'refused' ? answer.reason : answer?.type;
    };
    expect(reasonOf((rig) => ['a', 'b', 'c'].forEach((name) => rig.accept(name)), 'd', 1)).toBe('full');
    expect(reasonOf((rig) => ['a', 'b'].forEach((name) => rig.accept(name)), 'd', 1)).toBe('accepted');
    expect(reasonOf((rig) => ['a', 'a'].forEach((name) => rig.accept(name)), 'a', 1)).toBe('full');
    expect(reasonOf((rig) => ['a', 'a'].forEach((name) => rig.accept(name)), 'b', 1)).toBe('accepted');
    const fill = (rig: MachineRig): void =>
      void rig.accept('a', { body: [Buffer.alloc(6), Buffer.alloc(4)] });
    expect(reasonOf(fill, 'a', 10)).toBe('accepted');
    expect(reasonOf(fill, 'a', 11)).toBe('too-large');
    const twice = (rig: MachineRig): void => [0, 1].forEach(() => fill(rig));
    expect(reasonOf(twice, 'b', 1)).toBe('full');
    expect(reasonOf(twice, 'b', 0)).toBe('accepted');
  });

  it('has room again when one is closed', () => {
    const rig = new MachineRig({ maxRequests: 1 });
    const id = rig.accept('a');
    expect(rig.answers.get(rig.submit('a'))).toEqual({ type: 'refused', reason: 'full' });
    rig.close(id);
    expect(rig.answers.get(rig.submit('a'))).toMatchObject({ type: 'accepted' });
  });

  it('must not have expired, as far as the clock can be believed', () => {
    const rig = new MachineRig();
    expect(rig.answers.get(rig.submit('a', { expiresAt: EPOCH }))).toEqual({
      type: 'refused',
      reason: 'expired',
    });
    rig.trusted = false;
    expect(rig.answers.get(rig.submit('a', { expiresAt: EPOCH }))).toMatchObject({ type: 'accepted' });
  });
});

describe('a key', () => {
  it('names the same request while it is stored, waits, runs, is done, expired, dead or closed', () => {
    const rig = new MachineRig({ maxAttempts: 1 });
    rig.isAuto = false;
    const first = rig.submit('a', { key: 'k' });
    const second = rig.submit('a', { key: 'k' });
    expect(rig.answers.size).toBe(0);
    rig.settle();
    const id = rig.idOf(first);
    expect(rig.idOf(second)).toBe(id);
    rig.isAuto = true;
    const isKnown = (state: string): void => {
      expect([rig.state(id), rig.accept('a', { key: 'k' })]).toEqual([state, id]);
    };
    isKnown('waiting');
    rig.workers('a', 1);
    isKnown('running');
    rig.fail(id);
    isKnown('dead');
    rig.isAuto = false;
    rig.retry(id);
    const whileRetried = rig.submit('a', { key: 'k' });
    rig.settle();
    expect(rig.idOf(whileRetried)).toBe(id);
    rig.isAuto = true;
    rig.workers('a', 1);
    rig.answerClaim(true);
    rig.reply(id);
    isKnown('done');
    rig.close(id);
    isKnown('closed');
    rig.restart();
    isKnown('closed');
    expect(rig.disk.size).toBe(1);
  });

  it('names the same request when it has expired, after a restart too', () => {
    const rig = new MachineRig();
    const id = rig.accept('a', { key: 'k', expiresAt: EPOCH + 1_000 });
    rig.pass(1_000);
    expect([rig.state(id), rig.accept('a', { key: 'k' })]).toEqual(['expired', id]);
    rig.restart();
    expect([rig.state(id), rig.accept('a', { key: 'k' })]).toEqual(['expired', id]);
  });

  it('refuses all who named it when it cannot be stored', () => {
    const rig = new MachineRig();
    rig.isAuto = false;
    const tickets = [rig.submit('a', { key: 'k' }), rig.submit('a', { key: 'k' })];
    rig.settle('no room');
    for (const ticket of tickets)
      expect(rig.answers.get(ticket)).toEqual({ type: 'refused', reason: 'storage' });
    checkCounts(rig.machine);
  });

  it('is another one for another service, whatever bytes are in the names', () => {
    const rig = new MachineRig();
    const ids = [
      rig.accept('a', { key: 'k' }),
      rig.accept('b', { key: 'k' }),
      rig.accept('a', { key: 'K' }),
      rig.accept('a\0b', { key: 'c' }),
      rig.accept('a', { key: 'b\0c' }),
      rig.accept('a', { key: '\0bc' }),
      rig.accept('a\0', { key: 'bc' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is forgotten with the retention, and its number is bounded', () => {
    const rig = new MachineRig({ retentionMs: 1_000, maxClosedKeys: 2 });
    const ids = ['1', '2', '3'].map((key) => rig.accept('a', { key }));
    ids.forEach((id) => rig.close(id));
    expect(ids.map((id) => rig.state(id))).toEqual([undefined, 'closed', 'closed']);
    rig.pass(999);
    expect(rig.accept('a', { key: '3' })).toBe(ids[2]);
    rig.pass(1);
    expect(rig.accept('a', { key: '3' })).not.toBe(ids[2]);
    checkCounts(rig.machine);
  });

  it('of a body that is large is that of its request all the same', () => {
    const rig = new MachineRig({ maxRequestBytes: 10, maxRequests: 1 });
    const id = rig.accept('a', { key: 'k' });
    expect(rig.accept('a', { key: 'k', body: [textFrame('x'.repeat(11))] })).toBe(id);
  });
});
