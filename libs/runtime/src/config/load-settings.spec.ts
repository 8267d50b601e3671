import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { serverSettings, serviceSetting } from './common-settings.js';
import { loadSettings } from './load-settings.js';
import { readServerSections } from './server-sections.js';
import { structure, text, toggle } from './setting.js';
import { SettingsError } from './settings-error.js';

const settings = {
  ...serverSettings,
  service: serviceSetting('tank'),
  note: text<string | undefined>({ description: 'A note', default: undefined }),
  loud: toggle({ description: 'Speak up' }),
  devices: structure<readonly { name: string; pins: number[] }[]>({
    description: 'Devices',
    default: [],
    defaultText: 'none',
    schema: () => Promise.resolve(z.array(z.strictObject({ name: z.string(), pins: z.array(z.int()) }))),
  }),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-settings-'));
});
afterAll(() => rm(folder, { recursive: true }));

function load(argv: readonly string[], env: Record<string, string> = { RASPY_CONFIG: '/dev/null' }) {
  return loadSettings(settings, argv, { hostname: 'pi', homeDir: '/home/pi', env });
}

async function file(content: string, name = 'raspy.yaml'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function problemsOf(loading: Promise<unknown>): Promise<string[]> {
  const error: unknown = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SettingsError)) throw new Error(`no SettingsError: ${String(error)}`);
  return error.message.split('\n').map((line) => line.replaceAll(`${folder}/`, ''));
}

describe('where settings come from', () => {
  it('has the documented defaults when nobody says anything', async () => {
    const { values } = await load([]);
    expect(values).toMatchObject({
      brokerIp: '127.0.0.1',
      brokerPort: 5514,
      hostname: 'pi',
      service: 'tank',
      dataDir: '/home/pi/.local/state/raspy',
      heartbeatMs: 3500,
      liveness: 5,
      logLevel: 'info',
      loud: false,
      devices: [],
    });
  });

  it('lets flags win over variables, these over the file, this over defaults', async () => {
    const config = await file('broker-port: 1000\nheartbeat-ms: 2000\nliveness: 7\n');
    const env = { RASPY_HEARTBEAT_MS: '2500', RASPY_BROKER_PORT: '1500' };
    const { values, file: read } = await load([`--config=${config}`, '--broker-port', '2000'], env);
    expect(values).toMatchObject({ brokerPort: 2000, heartbeatMs: 2500, liveness: 7, logLevel: 'info' });
    expect(read).toBe(config);
  });

  it('takes --a-b=x and --a-b x alike, the last one given, and switches without a value', async () => {
    const { values, positionals } = await load([
      '--broker-port=1',
      '--broker-port',
      '2',
      '--loud',
      '--note=--odd',
      'word',
      '--',
      '--more',
    ]);
    expect(values).toMatchObject({ brokerPort: 2, loud: true, note: '--odd' });
    expect(positionals).toEqual(['word', '--more']);
  });

  it("lets the server's own section of the file win over what stands on top", async () => {
    const config = await file(
      'log-level: warn\nservers:\n  tank:\n    log-level: debug\n  other:\n    log-level: no\n',
    );
    expect((await load([], { RASPY_CONFIG: config })).values.logLevel).toBe('debug');
    expect((await load(['--service=third'], { RASPY_CONFIG: config })).values.logLevel).toBe('warn');
  });

  it('reads structures from the file by their schema', async () => {
    const config = await file('devices:\n  - { name: lamp, pins: [1, 2] }\n');
    expect((await load([`--config=${config}`])).values.devices).toEqual([{ name: 'lamp', pins: [1, 2] }]);
  });

  it("reads the user's own file when none is named, and none at all is fine", async () => {
    await mkdir(join(folder, 'raspy'), { recursive: true });
    const path = await file('liveness: 9\n', 'raspy/raspy.yaml');
    const loaded = await load([], { XDG_CONFIG_HOME: folder });
    expect(loaded).toMatchObject({ values: { liveness: 9 }, file: path });
    await rm(join(folder, 'raspy'), { recursive: true });
    await expect(load([], { XDG_CONFIG_HOME: folder })).resolves.toMatchObject({ values: { liveness: 5 } });
  });

  it('puts state below XDG_STATE_HOME, unless that is relative, and expands a leading ~', async () => {
    const config = { RASPY_CONFIG: '/dev/null' };
    expect((await load([], { ...config, XDG_STATE_HOME: '/state' })).values.dataDir).toBe('/state/raspy');
    expect((await load([], { ...config, XDG_STATE_HOME: 'state' })).values.dataDir).toBe(
      '/home/pi/.local/state/raspy',
    );
    expect((await load(['--data-dir=~/tank'])).values.dataDir).toBe('/home/pi/tank');
  });

  it('leaves alone what is a setting of other programs, or of one command of `raspy`', async () => {
    const config = await file('wait: true\nevery-ms: 500\n');
    const env = {
      RASPY_CONFIG: config,
      RASPY_LISTEN: '15599',
      RASPY_LISTEN_IP: '::1',
      RASPY_TIMEOUT_MS: '9',
    };
    await expect(load([], env)).resolves.toMatchObject({ values: { liveness: 5 } });
  });

  it('takes an empty file, and one with empty sections, for one without settings', async () => {
    for (const content of ['', '# nothing\n', '---\n', 'servers:\n  tank:\n']) {
      const config = await file(content);
      await expect(load([`--config=${config}`])).resolves.toMatchObject({ values: { brokerPort: 5514 } });
    }
  });
});

