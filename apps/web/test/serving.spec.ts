import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { runServer } from '@raspy/runtime';
import { TestHost } from '@raspy/runtime/testing';
import { webDefinition } from '../src/definition.js';
import { HttpProblem, problemOf } from '../src/problem.js';
import { send, WebBench } from './web-bench.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'raspy-web-serving-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('without a broker', () => {
  const start = async (...argv: string[]) => {
    const host = new TestHost({
      argv: [
        `--data-dir=${folder}`,
        '--hostname=pi',
        '--broker-port=1',
        '--web-port=0',
        '--configuration=testing',
        ...argv,
      ],
    });
    const ended = runServer(webDefinition, host);
    await Promise.race([host.stdout.until(/ready/), ended]);
    return { host, ended };
  };

  it('it serves all the same, and says what it cannot reach', async () => {
    const { host, ended } = await start();
    const [, url, code] = /^raspy-web ready on (\S+), claim code ([\w-]+), \(pid 4711\)\n$/.exec(
      host.stdout.text,
    )!;
    expect((await send(url!, '/healthz')).status).toBe(200);
    expect((await send(url!, '/readyz')).json).toMatchObject({ status: 'not ready', tree: 'syncing' });
    const claim = { code, name: 'ada', password: 'a long password' };
    const { status } = await send(url!, '/api/v1/claim', { method: 'POST', json: claim });
    expect(status).toBe(204);
    host.signal('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('a second one on its folder is refused, so that neither undoes what the other has kept', async () => {
    const first = await start();
    const second = await start();
    expect(await second.ended).toBe(3);
    expect(second.host.stdout.text).toBe('');
    expect(second.host.stderr.text).toContain(`${folder}/web`);
    first.host.signal('SIGTERM');
    expect(await first.ended).toBe(0);
    const third = await start();
    third.host.signal('SIGTERM');
    expect(await third.ended).toBe(0);
  });

  it('it says which port is taken, and what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { host, ended } = await start(`--web-port=${port}`);
    expect(await ended).toBe(3);
    expect(host.stderr.text).toContain(`port ${port} of 127.0.0.1 is taken, perhaps by another home`);
    await new Promise((resolve) => other.close(resolve));
  });

  it('it refuses a certificate without a key, and files that are none', async () => {
    const said = async (...argv: string[]) => {
      const { host, ended } = await start(...argv);
      expect(await ended).toBe(3);
      return host.stderr.text;
    };
    const file = join(folder, 'cert.pem');
    expect(await said(`--web-cert=${file}`)).toContain(`--web-cert: ${file} cannot be read (ENOENT)`);
    await writeFile(file, 'rubbish');
    expect(await said(`--web-cert=${file}`)).toContain('TLS needs both --web-cert and --web-key');
    expect(await said(`--web-cert=${file}`, `--web-key=${file}`)).toContain('cannot be used');
  });

  it('it serves by TLS with a certificate of its own', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=pi -keyout ${key} -out ${cert}`;
    execFileSync('openssl', words.split(' '), { stdio: 'ignore' });
    const { host, ended } = await start(`--web-cert=${cert}`, `--web-key=${key}`);
    const [, url] = /ready on (https:\S+),/.exec(host.stdout.text)!;
    const status = await new Promise((resolve, reject) => {
      get(`${url!}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(200);
    host.signal('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('it does not begin anew when its users cannot be read', async () => {
    await mkdir(join(folder, 'web'));
    await writeFile(join(folder, 'web/users.json'), '{"version":2}');
    const { host, ended } = await start();
    expect(await ended).toBe(3);
    expect(host.stderr.text).toContain('users.json cannot be read (it is damaged, or of a later version)');
  });
});

