import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import { MdpWorker, startBroker } from '@raspy/mdp-protocol';
import { type ExitCode } from '@raspy/runtime';
import { runTool } from '@raspy/runtime/cli';
import { TestHost, type TestHostOptions } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { raspyTool } from '../src/tool.js';

const containing = (text: string): string => expect.stringContaining(text) as string;

/** A home in memory, started by `raspy start`, for all tests of this file. */
const transport = new MemoryNetwork({ clock: systemClock });
const tool = raspyTool({ transport });
let folder: string;
let home: TestHost;
let homeEnded: Promise<ExitCode>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-home-'));
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

/** A command that runs until it is asked to end. */
function running(argv: readonly string[], options: TestHostOptions = {}) {
  const host = new TestHost({ argv, ...options });
  const ended = runTool(tool, host);
  const end = (): Promise<ExitCode> => {
    host.signal('SIGINT');
    return ended;
  };
  return { host, ended, end };
}

describe('raspy start', () => {
  it('prints a ready line, the service table and the values of its devices', () => {
    expect(home.stdout.lines.slice(0, 13)).toEqual([
      'raspy ready on tcp://127.0.0.1:5514 (pid 4711)',
      'SERVICE               WORKERS  BUSY  WAITING',
      expect.stringMatching(/^pi\.broker\.mmi +1 /),
      expect.stringMatching(/^pi\.broker\.statistics +1 /),
      expect.stringMatching(/^pi\.core\.cron +8 /),
      expect.stringMatching(/^pi\.core\.devices +4 /),
      expect.stringMatching(/^pi\.core\.mmi +1 /),
      expect.stringMatching(/^pi\.core\.scenario +8 /),
      expect.stringMatching(/^pi\.core\.scenarios +8 /),
      expect.stringMatching(/^pi\.core\.statistics +1 /),
      expect.stringMatching(/^pi\.fake\.devices +8 /),
      expect.stringMatching(/^pi\.fake\.mmi +1 /),
      expect.stringMatching(/^pi\.fake\.statistics +1 /),
    ]);
    expect(home.stdout.lines.slice(7)).toContainEqual(
      expect.stringMatching(/^\d{4}-.*Z {2}pi\.fake\.lamp {2}level {2}40 %$/),
    );
    // A machine that is busy just then may let the process stand still, which the tree says.
    const warnings = home.stderr.lines.filter((line) => !line.includes('the process stood still'));
    expect(warnings).toEqual([containing('this home has no owner yet')]);
  });

  it('updates both tables in place on a terminal, with its log above them, and ends within its time', async () => {
    const network = new MemoryNetwork({ clock: systemClock });
    const host = new TestHost({
      argv: ['start', `--data-dir=${join(folder, 'live')}`, '--hostname=pi', '--log-level=info'],
      isTTY: true,
    });
    const ended = runTool(raspyTool({ transport: network }), host);
    await host.stdout.until(/water-temperature[^]*water-temperature/);
    // Back over both tables, which are above twenty lines.
    expect(host.stdout.text.split('\u001b[').some((piece) => /^2\dF/.test(piece))).toBe(true);
    expect(host.stdout.text).toContain('broker bound');
    expect(host.stdout.text).toContain('Ctrl-C ends the home');
    expect(host.stderr.text).toBe('');
    const asked = performance.now();
    host.signal('SIGINT');
    expect(await ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(2_000);
  });

  it('prints JSON lines for programs', async () => {
    const network = new MemoryNetwork({ clock: systemClock });
    const host = new TestHost({
      argv: ['start', `--data-dir=${join(folder, 'json')}`, '--hostname=pi', '--json'],
    });
    const ended = runTool(raspyTool({ transport: network }), host);
    await host.stdout.until(/water-temperature.*\n/);
    host.signal('SIGTERM');
    expect(await ended).toBe(0);
    const lines = host.stdout.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toEqual({ event: 'ready', endpoint: 'tcp://127.0.0.1:5514', pid: 4711 });
    expect(lines[1]).toMatchObject({
      event: 'services',
      services: expect.arrayContaining(['pi.fake.mmi']) as string[],
    });
    expect(lines.slice(2)).toContainEqual(
      expect.objectContaining({
        event: 'reading',
        device: 'pi.fake.lamp',
        name: 'level',
        value: 40,
        unit: '%',
      }),
    );
  });

  it('ends with 3 where a home runs already, and with 3 when it cannot write its data', async () => {
    expect(await raspy('start', `--data-dir=${folder}`)).toMatchObject({
      code: 3,
      err: containing(`the data folder ${join(folder, 'titanic')} is in use by this process`),
    });
    expect(await raspy('start', `--data-dir=${join(folder, 'second')}`)).toMatchObject({
      code: 3,
      err: containing('tcp://127.0.0.1:5514 is in use by another process'),
    });
    expect(await raspy('start', '--data-dir=/proc/none')).toMatchObject({ code: 3 });
  });
});

describe('raspy service ls', () => {
  it('lists services with their workers', async () => {
    const { code, out } = await raspy('service', 'ls');
    expect(code).toBe(0);
    expect(out).toContain('pi.fake.mmi           1        0     0');
  });
  it('prints JSON lines', async () => {
    const { out } = await raspy('service', 'ls', '--json');
    expect(JSON.parse(out[0]!)).toEqual({ name: 'pi.broker.mmi', idle: 1, busy: 0, queued: 0 });
  });
  it('ends with 1 when there is no broker', async () => {
    const { code, err } = await raspy('service', 'ls', '--broker-port=1', '--timeout-ms=50');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^raspy: no broker at tcp:\/\/127\.0\.0\.1:1: start a home with raspy start, or .*--broker-port \(.* within 50 ms/,
    );
  });
});

describe('raspy request', () => {
  it('prints the frames of the reply', async () => {
    expect(await raspy('request', 'mmi.service', 'pi.fake.devices')).toEqual({
      code: 0,
      out: ['----------------------------------------', '[003] 200'],
      err: '',
    });
  });
  it('ends with 1 for a status other than 200', async () => {
    expect(await raspy('request', 'mmi.service', 'nothing')).toMatchObject({
      code: 1,
      out: ['-'.repeat(40), '[003] 404'],
    });
    const { code, out } = await raspy('request', 'pi.fake.devices', 'dance', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out[0]!)).toEqual({
      service: 'pi.fake.devices',
      status: '501',
      frames: ['dance', '501'],
    });
  });
  it('ends with 1 at once when the service has no worker, or after the timeout with --wait', async () => {
    expect(await raspy('request', 'no.such', 'x')).toMatchObject({
      code: 1,
      err: 'raspy: no worker offers "no.such"; the request was not sent\n',
    });
    expect(await raspy('request', 'no.such', 'x', '--wait', '--timeout-ms=50')).toMatchObject({
      code: 1,
      err: containing('did not reply within 50 ms'),
    });
  });
  it('sends text, bytes, and what looks like bytes', async () => {
    const echo = new MdpWorker({ service: 'echo', transport, handle: (body) => Promise.resolve(body) });
    const { code, out } = await raspy(
      'request',
      'echo',
      'é',
      '0xff00',
      'hex:',
      'text:0x',
      '--json',
      '--wait',
      '--',
      '-5',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out[0]!)).toEqual({
      service: 'echo',
      status: null,
      frames: ['é', { hex: 'ff00' }, '', '0x', '-5'],
    });
    await echo.close();
  });
  it('ends with 2 for bytes that are none', async () => {
    expect(await raspy('request', 'echo', '0xabc')).toMatchObject({
      code: 2,
      err: containing('"0xabc" is no hexadecimal frame: give pairs of digits, or text:0xabc'),
    });
  });
});

