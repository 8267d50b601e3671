// A home of real processes on free ports, with an owner and a browser, for what measures the page or takes pictures of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KvClient } from '@raspy/kv-clone';
import { startChild } from '@raspy/loadgen/children';
import { chromium } from 'playwright-core';

export const HOST = 'pi';
export const OWNER = { name: 'ada', password: 'fish do not read this' };

export const binOf = (app, name) => fileURLToPath(new URL(`../../${app}/bin/${name}.mjs`, import.meta.url));

/**
 * Starts broker, fake devices, core and web.
 * @param options.devices - of the fake server; those of its small home unless given
 * @returns `url` and `pid` of web; `claim()`, after which `cookie` is an owner's; `api(method, path, body)`; `tree`, a client of
 *   the key/value tree; `end()`
 */
export async function startHome({ devices } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
  const children = [];
  const closers = [];
  const home = {
    folder,
    cookie: undefined,
    async end() {
      for (const close of closers.reverse()) await close();
      for (const child of children.reverse()) await child.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const start = (app, name, ...args) => {
    const child = startChild(binOf(app, name), [
      ...args,
      `--hostname=${HOST}`,
      `--data-dir=${folder}`,
      '--log-level=silent',
    ]);
    children.push(child);
    return child;
  };
  try {
    const broker = start('broker', 'raspy-broker', '--broker-port=0');
    const [, port] = await broker.until(/ready on tcp:\/\/[^:]+:(\d+)/);
    const config = join(folder, 'fake.yaml');
    writeFileSync(config, devices === undefined ? '' : JSON.stringify({ devices }));
    const onBus = `--broker-port=${port}`;
    const fake = start('fake', 'raspy-fake', onBus, `--config=${config}`);
    const core = start('core', 'raspy-core', onBus, '--clock-trust=always');
    await Promise.all([fake.until(/ready/), core.until(/ready/)]);
    const web = start('web', 'raspy-web', onBus, '--web-port=0');
    const [, url, code] = await web.until(/ready on (http:\S+?), claim code ([A-Z0-9-]+)/);
    const base = Number(port) + 6;
    const at = (offset) => `tcp://127.0.0.1:${base + offset}`;
    const tree = new KvClient({ endpoints: { snapshot: at(0), publisher: at(1), collector: at(2) } });
    closers.push(() => tree.close());
    const send = (method, path, body, headers = {}) =>
      sendJson(`${url}/api/v1${path}`, method, body, headers);
    Object.assign(home, {
      url,
      port,
      code,
      tree,
      pid: web.pid,
      broker,
      /** Makes the owner, and logs it in. */
      async claim() {
        const { headers } = await send('POST', '/claim', { code, ...OWNER });
        home.cookie = headers['set-cookie'][0].split(';')[0];
      },
      async api(method, path, body) {
        const { csrf } = (await send('GET', '/session', undefined, { cookie: home.cookie })).json;
        return (await send(method, path, body, { cookie: home.cookie, 'x-csrf-token': csrf })).json;
      },
    });
    return home;
  } catch (error) {
    await home.end();
    throw error;
  }
}

/** A browser, and `context(home, options)`: one of its contexts with the session of the owner. */
export async function startBrowser() {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  return {
    end: () => browser.close(),
    async context({ url, cookie }, options = {}) {
      const context = await browser.newContext(options);
      if (cookie !== undefined) {
        const [name, value] = cookie.split('=');
        await context.addCookies([{ name, value, url }]);
      }
      return context;
    },
  };
}

function sendJson(url, method, body, headers) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        headers: {
          ...headers,
          ...(text !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
        },
      },
      async (response) => {
        let answer = '';
        for await (const chunk of response.setEncoding('utf8')) answer += chunk;
        if (response.statusCode >= 300) {
          reject(new Error(`${method} ${url}: ${response.statusCode} ${answer}`));
          return;
        }
        resolve({ headers: response.headers, json: answer === '' ? undefined : JSON.parse(answer) });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}