describe('pages', () => {
  const bench = new WebBench();
  let ui: string;
  beforeAll(async () => {
    ui = await mkdtemp(join(tmpdir(), 'raspy-web-ui-'));
    await bench.open({ alone: true, uiFolder: ui });
  });
  afterAll(async () => {
    await bench.close();
    await rm(ui, { recursive: true });
  });

  it('are told of when they are not built, and served as soon as they are', async () => {
    expect((await bench.fetch('/devices')).text).toContain('npx nx build web');
    await mkdir(join(ui, 'assets'));
    const script = 'console.log(1);'.repeat(50);
    await writeFile(join(ui, 'index.html'), '<!doctype html><title>Home</title>');
    await writeFile(join(ui, 'assets/app-3XK9Q2ZB.js'), script);
    await writeFile(join(ui, 'assets/app-3XK9Q2ZB.js.gz'), gzipSync(script));
    await writeFile(join(ui, 'logo.svg'), '<svg/>');
    await writeFile(join(ui, 'odd.xyz'), 'x');
    for (const path of ['/', '/devices/pi.fake', '/index.html']) {
      const page = await bench.fetch(path);
      expect([path, page.text, page.headers['cache-control']]).toEqual([
        path,
        '<!doctype html><title>Home</title>',
        'no-cache',
      ]);
    }
    const plain = await bench.fetch('/assets/app-3XK9Q2ZB.js');
    expect(plain.text).toBe(script);
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    const zipped = await bench.fetch('/assets/app-3XK9Q2ZB.js', {
      headers: { 'accept-encoding': 'br, gzip' },
    });
    expect([zipped.headers['content-encoding'], zipped.bytes]).toEqual(['gzip', gzipSync(script)]);
    const again = await bench.fetch('/logo.svg', {
      headers: { 'if-none-match': (await bench.fetch('/logo.svg')).headers.etag! },
    });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await bench.fetch('/odd.xyz')).headers['content-type']).toBe('application/octet-stream');
    expect((await bench.fetch('/assets/none.js')).status).toBe(404);
    expect((await bench.fetch('/assets/app-3XK9Q2ZB.js.gz')).status).toBe(404);
  });

  it('answers of the API are compressed where that is asked for, and worth it', async () => {
    const owner = await bench.enter();
    const ask = (path: string, encoding: string) =>
      bench.fetch(path, { headers: { cookie: owner.cookie, 'accept-encoding': encoding } });
    bench.tree.set('/long/text', 'worth it '.repeat(1_000));
    const long = '/api/v1/kv?subtree=/long';
    await bench.until(async () => (await ask(long, 'identity')).bytes.length > 9_000);
    const plain = await ask(long, 'identity');
    expect([plain.headers['content-encoding'], plain.headers['content-length']]).toEqual([
      undefined,
      String(plain.bytes.length),
    ]);
    const zipped = await ask(long, 'gzip, br');
    expect([zipped.headers['content-encoding'], zipped.headers.vary]).toEqual(['gzip', 'Accept-Encoding']);
    expect(zipped.bytes.length).toBeLessThan(plain.bytes.length / 3);
    expect(gunzipSync(zipped.bytes).toString()).toBe(plain.text);
    expect((await ask('/api/v1/session', 'gzip')).headers['content-encoding']).toBeUndefined();
  });

  it('are not kept by browsers of those who develop, who are told what failed', async () => {
    const web = await bench.start({
      uiFolder: ui,
      values: { configuration: 'development', dataDir: join(bench.folder, 'dev'), service: 'dev' },
    });
    expect((await send(web.url, '/assets/app-3XK9Q2ZB.js')).headers['cache-control']).toBe('no-cache');
    await writeFile(join(ui, 'new.txt'), 'x');
    expect((await send(web.url, '/new.txt')).status).toBe(200);
  });

  it('of a home without core say so, and devices of a server that is away are shown as failed', async () => {
    const owner = await bench.enter();
    expect((await owner.get('/jobs')).json).toMatchObject({ status: 503, code: 'NO_CORE' });
    bench.tree.set('/device/pi.gone', '{}');
    bench.tree.set(
      '/device/pi.gone/lamp',
      JSON.stringify({ name: 'lamp', oid: 'x.lamp', title: 'Lamp', state: 'open' }),
    );
    bench.tree.set('/device/pi.gone/lamp/on', JSON.stringify({ value: true, at: 1, quality: 'good' }));
    await bench.until(
      async () => ((await owner.get('/devices')).json as { values: object }[])[0]?.values !== undefined,
    );
    await bench.until(async () => (await owner.get('/kv?subtree=/device/pi.gone/lamp')).text.includes('/on'));
    expect((await owner.get('/devices')).json).toEqual([
      {
        ...{ server: 'pi.gone', name: 'lamp', oid: 'x.lamp', title: 'Lamp', state: 'failed' },
        reason: 'its server does not answer',
        values: { on: { value: true, at: 1, quality: 'stale', reason: 'its server does not answer' } },
      },
    ]);
  });

  it('are at the next port that is free when the usual one is taken, which is told', async () => {
    const taken = Number(new URL(bench.web.url).port);
    const web = await bench.start({
      furtherPorts: 100,
      values: { webPort: taken, dataDir: join(bench.folder, 'next'), service: 'next' },
    });
    expect(web.url).not.toBe(bench.web.url);
    expect(bench.logged).toContain(`warn: port ${taken} is taken: this home is at ${web.url}`);
  });

  it('show the devices that were there when the broker is away', async () => {
    const owner = await bench.enter();
    await bench.broker.close();
    expect((await owner.get('/devices')).json).toMatchObject([
      { server: 'pi.gone', state: 'failed', values: { on: { value: true, quality: 'stale' } } },
    ]);
    expect((await owner.get('/jobs')).status).toBe(503);
  });
});

