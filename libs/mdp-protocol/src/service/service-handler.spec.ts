import { VirtualClock } from '@raspy/clock';
import { frameText, type Frames, textFrame } from '@raspy/wire';
import { z } from 'zod';
import { ServiceDefinitionError } from './definition-error.js';
import { action, defineService } from './definition.js';
import { bytes, json, keys, optional, rest, text } from './frame-kind.js';
import { type IdempotencyStore, memoryIdempotency } from './idempotency.js';
import { ServiceRefusal } from './refusal.js';
import {
  type ActionContext,
  serviceHandler,
  type ServiceHandlerOptions,
  type ServiceJob,
} from './service-handler.js';

const definition = defineService({
  listKeys: action('list_keys', { result: [keys('keys')] }),
  exec: action('exec', {
    params: [text('device'), text('command'), optional(json('args', z.object({ percent: z.number() })))],
    result: [json('result'), rest(bytes('bytes'))],
  }),
  touch: action('touch'),
});

type Exec = (
  args: { device: string; command: string; args?: { percent: number } | undefined },
  context: ActionContext,
) => { result: unknown; bytes: Uint8Array[] } | Promise<{ result: unknown; bytes: Uint8Array[] }>;

const done: Exec = () => ({ result: null, bytes: [] });
const job = (over: Partial<ServiceJob> = {}): ServiceJob => ({
  signal: new AbortController().signal,
  partial: () => undefined,
  ...over,
});

/** A server whose exec is the given one, and what its caller sees. */
function serve(exec: Exec, options: ServiceHandlerOptions = {}) {
  const handle = serviceHandler(
    definition,
    { listKeys: () => ['lamp', 'heater'], exec, touch: () => undefined },
    { clock: new VirtualClock(), ...options },
  );
  return async (...frames: (string | Uint8Array)[]): Promise<string[]> =>
    (await handle(frames.map(frame), job())).map(frameText);
}

const frame = (content: string | Uint8Array) => (typeof content === 'string' ? textFrame(content) : content);

