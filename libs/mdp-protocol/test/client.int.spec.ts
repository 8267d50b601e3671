import { frameText, sameFrame, zeromqTransport, type Frames } from '@raspy/wire';
import { lastingEndpoint } from '@raspy/wire/testing';
import { filter, firstValueFrom } from 'rxjs';
import { encodeToClient } from '../src/codec.js';
import { MdpClient, MdpWorker, MmiClient, startBroker, type MdpClientStatus } from '../src/index.js';
import { GuideBroker } from './support/guide-broker.js';
import { RawRouter } from './support/raw-router.js';

const transport = zeromqTransport();
const ANY = 'tcp://127.0.0.1:*';
const first = (frames: Frames): string => frameText(frames[0]!);
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as { code: unknown }).code,
  );

function reached(client: MdpClient, status: MdpClientStatus): Promise<MdpClientStatus> {
  return firstValueFrom(client.status$.pipe(filter((each) => each === status)));
}

/** A raw broker that offers envelopes. */
function envelopeRouter(endpoint = ANY): Promise<RawRouter> {
  return RawRouter.bind(transport, endpoint, ['envelope']);
}

describe('a client over one real connection', () => {
  const closing: { close(): Promise<void> }[] = [];
  const use = <T extends { close(): Promise<void> }>(part: T): T => {
    closing.unshift(part);
    return part;
  };
  afterEach(async () => {
    for (const part of closing.splice(0)) await part.close();
  });

  it.each([1_000, 10_000])(
    '%d requests in flight at once are each matched, answered in reverse',
    async (count) => {
      const router = use(await envelopeRouter());
      const client = use(new MdpClient({ endpoint: router.endpoint, timeoutMs: 30_000 }));
      await reached(client, 'connected');
      const replies = Promise.all(
        Array.from({ length: count }, (_, i) => client.request('echo', [`body ${i}`])),
      );
      const requests: Frames[] = [];
      while (requests.length < count) requests.push(await router.next());
      const peers = new Set(requests.map(([peer]) => Buffer.from(peer!).toString('hex')));
      expect(peers.size).toBe(1);
      expect(client.statistics()).toMatchObject({ inFlight: count, sent: count, queued: 0 });
      for (const [peer, correlation, , , service, body] of requests.reverse()) {
        router.send(
          encodeToClient('final', 1, peer!, [correlation!], service!, [
            Buffer.from(`for ${frameText(body!)}`),
          ]),
        );
      }
      expect((await replies).map(first)).toEqual(Array.from({ length: count }, (_, i) => `for body ${i}`));
      expect(client.statistics()).toMatchObject({ replies: count, inFlight: 0, late: 0, mismatched: 0 });
    },
    30_000,
  );

  it.each([1_000, 10_000])(
    'K16: %d requests in flight at a broker with eight workers are each matched',
    async (count) => {
      const broker = use(await startBroker({ endpoint: ANY, transport }));
      use(
        new MdpWorker({
          endpoint: broker.endpoint,
          service: 'echo',
          concurrency: 8,
          handle: (body) => Promise.resolve(body),
        }),
      );
      const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 30_000 }));
      const replies = await Promise.all(
        Array.from({ length: count }, (_, i) => client.request('echo', [String(i)])),
      );
      expect(replies.map(first)).toEqual(replies.map((_, i) => String(i)));
      expect(client.statistics()).toMatchObject({
        mode: 'pipelining',
        sent: count,
        replies: count,
        retries: 0,
      });
    },
    30_000,
  );

  it('bodies are bytes, of any size that is allowed', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    use(
      new MdpWorker({ endpoint: broker.endpoint, service: 'echo', handle: (body) => Promise.resolve(body) }),
    );
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    const body = [new Uint8Array(0), Uint8Array.of(0, 1, 255), new Uint8Array(8 * 1024 * 1024).fill(7)];
    const reply = await client.request('echo', body);
    expect(reply.map((frame, index) => sameFrame(frame, body[index]!))).toEqual([true, true, true]);
  }, 30_000);

  it('K24: what was asked while the broker was down is not executed after its client gave up', async () => {
    const endpoint = await lastingEndpoint();
    const client = use(new MdpClient({ endpoint, timeoutMs: 100 }));
    expect(await code(client.request('echo', ['too early']))).toBe('TIMEOUT');
    const router = use(await envelopeRouter(endpoint));
    await reached(client, 'connected');
    const late = client.request('echo', ['in time'], { timeoutMs: 10_000 });
    const [peer, correlation, , , service, body] = await router.next();
    expect(frameText(body!)).toBe('in time');
    router.send(encodeToClient('final', 1, peer!, [correlation!], service!, [Buffer.from('ok')]));
    expect(first(await late)).toBe('ok');
    expect(client.statistics().sent).toBe(1);
  }, 20_000);

  it('a broker that goes away takes its requests along; the next one serves the next', async () => {
    const router = await envelopeRouter();
    const { endpoint } = router;
    const client = use(new MdpClient({ endpoint, timeoutMs: 20_000 }));
    const lost = code(client.request('echo', ['x']));
    const kept = client.request('echo', ['y'], { retries: 1 });
    await router.next();
    await router.next();
    await router.close();
    expect(await lost).toBe('CONNECTION_LOST');
    expect(await firstValueFrom(client.status$)).toBe('disconnected');
    const broker = use(await startBroker({ endpoint, transport }));
    use(new MdpWorker({ endpoint, service: 'echo', handle: (body) => Promise.resolve(body) }));
    expect(first(await kept)).toBe('y');
    expect(broker.statistics().replies).toBe(1);
  }, 20_000);

  it('K23: closing does not wait for anybody, and fails what is pending', async () => {
    const router = use(await envelopeRouter());
    const client = new MdpClient({ endpoint: router.endpoint, timeoutMs: Infinity });
    await reached(client, 'connected');
    const pending = Array.from({ length: 2_000 }, (_, i) => code(client.request('echo', [String(i)])));
    await client.close();
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['CLOSED']));
    const nobody = new MdpClient({ endpoint: 'tcp://127.0.0.1:1' });
    const alone = code(nobody.request('echo', ['x']));
    await nobody.close();
    expect(await alone).toBe('CLOSED');
  }, 20_000);

  it('K21: a late reply is never returned for the next request', async () => {
    const router = use(await envelopeRouter());
    const client = use(new MdpClient({ endpoint: router.endpoint, timeoutMs: 20_000 }));
    const hasty = code(client.request('echo', ['first'], { timeoutMs: 50 }));
    const [peer, correlation, , , service] = await router.next();
    expect(await hasty).toBe('TIMEOUT');
    const second = client.request('echo', ['second']);
    router.send(encodeToClient('final', 1, peer!, [correlation!], service!, [Buffer.from('of the first')]));
    const next = await router.next();
    router.send(encodeToClient('final', 1, peer!, [next[1]!], service!, [Buffer.from('of the second')]));
    expect(first(await second)).toBe('of the second');
    expect(client.statistics()).toMatchObject({ late: 1, timeouts: 1 });
  }, 20_000);

  it('asks the broker about itself, and about absent workers before it asks them', async () => {
    const broker = use(await startBroker({ endpoint: ANY, transport }));
    const client = use(new MdpClient({ endpoint: broker.endpoint, timeoutMs: 20_000 }));
    const mmi = new MmiClient(client);
    expect(await mmi.features()).toContain('envelope');
    expect(await mmi.hasService('echo')).toBe(false);
    expect(await code(client.request('echo', ['x'], { ifNoWorker: 'fail' }))).toBe('NO_WORKER');
    use(
      new MdpWorker({ endpoint: broker.endpoint, service: 'echo', handle: (body) => Promise.resolve(body) }),
    );
    expect(first(await client.request('echo', ['x']))).toBe('x');
    expect(await mmi.discover('^ec')).toEqual(['echo']);
    expect((await mmi.workers('echo')).services).toEqual([{ name: 'echo', idle: 1, busy: 0, queued: 0 }]);
  }, 20_000);
});