it('tells each kind of failure by what the caller can do', () => {
  const told = (code: string, more: object = {}) => {
    const { status, code: name } = problemOf(Object.assign(new Error('said'), { code, ...more }))!.body;
    return `${status} ${name}`;
  };
  const ofStatus = (status: string, reason?: string) =>
    told('SERVICE_STATUS', {
      status,
      message: `"pi.x" answered ${status}${reason === undefined ? '' : `: ${reason}`}`,
    });
  expect(told('TIMEOUT', { attempts: 0 })).toBe('503 NO_BROKER');
  expect(told('TIMEOUT', { attempts: 1 })).toBe('504 TIMEOUT');
  expect(['CONNECTION_LOST', 'WORKER_LOST', 'INVALID_REPLY'].map((code) => told(code).slice(0, 3))).toEqual([
    '502',
    '502',
    '502',
  ]);
  expect(
    [
      'QUEUE_FULL',
      'EXPIRED',
      'TOO_MANY_REQUESTS',
      'TOO_MANY_PENDING',
      'CLOSED',
      'ABORTED',
      'OFFLINE',
      'NOT_SYNCED',
      'NOT_STORED',
    ].filter((code) => !told(code).startsWith('503')),
  ).toEqual([]);
  expect(['LIMIT', 'INVALID_REQUEST', 'REFUSED'].filter((code) => !told(code).startsWith('400'))).toEqual([]);
  expect([told('UNKNOWN_REQUEST'), told('NO_WORKER')]).toEqual(['404 UNKNOWN_REQUEST', '404 NO_SERVER']);
  expect([
    ofStatus('500'),
    ofStatus('500', 'too hot'),
    ofStatus('409', 'x'),
    ofStatus('501'),
    ofStatus('404'),
    ofStatus('400'),
  ]).toEqual([
    '502 SERVICE_FAILED',
    '409 REFUSED',
    '409 REFUSED',
    '404 UNKNOWN_COMMAND',
    '404 NOT_FOUND',
    '400 INVALID',
  ]);
  expect([problemOf(new Error('x')), problemOf({ code: 'toString' }), problemOf(null)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(new HttpProblem(418, 'TEA', 'no').body.title).toBe('Failed');
});
