import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { freePort, Workbench } from './processes.js';
import { until } from './supervised-home.js';

/** A span as OTLP tells it, and of which process. */
interface Span {
  readonly pid: number;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly events?: readonly { readonly name: string }[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'pid'>[] }[];
  }[];
}

/** Takes spans by OTLP over HTTP, as a collector does. */
class Collector {
  readonly spans: Span[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        collector.#take(JSON.parse(Buffer.concat(parts).toString()) as Otlp);
        response.end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take({ resourceSpans }: Otlp): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const pid = resource.attributes.find(({ key }) => key === 'process.pid')?.value.intValue;
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({ ...span, pid: Number(pid) });
      }
    }
  }
}

const CLIENT = 3;
const REGISTER = path.resolve(__dirname, '../../../docs/examples/tracing/register.mjs');

describe('a request of a home of real processes', () => {
  const bench = new Workbench();
  let collector: Collector;
  let env: Record<string, string>;

  beforeEach(async () => {
    collector = await Collector.start();
    env = {
      NODE_OPTIONS: `--import ${REGISTER}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
  });
  afterEach(async () => {
    await bench.cleanUp();
    await collector.stop();
  });

  /** Has the lamp switched on, and tells the three spans of that. */
  async function follow(
    port: string | number,
  ): Promise<Readonly<Record<'client' | 'broker' | 'worker', Span>>> {
    const args = ['device', 'exec', 'lamp', 'on', `--broker-port=${port}`, '--tracing', '--config=/dev/null'];
    const tool = bench.app('raspy', args, env);
    expect([await tool.end(), tool.stderr]).toEqual([0, '']);
    const called = (name: string, isClient: boolean, of?: Span): Span | undefined =>
      collector.spans.find(
        (span) =>
          span.name === name &&
          (span.kind === CLIENT) === isClient &&
          (of === undefined || span.parentSpanId === of.spanId),
      );
    // Handed over before it ended: it lives for less than one batch.
    const client = called('pi.fake.devices/exec', true)!;
    expect(client.pid).toBe(tool.pid);
    const broker = () => called('broker pi.fake.devices/exec', false, client);
    const worker = () => called('pi.fake.devices/exec', false, client);
    await until(() => broker() !== undefined && worker() !== undefined);
    const spans = { client, broker: broker()!, worker: worker()! };
    expect(new Set(Object.values(spans).map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(Object.values(spans).map(({ pid }) => pid)).size).toBe(3);
    expect(spans.broker.events!.map(({ name }) => name)).toEqual(['dispatched']);
    return spans;
  }

  it('is followed into a device server that a supervisor keeps in a process of its own', async () => {
    const folder = bench.folder();
    writeFileSync(path.join(folder, 'raspy.yaml'), 'hostname: pi\nisolate: true\ntracing: true\n');
    const where = [`--data-dir=${folder}/data`, `--config=${folder}/raspy.yaml`];
    const home = bench.app('raspy', ['start', '--servers=broker,fake', '--broker-port=0', ...where], env);
    await home.until(() => home.stdout.includes('pi.fake.lamp'));
    const { broker } = await follow(/ready on tcp:.*:(\d+) /.exec(home.stdout)![1]!);
    expect(broker.pid).toBe(home.pid);
  });

  it('is followed through programs that were started one by one', async () => {
    const port = await freePort();
    const flags = [`--broker-port=${port}`, '--hostname=pi', '--tracing'];
    const broker = bench.app('raspy-broker', [...flags, `--data-dir=${bench.folder()}`], env);
    const fake = bench.app('raspy-fake', [...flags, `--data-dir=${bench.folder()}`], env);
    await fake.until(() => fake.stdout.includes('ready'));
    const spans = await follow(port);
    expect([spans.broker.pid, spans.worker.pid]).toEqual([broker.pid, fake.pid]);
  });
});
