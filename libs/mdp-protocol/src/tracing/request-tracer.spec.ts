import { textFrame } from '@raspy/wire';
import { action, defineService } from '../service/definition.js';
import { text } from '../service/frame-kind.js';
import { ServiceRefusal } from '../service/refusal.js';
import { serviceClient, type CallOptions } from '../service/service-client.js';
import { serviceHandler } from '../service/service-handler.js';
import { startTestBus, type TestBus } from '../testing/test-bus.js';
import { beginSpan, followRequests, type RequestTracer } from './request-tracer.js';
import { SpanNotes } from '../../test/support/span-notes.js';

const lamp = defineService({
  set: action('set', { params: [text('to')], result: [text('was')] }),
  boil: action('boil'),
});

describe('A tracer', () => {
  let bus: TestBus;
  let notes: SpanNotes;
  let unfollow: () => void;

  beforeEach(async () => {
    notes = new SpanNotes();
    unfollow = followRequests(notes);
    bus = await startTestBus({ broker: { requestTtlMs: 1_000 } });
  });
  afterEach(async () => {
    unfollow();
    await bus.close();
  });

  const serve = (service = 'pi.lamp') =>
    bus.worker({
      service,
      handle: serviceHandler(
        lamp,
        {
          set: ({ to }) => {
            if (to === 'red') throw new ServiceRefusal('404', 'no such colour');
            return 'off';
          },
          boil: () => Promise.reject(new Error('it boils')),
        },
        { clock: bus.clock },
      ),
    });
  const client = (options: CallOptions = {}) => serviceClient(lamp, bus.client(), 'pi.lamp').with(options);

  it('follows a request from its client to broker and worker, which are parts of the client’s', async () => {
    serve();
    expect(await bus.until(client({ trace: 'scenario dawn' }).set('on'))).toBe('off');
    expect(notes.lines).toEqual([
      '1 client pi.lamp set of - by scenario dawn',
      '2 broker pi.lamp set of 1 by scenario dawn',
      '2 dispatched',
      '3 worker pi.lamp set of 1 by scenario dawn',
      '3 ends 200',
      '2 ends 200',
      '1 ends 200',
    ]);
  });

  it('is told how each ended: a refusal, an exception, no worker, nobody who answers', async () => {
    serve();
    await expect(bus.until(client().set('red'))).rejects.toThrow('no such colour');
    await expect(bus.until(client().boil())).rejects.toThrow('500');
    expect(notes.ends()).toEqual(['3 404', '2 404', '1 404', '6 500', '5 500', '4 500']);
    notes.clear();
    const absent = serviceClient(lamp, bus.client(), 'pi.nobody');
    await expect(bus.until(absent.with({ ifNoWorker: 'fail' }).boil())).rejects.toThrow();
    await expect(bus.until(absent.with({ timeoutMs: 100 }).boil())).rejects.toThrow();
    await bus.advance(2_000);
    expect(notes.ends()).toEqual(['1 NO_WORKER', '2 TIMEOUT', '3 raspy:expired']);
  });

  it('sees what the broker serves itself, and the second worker after the loss of the first', async () => {
    await bus.close();
    bus = await startTestBus({
      broker: {
        builtin: { 'pi.lamp': () => [textFrame('off'), textFrame('200')] },
        service: () => ({ maxAttempts: 2 }),
      },
    });
    expect(await bus.until(client().set('on'))).toBe('off');
    expect(notes.lines.filter((line) => line.startsWith('2'))).toEqual([
      '2 broker pi.lamp set of 1',
      '2 dispatched',
      '2 ends 200',
    ]);
    notes.clear();
    const first = bus.worker({ service: 'pi.fan', handle: () => new Promise<never>(() => undefined) });
    await bus.advance(10);
    const answer = serviceClient(lamp, bus.client(), 'pi.fan').with({ timeoutMs: 10_000 }).set('on');
    await bus.advance(10);
    await bus.until(first.close({ deadlineMs: 0 }));
    serve('pi.fan');
    expect(await bus.until(answer)).toBe('off');
    expect(notes.lines.filter((line) => line.startsWith('2'))).toEqual([
      '2 broker pi.fan set of 1',
      '2 dispatched',
      '2 worker lost',
      '2 dispatched',
      '2 ends 200',
    ]);
  });

  it('is not told of a request whose options are larger than any that mean something', async () => {
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const body = (more: string) => ['set', 'on', `RSPY1${JSON.stringify({ traceparent, more })}`];
    serve();
    for (const more of ['', 'x'.repeat(4_096)]) await bus.until(bus.client().call('pi.lamp', body(more)));
    expect(notes.lines.filter((line) => line.includes('broker'))).toHaveLength(1);
  });

  it('is told of the end of what a broker has when it stops', async () => {
    const nobody = client({ timeoutMs: 100 }).set('on');
    await expect(bus.until(nobody)).rejects.toThrow();
    await bus.restartBroker();
    expect(notes.ends()).toEqual(['1 TIMEOUT', '2 CLOSED']);
  });

  it('given to one of them goes before that of the process', async () => {
    const own = new SpanNotes();
    serve();
    await bus.until(serviceClient(lamp, bus.client(), 'pi.lamp', { tracer: own }).set('on'));
    expect(own.ends()).toEqual(['1 200']);
    expect(notes.ends()).toEqual(['2 200', '1 200']);
  });

  it('is asked no more when another one follows, or none', async () => {
    serve();
    const other = new SpanNotes();
    const stopOther = followRequests(other);
    unfollow();
    await bus.until(client().set('on'));
    stopOther();
    await bus.until(client().set('on'));
    // The broker keeps the one that it was started with.
    expect([notes.ends(), other.ends()]).toEqual([['1 200'], ['2 200', '1 200']]);
  });

  it('costs no request anything by what it throws', async () => {
    const fails = (): never => {
      throw new Error('the tracer is ill');
    };
    const broken: RequestTracer = {
      begin: ({ role }) =>
        role === 'client'
          ? fails()
          : { context: undefined, within: (work) => (work(), fails()), mark: fails, end: fails },
    };
    const stop = followRequests(broken);
    await bus.restartBroker();
    serve();
    expect(await bus.until(client().set('on'))).toBe('off');
    await expect(bus.until(client().set('red'))).rejects.toThrow('no such colour');
    stop();
  });

  it('costs no request anything by a context that cannot be sent', async () => {
    serve();
    const good = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    for (const context of [{ traceparent: 'x' }, { traceparent: good, tracestate: 'x'.repeat(513) }]) {
      const tracer: RequestTracer = {
        begin: () => ({ context, within: (work) => work(), mark: jest.fn(), end: jest.fn() }),
      };
      expect(await bus.until(serviceClient(lamp, bus.client(), 'pi.lamp', { tracer }).set('on'))).toBe('off');
    }
    // Of the second, what can be sent has been.
    expect(notes.lines.filter((line) => line.includes('broker'))).toHaveLength(1);
  });

  it('calls what is within a span once, and passes its exception on', () => {
    let calls = 0;
    const span = beginSpan(
      {
        begin: () => ({
          context: undefined,
          within: (work) => (work(), work()),
          mark: jest.fn(),
          end: jest.fn(),
        }),
      },
      { role: 'client' },
    )!;
    expect(span.within(() => ++calls)).toBe(1);
    expect(() =>
      span.within(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
  });
});
