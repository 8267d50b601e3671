import fc from 'fast-check';
import {
  initialStream,
  isCurrent,
  isSilent,
  pauseMs,
  SILENCE_MS,
  streamStep,
  type StreamInput,
  type StreamState,
} from '../../ui/model/stream-state.js';

const run = (...inputs: readonly (readonly [number, StreamInput])[]): StreamState =>
  inputs.reduce((state, [now, input]) => streamStep(state, input, now), initialStream(0));
const snapshot = (id: string): StreamInput => ({ type: 'event', event: 'snapshot', id });
const set = (id: string): StreamInput => ({ type: 'event', event: 'set', id });

describe('what is shown', () => {
  it('is not current before the first snapshot, and not stale either: there is nothing', () => {
    const state = run([10, { type: 'open' }]);
    expect(isCurrent(state)).toBe(false);
    expect(state.staleSince).toBeUndefined();
  });

  it('is current after a snapshot, and resumes behind the latest event', () => {
    const state = run([10, { type: 'open' }], [20, snapshot('e:1')], [30, set('e:2')]);
    expect(isCurrent(state)).toBe(true);
    expect(state.lastId).toBe('e:2');
  });

  it('is stale since the last sign of life when the stream is lost', () => {
    const state = run([10, snapshot('e:1')], [500, { type: 'heard' }], [9000, { type: 'lost' }]);
    expect(state).toMatchObject({ phase: 'lost', staleSince: 500, attempts: 1 });
  });

  it('stays stale since then over attempts that fail, and while one is open that has said nothing', () => {
    const lost: StreamInput = { type: 'lost' };
    const state = run(
      [10, snapshot('e:1')],
      [50, lost],
      [60, { type: 'open' }],
      [70, lost],
      [80, { type: 'open' }],
    );
    expect(state.staleSince).toBe(10);
    expect(isCurrent(state)).toBe(false);
  });

  const synced = (id: string): StreamInput => ({ type: 'event', event: 'status', id, tree: 'synced' });
  const lostAt50 = [
    [10, snapshot('e:1')],
    [50, { type: 'lost' }],
    [60, { type: 'open' }],
  ] as const;

  it('is current again at once when nothing was missed', () => {
    const state = run(...lostAt50, [70, synced('e:1')]);
    expect(isCurrent(state)).toBe(true);
    expect(state).toMatchObject({ attempts: 0 });
    expect(state.staleSince).toBeUndefined();
  });

  it('is current again only when all that was missed has come', () => {
    const begun = run(...lostAt50, [70, synced('e:3')], [71, set('e:2')]);
    expect(isCurrent(begun)).toBe(false);
    expect(begun.lastId).toBe('e:2');
    expect(isCurrent(streamStep(begun, set('e:3'), 72))).toBe(true);
  });

  it('resumes from what it has when it is lost again before what was missed has come', () => {
    const state = run(...lostAt50, [70, synced('e:9')], [80, { type: 'lost' }]);
    expect(state).toMatchObject({ lastId: 'e:1', staleSince: 10 });
  });

  it('waits for a snapshot from a server that was started anew', () => {
    const begun = run(...lostAt50, [70, synced('f:1')], [71, set('f:0')]);
    expect(isCurrent(begun)).toBe(false);
    expect(isCurrent(streamStep(begun, snapshot('f:1'), 72))).toBe(true);
  });

  it('is stale while the server itself has lost the tree', () => {
    const status = (tree: 'stale' | 'synced'): StreamInput => ({ type: 'event', event: 'status', tree });
    const lost = run([10, snapshot('e:1')], [40, status('stale')]);
    expect(lost).toMatchObject({ phase: 'live', tree: 'stale', staleSince: 10 });
    expect(isCurrent(streamStep(lost, set('e:2'), 60))).toBe(false);
    expect(isCurrent(streamStep(lost, status('synced'), 80))).toBe(true);
  });

  it('is never both current and stale, whatever comes', () => {
    const input = fc.oneof(
      fc.constantFrom<StreamInput>({ type: 'open' }, { type: 'heard' }, { type: 'lost' }),
      fc.record({
        type: fc.constant('event' as const),
        event: fc.constantFrom('snapshot', 'set', 'delete', 'status'),
        id: fc.stringMatching(/^e:\d$/),
        tree: fc.constantFrom('synced' as const, 'syncing' as const, 'stale' as const),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), input)), (steps) => {
        let [state, now] = [initialStream(0), 0];
        for (const [passed, of] of steps) {
          now += passed;
          state = streamStep(state, of, now);
          expect(isCurrent(state) && state.staleSince !== undefined).toBe(false);
          if (state.everLive && !isCurrent(state)) expect(state.staleSince).toBeLessThanOrEqual(now);
        }
      }),
    );
  });
});

describe('attempts', () => {
  it('are made after a silence of 40 s', () => {
    const state = run([1000, snapshot('e:1')]);
    expect(isSilent(state, 1000 + SILENCE_MS)).toBe(false);
    expect(isSilent(state, 1001 + SILENCE_MS)).toBe(true);
  });

  it('come after 0.5 s, then twice as late each time up to 10 s, less up to a third', () => {
    expect([1, 2, 3, 9].map((attempt) => pauseMs(attempt, 0))).toEqual([500, 1000, 2000, 10_000]);
    expect(pauseMs(9, 1)).toBe(6667);
  });
});
