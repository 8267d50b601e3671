import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import { type ExitCode } from '@raspy/runtime';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

const containing = (text: string): string => expect.stringContaining(text) as string;

const transport = new MemoryNetwork({ clock: systemClock });
const written: Uint8Array[] = [];
const tool = raspyTool({ transport, writeBytes: (bytes) => written.push(bytes) });
let folder: string;
let home: TestHost;
let homeEnded: Promise<ExitCode>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-devices-'));
  home = new TestHost({ argv: ['start', `--data-dir=${folder}`, '--hostname=pi'] });
  homeEnded = runTool(tool, home);
  await home.stdout.until(/water-temperature/);
});
afterAll(async () => {
  home.signal('SIGINT');
  await homeEnded;
  await rm(folder, { recursive: true });
});

async function raspy(...argv: string[]): Promise<{ code: ExitCode; out: string[]; err: string }> {
  const host = new TestHost({ argv });
  const code = await runTool(tool, host);
  return { code, out: host.stdout.lines, err: host.stderr.text };
}

describe('raspy device set', () => {
  it('sets values, each a JSON value or a text', async () => {
    expect(await raspy('device', 'set', 'lamp', 'level=35')).toEqual({ code: 0, out: ['null'], err: '' });
    expect((await raspy('device', 'get', 'lamp', 'level')).out).toEqual(['35 %']);
    expect(await raspy('device', 'set', 'lamp', 'level=dim')).toMatchObject({
      code: 1,
      err: containing('level: Invalid input'),
    });
    expect(await raspy('device', 'set', 'lamp', 'level')).toMatchObject({
      code: 2,
      err: containing('"level" will not do: give a value as name=json'),
    });
  });

  it('takes a lease, and says what a guard refuses', async () => {
    expect(await raspy('device', 'set', 'heater', 'on=true')).toMatchObject({
      code: 1,
      err: containing('"heater" is guarded: it is only obeyed with a lease'),
    });
    const { code, out } = await raspy('device', 'set', 'heater', 'on=true', '--lease-seconds=30');
    expect(code).toBe(0);
    expect(JSON.parse(out[0]!)).toEqual({ lease: expect.any(String) as string, leaseMs: 30_000 });
    expect((await raspy('device', 'set', 'heater', 'on=false')).code).toBe(0);
  });
});

describe('raspy device exec', () => {
  it('keeps bytes that come back in a file, or writes them out', async () => {
    const file = join(folder, 'photo.png');
    const { code, out } = await raspy('device', 'exec', 'camera', 'photo', `--output=${file}`);
    expect(code).toBe(0);
    expect(JSON.parse(out[0]!)).toMatchObject({ type: 'image/png' });
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
    expect(await raspy('device', 'exec', 'camera', 'photo', '--output=-')).toEqual({
      code: 0,
      out: [],
      err: '',
    });
    expect(Buffer.concat(written).subarray(1, 4).toString()).toBe('PNG');
    expect((await raspy('device', 'exec', 'camera', 'photo')).err).toMatch(
      /\d+ bytes came back too: --output=FILE/,
    );
  });

  it('answers an order that is repeated with its key, and does not execute it again', async () => {
    const dose = ['device', 'exec', 'camera', 'photo', '--key=k1', '--json'];
    const { out } = await raspy(...dose);
    expect((await raspy(...dose)).out).toEqual(out);
  });
});

describe('raspy device add, config and remove', () => {
  it('change the devices of a server', async () => {
    const lamp = '{"name":"hall","oid":"fake.lamp","config":{"initialPercent":10}}';
    expect(await raspy('device', 'add', lamp)).toEqual({ code: 0, out: [], err: '' });
    expect((await raspy('device', 'get', 'hall', 'level')).out).toEqual(['10 %']);
    expect((await raspy('device', 'config', 'hall')).out).toEqual([lamp]);
    const changed = await raspy('device', 'config', 'hall', '{"log":true}');
    expect(JSON.parse(changed.out[0]!)).toMatchObject({ name: 'hall', log: true });
    expect(await raspy('device', 'remove', 'hall')).toEqual({ code: 0, out: [], err: '' });
    expect(await raspy('device', 'remove', 'hall')).toMatchObject({
      code: 2,
      err: containing('there is no device'),
    });
  });

  it('say what is wrong', async () => {
    expect(await raspy('device', 'add', '{"name":"x","oid":"no.such"}')).toMatchObject({
      code: 2,
      err: containing('no driver for "no.such"'),
    });
    expect(await raspy('device', 'add', '{}', '--server=pi.none')).toMatchObject({
      code: 2,
      err: containing('say which device server with --server, one of pi.core, pi.fake'),
    });
    expect(await raspy('device', 'config', 'lamp', '{"oid":"x"}')).toMatchObject({
      code: 1,
      err: containing('oid cannot be changed'),
    });
  });
});
