import { connect, type Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cookieOf, OWNER, send, Visitor, WebBench } from './web-bench.js';

const bench = new WebBench();
let owner: Visitor;
let viewer: Visitor;
let operator: Visitor;
beforeAll(async () => {
  await bench.open({ maxQueuedBytes: 100_000 });
});
afterAll(() => bench.close());

const code = (answer: { readonly json: unknown }): string => (answer.json as { code: string }).code;

describe('a home that has no owner', () => {
  it('says its code in the log, lets nobody in without it, and has one owner after it', async () => {
    const { claimCode } = bench.web;
    expect(bench.logged.join()).toContain(`give the claim code ${claimCode!}`);
    expect((await bench.fetch('/api/v1/session')).json).toMatchObject({ claimed: false, user: null });
    const claim = (text: string, password: string) =>
      bench.fetch('/api/v1/claim', { method: 'POST', json: { code: text, name: 'ada', password } });
    expect(code(await claim('AAAA-BBBB-CCCC', OWNER.password))).toBe('WRONG');
    expect((await claim(claimCode!, 'short')).json).toMatchObject({
      status: 400,
      mistakes: [{ path: 'password', message: 'give at least 10 characters' }],
    });
    owner = await bench.enter();
    expect(bench.web.claimCode).toBeUndefined();
    expect(code(await claim(claimCode!, OWNER.password))).toBe('CLAIMED');
    for (const [name, role] of [
      ['vi', 'viewer'],
      ['op', 'operator'],
    ] as const) {
      const added = await owner.send('POST', '/users', { name, role, password: `${name} has a password` });
      expect(added.json).toMatchObject({ name, role });
    }
    viewer = await bench.enter('vi', 'vi has a password');
    operator = await bench.enter('op', 'op has a password');
  });
});

describe('roles', () => {
  it('let a viewer read, an operator command, and an admin change', async () => {
    const command = '/devices/pi.fake/lamp/commands/set';
    const args = { args: { level: 10 } };
    expect((await bench.fetch('/api/v1/devices')).status).toBe(401);
    expect((await viewer.get('/devices')).status).toBe(200);
    expect(code(await viewer.send('POST', command, args))).toBe('ROLE');
    expect((await operator.send('POST', command, args)).status).toBe(200);
    expect(
      code(await operator.send('POST', '/devices/pi.fake/lamp/commands/log', { args: { enabled: false } })),
    ).toBe('ROLE');
    expect(code(await operator.send('DELETE', '/devices/pi.fake/lamp'))).toBe('ROLE');
    expect(code(await operator.send('POST', '/requests', { service: 'x', frames: ['y'] }))).toBe('ROLE');
    expect(code(await operator.get('/users'))).toBe('ROLE');
    expect((await owner.get('/users')).json).toHaveLength(3);
  });

  it('are as they are now, whatever the session began with', async () => {
    expect((await owner.send('PATCH', '/users/op', { role: 'viewer' })).json).toMatchObject({
      role: 'viewer',
    });
    expect(code(await operator.send('POST', '/devices/pi.fake/lamp/commands/set', {}))).toBe('ROLE');
    await owner.send('PATCH', '/users/op', { role: 'operator' });
    expect(code(await owner.send('PATCH', '/users/ada', { role: 'viewer' }))).toBe('LAST_ADMIN');
  });
});

