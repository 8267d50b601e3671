import { VirtualClock } from '@raspy/clock';
import { frameText, type Frames } from '@raspy/wire';
import { MemoryNetwork } from '@raspy/wire/testing';
import { firstValueFrom, type Observable, toArray } from 'rxjs';
import type { MdpError } from '../errors.js';
import { MdpOptionError } from '../option-error.js';
import { startTestBus, type TestBus } from '../testing/index.js';
import { MdpClient, type MdpClientStatus } from './mdp-client.js';
import type { MdpClientOptions, MdpRequestOptions } from './options.js';

const strings = (frames: Frames): string[] => frames.map((frame) => frameText(frame));

/** The error that a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<MdpError> {
  return promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: unknown) => error as MdpError,
  );
}

describe('MdpClient on a bus', () => {
  let bus: TestBus;

  beforeEach(async () => {
    bus = await startTestBus();
  });
  afterEach(() => bus.close());

  /** A worker that answers by what the first frame says. */
  function serve(replies: Record<string, string[]> = {}): void {
    bus.worker({
      service: 'svc',
      concurrency: 4,
      handle: (body) => Promise.resolve(replies[frameText(body[0]!)] ?? [...body, '200']),
    });
  }

  it('request gives the whole body of the reply, bytes as they were sent', async () => {
    serve();
    const client = bus.client();
    const bytes = Uint8Array.of(0, 255, 128);
    const reply = await bus.until(client.request('svc', ['text', bytes, '']));
    expect(strings([reply[0]!, reply[2]!, reply[3]!])).toEqual(['text', '', '200']);
    expect([...reply[1]!]).toEqual([0, 255, 128]);
  });

  it('call takes the 200 off', async () => {
    serve();
    const reply = await bus.until(bus.client().call('svc', ['a', 'b']));
    expect(strings(reply)).toEqual(['a', 'b']);
  });

  it.each<[string, string[], string, string | undefined]>([
    ['a bare status', ['501'], '501', undefined],
    ['a reason before it', ['tank empty', '400'], '400', 'tank empty'],
    ['text behind it', ['x', '500 oops'], '500', 'x'],
    ['bytes before it', ['\u0001\u0002', '500'], '500', undefined],
    ['an empty frame before it', ['', '404'], '404', undefined],
  ])('call turns any other status into an error: %s', async (_, reply, status, reason) => {
    serve({ go: reply });
    const error = await bus.until(rejection(bus.client().call('svc', ['go'])));
    expect(error).toMatchObject({ code: 'SERVICE_STATUS', status, service: 'svc' });
    expect(error.message).toBe(`"svc" answered ${status}${reason === undefined ? '' : `: ${reason}`}`);
    expect(strings((error as unknown as { body: Frames }).body)).toEqual(reply.slice(0, -1));
  });

  it('call does not guess when there is no status', async () => {
    serve({ go: ['fine'] });
    await expect(bus.until(bus.client().call('svc', ['go']))).rejects.toMatchObject({
      code: 'INVALID_REPLY',
    });
  });

  it('K22: parallel calls to workers of different speed each get their own reply', async () => {
    bus.worker({
      service: 'slow',
      concurrency: 10,
      handle: async (body) => {
        await new Promise<void>((resolve) =>
          bus.clock.schedule(bus.clock.now() + Number(frameText(body[0]!)), resolve),
        );
        return body;
      },
    });
    const client = bus.client();
    const waits = [90, 10, 70, 30, 50, 20, 80, 40, 60, 100];
    const replies = await bus.until(Promise.all(waits.map((wait) => client.request('slow', [String(wait)]))));
    expect(replies.map((reply) => strings(reply)[0])).toEqual(waits.map(String));
    expect(client.statistics()).toMatchObject({ mode: 'pipelining', sent: 10, replies: 10, inFlight: 0 });
  });

  it('a request before the broker is there waits for it', async () => {
    serve();
    bus.network.cut(bus.endpoint);
    const client = bus.client();
    const reply = client.request('svc', ['early']);
    await bus.advance(2_000);
    bus.network.heal(bus.endpoint);
    expect(strings(await bus.until(reply))).toEqual(['early', '200']);
  });

  it('fails with TIMEOUT when nobody serves it, and TIMEOUT says whether it was sent', async () => {
    const client = bus.client({ timeoutMs: 500 });
    const from = bus.clock.now();
    const error = await bus.until(rejection(client.request('nobody', ['x'])));
    expect(error).toMatchObject({ code: 'TIMEOUT', attempts: 1, timeoutMs: 500, name: 'MdpTimeoutError' });
    expect(bus.clock.now() - from).toBe(500);
  });

  it("ifNoWorker: 'fail' fails at once, and lets the broker's own services be", async () => {
    const client = bus.client();
    const options: MdpRequestOptions = { ifNoWorker: 'fail' };
    const from = bus.clock.now();
    await expect(bus.until(client.request('nobody', ['x'], options))).rejects.toMatchObject({
      code: 'NO_WORKER',
    });
    expect(bus.clock.now() - from).toBeLessThan(10);
    expect(strings(await bus.until(client.request('mmi.service', ['x'], options)))).toEqual(['404']);
    serve();
    await bus.advance(10);
    expect(strings(await bus.until(client.request('svc', ['x'], options)))).toEqual(['x', '200']);
  });

  it('a signal withdraws a request; one that has fired already stops it from being sent', async () => {
    const client = bus.client();
    const controller = new AbortController();
    const request = rejection(client.request('nobody', ['x'], { signal: controller.signal }));
    await bus.advance(10);
    controller.abort('enough');
    const error = await bus.until(request);
    expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(client.statistics()).toMatchObject({ sent: 1, inFlight: 0, aborted: 1 });
    await expect(client.request('nobody', ['x'], { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(client.statistics().sent).toBe(1);
  });

  it('lets go of a signal when the request is settled', async () => {
    serve();
    const client = bus.client();
    const controller = new AbortController();
    const added = jest.spyOn(controller.signal, 'addEventListener');
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    await bus.until(client.request('svc', ['x'], { signal: controller.signal }));
    await bus.until(rejection(client.request('nobody', ['x'], { signal: controller.signal })));
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });

  it('retries are sent, and counted by the worker', async () => {
    let asked = 0;
    bus.worker({
      service: 'deaf',
      concurrency: 3,
      handle: () => (++asked < 3 ? new Promise(() => undefined) : Promise.resolve(['at last'])),
    });
    const client = bus.client({ timeoutMs: 100 });
    expect(strings(await bus.until(client.request('deaf', ['x'], { retries: 5 })))).toEqual(['at last']);
    expect(asked).toBe(3);
  });

  it.each<[string, string, string[]]>([
    ['no body', 'svc', []],
    ['an empty name', '', ['x']],
    ['a name above 4,096 bytes', 'é'.repeat(2_049), ['x']],
  ])('does not send %s', async (_, service, body) => {
    await expect(bus.client().request(service, body)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('does not send a frame that would end the connection', async () => {
    const client = bus.client({ socket: { maxFrameBytes: 10 } });
    await expect(client.request('svc', [new Uint8Array(11)])).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await expect(rejection(client.request('svc', [new Uint8Array(11)]))).resolves.toMatchObject({
      message: expect.stringContaining('above 10 bytes') as string,
    });
    serve();
    expect(await bus.until(client.request('svc', [new Uint8Array(10)]))).toHaveLength(2);
  });

  it.each<[MdpRequestOptions, string]>([
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: NaN }, 'timeoutMs'],
    [{ retries: -1 }, 'retries'],
    [{ retries: 1.5 }, 'retries'],
  ])('does not take the options %j', async (options, name) => {
    const error = await rejection(bus.client().request('svc', ['x'], options));
    expect(error).toBeInstanceOf(MdpOptionError);
    expect(error.message).toContain(name);
  });

  describe('stream', () => {
    function list(protocol: '0.1' | '0.2'): Observable<Frames> {
      bus.worker({
        service: 'list',
        protocol,
        handle: (_body, { partial }) => {
          partial(['k1']);
          partial(['k2', 'k3']);
          return Promise.resolve(['200']);
        },
      });
      return bus.client().stream('list', ['all']);
    }

    it('gives each PARTIAL of a 0.2 worker, then FINAL, then completes', async () => {
      const parts = await bus.until(firstValueFrom(list('0.2').pipe(toArray())));
      expect(parts.map(strings)).toEqual([['k1'], ['k2', 'k3'], ['200']]);
    });

    it('gives the one reply of a 0.1 worker', async () => {
      const parts = await bus.until(firstValueFrom(list('0.1').pipe(toArray())));
      expect(parts.map(strings)).toEqual([['k1', 'k2', 'k3', '200']]);
    });

    it('is cold: nothing is sent without a subscriber, and each sends its own request', async () => {
      const stream = list('0.2');
      await bus.advance(100);
      expect(bus.broker.statistics().requests).toBe(1);
      await bus.until(firstValueFrom(stream.pipe(toArray())));
      await bus.until(firstValueFrom(stream.pipe(toArray())));
      expect(bus.broker.statistics().requests).toBe(3);
    });

    it('is withdrawn by unsubscribing, in the middle of a part as well', async () => {
      const client = bus.client();
      bus.worker({
        service: 'list',
        protocol: '0.2',
        handle: (_body, { partial }) => {
          partial(['k1']);
          partial(['k2']);
          return Promise.resolve(['200']);
        },
      });
      const seen: string[] = [];
      const subscription = client.stream('list', ['all']).subscribe((part) => {
        seen.push(...strings(part));
        subscription.unsubscribe();
      });
      await bus.advance(100);
      expect(seen).toEqual(['k1']);
      expect(client.statistics()).toMatchObject({ aborted: 1, inFlight: 0, late: 2 });
    });

    it('errors as a request rejects', async () => {
      const client = bus.client({ timeoutMs: 10 });
      await expect(bus.until(firstValueFrom(client.stream('nobody', ['x'])))).rejects.toMatchObject({
        code: 'TIMEOUT',
      });
      await expect(firstValueFrom(client.stream('', ['x']))).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    });
  });

  it('status$ tells the current status at once, then each change, and completes after closed', async () => {
    const client = bus.client();
    const seen: MdpClientStatus[] = [];
    let completed = false;
    client.status$.subscribe({ next: (status) => seen.push(status), complete: () => (completed = true) });
    expect(seen).toEqual(['connecting']);
    await bus.advance(10);
    await bus.restartBroker();
    await bus.advance(250);
    expect(seen).toEqual(['connecting', 'connected', 'disconnected', 'connected']);
    await client.close();
    expect(seen.at(-1)).toBe('closed');
    expect(completed).toBe(true);
    await expect(firstValueFrom(client.status$)).resolves.toBe('closed');
  });

  it('a broker that restarts loses what it had; the client goes on by itself', async () => {
    serve();
    const client = bus.client();
    await bus.advance(1_000);
    const lost = rejection(client.request('nobody', ['x']));
    await bus.advance(10);
    await bus.restartBroker();
    expect(await bus.until(lost)).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(strings(await bus.until(client.request('svc', ['again'])))).toEqual(['again', '200']);
  });

  it('close fails what is pending, and what comes later; closing again is the same', async () => {
    const client = bus.client();
    const pending = rejection(client.request('nobody', ['x']));
    await bus.advance(10);
    const closing = client.close();
    expect(client.close()).toBe(closing);
    expect(await pending).toMatchObject({ code: 'CLOSED' });
    await closing;
    await expect(client.request('svc', ['x'])).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(firstValueFrom(client.stream('svc', ['x']))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('can be closed from within an event, with a request begun just before', async () => {
    const client = bus.client();
    let last: Promise<MdpError> | undefined;
    let closing: Promise<void> | undefined;
    client.status$.subscribe((status) => {
      if (status !== 'connected') return;
      last = rejection(client.request('svc', ['x']));
      closing = client.close();
    });
    await bus.advance(10);
    await closing;
    expect(await last).toMatchObject({ code: 'CLOSED' });
  });

  it('disposes of itself at the end of its scope', async () => {
    const client = bus.client();
    await client[Symbol.asyncDispose]();
    await expect(firstValueFrom(client.status$)).resolves.toBe('closed');
  });
});

describe('MdpClient options', () => {
  const transport = new MemoryNetwork({ clock: new VirtualClock() });

  it('without meaning are refused all at once', () => {
    const options: MdpClientOptions = {
      transport,
      endpoint: '',
      timeoutMs: 0,
      maxInFlight: 0,
      maxQueued: -1,
      lanes: 0.5,
      featureTimeoutMs: Infinity,
    };
    let error: unknown;
    try {
      new MdpClient(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MdpOptionError);
    expect((error as MdpOptionError).code).toBe('INVALID_OPTION');
    expect((error as MdpOptionError).mistakes.map((mistake) => mistake.split(' ')[0])).toEqual([
      'endpoint',
      'timeoutMs',
      'maxInFlight',
      'maxQueued',
      'lanes',
      'featureTimeoutMs',
    ]);
  });

  it('give lanes identities of their own, even when a routing id is set', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock });
    const seen: (string | undefined)[] = [];
    const client = new MdpClient({
      clock,
      endpoint: 'memory://broker:1',
      socket: { routingId: 'me', lingerMs: 1_000 },
      featureTimeoutMs: 10,
      transport: {
        bind: (kind, endpoint) => network.bind(kind, endpoint),
        connect: (kind, endpoint, options) => {
          seen.push(options?.routingId);
          expect(options?.lingerMs).toBe(0);
          return network.connect(kind, endpoint, options);
        },
      },
    });
    const router = await network.bind('router', 'memory://broker:1');
    router.start({ message: () => undefined, undelivered: () => undefined, link: () => undefined });
    const request = rejection(client.request('svc', ['x'], { timeoutMs: 50 }));
    await clock.advanceByAsync(100);
    expect(await request).toMatchObject({ code: 'TIMEOUT' });
    expect(seen).toEqual(['me', undefined]);
    await client.close();
  });
});