describe('raspy device ls', () => {
  it('lists devices with a line a value', async () => {
    const { code, out } = await raspy('device', 'ls');
    expect(code).toBe(0);
    expect(out[0]).toMatch(/^DEVICE +TYPE +VALUE +READING +QUALITY$/);
    expect(out).toContainEqual(expect.stringMatching(/^pi\.fake\.lamp +fake\.lamp +level +\d+ % +good$/));
    expect(out).toContainEqual(
      expect.stringMatching(/^pi\.fake\.tv\.channel +media\.tv-channel +channel +1 +good$/),
    );
    expect(out).toHaveLength(16);
  });
  it('prints JSON lines', async () => {
    const { out } = await raspy('device', 'ls', '--json');
    expect(out.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ service: 'pi.fake.devices', name: 'lamp', oid: 'fake.lamp' }),
    );
  });
  it('names the devices of a server that knows nothing but list_keys, and of one that talks nonsense none', async () => {
    const old = new MdpWorker({
      service: 'pi.old.devices',
      transport,
      handle: ([action]) =>
        Promise.resolve(String(action) === 'list_keys' ? ['|b|a', '200'] : [action!, '501']),
    });
    const odd = new MdpWorker({
      service: 'pi.odd.devices',
      transport,
      handle: () =>
        Promise.resolve(['[1,{"name":2},{"name":"x","oid":"y","state":"failed","reason":"no"}]', '200']),
    });
    const none = new MdpWorker({
      service: 'pi.none.devices',
      transport,
      handle: () => Promise.resolve(['{}', '200']),
    });
    await raspy('request', 'pi.none.devices', 'x', '--wait');
    const { out } = await raspy('device', 'ls');
    expect(out.slice(16)).toEqual([
      expect.stringMatching(/^pi\.odd\.x +y +failed: no$/),
      expect.stringMatching(/^pi\.old\.a +open$/),
      expect.stringMatching(/^pi\.old\.b +open$/),
    ]);
    await Promise.all([old.close(), odd.close(), none.close()]);
  });
});

