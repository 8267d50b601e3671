import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BindError } from '@raspy/wire';
import { serverSettings } from '../config/common-settings.js';
import { TestHost } from '../testing/test-host.js';
import type { Part } from './executive.js';
import { runServer, type ServerDefinition } from './run-server.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-run-'));
});
afterAll(() => rm(folder, { recursive: true }));

const part: Part = { name: 'p', start: () => Promise.resolve(), stop: () => Promise.resolve() };
function server(parts: readonly Part[] = [part]): ServerDefinition<typeof serverSettings> {
  return {
    name: 'raspy-x',
    version: '1.2.3',
    summary: 'Does x.',
    settings: serverSettings,
    compose: ({ settings }) => ({ parts, ready: () => `on port ${settings.brokerPort}` }),
  };
}
function host(...argv: string[]): TestHost {
  return new TestHost({ argv: [`--data-dir=${join(folder, 'state', 'x')}`, ...argv] });
}

it('prints one line when it serves, logs to stderr, makes its data folder, and ends with 0', async () => {
  const surroundings = host('--broker-port=77');
  const ended = runServer(server(), surroundings);
  await surroundings.stdout.until(/\n/);
  surroundings.signal('SIGTERM');
  expect(await ended).toBe(0);
  expect(surroundings.stdout.text).toBe('raspy-x ready on port 77 (pid 4711)\n');
  expect(JSON.parse(surroundings.stderr.lines[0]!)).toMatchObject({ level: 'info', msg: 'stopping' });
  expect((await stat(join(folder, 'state', 'x'))).mode & 0o777).toBe(0o700);
});

it('answers --help and --version whatever else is typed', async () => {
  const help = host('--nonsense', '--help');
  expect(await runServer(server(), help)).toBe(0);
  expect(help.stdout.text).toMatch(/^Usage: raspy-x \[options\]/);
  const version = host('--version');
  expect(await runServer(server(), version)).toBe(0);
  expect(version.stdout.text).toBe('raspy-x 1.2.3\n');
});

it('ends with 2 and every mistake for wrong settings, and starts nothing', async () => {
  const wrong = host('--liveness=x', '--colour=red');
  const starts = { ...part, start: () => Promise.reject(new Error('must not start')) };
  expect(await runServer(server([starts]), wrong)).toBe(2);
  expect(wrong.stdout.text).toBe('');
  expect(wrong.stderr.lines).toEqual([
    'raspy-x: 2 settings are wrong',
    '  --colour: no such flag: --help lists them',
    '  --liveness: "x" will not do: give a whole number from 2 to 1000',
    'raspy-x --help tells what can be given',
  ]);
});

it('takes no arguments', async () => {
  const words = host('start', 'now');
  expect(await runServer(server(), words)).toBe(2);
  expect(words.stderr.lines[0]).toBe('raspy-x: takes no arguments, and got "start" "now"');
});

it('ends with 3 and the fix when the data folder cannot be written', async () => {
  const path = join(folder, 'a-file');
  await writeFile(path, '');
  for (const dataDir of [path, join(path, 'below'), '/proc/none/of/this']) {
    const unwritable = host(`--data-dir=${dataDir}`);
    expect(await runServer(server(), unwritable)).toBe(3);
    expect(unwritable.stderr.text).toContain(`the data folder ${dataDir} cannot be written (E`);
    expect(unwritable.stderr.text).toContain('--data-dir');
  }
});

it('ends with 3 when the port is taken', async () => {
  const taken = {
    ...part,
    start: () => Promise.reject(new BindError('tcp://127.0.0.1:1', 'ENDPOINT_IN_USE')),
  };
  const surroundings = host();
  expect(await runServer(server([taken]), surroundings)).toBe(3);
  expect(surroundings.stderr.lines).toEqual([
    'raspy-x: tcp://127.0.0.1:1 is in use by another process: stop it, or choose another port',
  ]);
});

it('ends with 1 and a trace for what nobody foresaw', async () => {
  const failing = { ...part, start: () => Promise.reject(new TypeError('oops')) };
  const surroundings = host();
  expect(await runServer(server([failing]), surroundings)).toBe(1);
  expect(surroundings.stderr.text).toMatch(/^raspy-x: TypeError: oops\n\s+at /);
  const thrown = host();
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what a careless library may do
  const careless = { ...part, start: () => Promise.reject('a text') };
  expect(await runServer(server([careless]), thrown)).toBe(1);
  expect(thrown.stderr.text).toBe('raspy-x: a text\n');
});

it('writes its log for people on a terminal, without colours where NO_COLOR is set', async () => {
  const terminal = new TestHost({
    argv: [`--data-dir=${folder}`],
    env: { RASPY_CONFIG: '/dev/null', NO_COLOR: '1' },
    isTTY: true,
  });
  const ended = runServer(server(), terminal);
  await terminal.stdout.until(/ready/);
  terminal.signal('SIGINT');
  expect(await ended).toBe(0);
  expect(terminal.stderr.text).toMatch(/^\[\d\d:\d\d:\d\d\] INFO \(raspy-x\): stopping /);
});