describe('one section of several', () => {
  const content = [
    'note: all',
    'devices: [{ name: top, pins: [] }]',
    'servers:',
    '  tank: { note: tank }',
    '  air: { devices: [{ name: in, pins: [1] }], kind: devices }',
    '  bare:',
  ].join('\n');
  const machine = { hostname: 'pi', homeDir: '/home/pi', env: {} };
  const inSection = async (section: string | null, ...sectionOnly: string[]) => {
    const path = await file(content, 'sections.yaml');
    return (await loadSettings(settings, [`--config=${path}`], machine, { section, sectionOnly })).values;
  };

  it('can be chosen, or none', async () => {
    expect(await inSection('tank')).toMatchObject({ note: 'tank', service: 'tank' });
    expect(await inSection('air')).toMatchObject({ note: 'all', devices: [{ name: 'in', pins: [1] }] });
    expect(await inSection(null)).toMatchObject({ note: 'all', devices: [{ name: 'top', pins: [] }] });
  });

  it('can keep to itself what stands on top', async () => {
    expect(await inSection('tank', 'devices')).toMatchObject({ note: 'tank', devices: [] });
    expect(await inSection('air', 'devices')).toMatchObject({ devices: [{ name: 'in' }] });
  });

  it('can be found with its keys, whatever mistakes the file has', async () => {
    const path = await file(content, 'sections.yaml');
    const read = (...argv: string[]) => readServerSections(settings, argv, machine);
    const found = await read(`--config=${path}`);
    expect(found.topKeys).toEqual(new Set(['note', 'devices', 'servers']));
    expect(found.sections).toEqual([
      { name: 'tank', keys: new Set(['note']) },
      { name: 'air', keys: new Set(['devices', 'kind']) },
      { name: 'bare', keys: new Set() },
    ]);
    const nothing = { sections: [], topKeys: new Set() };
    expect(await read(`--config=${await file(': {', 'broken.yaml')}`)).toEqual(nothing);
    expect(await read(`--config=${await file('7', 'seven.yaml')}`)).toEqual(nothing);
    expect(await read('--config=/no/such')).toEqual(nothing);
  });

  it('hands the other settings to a schema that hangs on them', async () => {
    const path = await file('devices: 1\nnote: late', 'late.yaml');
    const seen: unknown[] = [];
    const devices = structure<unknown>({
      description: 'Devices',
      default: [],
      schema: (others) => {
        seen.push(others['note']);
        return Promise.resolve(z.unknown());
      },
    });
    await loadSettings({ ...settings, devices }, [`--config=${path}`], machine);
    expect(seen).toEqual(['late']);
  });
});