describe('a session', () => {
  it('has a cookie that no script, other site or forger can use', async () => {
    const answer = await bench.fetch('/api/v1/login', { method: 'POST', json: OWNER });
    const name = `raspy_session_${new URL(bench.web.url).port}`;
    const [own, ...rules] = answer.headers['set-cookie']![0]!.split('; ');
    expect(own).toMatch(new RegExp(`^${name}=[\\w.-]+$`));
    expect(rules).toEqual([expect.stringMatching(/^Max-Age=\d+$/), 'Path=/', 'HttpOnly', 'SameSite=Strict']);
    const cookie = cookieOf(answer);
    for (const forged of [
      `${cookie}x`,
      cookie.slice(0, -4),
      `${name}=`,
      `${name}=a.b`,
      // Of another home at this address.
      cookie.replace(name, 'raspy_session_1'),
      cookie.replace('.', ''),
    ]) {
      expect((await bench.fetch('/api/v1/devices', { headers: { cookie: forged } })).status).toBe(401);
    }
  });

  it('is good for nothing after logout', async () => {
    const visitor = await bench.enter();
    expect((await visitor.send('POST', '/logout')).headers['set-cookie']![0]).toContain('Max-Age=0');
    expect((await visitor.get('/devices')).status).toBe(401);
    expect((await visitor.send('PUT', '/kv', { key: '/x', value: 1 })).status).toBe(401);
  });

  it('ends with a new password, and with its user', async () => {
    await owner.send('POST', '/users', { name: 'eve', role: 'viewer', password: 'eve has a password' });
    const eve = await bench.enter('eve', 'eve has a password');
    expect(
      code(await eve.send('POST', '/password', { current: 'wrong', password: 'another password' })),
    ).toBe('WRONG');
    const changed = await eve.send('POST', '/password', {
      current: 'eve has a password',
      password: 'another password',
    });
    expect([changed.status, (await eve.get('/devices')).status]).toEqual([204, 401]);
    const again = await Visitor.of(bench, cookieOf(changed));
    expect((await again.get('/devices')).status).toBe(200);
    await owner.send('PATCH', '/users/eve', { password: 'a third password' });
    expect((await again.get('/devices')).status).toBe(401);
    const third = await bench.enter('eve', 'a third password');
    expect((await owner.send('DELETE', '/users/eve')).status).toBe(204);
    expect((await third.get('/devices')).status).toBe(401);
  });

  it('outlives a restart of the server', async () => {
    await bench.restart();
    expect((await owner.get('/devices')).status).toBe(200);
    expect(bench.web.claimCode).toBeUndefined();
    const kept = await readFile(join(bench.folder, 'web/sessions.json'), 'utf8');
    expect(kept).not.toContain(owner.cookie.split('=')[1]);
    expect(await readFile(join(bench.folder, 'web/users.json'), 'utf8')).not.toContain(OWNER.password);
  });
});

describe('a change', () => {
  const body = { key: '/x', value: 1 };

  it('needs the token of the session', async () => {
    const { cookie } = owner;
    const put = (headers: Record<string, string>) =>
      bench.fetch('/api/v1/kv', { method: 'PUT', json: body, headers: { cookie, ...headers } });
    expect(code(await put({}))).toBe('CSRF');
    expect(code(await put({ 'x-csrf-token': viewer.csrf }))).toBe('CSRF');
    expect((await put({ 'x-csrf-token': owner.csrf })).status).toBe(204);
    expect(code(await bench.fetch('/api/v1/logout', { method: 'POST', headers: { cookie } }))).toBe('CSRF');
  });

  it('is not taken from the page of another site', async () => {
    const { host } = new URL(bench.web.url);
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://${host}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect(code(await owner.send('PUT', '/kv', body, headers as unknown as Record<string, string>))).toBe(
        'CROSS_ORIGIN',
      );
    }
    expect(
      code(
        await bench.fetch('/api/v1/login', {
          method: 'POST',
          json: OWNER,
          headers: { origin: 'http://evil.example' },
        }),
      ),
    ).toBe('CROSS_ORIGIN');
    expect(
      (await owner.send('PUT', '/kv', body, { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }))
        .status,
    ).toBe(204);
  });

  it('is JSON of a size and depth that can be read', async () => {
    const post = (content: string, type: string) =>
      bench.fetch('/api/v1/login', { method: 'POST', body: content, headers: { 'content-type': type } });
    expect(code(await post('name=ada', 'application/x-www-form-urlencoded'))).toBe('NOT_JSON');
    expect((await post('{"name":"ada"}', 'text/plain')).status).toBe(415);
    expect((await post('{"name":', 'application/json')).json).toMatchObject({
      status: 400,
      code: 'NOT_JSON',
    });
    expect(code(await post('['.repeat(100), 'application/json'))).toBe('TOO_DEEP');
    expect(code(await post(`"${'['.repeat(100)}\\""`, 'application/json'))).toBe('INVALID');
    expect(code(await post('', 'application/json'))).toBe('INVALID');
    const large = await post('x'.repeat(1_100_000), 'application/json');
    expect([large.status, large.headers.connection]).toEqual([413, 'close']);
  });

  it('that is too large without saying so is not read to its end', async () => {
    const { hostname, port } = new URL(bench.web.url);
    const socket = connect(Number(port), hostname);
    const head = `POST /api/v1/login HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    socket.on('error', () => undefined);
    socket.write(head + chunk.repeat(20));
    expect(await until(socket, /^HTTP\/1\.1 \d+/)).toContain('413');
    socket.destroy();
  });
});

describe('whoever guesses', () => {
  it('is told the same of all names, and waits ever longer', async () => {
    const login = (name: string) =>
      bench.fetch('/api/v1/login', { method: 'POST', json: { name, password: 'guess' } });
    const [known, unknown] = [await login('vi'), await login('nobody')];
    expect([known.status, known.text]).toEqual([401, unknown.text]);
    const storm = await Promise.all(Array.from({ length: 40 }, () => login('vi')));
    expect(new Set(storm.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(storm.filter(({ status }) => status === 401).length).toBeLessThan(12);
    const refused = storm.find(({ status }) => status === 429)!;
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await owner.get('/devices')).status).toBe(200);
    expect((await owner.get('/audit?limit=1000')).text).not.toContain('"status":429');
  });
});

describe('a token', () => {
  it('is told once, does what it is for, and ends', async () => {
    const make = (scope: string, more = {}) =>
      owner.send('POST', '/tokens', { title: scope, scope, ...more });
    const { json } = await make('operate');
    const { token, id } = json as { token: string; id: string };
    const by = (method: string, path: string, content?: unknown) =>
      bench.fetch(`/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(content !== undefined && { json: content }),
      });
    expect((await by('POST', '/devices/pi.fake/lamp/commands/set', { args: { level: 5 } })).status).toBe(200);
    expect(code(await by('PUT', '/kv', { key: '/x', value: 1 }))).toBe('ROLE');
    expect(code(await by('POST', '/password', { current: 'x', password: 'another password' }))).toBe('TOKEN');
    expect((await owner.get('/tokens')).text).not.toContain(token);
    expect((await owner.get('/audit')).json).toContainEqual(
      expect.objectContaining({ who: 'ada', token: id, status: 200 }),
    );
    expect((await owner.send('DELETE', `/tokens/${id}`)).status).toBe(204);
    expect(code(await by('GET', '/devices'))).toBe('BAD_TOKEN');
    const over = (await make('read', { expiresAt: 1 })).json as { token: string };
    expect(
      (await bench.fetch('/api/v1/devices', { headers: { authorization: `Bearer ${over.token}` } })).status,
    ).toBe(401);
  });
});