describe('raspy device get', () => {
  it('prints one reading, or all of a device', async () => {
    expect(await raspy('device', 'get', 'lamp', 'level')).toMatchObject({ code: 0, out: ['40 %'] });
    const { out } = await raspy('device', 'get', 'pi.fake.lamp');
    expect(out).toEqual([
      expect.stringMatching(/^VALUE +READING +QUALITY +AT$/),
      expect.stringMatching(/^level +40 % +good +\d{4}-/),
    ]);
  });
  it('prints JSON lines', async () => {
    const { out } = await raspy('device', 'get', 'lamp', 'level', '--json');
    expect(JSON.parse(out[0]!)).toMatchObject({
      device: 'pi.fake.lamp',
      name: 'level',
      value: 40,
      quality: 'good',
    });
  });
  it('ends with 2 and the names that there are for a device that there is not, and with 1 for such a value', async () => {
    expect(await raspy('device', 'get', 'lmap')).toMatchObject({
      code: 2,
      err: containing(
        'there is no device "lmap"; there are: pi.core.clock, pi.fake.camera, pi.fake.heater, pi.fake.lamp',
      ),
    });
    expect(await raspy('device', 'get', 'lamp', 'colour')).toMatchObject({
      code: 1,
      err: containing('"lamp" has no value "colour"'),
    });
  });
  it('wants the full name of one of two devices of one name', async () => {
    const twin = new MdpWorker({
      service: 'pi.twin.devices',
      transport,
      handle: () => Promise.resolve(['[{"name":"lamp","oid":"x.y"}]', '200']),
    });
    await raspy('request', 'pi.twin.devices', 'x', '--wait');
    expect(await raspy('device', 'get', 'lamp')).toMatchObject({
      code: 2,
      err: containing('give its full name, one of pi.fake.lamp, pi.twin.lamp'),
    });
    await twin.close();
  });
  it('ends with 1 when a reading is not good, and shows why', async () => {
    const sick = new MdpWorker({
      service: 'pi.sick.devices',
      transport,
      handle: ([action]) => {
        const reading = { value: null, at: 0, quality: 'bad', reason: 'no\nwire' };
        const replies: Record<string, unknown> = {
          list: [{ name: 'probe', oid: 'x.y', values: { depth: reading, odd: 7 } }],
          get: { depth: reading },
        };
        return Promise.resolve([JSON.stringify(replies[String(action)] ?? null), '200']);
      },
    });
    await raspy('request', 'pi.sick.devices', 'x', '--wait');
    const { code, out } = await raspy('device', 'get', 'probe');
    expect(code).toBe(1);
    expect(out[1]).toMatch(/^depth +- +bad: no\\u000awire +1970-/);
    await sick.close();
  });
});

