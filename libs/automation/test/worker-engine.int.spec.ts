import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { VirtualClock } from '@raspy/clock';
import { WorkerEngine } from '../src/sandbox/worker-engine.js';
import { TurnSign } from '../src/sandbox/messages.js';
import { workerThreads } from '../src/sandbox/worker-thread.js';
import { describeContract, never } from './sandbox-contract.js';
import { Trial } from './trial.js';

/** Holds a thread within one function of QuickJS, which looks at no budget. */
const HOLD = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';

/** An engine, and a condition: that its thread is within a turn. */
function watched(): { engine: WorkerEngine; held: () => Promise<void> } {
  let sign: TurnSign | undefined;
  const engine = new WorkerEngine({
    spawn: (data, listener) => {
      sign = new TurnSign(data.sign);
      return workerThreads()(data, listener);
    },
  });
  const held = async (): Promise<void> => {
    while (sign!.program === 0) await setImmediate();
  };
  return { engine, held };
}

describe('WorkerEngine', () => {
  describeContract(({ limits, wallNow } = {}) => {
    const clock = new VirtualClock(0, wallNow?.());
    // On a machine that is slow just then, what spins must not be taken for hung before its budget is used.
    const hungAfterMs = 20_000;
    return new WorkerEngine({ hungAfterMs, ...(limits && { limits }), ...(wallNow && { clock }) });
  });

  it('ends a thread that is held; the others are lost, and the next start brings a new one', async () => {
    const engine = new WorkerEngine();
    const other = new Trial(engine, 'await call("wait")', { answers: { wait: never } });
    await other.called('wait');
    const holding = new Trial(engine, HOLD);
    expect(await holding.ended).toMatchObject({ kind: 'failed', reason: 'hung' });
    expect(await other.ended).toMatchObject({ kind: 'failed', reason: 'lost' });
    expect(await new Trial(engine, 'call("tell", 1)').told()).toEqual([1]);
    await engine.close();
  });

  it('stops a program that holds its thread at once', async () => {
    const { engine, held } = watched();
    const other = new Trial(engine, 'await call("wait")', { answers: { wait: never } });
    await other.called('wait');
    const holding = new Trial(engine, `await call("a"); ${HOLD}`);
    await holding.called('a');
    await held();
    await holding.running.stop();
    expect(await holding.ended).toEqual({ kind: 'stopped' });
    expect(await other.ended).toMatchObject({ reason: 'lost' });
    await engine.close();
  });

  it('closes while its thread is held', async () => {
    const { engine, held } = watched();
    const holding = new Trial(engine, `await call("a"); ${HOLD}`);
    await holding.called('a');
    await held();
    await engine.close();
    expect(await holding.ended).toEqual({ kind: 'stopped' });
  });

  it('keeps no process alive', async () => {
    const script = `
      const { WorkerEngine } = await import('@raspy/automation/sandbox');
      const engine = new WorkerEngine();
      const alive = setInterval(() => {}, 1_000);
      engine.start({ name: 'a', code: 'await call("a")', prelude: 'return { call: house.call }' }, {
        call: () => { clearInterval(alive); return new Promise(() => {}); },
        ended: () => {},
      });`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script],
      {
        cwd: __dirname,
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});
