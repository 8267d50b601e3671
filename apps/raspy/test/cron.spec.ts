import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@raspy/clock';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { MemoryNetwork } from '@raspy/wire/testing';
import { systemClock } from '@raspy/clock';
import { raspyTool } from '../src/tool.js';

let folder: string;
let network: MemoryNetwork;
let home: TestHost | undefined;
let ended: Promise<number> | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-cron-'));
  network = new MemoryNetwork({ clock: systemClock });
  home = undefined;
});
afterEach(async () => {
  home?.signal('SIGTERM');
  await ended;
  await rm(folder, { recursive: true });
});

async function start(...argv: string[]): Promise<void> {
  home = new TestHost({
    argv: [
      'start',
      `--data-dir=${folder}`,
      '--hostname=pi',
      '--time-zone=UTC',
      '--json',
      '--clock-trust=always',
      '--isolate=false',
      ...argv,
    ],
  });
  ended = runTool(raspyTool({ transport: network }), home);
  await home.stdout.until(/"ready"/);
}

interface Told {
  readonly code: number;
  readonly out: string[];
  readonly err: string;
}

async function cron(argv: string[], stdin: string[] = []): Promise<Told> {
  const host = new TestHost({ argv: ['cron', ...argv], stdin });
  const code = await runTool(raspyTool({ transport: network }), host);
  return { code, out: host.stdout.lines, err: host.stderr.text };
}
const raspyCron = (...argv: string[]): Promise<Told> => cron(argv);

describe('raspy cron', () => {
  it('adds, shows, changes, runs and removes jobs', async () => {
    await start();
    expect(await raspyCron('ls')).toMatchObject({
      code: 0,
      out: ['there are no jobs: raspy cron add makes one'],
    });
    const added = await raspyCron(
      'add',
      'feed',
      '--every=10m',
      '--missed=once',
      '--window=8h',
      '--jitter=30s',
      '--title=Feed',
      '--overlap=queue',
      '--untrusted',
    );
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out[0]).toMatch(/^feed: next \d{4}-.*Z \(in (9|10) min\)$/);
    await raspyCron(
      'add',
      'lamp',
      '--cron=0 30 7 * * *',
      '--zone=Europe/Paris',
      '--time-change=once',
      '--device=lamp',
      '--command=level',
      '--args={"percent":40}',
      '--lease=90s',
    );
    const { out } = await raspyCron('ls');
    expect(out[0]).toMatch(/^JOB +WHEN +DOES +NEXT +LAST$/);
    expect(out[1]).toMatch(/^feed +every 10 min +an event +\d{4}-/);
    expect(out[2]).toMatch(/^lamp +0 30 7 \* \* \* Europe\/Paris +pi\.fake\.lamp level +\d{4}-/);
    const [info] = (await raspyCron('info', 'lamp', '--json')).out;
    expect(JSON.parse(info!)).toMatchObject({
      name: 'lamp',
      job: {
        when: { cron: '0 30 7 * * *', timeZone: 'Europe/Paris', timeChange: 'once' },
        does: {
          command: {
            service: 'pi.fake.devices',
            device: 'lamp',
            name: 'level',
            args: { percent: 40 },
            leaseMs: 90_000,
          },
        },
      },
    });
    await raspyCron(
      'update',
      'lamp',
      '--device=lamp',
      '--command=level',
      '--args={"percent":30}',
      '--overlap=skip',
    );
    expect((await raspyCron('run', 'lamp')).out).toEqual(['done: {"percent":30}']);
    const shown = (await raspyCron('info', 'lamp')).out.join('\n');
    expect(shown).toMatch(
      /^job +lamp\nwhen .*\ndoes +pi\.fake\.lamp level\nnext [^]*\nlast +done \(by hand\), /,
    );
    expect((await raspyCron('info', 'feed')).out).toContain('title    Feed');
    expect((await raspyCron('run', 'feed', '--json')).out[0]).toContain('"outcome":"done"');
    expect(await raspyCron('disable', 'feed')).toMatchObject({ code: 0, out: [] });
    expect((await raspyCron('ls')).out[1]).toMatch(/disabled +done, 0 s ago$/);
    expect((await raspyCron('next', 'feed')).out).toContain('nothing of this runs: the job is disabled');
    expect((await raspyCron('enable', 'feed')).out[0]).toMatch(/^feed: next /);
    expect(JSON.parse((await raspyCron('ls', '--json')).out[0]!)).toMatchObject({
      name: 'feed',
      job: { missed: 'once', windowMs: 28_800_000, jitterSeconds: 30, runWhileClockUntrusted: true },
    });
    expect(await raspyCron('remove', 'feed')).toMatchObject({ code: 0, out: [] });
    expect(await raspyCron('remove', 'feed')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no job "feed"') as string,
    });
  });

  it('shows the next runs in local time, with what is unusual about them', async () => {
    await start();
    await raspyCron('add', 'night', '--cron=30 2 * * *', '--zone=Europe/Paris');
    const { out } = await raspyCron('next', 'night', '--count=2');
    expect(out[0]).toMatch(/^RUNS AT/);
    expect(out[1]).toMatch(/^\d{4}-\d\d-\d\dT02:30:00\+0[12]:00 +in /);
    expect(out.slice(3).join('\n')).toContain('the clock goes back');
    const [json] = (await raspyCron('next', 'night', '--json')).out;
    expect(JSON.parse(json!)).toMatchObject({ runs: { length: 5 } });
  });

  it('takes a job as JSON out of a file or standard input', async () => {
    await start();
    const file = join(folder, 'job.json');
    await writeFile(file, JSON.stringify({ when: { everySeconds: 90 }, missed: 'all' }));
    await raspyCron('add', 'a', `--file=${file}`);
    await cron(
      ['add', 'b', '--file=-', '--missed=once'],
      ['{"when":{"everySeconds":', '1.5},"does":{"request":{"service":"pi.report.print","body":["x"]}}}'],
    );
    const { out } = await raspyCron('ls');
    expect(out[1]).toMatch(/^a +every 1 min/);
    expect(out[2]).toMatch(/^b +every 1\.5 s +durable request to pi\.report\.print/);
    await cron(['update', 'a', '--file=-'], ['{"when":{"at":"2100-01-01T00:00:00Z"}}']);
    expect((await raspyCron('info', 'a')).out).toContain('missed   skip');
    expect((await cron(['add', 'c', '--file=-'], ['{'])).err).toContain('- has no JSON');
    expect((await cron(['add', 'c', '--file=-'], ['[]'])).err).toContain('- has no JSON object');
    expect((await raspyCron('add', 'c', '--file=/nowhere.json')).err).toContain(
      '/nowhere.json cannot be read',
    );
  });

  it('tells all mistakes of a job, with the position', async () => {
    await start();
    const { code, err } = await raspyCron('add', 'a', '--cron=0 7 32 * *');
    expect(code).toBe(1);
    expect(err).toContain('when.cron: character 5 of "0 7 32 * *"');
    expect((await raspyCron('add', 'a', '--every=10m', '--device=none')).err).toContain(
      'there is no device "none"',
    );
  });

  it('says that a job failed, with exit code 1', async () => {
    await start();
    await raspyCron('add', 'a', '--every=10m', '--device=lamp', '--command=dance');
    const { code, out } = await raspyCron('run', 'a');
    expect(code).toBe(1);
    expect(out[0]).toMatch(/^failed: .*"lamp" has no command "dance"/);
    expect((await raspyCron('info', 'a')).out.join('\n')).toMatch(/reason +.*has no command/);
  });

  it('says that nobody has jobs', async () => {
    await start('--servers=broker');
    const { code, err } = await raspyCron('ls');
    expect(code).toBe(1);
    expect(err).toContain('nobody at tcp://127.0.0.1:5514 has jobs: raspy start runs core');
  });
});

