import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

let folder: string;
let network: MemoryNetwork;
let home: TestHost | undefined;
let ended: Promise<number> | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-scenario-'));
  network = new MemoryNetwork({ clock: systemClock });
  home = undefined;
});
afterEach(async () => {
  home?.signal('SIGTERM');
  await ended;
  await rm(folder, { recursive: true });
});

async function start(...argv: string[]): Promise<void> {
  const common = [
    `--data-dir=${folder}`,
    '--hostname=pi',
    '--json',
    '--clock-trust=always',
    '--isolate=false',
  ];
  home = new TestHost({ argv: ['start', ...common, ...argv] });
  ended = runTool(raspyTool({ transport: network }), home);
  await home.stdout.until(/"ready"/);
}

interface Told {
  readonly code: number;
  readonly out: string[];
  readonly err: string;
}

async function scenario(...argv: string[]): Promise<Told> {
  const host = new TestHost({ argv: ['scenario', ...argv] });
  const code = await runTool(raspyTool({ transport: network }), host);
  return { code, out: host.stdout.lines, err: host.stderr.text };
}
async function file(name: string, content: string | object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const WAITS = { title: 'Waits', mode: 'background', entries: {}, code: 'await until(() => false);' };

describe('raspy scenario', () => {
  it('adds, shows, changes, stops and deletes scenarios', async () => {
    await start();
    expect((await scenario('ls')).out).toEqual([
      'there are no scenarios: raspy scenario shipped shows some to begin with',
    ]);
    const json = await file('waits.json', WAITS);
    expect(await scenario('add', 'waits', `--file=${json}`)).toMatchObject({
      code: 0,
      out: ['waits: running'],
    });
    const { out } = await scenario('ls');
    expect(out[0]).toMatch(/^SCENARIO +MODE +STATE +RUNS +LAST RUN +TROUBLE$/);
    expect(out[1]).toMatch(/^waits +background +running +1$/);
    expect((await scenario('status', 'waits')).out.slice(0, 4)).toEqual([
      'scenario  waits',
      'title     Waits',
      'mode      background',
      'state     running',
    ]);
    expect((await scenario('stop', 'waits')).out).toEqual(['waits: idle']);
    expect((await scenario('run', 'waits', '{"a":1}')).out).toEqual(['waits: running']);
    const trace = (await scenario('trace', 'waits', '--count=1')).out;
    expect(trace).toHaveLength(1);
    expect(trace[0]).toMatch(/^\d{4}-.*Z #2 +fired +by hand/);
    expect((await scenario('disable', 'waits')).out).toEqual(['waits: disabled']);
    expect((await scenario('enable', 'waits')).out).toEqual(['waits: running']);
    const code = await file('waits.ts', 'const a: number = 1;\nawait until(() => false);');
    expect((await scenario('update', 'waits', `--code=${code}`)).out).toEqual(['waits: running']);
    const shown = JSON.parse((await scenario('show', 'waits', '--json')).out[0]!) as object;
    expect(shown).toMatchObject({ title: 'Waits', code: 'const a: number = 1;\nawait until(() => false);' });
    expect((await scenario('delete', 'waits')).code).toBe(0);
    expect((await scenario('ls', '--json')).out).toEqual([]);
  });

  it('tells what is wrong with one, with a home and without', async () => {
    const json = await file('bad.json', { mode: 'now', entries: {}, code: 'await (' });
    expect(await scenario('check', `--file=${json}`)).toMatchObject({ code: 1 });
    expect((await scenario('check', `--file=${json}`)).out.join('\n')).toContain('mode: ');
    const good = await file('good.json', WAITS);
    const code = await file('bad.js', 'let a;\nlet a;');
    expect((await scenario('check', 'x', `--file=${good}`)).code).toBe(2);
    expect(await scenario('check', `--file=${good}`)).toMatchObject({ code: 0, out: [] });
    expect((await scenario('check', `--file=${good}`, `--code=${code}`)).out[0]).toMatch(
      /^code: line 2, column \d+: /,
    );
    await start();
    const added = await scenario('add', 'bad', `--file=${json}`);
    expect(added).toMatchObject({ code: 1, out: [] });
    expect(added.err).toContain('400: the scenario "bad" is wrong: mode');
    for (const argv of [
      ['add', 'x'],
      ['update', 'x'],
      ['check'],
      ['add', 'x', '--file=/no/such/file'],
      ['add', 'x', `--file=${code}`],
      ['run', 'x', '{'],
    ])
      expect((await scenario(...argv)).code).toBe(2);
    expect((await scenario('status', 'nobody')).err).toContain('there is no scenario "nobody"');
  });

  it('imports one that comes with RasPy, asks what its entries are, and exports it', async () => {
    await start();
    const { out } = await scenario('shipped');
    expect(out[1]).toMatch(/^thermostat +water, /);
    const asked = await scenario('import', 'thermostat');
    expect(asked.code).toBe(2);
    expect(asked.err).toMatch(/water: a value \(.*°C\), e\.g\. .*reef-temperature\.temperature/);
    expect(asked.err).toMatch(/heater: a device \(Heater, actuator\.heater\), e\.g\. heater/);
    const mapped = '--map=water=reef-temperature,heater=pi.fake.heater,target=26';
    expect((await scenario('import', 'thermostat', mapped, '--name=warm', '--enable')).out[0]).toBe(
      'warm: running',
    );
    const shown = JSON.parse((await scenario('show', 'warm')).out.join('\n')) as object;
    expect(shown).toMatchObject({
      entries: {
        water: { key: '/device/pi.fake/reef-temperature/temperature' },
        heater: { service: 'pi.fake.devices', device: 'heater' },
        target: { value: 26 },
      },
    });
    const output = join(folder, 'warm.json');
    expect((await scenario('export', 'warm', `--output=${output}`)).code).toBe(0);
    const exported = await readFile(output, 'utf8');
    expect(exported).not.toContain('pi.fake');
    expect((await scenario('import', output, mapped, '--name=again')).out).toEqual(['again: disabled']);
    expect((await scenario('export', 'auto-top-off')).out.join('\n')).toContain('"name": "auto-top-off"');
    expect((await scenario('types', 'warm')).out.join('\n')).toContain('readonly water: ValueEntry<number>;');
    expect((await scenario('types')).out.join('\n')).toContain('declare function until');
  });

  it.each([
    ['rubbish', /"rubbish" is no ENTRY=WHAT/],
    ['wather=x', /the file has no entry "wather": it has water, /],
    ['water=nothing,heater=heater', /water=nothing: there is no such device; there are: .*pi\.fake\.heater/],
    ['water=reef.depth,heater=heater', /the device has no value "depth": it has /],
    ['water=lamp,heater=heater', /water=lamp: which value\? lamp\.level/],
    ['water=lamp.level,heater=heater', /entries\.water: is in %, not in °C/],
    ['water=reef-temperature,heater=pump', /entries\.heater: is a actuator\.pump, not a actuator\.heater/],
  ])('says what is wrong with the mapping %s', async (map, message) => {
    await start();
    const { code, err } = await scenario('import', 'thermostat', `--map=${map}`);
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });

  it('keeps everything from running in safe mode', async () => {
    await start('--safe-mode');
    await scenario('add', 'waits', `--file=${await file('waits.json', WAITS)}`);
    expect((await scenario('ls')).out[1]).toMatch(/^waits +background +off: core runs in safe mode +0$/);
  });

  it('says that nobody has scenarios', async () => {
    await start('--servers=broker');
    expect((await scenario('ls')).err).toContain('nobody at tcp://127.0.0.1:5514 has scenarios');
  });
});
