import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorsIn } from '../compiled.ts';
import { workspace } from '../library.ts';
import { Program } from '../program.ts';
import { run, type Outcome } from '../run.ts';
import { Workshop } from '../workshop.ts';
import { bad, example } from './plugins.ts';

const guide = join(workspace, 'docs/guides/first-device-plugin.md');
const workshop = Workshop.current();
const { compiled } = workshop.stock();
const { home } = workshop;

let server: Program;
/** In the order in which they were started. */
const running: Program[] = [];
let port: string;

beforeAll(async () => {
  const plugins = [
    'raspy-plugin-board',
    ...Object.keys(bad).filter((name) => !/endless/.test(name)),
    'raspy-plugin-stranger',
  ];
  await writeFile(
    join(home.folder, 'raspy.yaml'),
    `hostname: pi
plugins: [${plugins.join()}]
devices:
  - { name: load, oid: board.load }
  - { name: blind, oid: stranger.blind }
  - { name: lost, oid: future.thing }
`,
  );
  server = new Program(
    bin(),
    ['start', '--broker-port=0', `--config=${join(home.folder, 'raspy.yaml')}`, ...dataDir('home')],
    home.folder,
  );
  running.push(server);
  [, port] = (await server.until(/^raspy ready on tcp:\/\/[\d.]+:(\d+)/m)) as unknown as [string, string];
  await server.until(/pi\.fake\.blind/);
});

afterAll(async () => {
  for (const program of running.reverse()) await program.end();
  await home.remove();
});

function bin(): string {
  return join(home.folder, 'node_modules/raspy/bin/raspy.mjs');
}

function dataDir(name: string): string[] {
  return [`--data-dir=${join(home.folder, 'data', name)}`];
}

/** The raspy command that is installed in the stranger's folder. */
function raspy(...args: string[]): Promise<Outcome> {
  return run(process.execPath, [bin(), ...args, '--config=/dev/null'], home.folder, 20_000);
}

function onBus(...args: string[]): Promise<Outcome> {
  return raspy(...args, `--broker-port=${port}`);
}

/** The reading of a value, in a line that `raspy device ls --json` prints. */
async function reading(device: string, value: string): Promise<unknown> {
  const { stdout } = await onBus('device', 'get', device, value, '--json');
  return (JSON.parse(stdout) as { value: unknown }).value;
}

describe('a plugin from far away', () => {
  it('is seen with its readings', async () => {
    const { code, stdout } = await onBus('device', 'ls');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pi\.fake\.blind +stranger\.blind +closed +0 % +good$/m);
    expect(stdout).toMatch(/^pi\.fake\.load +board\.load +load +[\d.]+ +good$/m);
  });

  it('obeys, by validated arguments alone', async () => {
    expect(await onBus('device', 'exec', 'blind', 'move', '{"percent":70}')).toMatchObject({
      code: 0,
    });
    expect(await reading('blind', 'closed')).toBe(70);
    const { code, stderr } = await onBus('device', 'exec', 'blind', 'move', '{"percent":700}');
    expect(code).toBe(1);
    expect(stderr).toContain('percent');
    expect(await onBus('device', 'exec', 'load', 'forget')).toMatchObject({ code: 0 });
  });

  it('keeps the contract, and has types, where it is installed', async () => {
    expect(errorsIn(compiled, ['src/stranger', 'node_modules'])).toEqual([]);
    for (const style of ['import', 'require'] as const) {
      const checked = await home.run('contract', style);
      expect(checked).toEqual({ code: 0, stderr: '', stdout: 'stranger []\n' });
      const loaded = await home.run('endless', style);
      expect(loaded).toEqual({ code: 0, stderr: '', stdout: 'stranger PLUGIN_IMPORT_TIMEOUT\n' });
    }
  });
});

describe('what cannot be used', () => {
  it('is told by the server, which serves the others', () => {
    const told = server.stderr
      .split('\n')
      .filter((line) => line.includes('PLUGIN_'))
      .map((line) => (JSON.parse(line) as { reason: string }).reason);
    expect(told).toEqual([
      expect.stringMatching(/^raspy-plugin-future: PLUGIN_API: /),
      expect.stringMatching(/^raspy-plugin-nested: PLUGIN_SECOND_COPY: /),
      expect.stringMatching(/^raspy-plugin-throws: PLUGIN_IMPORT_FAILED: /),
    ]);
    const [future, nested, throws] = told;
    expect(future).toContain('it needs a newer RasPy');
    expect(nested).toContain('raspy-plugin-nested/node_modules/@raspy/devices (0.1.0)');
    expect(nested).toContain('instead of "dependencies"');
    expect(throws).toContain('there is no gpio here');
    expect(server.stderr).toMatch(/"device":"lost".*a device is left out/);
  });

  it('is told by raspy plugin ls, beside what could be used', async () => {
    const { code, stdout } = await raspy(
      'plugin',
      'ls',
      '--plugins=raspy-plugin-stranger,raspy-plugin-throws',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^raspy-plugin-stranger +2\.3\.4 +loaded +stranger\.blind +Roller blind$/m);
    expect(stdout).toMatch(/^raspy-plugin-throws +1\.0\.0 +refused$/m);
    expect(stdout).toMatch(/^raspy-plugin-throws: PLUGIN_IMPORT_FAILED: .*there is no gpio here$/m);
    expect(stdout).toMatch(/^raspy-plugin-board +1\.0\.0 +installed, not used$/m);
  });

  it('is told to its author by raspy plugin check', async () => {
    const { code, stdout } = await raspy('plugin', 'check', join(workshop.plugins, 'raspy-plugin-nested'));
    expect(code).toBe(1);
    expect(stdout).toContain('PLUGIN_PEERS: @raspy/devices must stand in "peerDependencies"');
    expect(stdout).toContain('PLUGIN_EXPORT: ');
  });
});

describe('the guide to a first plugin', () => {
  let text: string;
  const blocks = (language: string): string[] =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
      (block) => block[1]!,
    );

  beforeAll(async () => {
    text = await readFile(guide, 'utf8');
  });

  it.each([
    ['json', ['package.json']],
    ['js', ['index.js', 'index.test.js']],
    ['yaml', ['raspy.yaml']],
  ])('shows the files that are run here, whole: %s', async (language, files) => {
    const contents = await Promise.all(files.map((file) => readFile(join(example, file), 'utf8')));
    expect(blocks(language)).toEqual(contents);
  });

  it('has a plugin whose own tests pass', async () => {
    const folder = join(home.folder, 'work/raspy-plugin-board');
    await cp(example, folder, { recursive: true });
    expect(await run('npm', ['test'], folder, 60_000)).toMatchObject({ code: 0 });
  });

  it('shows what is printed', async () => {
    const check = await raspy('plugin', 'check', join(home.folder, 'work/raspy-plugin-board'));
    expect(check.code).toBe(0);
    const devices = await onBus('device', 'ls');
    const printed = `${check.stdout}${server.stdout}${devices.stdout}`;
    const [shownCheck, shownDevices] = blocks('text').map(lines);
    expect(lines(printed)).toEqual(expect.arrayContaining([...shownCheck!, ...shownDevices!]));
  });
});

/** Lines without what differs each time: columns' widths, numbers, and paths. */
function lines(text: string): string[] {
  return text.split('\n').map((line) =>
    line
      .replace(/ +/g, ' ')
      .replace(/\d+(\.\d+)?/g, 'N')
      .replace(/ in \/.*$/, ' in PATH'),
  );
}
