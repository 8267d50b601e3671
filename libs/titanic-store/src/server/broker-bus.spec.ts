import {
  MdpAbortedError,
  MdpExpiredError,
  MdpNoWorkerError,
  MdpTimeoutError,
  MdpWorkerLostError,
  type WorkerChange,
} from '@raspy/mdp-protocol';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { Subject } from 'rxjs';
import { settled } from '../../test/support/fake-bus.js';
import { brokerBus, type BusBroker } from './broker-bus.js';
import { failureOf } from './failure.js';

class FakeBroker implements BusBroker {
  readonly workerChanges$ = new Subject<WorkerChange>();
  readonly counts = new Map<string, number>();
  readonly asked: unknown[] = [];
  answer: () => Promise<Frames> = () => Promise.resolve([textFrame('reply')]);

  workersOf(service: string | Uint8Array): number {
    return this.counts.get(typeof service === 'string' ? service : frameText(service)) ?? 0;
  }

  request(service: string | Uint8Array, body: Frames, options: object): Promise<Frames> {
    this.asked.push([typeof service === 'string' ? service : frameText(service), body.length, options]);
    return this.answer();
  }

  change(service: string, workers: number): void {
    this.counts.set(service, workers);
    this.workerChanges$.next({ service: textFrame(service), workers });
  }
}

const watchAll = (broker: FakeBroker, service: string) => {
  const told: number[] = [];
  const bus = brokerBus(broker);
  const end = bus.watch(textFrame(service), (workers) => told.push(workers));
  return { bus, told, end };
};

describe('the bus inside the broker', () => {
  it('tells of the workers that are there, later in the same turn, and of every change', async () => {
    const broker = new FakeBroker();
    broker.counts.set('a', 2);
    const { told, end } = watchAll(broker, 'a');
    expect(told).toEqual([]);
    await settled();
    broker.change('a', 3);
    broker.change('b', 9);
    broker.change('a', 0);
    end();
    broker.change('a', 1);
    expect(told).toEqual([2, 3, 0]);
  });

  it('tells nothing of a service without workers, nor to those who have stopped listening', async () => {
    const broker = new FakeBroker();
    const { told } = watchAll(broker, 'a');
    broker.counts.set('b', 1);
    const other = watchAll(broker, 'b');
    other.end();
    await settled();
    expect([told, other.told]).toEqual([[], []]);
  });

  it('takes what its process serves itself for always there', async () => {
    const { told, end } = watchAll(new FakeBroker(), 'titanic.store');
    await settled();
    expect(told).toEqual([16]);
    end();
  });

  it('sends, and tells how it ended', async () => {
    const broker = new FakeBroker();
    const bus = brokerBus(broker);
    const send = () => bus.send(textFrame('a'), [textFrame('x')], { ttlMs: 7 });
    expect(await send()).toEqual({ type: 'reply', reply: [textFrame('reply')] });
    expect(broker.asked).toEqual([['a', 1, { ttlMs: 7 }]]);
    broker.answer = () => Promise.reject(new MdpNoWorkerError('a'));
    expect(await send()).toMatchObject({ type: 'failed', mayHaveRun: false });
  });

  it('tells nothing any more when it is closed', async () => {
    const broker = new FakeBroker();
    const { bus, told } = watchAll(broker, 'a');
    await bus.close();
    broker.change('a', 1);
    expect(told).toEqual([]);
    expect(broker.workerChanges$.observed).toBe(false);
  });
});

describe('a failure', () => {
  it.each([
    ['without a worker', new MdpNoWorkerError('a'), false],
    ['too old', new MdpExpiredError('a'), false],
    ['that was never sent', new MdpTimeoutError('a', 1_000, 0), false],
    ['that was sent', new MdpTimeoutError('a', 1_000, 1), true],
    ['whose worker died', new MdpWorkerLostError('a'), true],
    ['that was given up', new MdpAbortedError('a', 'enough'), true],
    ['of another kind', new Error('oops'), true],
    ['that is no error', 'oops', true],
    ['that is nothing', undefined, true],
  ])('of a request %s tells whether it may have run', (_what, error, mayHaveRun) => {
    expect(failureOf(error)).toEqual({
      type: 'failed',
      reason: error instanceof Error ? error.message : String(error),
      mayHaveRun,
    });
  });
});