describe('a client at a broker that knows plain 0.1 only, and dies of anything else', () => {
  it.each(['501', 'silent'] as const)(
    '(mmi: %s) gets every reply, each on a lane of its own',
    async (mmi) => {
      const guide = await GuideBroker.start(transport, mmi);
      const worker = new MdpWorker({
        endpoint: guide.endpoint,
        service: 'echo',
        concurrency: 6,
        handle: (body) => Promise.resolve(body),
      });
      const client = new MdpClient({
        endpoint: guide.endpoint,
        timeoutMs: 20_000,
        featureTimeoutMs: 200,
        lanes: 3,
      });
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, i) => client.request('echo', [String(i)])),
      );
      expect(replies.map(first)).toEqual(replies.map((_, i) => String(i)));
      expect(guide.death).toBeUndefined();
      // Once each, and no request was spent on finding out.
      expect(guide.asked.get('echo')).toBe(200);
      expect(guide.asked.get('mmi.features')).toBe(1);
      expect(client.statistics()).toMatchObject({ mode: 'lanes', sent: 200, replies: 200 });
      await client.close();
      await worker.close();
      await guide.close();
    },
    30_000,
  );

  it('K21: a lane whose request timed out never gives its late reply to the next', async () => {
    const guide = await GuideBroker.start(transport);
    let release: (() => void) | undefined;
    const slow = new MdpWorker({
      endpoint: guide.endpoint,
      service: 'slow',
      concurrency: 2,
      handle: async (body) => {
        if (frameText(body[0]!) === 'first') await new Promise<void>((resolve) => (release = resolve));
        return body;
      },
    });
    const client = new MdpClient({ endpoint: guide.endpoint, timeoutMs: 20_000, lanes: 1 });
    // Until it has been asked once, it may be the connection that took its time.
    await client.request('slow', ['warm']);
    expect(await code(client.request('slow', ['first'], { timeoutMs: 300 }))).toBe('TIMEOUT');
    release?.();
    for (let i = 0; i < 5; i++) expect(first(await client.request('slow', [`next ${i}`]))).toBe(`next ${i}`);
    expect(client.statistics()).toMatchObject({ mismatched: 0, late: 0 });
    expect(guide.death).toBeUndefined();
    await client.close();
    await slow.close();
    await guide.close();
  }, 30_000);
});
