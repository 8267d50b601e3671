import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import { flush, isRecording, openTelemetryTracer } from './opentelemetry.js';
import { action, defineService } from './service/definition.js';
import { text } from './service/frame-kind.js';
import { serviceClient, type ServiceClient } from './service/service-client.js';
import { serviceHandler } from './service/service-handler.js';
import { startTestBus, type TestBus } from './testing/test-bus.js';
import { followRequests } from './tracing/request-tracer.js';

const lamp = defineService({ set: action('set', { params: [text('to')], result: [text('was')] }) });
const fan = defineService({ turn: action('turn', { result: [text('was')] }) });

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

let bus: TestBus;
let unfollow: () => void;
let lamps: ServiceClient<(typeof lamp)['actions']>;

async function start(): Promise<void> {
  unfollow = followRequests(openTelemetryTracer());
  bus = await startTestBus();
  const fans = serviceClient(fan, bus.client(), 'pi.fan');
  bus.worker({ service: 'pi.fan', handle: serviceHandler(fan, { turn: () => 'off' }, { clock: bus.clock }) });
  bus.worker({
    service: 'pi.lamp',
    handle: serviceHandler(
      lamp,
      {
        set: async ({ to }) => {
          if (to === 'red') throw new Error('it has no red');
          return fans.turn();
        },
      },
      { clock: bus.clock },
    ),
  });
  lamps = serviceClient(lamp, bus.client(), 'pi.lamp');
}

afterEach(async () => {
  unfollow();
  await bus.close();
  exporter.reset();
});

it('without a provider does nothing, and says that nothing is recorded', async () => {
  await start();
  expect(isRecording()).toBe(false);
  expect(await bus.until(lamps.set('on'))).toBe('off');
  expect(exporter.getFinishedSpans()).toEqual([]);
});

it('takes a provider that fails for one that does not record', async () => {
  await start();
  jest.spyOn(trace, 'getTracer').mockImplementationOnce(() => {
    throw new Error('the sampler is ill');
  });
  expect(isRecording()).toBe(false);
});

it('has nothing to hand over without a provider', async () => {
  await start();
  await flush();
});

describe('handing over what was recorded', () => {
  beforeEach(start);
  afterEach(() => trace.disable());

  /** A provider of another copy of the API, which has it in a shell. */
  const register = (forceFlush: () => Promise<unknown>): void => {
    const delegate = { getTracer: () => trace.getTracer('x'), forceFlush };
    const shell = { getTracer: delegate.getTracer, getDelegate: () => delegate };
    jest.spyOn(trace, 'getTracerProvider').mockReturnValueOnce(shell);
  };

  it('waits for it, whichever copy of the API has the provider', async () => {
    const forceFlush = jest.fn(() => Promise.resolve());
    register(forceFlush);
    await flush();
    expect(forceFlush).toHaveBeenCalledTimes(1);
  });

  it('never fails', async () => {
    register(() => Promise.reject(new Error('no collector')));
    await expect(flush()).resolves.toBeUndefined();
  });
});

describe('with a provider', () => {
  beforeAll(() => provider.register());
  beforeEach(start);
  afterAll(async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
  });

  const named = (name: string, kind: SpanKind): ReadableSpan =>
    exporter.getFinishedSpans().find((span) => span.name === name && span.kind === kind)!;

  it('makes one trace of what is under way, a request, and what its handler asks of others', async () => {
    expect(isRecording()).toBe(true);
    exporter.reset();
    const evening = trace.getTracer('test').startSpan('evening');
    await context.with(trace.setSpan(context.active(), evening), () => bus.until(lamps.set('on')));
    evening.end();
    const all = exporter.getFinishedSpans();
    expect(new Set(all.map((span) => span.spanContext().traceId))).toEqual(
      new Set([evening.spanContext().traceId]),
    );
    const client = named('pi.lamp/set', SpanKind.CLIENT);
    const worker = named('pi.lamp/set', SpanKind.SERVER);
    const broker = named('broker pi.lamp/set', SpanKind.INTERNAL);
    const further = named('pi.fan/turn', SpanKind.CLIENT);
    const parents = [client, broker, worker, further, named('pi.fan/turn', SpanKind.SERVER)].map(
      (span) => span.parentSpanContext?.spanId,
    );
    const ids = [evening, client, client, worker, further].map((span) => span.spanContext().spanId);
    expect(parents).toEqual(ids);
    expect(all).toHaveLength(7);
    expect(client.attributes).toEqual({
      'rpc.system.name': 'raspy',
      'rpc.method': 'pi.lamp/set',
      'rpc.response.status_code': '200',
      'raspy.role': 'client',
    });
    expect(client.status.code).toBe(SpanStatusCode.UNSET);
    expect(broker.events.map(({ name }) => name)).toEqual(['dispatched']);
    expect(worker.parentSpanContext?.isRemote).toBe(true);
  });

  it('marks what failed, and tells why it was asked', async () => {
    await expect(bus.until(lamps.with({ trace: 'scenario dawn' }).set('red'))).rejects.toThrow('500');
    const worker = named('pi.lamp/set', SpanKind.SERVER);
    expect(worker.attributes).toMatchObject({
      'raspy.cause': 'scenario dawn',
      'error.type': '500',
      'rpc.response.status_code': '500',
    });
    expect(worker.status.code).toBe(SpanStatusCode.ERROR);
    const nobody = serviceClient(lamp, bus.client(), 'pi.nobody').with({ ifNoWorker: 'fail' });
    await expect(bus.until(nobody.set('on'))).rejects.toThrow();
    expect(named('pi.nobody/set', SpanKind.CLIENT).attributes['error.type']).toBe('NO_WORKER');
  });

  it('joins the trace of a client in another language, with what its tracing system adds', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await bus.until(lamps.with({ traceparent, tracestate: 'vendor=5' }).set('on'));
    const worker = named('pi.lamp/set', SpanKind.SERVER);
    expect(worker.spanContext().traceId).toBe('a'.repeat(32));
    expect(worker.spanContext().traceState?.serialize()).toBe('vendor=5');
    expect(named('pi.lamp/set', SpanKind.CLIENT).parentSpanContext?.spanId).toBe('b'.repeat(16));
  });

  it('records nothing of what is not sampled, and lets it through', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
    expect(await bus.until(lamps.with({ traceparent }).set('on'))).toBe('off');
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
