import { ExitCode, UsageError, type ProgramHost } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import type { RunReport } from '@raspy/runtime/core-server';
import type { Bus } from '../bus.js';
import { asJobReport, cronSettings, nextText, withCron, type CronClient } from '../cron.js';
import { findDevice } from '../devices.js';
import { parseJson } from '../json-argument.js';
import { jsonFile } from '../json-file.js';
import { typedSpan } from '../time-text.js';
import type { ToolOptions } from '../tool.js';
import { jobSettings, typedMembers, typedWhen, type TypedJob } from '../typed-job.js';

const JOB = ['<job>', 'its name'] as const;

/** `raspy cron add <job>` */
export function cronAdd(options: ToolOptions): Command {
  return command({
    words: 'cron add',
    summary: 'Add a job, and tell when it runs first',
    details: 'Each run is told as /event/cron/<job>; with --device it sends a command too.',
    args: [JOB],
    settings: { ...cronSettings, ...jobSettings },
    examples: [
      ["raspy cron add lights --cron '0 30 7 * * *' --zone=Europe/Paris", 'an event each morning'],
      [
        'raspy cron add feed --every=8h --device=feeder --command=feed --missed=once',
        'fed after a power cut too',
      ],
      [
        'raspy cron add dusk --sun=sunset --offset=-30 --device=lamp --args=\'{"on":true}\'',
        'half an hour before sunset',
      ],
      ['raspy cron add party --file=party.json', 'a job as JSON'],
    ],
    run: async ({ settings, args, host }) => {
      const name = args[0]!;
      const when = typedWhen(settings, host.clock.wallNow());
      if (when === undefined && settings.file === '') {
        throw new UsageError('when? Give --cron, --every, --sun, --at, or a job as JSON with --file');
      }
      const base = settings.file === '' ? {} : await jsonFile(settings.file, host, 'a job');
      return withCron(settings, host.clock, options, async (cron, bus) => {
        await cron.add(await typedJob({ settings, base, name, when, bus }));
        return tellNext(cron, name, host, settings.json);
      });
    },
  });
}

/** `raspy cron update <job>` */
export function cronUpdate(options: ToolOptions): Command {
  return command({
    words: 'cron update',
    summary: 'Change what is given of a job, and tell when it runs next',
    details: 'With --file the whole job is replaced. Runs that were missed until now are no matter.',
    args: [JOB],
    settings: { ...cronSettings, ...jobSettings },
    examples: [['raspy cron update feed --every=6h', 'what else it is stays']],
    run: async ({ settings, args, host }) => {
      const name = args[0]!;
      const when = typedWhen(settings, host.clock.wallNow());
      const file = settings.file === '' ? undefined : await jsonFile(settings.file, host, 'a job');
      return withCron(settings, host.clock, options, async (cron, bus) => {
        const base = file ?? (asJobReport(await cron.info(name)).job as object);
        await cron.update(await typedJob({ settings, base, name, when, bus }));
        return tellNext(cron, name, host, settings.json);
      });
    },
  });
}

/** `raspy cron remove <job>` */
export function cronRemove(options: ToolOptions): Command {
  return command({
    words: 'cron remove',
    summary: 'Remove a job for good; a run that goes on is not ended',
    args: [JOB],
    settings: cronSettings,
    run: ({ settings, args, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        await cron.remove(args[0]!);
        return ExitCode.OK;
      }),
  });
}

/** `raspy cron enable <job>` */
export function cronEnable(options: ToolOptions): Command {
  return command({
    words: 'cron enable',
    summary: 'Let a job run by itself, and tell when that is',
    args: [JOB],
    settings: cronSettings,
    run: ({ settings, args, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        await cron.enable(args[0]!, true);
        return tellNext(cron, args[0]!, host, settings.json);
      }),
  });
}

/** `raspy cron disable <job>` */
export function cronDisable(options: ToolOptions): Command {
  return command({
    words: 'cron disable',
    summary: 'Keep a job from running by itself; it is kept, and raspy cron run still runs it',
    args: [JOB],
    settings: cronSettings,
    run: ({ settings, args, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        await cron.enable(args[0]!, false);
        return ExitCode.OK;
      }),
  });
}

/** `raspy cron run <job>` */
export function cronRun(options: ToolOptions): Command {
  return command({
    words: 'cron run',
    summary: 'Begin a run now, and tell how it ended',
    details: 'The exit code is 1 when it failed, was left out, or nobody knows whether it was done.',
    args: [JOB],
    settings: cronSettings,
    run: ({ settings, args, host }) =>
      withCron(settings, host.clock, options, async (cron) => {
        const report = (await cron.run(args[0]!)) as RunReport;
        const [code, said] = runText(report, args[0]!);
        host.stdout.write(`${settings.json ? JSON.stringify(report) : printable(said)}\n`);
        return code;
      }),
  });
}

interface JobParts {
  readonly settings: TypedJob;
  readonly base: object;
  readonly name: string;
  readonly when: object | undefined;
  readonly bus: Bus;
}

/** The job as JSON; what is wrong in it the server tells. */
async function typedJob({ settings, base, name, when, bus }: JobParts): Promise<object> {
  const does = await typedCommand(settings, bus);
  return {
    ...base,
    name,
    ...(when !== undefined && { when }),
    ...typedMembers(settings),
    ...(does !== undefined && { does }),
  };
}

/** A device command, of a device that is there. @throws UsageError (rejects) when it is not */
async function typedCommand(settings: TypedJob, bus: Bus): Promise<object | undefined> {
  const { device: typed, command: commandName, args, lease } = settings;
  if (typed === '') {
    if (args !== '' || lease !== '') throw new UsageError('--args and --lease are for a job with --device');
    return undefined;
  }
  const { service, device } = await findDevice(bus, typed);
  return {
    command: {
      service,
      device: device.name,
      name: commandName,
      ...(args !== '' && { args: parseJson(args) }),
      ...(lease !== '' && { leaseMs: typedSpan('--lease', lease) }),
    },
  };
}

async function tellNext(cron: CronClient, name: string, host: ProgramHost, json: boolean): Promise<ExitCode> {
  const report = asJobReport(await cron.info(name));
  const said = json
    ? JSON.stringify(report)
    : printable(`${name}: next ${nextText(report, host.clock.wallNow())}`);
  host.stdout.write(`${said}\n`);
  return ExitCode.OK;
}

function runText(report: RunReport, name: string): readonly [ExitCode, string] {
  switch (report.outcome) {
    case 'done':
      return [
        ExitCode.OK,
        report.result === undefined || report.result === null
          ? 'done'
          : `done: ${JSON.stringify(report.result)}`,
      ];
    case 'begun':
      return [ExitCode.OK, `it goes on: raspy cron info ${name} tells how it ends`];
    case 'waiting':
      return [ExitCode.OK, 'it waits for the run before to end'];
    case 'skipped':
      return [ExitCode.FAILED, `left out: ${report.reason}`];
    case 'failed':
      return [ExitCode.FAILED, `failed: ${report.reason ?? ''}`];
    case 'unknown':
      return [ExitCode.FAILED, `nobody knows whether it was done: ${report.reason ?? ''}`];
  }
}
