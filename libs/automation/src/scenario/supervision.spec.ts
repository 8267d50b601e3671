import fc from 'fast-check';
import type { SandboxEnd } from '../sandbox/sandbox.js';
import type { Firing } from './firing.js';
import { MAX_QUEUED, Supervision, type SupervisionEffect, type SupervisionOptions } from './supervision.js';

const failed = (reason: 'error' | 'lost' | 'budget' = 'error'): SandboxEnd => ({
  kind: 'failed',
  reason,
  message: 'it threw',
  line: 3,
  column: 7,
});
const firing: Firing = { why: 'condition', at: 0, entry: 'level' };
const made = (options: Partial<SupervisionOptions> = {}): Supervision => {
  const supervision = new Supervision({
    overlap: 'skip',
    restartsAfterError: true,
    restartsWhenLost: true,
    ...options,
  });
  supervision.on();
  return supervision;
};
const types = (effects: readonly SupervisionEffect[]): readonly string[] => effects.map(({ type }) => type);

describe('the supervision of a scenario', () => {
  it('begins again after a pause that doubles up to a minute, and is short again after a good run', () => {
    const of = made();
    of.fire(0, firing);
    let now = 0;
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      now += 40_000;
      of.ended(now, failed());
      pauses.push(of.nextDeadline - now);
      now = of.nextDeadline;
      expect(of.tick(now)).toEqual([{ type: 'start', firing: { ...firing, again: 'after an error' } }]);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
    of.ended(now + 60_000, failed());
    expect(of.nextDeadline - now - 60_000).toBe(1000);
  });

  it('is quarantined by three failures within a minute, until somebody runs or enables it', () => {
    const of = made();
    of.fire(0, firing);
    of.ended(1_000, failed());
    of.tick(2_000);
    of.ended(3_000, failed('budget'));
    of.tick(5_000);
    const reason = 'error: it threw (line 3, column 7)';
    expect(of.ended(6_000, failed())).toEqual([{ type: 'quarantined', reason }]);
    expect([of.state, of.reason]).toEqual(['quarantined', reason]);
    expect(of.fire(7_000, firing)).toEqual([{ type: 'skipped', firing, reason: 'quarantined' }]);
    expect(types(of.run(8_000, firing))).toEqual(['start']);
    of.ended(9_000, failed());
    expect(of.state).toBe('waiting to restart');
  });

  it('begins again at once when its thread was lost, which counts against nobody; not at once when it is lost again', () => {
    const of = made();
    of.fire(0, firing);
    for (let now = 1; now < 100_000; now += 20_000)
      expect(types(of.ended(now, failed('lost')))).toContain('start');
    const again = made();
    again.fire(0, firing);
    again.ended(1, failed('lost'));
    expect(types(again.ended(2, failed('lost')))).toEqual(['restarting']);
    expect(again.state).toBe('waiting to restart');
  });

  it('leaves a fired run that failed where it is', () => {
    const of = made({ restartsAfterError: false, restartsWhenLost: false });
    of.fire(0, firing);
    expect(of.ended(1, failed())).toEqual([]);
    expect(of.state).toBe('idle');
    of.fire(2, firing);
    expect(of.ended(3, failed('lost'))).toEqual([]);
  });

  it('skips, queues or begins anew when it is fired while it runs', () => {
    const skips = made();
    skips.fire(0, firing);
    expect(skips.fire(1, firing)).toEqual([{ type: 'skipped', firing, reason: 'still running' }]);
    const queues = made({ overlap: 'queue' });
    queues.fire(0, firing);
    for (let i = 0; i < MAX_QUEUED; i++) expect(queues.fire(1, firing)).toEqual([]);
    expect(queues.fire(2, firing)).toEqual([{ type: 'skipped', firing, reason: 'too many waiting' }]);
    expect(types(queues.ended(3, { kind: 'returned' }))).toEqual(['start']);
    expect(queues.queued).toBe(MAX_QUEUED - 1);
    const restarts = made({ overlap: 'restart' });
    restarts.fire(0, firing);
    expect(restarts.fire(1, firing)).toEqual([{ type: 'stop' }]);
    expect(restarts.state).toBe('stopping');
    expect(types(restarts.fire(1, { ...firing, at: 1 }))).toEqual(['skipped']);
    expect(restarts.ended(2, { kind: 'stopped' })).toEqual([{ type: 'start', firing: { ...firing, at: 1 } }]);
  });

  it('stays stopped when it is stopped, and off when it is switched off', () => {
    const of = made({ overlap: 'queue' });
    of.fire(0, firing);
    of.fire(0, firing);
    expect(types(of.stop())).toEqual(['skipped', 'stop']);
    expect(of.ended(1, { kind: 'stopped' })).toEqual([]);
    expect(of.state).toBe('idle');
    of.fire(2, firing);
    of.ended(3, failed());
    of.stop();
    expect(of.state).toBe('idle');
    of.fire(4, firing);
    expect(types(of.off())).toEqual(['stop']);
    expect(of.fire(5, firing)).toEqual([{ type: 'skipped', firing, reason: 'off' }]);
    expect(of.ended(6, failed())).toEqual([]);
    expect(of.state).toBe('off');
    expect(of.fire(7, firing)).toEqual([{ type: 'skipped', firing, reason: 'off' }]);
  });

  it('never runs twice at once, nor begins while it is off, or by itself after three failures in a minute', () => {
    const input = fc.record({
      after: fc.integer({ min: 0, max: 30_000 }),
      what: fc.constantFrom(
        'fire',
        'fire',
        'end',
        'fail',
        'fail',
        'fail',
        'lost',
        'run',
        'stop',
        'on',
        'off',
      ),
    });
    const options = fc.record({
      overlap: fc.constantFrom('skip', 'queue', 'restart'),
      restartsAfterError: fc.boolean(),
      restartsWhenLost: fc.boolean(),
    });
    fc.assert(
      fc.property(options, fc.array(input, { maxLength: 80 }), (of, walk) => {
        const supervision = new Supervision(of);
        supervision.on();
        let now = 0;
        let running = false;
        let isOff = false;
        let failures: number[] = [];
        const see = (effects: readonly SupervisionEffect[], byHand: boolean): void => {
          for (const { type } of effects) {
            if (type === 'stop') expect(running).toBe(true);
            if (type !== 'start') continue;
            expect(running).toBe(false);
            expect(isOff).toBe(false);
            if (byHand) failures = [];
            expect(failures.filter((at) => now - at < 60_000).length).toBeLessThan(3);
            running = true;
          }
        };
        const end = (how: SandboxEnd): void => {
          if (!running) return;
          running = false;
          if (how.kind === 'failed' && how.reason !== 'lost') failures.push(now);
          see(supervision.ended(now, how), false);
        };
        for (const { after, what } of walk) {
          for (const until = now + after; supervision.nextDeadline <= until;) {
            now = Math.max(now, supervision.nextDeadline);
            see(supervision.tick(now), false);
          }
          now += after;
          if (what === 'fire') see(supervision.fire(now, firing), false);
          if (what === 'run') {
            const waits = supervision.state === 'quarantined' || supervision.state === 'waiting to restart';
            see(supervision.run(now, firing), waits);
          }
          if (what === 'end') end({ kind: 'returned' });
          if (what === 'fail') end(failed());
          if (what === 'lost') end(failed('lost'));
          if (what === 'stop') see(supervision.stop(), false);
          if (what === 'on') {
            isOff = false;
            failures = [];
            see(supervision.on(), false);
          }
          if (what === 'off') {
            isOff = true;
            see(supervision.off(), false);
          }
        }
        const { state } = supervision;
        expect(running).toBe(state === 'running' || state === 'stopping');
      }),
    );
  });
});
