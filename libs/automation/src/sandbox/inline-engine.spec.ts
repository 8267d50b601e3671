import { describeContract } from '../../test/sandbox-contract.js';
import { Trial } from '../../test/trial.js';
import { InlineEngine } from './inline-engine.js';

describe('InlineEngine', () => {
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
