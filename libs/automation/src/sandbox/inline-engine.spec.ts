import { describeContract, never } from '../../test/sandbox-contract.js';
import { Trial } from '../../test/trial.js';
import { InlineEngine } from './inline-engine.js';
import { Realm } from './realm.js';
import { threadTime } from './thread-time.js';

describe('InlineEngine', () => {
  it('takes a new instance of QuickJS after a program broke one; the others in it are lost', async () => {
    const engine = new InlineEngine();
    const trials = ['on("e", () => {}); await call("wait")', 'await call("wait")'].map(
      (code) => new Trial(engine, code, { answers: { wait: never } }),
    );
    await Promise.all(trials.map((trial) => trial.called('wait')));
    const deliver = jest.spyOn(Realm.prototype, 'deliver').mockImplementationOnce(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    trials[0]!.running.deliver('e', 1);
    deliver.mockRestore();
    expect(await trials[0]!.ended).toMatchObject({ reason: 'stack' });
    expect(await trials[1]!.ended).toMatchObject({ reason: 'lost' });
    expect(await new Trial(engine, 'call("tell", 1)').told()).toEqual([1]);
    await engine.close();
  });

  it('survives an instance that cannot be freed', async () => {
    const engine = new InlineEngine();
    const trials = ['', 'await call("wait")'].map(
      (code) => new Trial(engine, code, { answers: { wait: never } }),
    );
    await trials[1]!.called('wait');
    const dispose = jest.spyOn(Realm.prototype, 'dispose').mockImplementationOnce(() => {
      throw new Error('list_empty(&rt->gc_obj_list)');
    });
    const third = new Trial(engine, 'return');
    expect(await third.ended).toEqual({ kind: 'returned' });
    dispose.mockRestore();
    expect(await trials[1]!.ended).toMatchObject({ reason: 'lost' });
    await engine.close();
  });

  it('cuts by the time that a program computes, where that is known', () => {
    const time = threadTime();
    expect(time !== undefined).toBe(process.platform === 'linux');
    const before = time?.() ?? 0;
    while (time !== undefined && time() - before < 20);
    expect((time?.() ?? 0) - before).toBeLessThan(1_000);
  });

  describeContract((options) => new InlineEngine(options));

  it('runs turns at once', async () => {
    const engine = new InlineEngine();
    await engine.ready();
    const trial = new Trial(engine, 'on("e", (x) => call("got", x)); await new Promise(() => {})');
    await Promise.resolve();
    await new Promise(setImmediate);
    trial.running.deliver('e', 1);
    expect(trial.calls).toEqual([['got', 1]]);
    await engine.close();
  });
});
