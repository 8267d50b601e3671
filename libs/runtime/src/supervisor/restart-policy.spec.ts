import fc from 'fast-check';
import { RestartPolicy } from './restart-policy.js';

/** Dies after each of `lives`, starting again when the policy says; tells the delays until it is quarantined. */
function delaysOf(policy: RestartPolicy, lives: readonly number[]): (number | 'quarantine')[] {
  let now = 1_000;
  return lives.map((life) => {
    policy.served(now);
    now += life;
    const { kind, at } = policy.died(now);
    const delay = at - now;
    now = at;
    return kind === 'quarantine' ? 'quarantine' : delay;
  });
}

it('restarts at once, then after 1, 2, 4 … 30 s, while lives are short and deaths not too near', () => {
  const lives = Array.from({ length: 9 }, () => 14_999);
  expect(delaysOf(new RestartPolicy(), lives)).toEqual([
    0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

it('begins anew after a life of a minute', () => {
  expect(delaysOf(new RestartPolicy(), [10, 10, 60_000, 10, 10])).toEqual([0, 1_000, 0, 1_000, 2_000]);
  expect(delaysOf(new RestartPolicy(), [10, 10, 59_999, 10])).toEqual([0, 1_000, 2_000, 4_000]);
});

it('quarantines at the fifth death within a minute, and tries again each ten minutes', () => {
  const policy = new RestartPolicy();
  expect(delaysOf(policy, [100, 100, 100, 100, 100, 100])).toEqual([
    0,
    1_000,
    2_000,
    4_000,
    'quarantine',
    'quarantine',
  ]);
  expect(policy.died(0)).toEqual({ kind: 'quarantine', at: 600_000 });
});

it('lets it out of quarantine after a life of a minute, or when it is pardoned', () => {
  const dying = [0, 0, 0, 0, 0];
  const lived = new RestartPolicy();
  expect(delaysOf(lived, [...dying, 60_000])).toEqual([0, 1_000, 2_000, 4_000, 'quarantine', 0]);
  const pardoned = new RestartPolicy();
  delaysOf(pardoned, dying);
  pardoned.pardon();
  expect(pardoned.died(0)).toEqual({ kind: 'restart', at: 0 });
});

it('counts a start that never served as a death, however long it took', () => {
  const policy = new RestartPolicy();
  expect(policy.died(0).at).toBe(0);
  expect(policy.died(1_000_000).at).toBe(1_001_000);
});

it('never restarts more than maxDeaths times within the window, nor later than the quarantine says', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(90_000), { maxLength: 60 }), (lives) => {
      const policy = new RestartPolicy();
      const restarts: number[] = [];
      let now = 0;
      for (const life of lives) {
        policy.served(now);
        now += life;
        const { at } = policy.died(now);
        expect(at).toBeGreaterThanOrEqual(now);
        expect(at - now).toBeLessThanOrEqual(600_000);
        now = at;
        restarts.push(at);
        if (life < 60_000) {
          expect(restarts.filter((earlier) => now - earlier < 60_000).length).toBeLessThanOrEqual(5);
        }
      }
    }),
  );
});
