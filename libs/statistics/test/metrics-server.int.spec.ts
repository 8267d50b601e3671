import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { VirtualClock } from '@raspy/clock';
import { SnmpInteger, StatisticsManager } from '../src/index.js';
import {
  startMetricsServer,
  type MetricsServerOptions,
  type RunningMetricsServer,
} from '../src/http/index.js';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('/metrics', () => {
  let server: RunningMetricsServer;
  const sockets: Socket[] = [];

  async function start(options: Partial<MetricsServerOptions> = {}): Promise<void> {
    server = await startMetricsServer({ managers: many(3), ...options });
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
  });

  function ask(
    path: string,
    options: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { port } = server;
      httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
        );
      })
        .on('error', reject)
        .end();
    });
  }

  function open(): Socket {
    const socket = connect(server.port, '127.0.0.1');
    sockets.push(socket);
    return socket.on('error', () => undefined);
  }

  it('is the exposition, on the loopback unless told otherwise', async () => {
    await start();
    expect(server.host).toBe('127.0.0.1');
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/metrics`);
    const { status, headers, body } = await ask('/metrics?x=y');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body.toString()).toBe(
      '# HELP raspy_a For a test.\n# TYPE raspy_a gauge\n' +
        ['0', '1', '2'].map((x) => `raspy_a{x="${x}"} ${x}\n`).join(''),
    );
  });

  it('is compressed for who asks for it, and can be kept from it', async () => {
    await start();
    const plain = await ask('/metrics');
    const zipped = await ask('/metrics', { headers: { 'accept-encoding': 'br, gzip;q=0.8' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    const refused = await ask('/metrics', { headers: { 'accept-encoding': 'gzip;q=0, x-gzip' } });
    expect(refused.body).toEqual(plain.body);
    await server.close();
    await start({ gzip: false });
    expect((await ask('/metrics', { headers: { 'accept-encoding': 'gzip' } })).body).toEqual(plain.body);
  });

  it('is all there is', async () => {
    await start();
    for (const path of ['/', '/metricsx', '/metrics/', '//metrics', '/%6detrics', '/../metrics'])
      expect((await ask(path)).status).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const { status, headers } = await ask('/metrics', { method });
      expect([status, headers.allow]).toEqual([405, 'GET']);
    }
    expect((await ask('/metrics', { method: 'HEAD' })).status).toBe(405);
    expect(server.counts()).toEqual({ scrapes: 0, refused: 12, cut: 0 });
  });

  it('refuses what is no HTTP, and headers without end', async () => {
    await start();
    for (const bytes of ['\u0016\u0003\u0001\r\n\r\n', `GET /metrics HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`]) {
      const socket = open();
      socket.resume().write(bytes);
      await once(socket, 'close');
    }
    expect(server.counts().refused).toBe(2);
    expect((await ask('/metrics')).status).toBe(200);
  });

  it('is told to so many at a time, and cut where somebody does not read', async () => {
    const clock = new VirtualClock();
    await start({ managers: many(120_000, 'y'.repeat(240)), maxScrapes: 1, timeoutMs: 5_000, clock });
    const slow = open();
    slow.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(slow, 'readable');
    slow.pause();
    const { status, headers } = await ask('/metrics');
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    clock.advanceBy(5_000);
    slow.resume();
    await once(slow, 'close');
    while (server.counts().cut === 0) await new Promise(setImmediate);
    expect((await ask('/metrics')).status).toBe(200);
    expect(server.counts()).toEqual({ scrapes: 1, refused: 1, cut: 1 });
  });

  it('lets others run while thousands of series are told', async () => {
    await start({ managers: many(10_000) });
    let turns = 0;
    let asking = true;
    const spin = () => {
      turns += 1;
      if (asking) setImmediate(spin);
    };
    spin();
    const { body } = await ask('/metrics');
    asking = false;
    expect(body.toString().split('\n')).toHaveLength(10_003);
    expect(turns).toBeGreaterThan(40);
  });

  it('ends with scrapes under way', async () => {
    await start({ managers: many(120_000, 'y'.repeat(240)) });
    const slow = open();
    slow.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(slow, 'readable');
    await server.close();
    expect(server.counts().scrapes).toBe(0);
    await start();
  });

  it('says where it cannot listen, and which option is wrong', async () => {
    await start();
    await expect(startMetricsServer({ managers: many(1), port: server.port })).rejects.toMatchObject({
      code: 'STATISTICS_LISTEN',
      host: '127.0.0.1',
    });
    await expect(startMetricsServer({ managers: many(1), maxScrapes: 0 })).rejects.toMatchObject({
      code: 'STATISTICS_OPTION',
    });
  });
});

function many(count: number, tail = ''): StatisticsManager {
  const manager = new StatisticsManager();
  const item = manager.add(
    new SnmpInteger({ oid: 'a', doc: 'For a test.', labels: ['x'], maxSeries: count }),
  );
  for (let index = 0; index < count; index += 1) item.labels(`${index}${tail}`).set(index);
  return manager;
}
