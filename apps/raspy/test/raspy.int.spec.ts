import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestProcess } from '@raspy/runtime/testing';

const containing = (text: string): string => expect.stringContaining(text) as string;
const BIN = join(__dirname, '../bin/raspy.mjs');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-tool-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => TestProcess.killAll());

async function raspy(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const command = new TestProcess(BIN, args);
  const code = await command.ended;
  return { code, out: command.stdout.text, err: command.stderr.text };
}

it('runs a home that other processes talk to, until Ctrl-C, and leaves nothing but its data folder', async () => {
  const home = new TestProcess(BIN, [
    'start',
    '--broker-port=0',
    `--data-dir=${folder}/data`,
    '--hostname=pi',
  ]);
  const [, port] = await home.until(/^raspy ready on tcp:\/\/127\.0\.0\.1:(\d+) \(pid \d+\)\n/);
  await home.until(/water-temperature/);
  const at = `--broker-port=${port!}`;
  expect(await raspy('request', 'mmi.discovery', '.*', at)).toMatchObject({
    code: 0,
    out: containing('[015] pi.fake.devices\n'),
  });
  expect(await raspy('device', 'get', 'lamp', 'level', at)).toEqual({ code: 0, out: '40 %\n', err: '' });
  const asked = performance.now();
  expect(await home.end('SIGINT')).toBe(0);
  expect(performance.now() - asked).toBeLessThan(2_000);
  expect(await readdir(folder)).toEqual(['data']);
  expect(await readdir(join(folder, 'data'))).toEqual(['devices', 'store-log', 'titanic', 'web']);
}, 20_000);

it('answers --help for itself and for each command', async () => {
  const { code, out } = await raspy('--help');
  expect(code).toBe(0);
  const commands = [
    'start',
    'service ls',
    'request',
    'device ls',
    'device get',
    'device watch',
    'device exec',
    'device set',
    'device config',
    'device add',
    'device remove',
    'dump',
  ];
  for (const words of commands) expect(out).toContain(`  ${words} `);
  const each = await Promise.all(commands.map((words) => raspy(...words.split(' '), '--help')));
  for (const [index, help] of each.entries()) {
    expect(help).toMatchObject({
      code: 0,
      out: containing(`Usage: raspy ${commands[index]!}`),
      err: '',
    });
  }
}, 20_000);

it('ends with 2 when it is typed wrongly', async () => {
  expect(await raspy('devise', 'ls')).toMatchObject({
    code: 2,
    err: containing('did you mean device ls?'),
  });
});

it('ends without a word when nobody reads what it prints', async () => {
  const { spawn } = await import('node:child_process');
  const home = spawn(
    process.execPath,
    [BIN, 'start', '--broker-port=0', `--data-dir=${folder}/pipe`, '--json'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], RASPY_CONFIG: '/dev/null' },
    },
  );
  let complaints = '';
  home.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  home.stdout.once('data', () => home.stdout.destroy());
  expect(await new Promise((resolve) => home.on('close', resolve))).toBe(0);
  // Nobody has claimed the home, which is always said.
  expect(complaints).toMatch(/^[^\n]*claim code[^\n]*\n$/);
}, 20_000);