describe('an answer', () => {
  it('allows nothing from elsewhere, and no guessing of types', async () => {
    for (const path of ['/', '/api/docs', '/api/v1/session', '/api/v1/devices', '/none.js']) {
      const { headers } = await bench.fetch(path);
      expect(headers['content-security-policy']).toMatch(
        /^default-src '(self|none)'.*frame-ancestors 'none'/,
      );
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it('passes on hostile texts as the data that they are', async () => {
    const hostile = '<script>alert(1)</script>';
    await owner.send('PUT', '/kv', { key: `/${hostile}`, value: hostile });
    await bench.until(async () => (await owner.get('/kv')).text.includes(hostile));
    const { headers } = await owner.get('/kv');
    expect([headers['content-type'], headers['x-content-type-options']]).toEqual([
      'application/json',
      'nosniff',
    ]);
    const missing = await owner.get(`/devices/pi.fake/${encodeURIComponent(hostile)}`);
    expect([missing.status, missing.headers['content-type']]).toEqual([404, 'application/problem+json']);
  });

  it('is for whoever knows the server by its own name alone', async () => {
    const asks = async (host: string) => (await bench.fetch('/api/v1/session', { headers: { host } })).status;
    for (const host of [
      '127.0.0.1:1',
      'localhost',
      '[::1]:80',
      'PI.local:8080',
      'pi',
      '192.168.1.5',
      'reef.example',
    ]) {
      expect([host, await asks(host)]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', 'pi.evil.example', 'localhost.evil']) {
      expect([host, await asks(host)]).toEqual([host, 421]);
    }
  });

  it('never leaves the folder of the pages', async () => {
    for (const path of [
      '/../package.json',
      '/..%2fpackage.json',
      '/%2e%2e/%2e%2e/package.json',
      '/..%5c..%5cpackage.json',
      '/assets/..%2f..%2f..%2fetc/passwd',
      '//etc/passwd.txt',
      '/%00.js',
      '/api/v1/..%2f..%2fusers',
    ]) {
      const { status, text } = await bench.fetch(path);
      expect(text).not.toMatch(/"private"|root:/);
      expect([path, status < 500]).toEqual([path, true]);
    }
  });

  it('of a path or a way that there is not says so', async () => {
    expect(code(await owner.get('/none'))).toBe('NO_ROUTE');
    const wrong = await owner.send('DELETE', '/devices');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET']);
    expect((await bench.fetch('/', { method: 'POST' })).status).toBe(405);
    expect((await bench.fetch('/none.js')).status).toBe(404);
  });
});

describe('a reader of events', () => {
  it('needs to be logged in, and resumes where it was', async () => {
    expect((await bench.fetch('/api/v1/events')).status).toBe(401);
    const socket = stream(owner, '/live');
    const first = await until(socket, /event: snapshot\nid: (\S+)/);
    const [, id] = /event: snapshot\nid: (\S+)/.exec(first)!;
    bench.tree.set('/live/a', '1');
    await until(socket, /event: set[^]*"\/live\/a"/);
    socket.destroy();
    bench.tree.set('/live/b', '2');
    const again = stream(owner, '/live', `last-event-id: ${id}\r\n`);
    const said = await until(again, /"\/live\/b"/);
    expect(said).not.toContain('event: snapshot');
    expect(said).toContain('"/live/a"');
    again.destroy();
  });

  it('that does not read is sent away, and costs nobody else anything', async () => {
    const slow = stream(owner, '/storm');
    await until(slow, /event: snapshot/);
    slow.pause();
    const gone = new Promise((resolve) => slow.on('close', resolve));
    slow.on('error', () => undefined);
    const shed = async () =>
      Number(
        /shed_total{.*} (\d+)/.exec(
          (await bench.fetch('/metrics', { headers: { cookie: owner.cookie } })).text,
        )![1],
      );
    const before = await shed();
    let value = 0;
    await bench.until(async () => {
      for (let index = 0; index < 20; index++)
        bench.tree.set('/storm/x', JSON.stringify(`${value++}`.padEnd(60_000)));
      return (await shed()) > before;
    });
    slow.resume();
    await gone;
    expect((await owner.get('/session')).status).toBe(200);
  });
});

it('writes down who changed what, without what was sent', async () => {
  const entries = (await owner.get('/audit?limit=1000')).json as {
    who: string;
    what: string;
    status: number;
  }[];
  expect(entries).toContainEqual(
    expect.objectContaining({ who: 'ada', what: 'POST /api/v1/users', status: 200 }),
  );
  expect(entries).toContainEqual(
    expect.objectContaining({ who: '', what: 'POST /api/v1/claim', status: 401, code: 'WRONG' }),
  );
  expect(await readFile(join(bench.folder, 'web/audit.log'), 'utf8')).not.toMatch(
    /has a password|correct horse|claim code/,
  );
});

it('is told what a proxy says of a request only where it is trusted', async () => {
  const web = await bench.start({
    values: { webTrustProxy: true, dataDir: join(bench.folder, 'proxied'), service: 'web2' },
  });
  const forwarded = {
    'x-forwarded-for': '1.1.1.1, 10.0.0.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'reef.example',
  };
  const answer = await send(web.url, '/api/v1/claim', {
    method: 'POST',
    json: { code: web.claimCode, ...OWNER },
    headers: { ...forwarded, origin: 'https://reef.example', host: 'inner.example' },
  });
  expect(answer.headers['set-cookie']![0]).toMatch(/^__Host-raspy_session_\d+=.*; Secure/);
  expect(await readFile(join(bench.folder, 'proxied/web/audit.log'), 'utf8')).toContain(
    '"address":"10.0.0.9"',
  );
  expect(
    code(
      await bench.fetch('/api/v1/login', {
        method: 'POST',
        json: OWNER,
        headers: { ...forwarded, origin: 'https://reef.example' },
      }),
    ),
  ).toBe('CROSS_ORIGIN');
});

function stream({ cookie }: Visitor, subtree: string, more = ''): Socket {
  const { hostname, port } = new URL(bench.web.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `GET /api/v1/events?subtree=${subtree} HTTP/1.1\r\nhost: ${hostname}\r\ncookie: ${cookie}\r\n${more}\r\n`,
  );
  return socket;
}

/** What a socket has said, as soon as it fits. */
function until(socket: Socket, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const look = (chunk: Buffer): void => {
      said += chunk.toString();
      if (!pattern.test(said)) return;
      socket.off('data', look);
      resolve(said);
    };
    socket.on('data', look);
    socket.once('close', () => reject(new Error(`closed after: ${said}`)));
  });
}