describe('mistakes', () => {
  it('are all told at once, wherever they are, each with its place and the fix', async () => {
    const config = await file(
      'liveness: 1\ncolour: red\n\nhostname: a.b\ndevices:\n  - name: lamp\n    pins: [x]\n',
    );
    const env = { RASPY_CONFIG: config, RASPY_LOG_LEVEL: 'loud', RASPY_BROKR_IP: '::1' };
    expect(await problemsOf(load(['--broker-port=70000', '--heartbeat=3'], env))).toEqual([
      '--heartbeat: no such flag: --help lists them',
      'RASPY_BROKR_IP: no such variable: did you mean RASPY_BROKER_IP?',
      'RASPY_LOG_LEVEL: "loud" will not do: give one of silent, error, warn, info, debug, trace',
      '--broker-port: "70000" will not do: give a whole number from 1 to 65535',
      'raspy.yaml:2:1, colour: no such setting: --help lists them',
      'raspy.yaml:1:11, liveness: 1 will not do: give a whole number from 2 to 1000',
      'raspy.yaml:4:11, hostname: "a.b" will not do: give letters, digits, - and _ (no dots)',
      'raspy.yaml:7:12, devices.0.pins.0: Invalid input: expected number, received string',
    ]);
  });

  it('in the file count even where a flag overrules it', async () => {
    const config = await file('broker-port: no\n');
    expect(await problemsOf(load([`--config=${config}`, '--broker-port=1']))).toHaveLength(1);
  });

  it.each([
    [['--broker-port'], '--broker-port: needs a value: --broker-port=PORT'],
    [['--hostname', '--loud'], '--hostname: needs a value: --hostname=NAME'],
    [['--broker-prt=1'], '--broker-prt: no such flag: did you mean --broker-port?'],
    [['-x'], '-x: no such flag: --help lists them'],
    [['--loud=maybe'], '--loud: "maybe" will not do: give true or false'],
    [['--data-dir='], '--data-dir: is not a path: give one, e.g. /var/lib/raspy'],
    [['--devices=x'], '--devices: no such flag: --help lists them'],
  ])('typed as %p are answered with %p', async (argv, told) => {
    expect(await problemsOf(load(argv))).toEqual([told]);
  });

  it.each([
    ['broker-port: 1\nbroker-port: 2\n', /^raspy\.yaml:2:1: is not YAML: map keys must be unique$/],
    ['a: [\n', /^raspy\.yaml:\d+:\d+: is not YAML: /],
    ['- a\n', /^raspy\.yaml:1:1: must be a list of "key: value" lines$/],
    ['servers: 3\n', /^raspy\.yaml:1:10, servers: must be "service: settings of that server" lines$/],
    ['servers:\n  tank: 3\n', /^raspy\.yaml:2:9, servers\.tank: must be a list/],
    [
      'servers:\n  tank:\n    nots: 1\n',
      /^raspy\.yaml:3:5, servers\.tank\.nots: no such setting: did you mean note\?$/,
    ],
    [
      'service: x\n',
      /^raspy\.yaml:1:1, service: cannot be set in a file: give --service to the program itself$/,
    ],
    ['hostname: 12\n', /^raspy\.yaml:1:11, hostname: is not a text: put it in quotes$/],
    ['hostname:\n', /^raspy\.yaml:1:10, hostname: is not a text/],
    ['loud: 3\n', /^raspy\.yaml:1:7, loud: 3 will not do: give true or false$/],
    ['devices:\n  - pins: []\n', /^raspy\.yaml:2:5, devices\.0\.name: /],
  ])('in a file of %j match %p', async (content, told) => {
    const [first] = await problemsOf(load([`--config=${await file(content)}`]));
    expect(first).toMatch(told);
  });

  it('in the name of the file are told, with the way it was named', async () => {
    expect(await problemsOf(load(['--config=/no/such/file']))).toEqual([
      '--config: there is no file /no/such/file: give the path of a YAML file',
    ]);
    expect(await problemsOf(load([], { RASPY_CONFIG: folder }))).toEqual([
      expect.stringMatching(/^RASPY_CONFIG: .* cannot be read \(EISDIR\): give this user the right/),
    ]);
  });

  it('in the default file are told by its path', async () => {
    await mkdir(join(folder, 'raspy', 'raspy.yaml'), { recursive: true });
    expect(await problemsOf(load([], { XDG_CONFIG_HOME: folder }))).toEqual([
      expect.stringMatching(/^raspy\/raspy\.yaml: .* cannot be read \(EISDIR\)/),
    ]);
    await rm(join(folder, 'raspy'), { recursive: true });
  });

  it('are not what other programs have in the shared file and environment', async () => {
    const few = { brokerPort: serverSettings.brokerPort, config: serverSettings.config };
    const config = await file('devices: []\nheartbeat-ms: 100\njson: true\n');
    const machine = { hostname: 'pi', homeDir: '/home/pi', env: { RASPY_LIVENESS: '3', RASPY_JSON: '1' } };
    const { values } = await loadSettings(few, [`--config=${config}`], machine);
    expect(values).toEqual({ brokerPort: 5514, config });
  });
});
