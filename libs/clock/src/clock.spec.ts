import { systemClock, VirtualClock } from './index.js';

describe('VirtualClock', () => {
  it('runs tasks in the order of their instants and of their scheduling', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    clock.schedule(20, note('c'));
    clock.schedule(10, note('a'));
    clock.schedule(10, note('b'));
    clock.advanceTo(15);
    expect(seen).toEqual(['a@10', 'b@10']);
    expect(clock.now()).toBe(15);
    clock.advanceBy(5);
    expect(seen).toEqual(['a@10', 'b@10', 'c@20']);
  });

  it('runs what a task schedules within the same advance, and what lies in the past at once', () => {
    const clock = new VirtualClock(100);
    const seen: number[] = [];
    clock.schedule(110, () => {
      seen.push(clock.now());
      clock.schedule(50, () => seen.push(clock.now()));
      clock.schedule(120, () => seen.push(clock.now()));
    });
    clock.advanceTo(200);
    expect(seen).toEqual([110, 110, 120]);
  });

  it('says so when tasks schedule each other without letting time go on', () => {
    const clock = new VirtualClock();
    const again = (): void => {
      clock.schedule(clock.now(), again);
    };
    again();
    expect(() => clock.advanceBy(1)).toThrow('without end');
  });

  it('forgets cancelled and infinite tasks', () => {
    const clock = new VirtualClock();
    const cancel = clock.schedule(10, () => {
      throw new Error('cancelled task ran');
    });
    clock.schedule(Infinity, () => {
      throw new Error('infinite task ran');
    })();
    cancel();
    cancel();
    expect(clock.nextAt).toBe(Infinity);
    clock.advanceTo(1e9);
  });

  it('steps the wall clock without moving what is scheduled', () => {
    const clock = new VirtualClock(0, 1_000);
    clock.schedule(10, () => undefined);
    clock.stepWall(-500);
    expect(clock.wallNow()).toBe(500);
    expect(clock.now()).toBe(0);
    expect(clock.nextAt).toBe(10);
  });

  it('lets promises run between tasks when advanced asynchronously', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const wait = (ms: number) => new Promise<void>((resolve) => clock.schedule(clock.now() + ms, resolve));
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await wait(10);
        seen.push(clock.now());
      }
    })();
    await clock.advanceByAsync(100);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(100);
  });
});

describe('systemClock', () => {
  it('is monotonic and never runs a task early or synchronously', async () => {
    const at = systemClock.now() + 3;
    let synchronous = true;
    const ranAt = await new Promise<number>((resolve) => {
      systemClock.schedule(at, () => {
        expect(synchronous).toBe(false);
        resolve(systemClock.now());
      });
      synchronous = false;
      // The clock's own timers do not keep a process alive; the test does.
      const alive = setInterval(() => undefined, 1_000);
      systemClock.schedule(at + 1, () => {
        clearInterval(alive);
      });
    });
    expect(ranAt).toBeGreaterThanOrEqual(at);
    expect(Math.abs(systemClock.wallNow() - Date.now())).toBeLessThan(1_000);
  });

  it('takes instants far away and infinite ones', () => {
    systemClock.schedule(systemClock.now() + 2 ** 40, () => undefined)();
    systemClock.schedule(Infinity, () => undefined)();
  });
});

describe('a task of the machine’s clock', () => {
  it('keeps the process alive only if it is told to', () => {
    const armed = jest.spyOn(globalThis, 'setTimeout');
    const cancels = [
      systemClock.schedule(systemClock.now() + 1_000, () => undefined),
      systemClock.schedule(systemClock.now() + 1_000, () => undefined, true),
    ];
    expect(armed.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false, true]);
    for (const cancel of cancels) cancel();
    armed.mockRestore();
  });
});