/** A promise that is settled from outside. */
function gate<T>() {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('A service', () => {
  it('answers with its results, the status last', async () => {
    const request = serve((args) => ({ result: args, bytes: [Buffer.from('raw')] }));
    expect(await request('exec', 'lamp', 'level', '{"percent":40}')).toEqual([
      '{"device":"lamp","command":"level","args":{"percent":40}}',
      'raw',
      '200',
    ]);
    expect(await request('exec', 'lamp', 'off')).toEqual(['{"device":"lamp","command":"off"}', 'raw', '200']);
    expect(await request('list_keys')).toEqual(['heater|lamp', '200']);
    expect(await request('touch')).toEqual(['200']);
  });

  it('answers an unknown action with 501, and with its name where the protocol wants it', async () => {
    expect(await serve(done)('fly', 'high')).toEqual(['501']);
    const echoing = serve(done, { unknownAction: 'echo' });
    expect(await echoing('fly', 'high')).toEqual(['fly', '501']);
    expect(await echoing('constructor')).toEqual(['constructor', '501']);
    expect(await echoing('')).toEqual(['', '501']);
  });

  it('echoes the bytes of an action that is no text', async () => {
    const handle = serviceHandler(
      definition,
      { listKeys: () => [], exec: done, touch: () => undefined },
      { unknownAction: 'echo' },
    );
    const name = Uint8Array.of(0xff, 0xfe);
    expect(await handle([name], job())).toEqual([name, textFrame('501')]);
  });

  it.each([
    [['exec', 'lamp'], 'argument "command" is missing'],
    [['exec', 'lamp', 'level', '{'], 'argument "args": not JSON'],
    [['exec', 'lamp', 'level', '{"percent":"40"}'], 'argument "args": percent: '],
    [['exec', 'lamp', 'level', '{"percent":4}', 'x'], 'too many arguments: 4 given, 3 taken at most'],
    [['list_keys', 'x'], 'too many arguments: 1 given, 0 taken at most'],
    [['list_keys', 'RSPY1{'], 'options frame: not JSON'],
    [['list_keys', 'RSPY1{"deadline":"x"}'], 'options frame: "deadline"'],
  ])('answers %j with 400 and the reason: %s', async (frames, reason) => {
    const told: unknown[] = [];
    const reply = await serve(done, { onError: (error) => told.push(error) })(...frames);
    expect(reply).toEqual([expect.stringContaining(reason), '400']);
    expect(told).toEqual([]);
  });

  it('answers a body without frames with 400, though none can come by MDP', async () => {
    expect(await serve(done)()).toEqual(['no action', '400']);
  });

  it('cuts reasons that quote what was sent', async () => {
    const shouting = defineService({
      say: action('say', {
        params: [
          text(
            'word',
            z.string().refine(() => false, { error: (i) => String(i.input) }),
          ),
        ],
      }),
    });
    const handle = serviceHandler(shouting, { say: () => undefined });
    const [reason, status] = await handle([textFrame('say'), textFrame('x'.repeat(100_000))], job());
    expect(reason!.length).toBeLessThan(1_100);
    expect(frameText(status!)).toBe('400');
  });

  it('hides exceptions from its caller and tells them to its owner', async () => {
    const told: unknown[] = [];
    const onError = (error: unknown, name: string) => told.push([name, error]);
    const failure = new Error('password is swordfish');
    const throwing = serve(
      () => {
        throw failure;
      },
      { onError },
    );
    const rejecting = serve(() => Promise.reject(failure), { onError });
    expect(await throwing('exec', 'lamp', 'on')).toEqual(['500']);
    expect(await rejecting('exec', 'lamp', 'on')).toEqual(['500']);
    expect(told).toEqual([
      ['exec', failure],
      ['exec', failure],
    ]);
  });

  it('answers although telling its owner fails', async () => {
    const request = serve(() => Promise.reject(new Error('x')), {
      onError: () => {
        throw new Error('log is full');
      },
    });
    expect(await request('exec', 'lamp', 'on')).toEqual(['500']);
  });

  it('refuses in its own words, by ServiceRefusal', async () => {
    const told: unknown[] = [];
    const refuse = (error: Error) => serve(() => Promise.reject(error), { onError: () => told.push(error) });
    expect(await refuse(new ServiceRefusal('404', 'no device "lamp"'))('exec', 'lamp', 'on')).toEqual([
      'no device "lamp"',
      '404',
    ]);
    expect(await refuse(new ServiceRefusal('500'))('exec', 'lamp', 'on')).toEqual(['500']);
    const frames = [textFrame('svc'), textFrame('sec')];
    expect(await refuse(new ServiceRefusal('404', frames))('exec', 'lamp', 'on')).toEqual([
      'svc',
      'sec',
      '404',
    ]);
    const ofAnotherCopy = Object.assign(new Error('locked'), {
      code: 'SERVICE_REFUSAL',
      status: '423',
      frames: [textFrame('locked')],
    });
    expect(await refuse(ofAnotherCopy)('exec', 'lamp', 'on')).toEqual(['locked', '423']);
    expect(told).toEqual([]);
  });

  it('takes no refusal without the status of one', () => {
    for (const status of ['200', '600', '40', '4040', '', 200, 404.5, NaN]) {
      expect(() => new ServiceRefusal(status, 'x')).toThrow(RangeError);
    }
    expect(new ServiceRefusal(404, 'gone')).toMatchObject({
      code: 'SERVICE_REFUSAL',
      status: '404',
      message: 'gone',
    });
  });

  it.each([
    ['nothing', undefined],
    ['a member of a wrong type', { result: 1, bytes: ['text'] }],
    ['a member too few', { result: 1 }],
    ['what JSON cannot write', { result: undefined, bytes: [] }],
  ])('answers 500 when its handler returns %s', async (_, result) => {
    const told: unknown[] = [];
    const request = serve((() => result) as Exec, { onError: (error) => told.push(error) });
    expect(await request('exec', 'lamp', 'on')).toEqual(['500']);
    expect(told).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/the handler of "exec": result/) as string }),
    ]);
  });

  it('answers 500 when a schema turns out to be asynchronous', async () => {
    const told: unknown[] = [];
    const slow = defineService({
      say: action('say', {
        params: [
          text(
            'word',
            z.string().refine(() => Promise.resolve(true)),
          ),
        ],
      }),
    });
    const handle = serviceHandler(slow, { say: () => undefined }, { onError: (error) => told.push(error) });
    expect((await handle([textFrame('say'), textFrame('x')], job())).map(frameText)).toEqual(['500']);
    expect(told).toEqual([expect.objectContaining({ code: 'SERVICE_DEFINITION' })]);
  });

  it('is refused at once when an action has no handler', () => {
    const incomplete = (): unknown => serviceHandler(definition, { listKeys: () => [], exec: done } as never);
    expect(incomplete).toThrow(ServiceDefinitionError);
    expect(incomplete).toThrow(/"touch" has no handler/);
  });

  it('hands its handler the options of the request and the means of the job', async () => {
    const seen: ActionContext[] = [];
    const sent: Frames[] = [];
    const stop = new AbortController();
    const handle = serviceHandler(definition, {
      listKeys: () => [],
      touch: () => undefined,
      exec: (_args, context) => {
        seen.push(context);
        context.partial([textFrame('half')]);
        return { result: 1, bytes: [] };
      },
    });
    const options = { deadline: 4e12, leaseMs: 5_000, trace: 't' };
    await handle(
      [...['exec', 'lamp', 'on'].map(textFrame), textFrame(`RSPY1${JSON.stringify(options)}`)],
      job({ signal: stop.signal, partial: (frames) => sent.push(frames) }),
    );
    expect(seen).toEqual([expect.objectContaining(options)]);
    expect(seen[0]!.signal).toBe(stop.signal);
    expect(sent).toEqual([[textFrame('half')]]);
  });
});

