import { MdpClient } from '@raspy/mdp-protocol';
import { pythonWithZmq, Workbench, type Running } from './processes.js';

// Third-party peers: raw frames by pyzmq. A user's machine without it skips; CI must have it.
const python = pythonWithZmq();
if (python === undefined && process.env['CI'] === 'true')
  throw new Error('CI needs pyzmq: apt-get install python3-zmq');
const withPython = python === undefined ? describe.skip : describe;

withPython('peers in Python that speak raw frames (needs python3-zmq)', () => {
  const bench = new Workbench();
  let broker: Running;
  let endpoint: string;
  let client: MdpClient;

  beforeEach(async () => {
    broker = bench.app('raspy-broker', ['--broker-port=0', `--data-dir=${bench.folder()}`]);
    await broker.until(() => /tcp:\/\/[\d.]+:\d+/.test(broker.stdout));
    endpoint = /tcp:\/\/[\d.]+:\d+/.exec(broker.stdout)![0];
    client = new MdpClient({ endpoint });
  });

  afterEach(async () => {
    await client.close();
    await bench.cleanUp();
  });

  async function worker(service: string, version: '1' | '2'): Promise<Running> {
    const running = bench.python('worker', endpoint, service, version);
    await running.until(() => running.stdout.includes('ready'));
    return running;
  }

  it('a 0.1 worker serves our client', async () => {
    await worker('shout', '1');
    const reply = await client.request('shout', ['hello', 'world']);
    expect(reply.map(String)).toEqual(['HELLO', 'WORLD']);
  });

  it('a 0.2 worker serves our client: whole as a reply, piece by piece as a stream', async () => {
    await worker('shout', '2');
    const reply = await client.request('shout', ['hello', 'world']);
    expect(reply.map(String)).toEqual(['HELLO', 'WORLD', '200']);
    const pieces: string[] = [];
    await client.stream('shout', ['a', 'b']).forEach((frames) => pieces.push(frames.map(String).join('|')));
    expect(pieces).toEqual(['A', 'B', '200']);
  });

  it.each(['req', 'correlate'])(
    'a client on a REQ socket (%s) is served, request after request',
    async (role) => {
      await worker('shout', '1');
      const peer = bench.python(role, endpoint, 'shout', 'one', 'two', 'three');
      expect(await peer.end()).toBe(0);
      expect(peer.stdout).toBe('ONE\nTWO\nTHREE\n');
    },
  );

  it('a 0.2 client is served by 0.2 and 0.1 workers alike', async () => {
    await worker('new', '2');
    await worker('old', '1');
    const streamed = bench.python('client2', endpoint, 'new', 'a|b');
    expect(await streamed.end()).toBe(0);
    expect(streamed.stdout).toBe('partial A\npartial B\nfinal 200\n');
    const bridged = bench.python('client2', endpoint, 'old', 'a|b');
    expect(await bridged.end()).toBe(0);
    expect(bridged.stdout).toBe('final A|B\n');
  });

  it('a Python client discovers services by mmi', async () => {
    await worker('shout', '1');
    const peer = bench.python('req', endpoint, 'mmi.discovery', '^sh', 'x');
    expect(await peer.end()).toBe(0);
    expect(peer.stdout).toBe('shout|200\n200\n');
  });

  it('K13: a worker killed while it has the request is told to the client at once', async () => {
    const silent = bench.python('silent', endpoint, 'dose');
    await silent.until(() => silent.stdout.includes('ready'));
    const request = client.request('dose', ['5 ml'], { timeoutMs: 55_000 });
    const outcome = request.catch((error: unknown) => (error as { code: string }).code);
    await silent.until(() => silent.stdout.includes('took it'));
    silent.kill('SIGKILL');
    // Its next heartbeat finds nobody: far sooner than the client's time-out.
    expect(await outcome).toBe('WORKER_LOST');
  });

  it('D11: a broker that is stopped says DISCONNECT to its workers', async () => {
    const peer = await worker('shout', '1');
    await client.request('shout', ['registered']);
    broker.kill('SIGTERM');
    expect(await broker.end()).toBe(0);
    await peer.end();
    expect(peer.stdout).toContain('disconnected');
  });
});