describe('raspy device exec', () => {
  it('executes a command and prints its result', async () => {
    expect(await raspy('device', 'exec', 'lamp', 'level', '{"percent":40}')).toMatchObject({
      code: 0,
      out: ['{"percent":40}'],
    });
    expect((await raspy('device', 'exec', 'lamp', 'level', '{"percent":40}', '--json')).out).toEqual([
      '{"result":{"percent":40}}',
    ]);
  });
  it('ends with 1 and the reason when it is refused, and with 2 for arguments that are no JSON', async () => {
    expect(await raspy('device', 'exec', 'lamp', 'level', '{"percent":400}')).toMatchObject({
      code: 1,
      err: containing('answered 400: wrong arguments for "level" of "lamp": percent'),
    });
    expect(await raspy('device', 'exec', 'lamp', 'level', '{percent')).toMatchObject({
      code: 2,
      err: containing('the arguments are no JSON'),
    });
  });
});

describe('raspy device watch', () => {
  it('prints a line for each change', async () => {
    const watch = running(['device', 'watch', 'pi.fake.water-level', 'water-temperature', '--every-ms=100']);
    await watch.host.stdout.until(/(?:water-temperature.*\n[^]*){2}/);
    expect(await watch.end()).toBe(0);
    for (const line of watch.host.stdout.lines)
      expect(line).toMatch(/^\d{4}-.*Z {2}pi\.fake\.water-\w+ {2}value {2}[\d.]+ (?:°C|%)$/);
  });
  it('updates a table in place on a terminal, and prints JSON lines when asked', async () => {
    const live = running(['device', 'watch', '--every-ms=100'], { isTTY: true });
    await live.host.stdout.until(/water-temperature[^]*water-temperature/);
    expect(await live.end()).toBe(0);
    expect(live.host.stdout.text).toContain('\u001b[16F');
    const json = running(['device', 'watch', 'lamp', '--json'], { isTTY: true });
    await json.host.stdout.until(/\n/);
    expect(await json.end()).toBe(0);
    expect(JSON.parse(json.host.stdout.lines[0]!)).toMatchObject({
      device: 'pi.fake.lamp',
      name: 'level',
      value: 40,
    });
  });
  it.each([
    ['a line on stderr', [], /^no broker at tcp:\/\/127\.0\.0\.1:15600: waiting\n$/, 'stderr'],
    [
      'a status on stdout',
      ['--json'],
      /^\{"status":"waiting","broker":"tcp:\/\/127\.0\.0\.1:15600"\}\n/,
      'stdout',
    ],
  ] as const)(
    'tells once that the broker is gone, and goes on when it is back: %s',
    async (_, flags, told, where) => {
      const endpoint = 'tcp://127.0.0.1:15600';
      const broker = await startBroker({ endpoint, transport });
      const watch = running([
        ...['device', 'watch', '--every-ms=100', '--timeout-ms=200', '--broker-port=15600'],
        ...flags,
      ]);
      await new Promise((resolve) => setImmediate(resolve));
      while (broker.statistics().requests < 4) await new Promise((resolve) => setImmediate(resolve));
      await broker.close();
      await watch.host[where].until(told);
      const back = await startBroker({ endpoint, transport });
      const level = { value: 40, at: 0, quality: 'good' };
      const lamp = { name: 'lamp', oid: 'light', title: '', state: 'open', values: { level } };
      const worker = new MdpWorker({
        endpoint,
        transport,
        service: 'pi.other.devices',
        handle: () => Promise.resolve([JSON.stringify([lamp]), '200']),
      });
      await watch.host.stdout.until(/pi\.other\.lamp/);
      expect(await watch.end()).toBe(0);
      expect(watch.host[where].text).toMatch(told);
      expect(watch.host[where].text.match(/waiting/g)).toHaveLength(1);
      await worker.close();
      await back.close();
    },
  );
  it('ends with 2 for a device that there is not', async () => {
    expect(await raspy('device', 'watch', 'lamp', 'nobody')).toMatchObject({
      code: 2,
      err: containing('there is no device "nobody"; there are: pi.core.clock, pi.fake.camera'),
    });
  });
});

