import { readFileSync } from 'node:fs';
import { MdpClient, MdpWorker } from '@raspy/mdp-protocol';
import { textFrame, zeromqTransport, type Frames, type FrameSocket } from '@raspy/wire';
import { freePort, Workbench, type Running } from './processes.js';

const MOST_MB = 300;
/** What requests may hold by default, 256 MiB, and as much for the rest as a broker under floods has. */
const MOST_WITH_FULL_BOUND_MB = 256 + MOST_MB;
const onLinux = process.platform === 'linux' ? it : it.skip;

/** What the process holds in memory, by the kernel's account. */
function residentMb({ pid }: Running): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

/** Peers that keep to no rule cost the broker little, and cost others nothing. */
describe('the memory of a broker', () => {
  const bench = new Workbench();
  const closers: (() => Promise<unknown>)[] = [];
  let running: Running;
  let endpoint: string;

  beforeEach(async () => {
    const port = await freePort();
    endpoint = `tcp://127.0.0.1:${port}`;
    running = bench.app('raspy-broker', [
      `--broker-port=${port}`,
      `--data-dir=${bench.folder()}`,
      '--hostname=pi',
      '--max-message-mb=4',
    ]);
    await running.until(() => running.stdout.includes('\n'));
  });

  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    await bench.cleanUp();
  });

  function client(): MdpClient {
    const made = new MdpClient({ endpoint, timeoutMs: 20_000 });
    closers.push(() => made.close());
    return made;
  }

  /** A peer that says what it is told as soon as it is connected, and reads nothing but to count. */
  function peer(onUp: (socket: FrameSocket) => void, transport = zeromqTransport()): { got: number } {
    const socket = transport.connect('dealer', endpoint, {
      sendQueueMessages: 100_000,
      sendQueueBytes: 2 ** 40,
    });
    const seen = { got: 0 };
    closers.push(() => socket.close());
    socket.start({
      message: () => {
        seen.got++;
      },
      undelivered: () => undefined,
      link: (up) => {
        if (up) onUp(socket);
      },
    });
    return seen;
  }

  /** A broker's counter, told over the bus; the answer also shows that it still serves. */
  async function until(oid: string, most: number): Promise<void> {
    const asker = client();
    for (;;) {
      const [all] = await asker.call('pi.broker.statistics', ['all']);
      const counters = JSON.parse(String(all)) as Record<string, number>;
      if ((counters[oid] ?? 0) >= most) return;
    }
  }

  async function expectServedAndSmall(most = MOST_MB): Promise<void> {
    const handle = (body: Frames): Promise<Frames> => Promise.resolve(body);
    const worker = new MdpWorker({ endpoint, service: 'good', handle });
    closers.push(() => worker.close());
    expect((await client().request('good', ['next'])).map(String)).toEqual(['next']);
    expect(residentMb(running)).toBeLessThan(most);
  }

  onLinux('K40: 20,000 requests for services that nobody offers', async () => {
    peer((socket) => {
      for (let i = 0; i < 20_000; i++) {
        socket.send(['', 'MDPC01', `nobody ${i}`, 'x'].map((text) => textFrame(text)));
      }
    });
    await until('broker.refused', 10_000);
    await expectServedAndSmall();
  });

  onLinux('K40: 500 peers that heartbeat as workers and are never ready', async () => {
    const beats = (socket: FrameSocket): void => {
      for (let i = 0; i < 10; i++) socket.send(['', 'MDPW01', '\x04'].map((text) => textFrame(text)));
    };
    // One context of ZeroMQ has no room for so many sockets.
    for (let group = 0; group < 5; group++) {
      const transport = zeromqTransport();
      for (let i = 0; i < 100; i++) peer(beats, transport);
    }
    await until('broker.dropped.unknown-worker', 5_000);
    await expectServedAndSmall();
  });

  onLinux('messages whose frames are small enough each, and too much together', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024);
    peer((socket) => {
      for (let i = 0; i < 100; i++) {
        socket.send([...['', 'MDPC01', 'nobody'].map((text) => textFrame(text)), large, large]);
      }
    });
    await until('broker.dropped.oversized', 100);
    await expectServedAndSmall();
  });

  onLinux('workers that take large requests and never answer', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024);
    const transport = zeromqTransport();
    const silent = Array.from({ length: 250 }, () =>
      peer(
        (socket) => void socket.send(['', 'MDPW01', '\x01', 'silent'].map((text) => textFrame(text))),
        transport,
      ),
    );
    // Beside the two of the broker's own server.
    await until('broker.workers', 252);
    peer((socket) => {
      for (let i = 0; i < 250; i++) {
        socket.send([...['', 'MDPC01', 'silent'].map((text) => textFrame(text)), large]);
      }
    });
    // 85 of them fit into 256 MiB.
    await until('broker.refused', 165);
    await until('broker.inFlight', 85);
    expect(silent.filter(({ got }) => got > 0).length).toBeGreaterThan(0);
    await expectServedAndSmall(MOST_WITH_FULL_BOUND_MB);
  });
});