describe('A command with a deadline', () => {
  it('is acted on up to it and not after', async () => {
    const clock = new VirtualClock(0, 10_000);
    let runs = 0;
    const request = serve(() => ({ result: ++runs, bytes: [] }), { clock });
    expect(await request('exec', 'pump', 'dose', 'RSPY1{"deadline":10000}')).toEqual(['1', '200']);
    clock.advanceBy(1);
    expect(await request('exec', 'pump', 'dose', 'RSPY1{"deadline":10000}')).toEqual(['expired', '500']);
    expect(runs).toBe(1);
  });

  it('that ran in time is told so when it is repeated after it', async () => {
    const clock = new VirtualClock(0, 10_000);
    const request = serve(() => ({ result: 'dosed', bytes: [] }), { clock });
    const command = ['exec', 'pump', 'dose', 'RSPY1{"deadline":10000,"key":"k"}'];
    expect(await request(...command)).toEqual(['"dosed"', '200']);
    clock.advanceBy(1);
    expect(await request(...command)).toEqual(['"dosed"', '200']);
  });
});

describe('A command with a key', () => {
  const KEY = 'RSPY1{"key":"k"}';

  it('is acted on once, and a repeat gets the reply of then', async () => {
    let runs = 0;
    const request = serve(() => ({ result: ++runs, bytes: [] }));
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['1', '200']);
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['1', '200']);
    expect(await request('exec', 'pump', 'dose', 'RSPY1{"key":"other"}')).toEqual(['2', '200']);
    expect(await request('exec', 'pump', 'dose')).toEqual(['3', '200']);
  });

  it('that failed is not tried again', async () => {
    let runs = 0;
    const request = serve(() => {
      runs++;
      throw new Error('half done');
    });
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['500']);
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['500']);
    expect(runs).toBe(1);
  });

  it('repeated while the first is at work gets the reply of the first', async () => {
    const { opened, open } = gate<{ result: unknown; bytes: Uint8Array[] }>();
    let runs = 0;
    const request = serve(() => {
      runs++;
      return opened;
    });
    const both = Promise.all([request('exec', 'pump', 'dose', KEY), request('exec', 'pump', 'dose', KEY)]);
    open({ result: 'dosed', bytes: [] });
    expect(await both).toEqual([
      ['"dosed"', '200'],
      ['"dosed"', '200'],
    ]);
    expect(runs).toBe(1);
  });

  it('whose arguments do not fit is not remembered', async () => {
    const request = serve(() => ({ result: 'dosed', bytes: [] }));
    expect(await request('exec', 'pump', KEY)).toEqual(['argument "command" is missing', '400']);
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['"dosed"', '200']);
  });

  it('begun before a restart is answered "unknown outcome" and not acted on', async () => {
    const durable = memoryIdempotency();
    void durable.begin('k');
    const request = serve(
      () => {
        throw new Error('acted on');
      },
      { idempotency: durable },
    );
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['unknown outcome', '500']);
  });

  it('is recorded before it is acted on, and its reply before it is sent', async () => {
    const steps: string[] = [];
    const begun = gate<string>();
    const store: IdempotencyStore = {
      begin: async (key) => {
        steps.push(`begin ${key}`);
        await begun.opened;
        steps.push('begun');
        return { state: 'new' };
      },
      finish: async (key, reply) => {
        await Promise.resolve();
        steps.push(`finish ${key} ${reply.map(frameText).join()}`);
      },
    };
    const request = serve(
      () => {
        steps.push('act');
        return { result: 1, bytes: [] };
      },
      { idempotency: store },
    );
    const reply = request('exec', 'pump', 'dose', KEY).then(() => steps.push('reply'));
    begun.open('go');
    await reply;
    expect(steps).toEqual(['begin k', 'begun', 'act', 'finish k 1,200', 'reply']);
  });

  it('is not acted on when it cannot be recorded', async () => {
    const told: unknown[] = [];
    const full = new Error('disk full');
    let runs = 0;
    const request = serve(() => ({ result: ++runs, bytes: [] }), {
      idempotency: { begin: () => Promise.reject(full), finish: () => undefined },
      onError: (error) => told.push(error),
    });
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['500']);
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['500']);
    expect([runs, told]).toEqual([0, [full, full]]);
  });

  it('is answered though its reply cannot be recorded', async () => {
    const told: unknown[] = [];
    const full = new Error('disk full');
    const request = serve(() => ({ result: 'dosed', bytes: [] }), {
      idempotency: { begin: () => ({ state: 'new' }), finish: () => Promise.reject(full) },
      onError: (error) => told.push(error),
    });
    expect(await request('exec', 'pump', 'dose', KEY)).toEqual(['"dosed"', '200']);
    expect(told).toEqual([full]);
  });
});