describe('raspy dump --listen', () => {
  it('shows every message between peers and broker, while both notice nothing', async () => {
    const tap = running(['dump', '--listen=15599']);
    await tap.host.stderr.until(/^raspy dump listens on tcp:\/\/127\.0\.0\.1:15599\n/);
    const { code } = await raspy('request', 'pi.fake.mmi', 'status', '--broker-port=15599');
    expect(code).toBe(0);
    expect(await tap.end()).toBe(0);
    const heads = tap.host.stdout.lines.filter((line) => /^\d\d:/.test(line));
    expect(heads.map((line) => line.replace(/^\S+ (\S+) \S+/, '$1'))).toEqual([
      '-->  MDP/Client 0.1 request mmi.features',
      '<--  MDP/Client 0.1 reply mmi.features',
      '-->  MDP/Client 0.1 request mmi.service',
      '<--  MDP/Client 0.1 reply mmi.service',
      '-->  MDP/Client 0.1 request pi.fake.mmi',
      '<--  MDP/Client 0.1 reply pi.fake.mmi',
    ]);
    expect(tap.host.stdout.text).toContain('[006] MDPC01\n[011] pi.fake.mmi\n[006] status\n');
  });
  it('prints JSON lines that can be piped into raspy dump again', async () => {
    const tap = running(['dump', '--listen=15599', '--json']);
    await tap.host.stderr.until(/listens/);
    await raspy('request', 'mmi.service', 'x', '--broker-port=15599');
    await tap.end();
    const again = new TestHost({ argv: ['dump'], stdin: [tap.host.stdout.text] });
    expect(await runTool(tool, again)).toBe(0);
    expect(again.stdout.text).toContain('MDP/Client 0.1 request mmi.service\n');
  });
});

describe('raspy dump', () => {
  const piped = async (lines: readonly string[], ...argv: string[]) => {
    const host = new TestHost({ argv: ['dump', ...argv], stdin: lines });
    const code = await runTool(tool, host);
    return { code, out: host.stdout.lines, err: host.stderr.text };
  };
  it('prints messages that are piped in as JSON arrays of hexadecimal frames, however they are cut', async () => {
    const line = '["","4d4450573031","01","6563686f"]\n';
    expect(await piped([line.slice(0, 9), line.slice(9), '\n'])).toEqual({
      code: 0,
      out: ['MDP/Worker 0.1 READY echo', '-'.repeat(40), '[000]', '[006] MDPW01', '[001] 01', '[004] echo'],
      err: '',
    });
    expect((await piped(['["00"]'], '--json')).out).toEqual(['{"message":"unknown","frames":["00"]}']);
  });
  it.each(['nonsense', '{}', '[1]', '["0"]', 'null'])(
    'ends with 2 at a line that is none: %s',
    async (line) => {
      expect(await piped([line])).toMatchObject({
        code: 2,
        err: containing('line 1 is no JSON array'),
      });
    },
  );
});