it.each([
  [['add', 'a'], 'when? Give --cron, --every, --sun, --at'],
  [['add', 'a', '--every=10m', '--at=+5m'], 'give one of --every and --at'],
  [['add', 'a', '--every=10m', '--zone=UTC'], '--zone and --time-change are for a job with --cron'],
  [['add', 'a', '--every=10m', '--offset=5'], '--offset is for a job with --sun'],
  [['add', 'a', '--every=often'], '--every="often" is no span'],
  [['preview'], 'give a cron expression, --every, --sun or --at'],
  [['preview', '0 7 * * *', '--cron=1 7 * * *'], 'give the expression once'],
  [['preview', '0 25 * * *'], 'character 3 of "0 25 * * *"'],
])('refuses %j with exit code 2 before it asks anybody', async (argv, reason) => {
  const { code, err } = await cron(argv);
  expect(err).toContain(reason);
  expect(code).toBe(2);
});

describe('raspy cron preview', () => {
  const NIGHT = Date.UTC(2026, 9, 23);
  async function preview(...argv: string[]): Promise<string[]> {
    const host = new TestHost({ argv: ['cron', 'preview', ...argv], clock: new VirtualClock(0, NIGHT) });
    expect(await runTool(raspyTool({ transport: network }), host)).toBe(0);
    return host.stdout.lines;
  }

  it('needs no home', async () => {
    expect(await preview('30 2 * * *', '--zone=Europe/Paris', '--count=3')).toEqual([
      expect.stringMatching(/^RUNS AT +REMARKS$/),
      expect.stringMatching(/^2026-10-23T02:30:00\+02:00 +in 30 min/),
      expect.stringMatching(/^2026-10-24T02:30:00\+02:00 +in 24 h/),
      expect.stringMatching(/^2026-10-25T02:30:00\+02:00 +in 2 days +the first time only/),
      '',
      expect.stringContaining('on 25 October 2026 this runs the first time only'),
      expect.stringContaining('on 28 March 2027'),
      expect.stringContaining('on 31 October 2027'),
    ]);
    expect(await preview('--every=1h', '--count=1', '--time-zone=UTC')).toContainEqual(
      expect.stringMatching(/^2026-10-23T01:00:00\+00:00 +in 1/),
    );
    const sunset = await preview(
      '--sun=sunset',
      '--offset=-30',
      '--latitude=48.85',
      '--longitude=2.35',
      '--time-zone=Europe/Paris',
    );
    expect(sunset[1]).toMatch(/^2026-10-23T18:\d\d:\d\d\+02:00/);
    expect(await preview('--at=2026-01-01T00:00Z')).toEqual([
      expect.stringContaining('there is no run after'),
    ]);
    expect(JSON.parse((await preview('0 7 * * *', '--json', '--time-zone=UTC'))[0]!)).toMatchObject({
      runs: { length: 5 },
      notes: [],
    });
  });
});
